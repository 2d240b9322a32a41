// Owns running the mocha suites inside a real extension host: code-server's, or the desktop's through @vscode/test-electron.
import { join } from "node:path";
import { checkout } from "./cache.mjs";
import { markedEnvironment, within } from "./processes.mjs";
import { makeScratch, removeScratch } from "./scratch.mjs";
import { inWindow } from "./session.mjs";
import { followResults } from "./tally.mjs";

const limitMs = 300_000;

/** Runs the suites and reports to `tally`; a host that dies or hangs before the end is a failure of its own. */
async function reported(tally, start) {
  const folder = makeScratch("results");
  const file = join(folder, "results.jsonl");
  const failedBefore = tally.counts.failed;
  const results = followResults(file, tally);
  let failure;
  try {
    await start({ TUNESMITH_TEST_RESULTS: file });
  } catch (error) {
    failure = error;
  }
  const ended = results.stop();
  removeScratch(folder);
  // Failing tests make VS Code end with an error too; only an error beside them is news.
  if (!ended || (failure && tally.counts.failed === failedBefore)) tally.failed("the suites run to their end in the extension host", failure ?? new Error("VS Code ended before the suites did"));
}

export function runInCodeServer(places, { workspace, tests, tally }) {
  return reported(tally, (env) => inWindow(places, { name: "suites", folder: workspace, development: checkout, tests, env, open: false, timeoutMs: limitMs }, async ({ page, address }) => {
    const ended = new Promise((done) => page.exposeFunction("codeAutomationExit", (status) => done(status)));
    await page.exposeFunction("codeAutomationLog", () => undefined); // VS Code calls it for each console line of the host
    await page.goto(address, { waitUntil: "domcontentloaded", timeout: 60_000 });
    const status = await ended;
    if (status !== 0) throw new Error(`the extension host ended with ${status}`);
  }));
}

export async function runInDesktop(executable, { workspace, tests, tally }) {
  const { runTests } = await import("@vscode/test-electron");
  const profile = makeScratch("desktop");
  await reported(tally, (env) => within(runTests({
    vscodeExecutablePath: executable, extensionDevelopmentPath: checkout, extensionTestsPath: tests,
    extensionTestsEnv: { ...env, ...markedEnvironment },
    launchArgs: [workspace, "--user-data-dir", profile, "--disable-workspace-trust", "--disable-extensions", "--skip-welcome", "--skip-release-notes"],
  }), limitMs, "the suites in desktop VS Code"));
  removeScratch(profile);
}

/** Path of a desktop VS Code, downloaded when it must be; undefined with the reason printed when there can be none here. */
export async function findDesktop() {
  const wanted = process.env.TUNESMITH_VSCODE;
  if (wanted === "server") return undefined;
  const display = process.platform !== "linux" || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (wanted !== "desktop" && !display) return undefined;
  if (process.env.TUNESMITH_VSCODE_EXECUTABLE) return process.env.TUNESMITH_VSCODE_EXECUTABLE;
  try {
    const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
    return await within(downloadAndUnzipVSCode({ cachePath: join(checkout, ".vscode-test") }), 300_000, "downloading VS Code");
  } catch (error) {
    if (wanted === "desktop" || process.platform !== "linux") throw error;
    console.log(`No desktop VS Code (${error.message}); using code-server.`);
    return undefined;
  }
}
