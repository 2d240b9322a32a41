// `npm run test:vscode`: the suites inside the extension host of a real VS Code, then the scenarios a person would do in its window.
// Arguments: names of what to run ("suites", "mainJob"); --vsix FILE runs the scenarios of an installed package instead.
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { buildExtension, buildSuites } from "./vscode/build.mjs";
import { checkout } from "./vscode/cache.mjs";
import { findDesktop, runInCodeServer, runInDesktop } from "./vscode/hostSuites.mjs";
import { installPackage } from "./vscode/package.mjs";
import { endEverything } from "./vscode/processes.mjs";
import { runScenario } from "./vscode/scenario.mjs";
import { shots } from "./vscode/session.mjs";
import { setUp } from "./vscode/setup.mjs";
import { createTally } from "./vscode/tally.mjs";
import { makeWorkspace } from "./vscode/workspace.mjs";

const args = process.argv.slice(2);
const vsixAt = args.indexOf("--vsix");
const vsix = vsixAt < 0 ? undefined : resolve(args.splice(vsixAt, 2)[1]);
const wanted = (name) => args.length === 0 || args.includes(name);
const started = Date.now();
const tally = createTally();

const scenarios = join(checkout, "test", "vscode", "scenarios");
const names = readdirSync(scenarios).filter((name) => name.endsWith(".mjs")).map((name) => name.slice(0, -4)).sort();
for (const name of args) if (name !== "suites" && !names.includes(name)) throw new Error(`There is no "${name}"; there are: suites, ${names.join(", ")}.`);

async function suites(places, desktop) {
  console.log(`\nsuites in the extension host (${desktop ? "desktop VS Code" : "code-server"})`);
  const workspace = await makeWorkspace();
  try {
    const what = { workspace: workspace.folder, tests: await buildSuites(), tally };
    await (desktop ? runInDesktop(desktop, what) : runInCodeServer(places, what));
  } finally {
    workspace.remove();
  }
}

try {
  if (vsix && !existsSync(vsix)) throw new Error(`${vsix} does not exist; \`npm run package\` makes it.`);
  rmSync(shots, { recursive: true, force: true });
  if (!vsix) await buildExtension();
  const desktop = vsix ? undefined : await findDesktop();
  const places = process.platform === "linux" ? await setUp() : undefined;
  if (!vsix && wanted("suites")) await suites(places, desktop);
  const installed = vsix ? await installPackage(places, vsix, tally) : undefined;
  for (const name of names.filter(wanted)) {
    const scenario = await import(pathToFileURL(join(scenarios, `${name}.mjs`)).href);
    if (Boolean(scenario.installed) !== Boolean(vsix)) continue;
    console.log(`\nscenario ${name}: ${scenario.title}`);
    if (places) await runScenario(places, name, scenario, { tally, installed });
    else tally.skipped(scenario.title, "scenarios need code-server, which runs on Linux");
  }
  installed?.remove();
} catch (error) {
  tally.failed("the harness", error.stack ?? error);
} finally {
  const left = endEverything();
  if (left > 0) console.log(`(ended ${left} processes that were still running)`);
}
if (tally.unsteady().length > 0) console.log(`\nTried twice:\n${tally.unsteady().map((title) => `  ${title}`).join("\n")}`);
console.log(`\n${Math.round((Date.now() - started) / 1000)} s; screenshots in test/vscode/shots\n${tally.summary()}`);
process.exit(tally.counts.failed > 0 || tally.counts.passed === 0 ? 1 : 0);
