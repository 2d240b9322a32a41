// Owns making what the tests in VS Code run: the extension's bundles when they are out of date, and the suites' own bundle.
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { checkout } from "./cache.mjs";
import { runProgram } from "./processes.mjs";

const newest = (path) => {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status) return 0;
  if (!status.isDirectory()) return status.mtimeMs;
  return Math.max(status.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
};
const oldest = (folder) => Math.min(...readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs));

/** `npm run build`, only when a source is newer than the oldest bundle. */
export async function buildExtension() {
  const dist = join(checkout, "dist");
  const sources = Math.max(...["src", "webview", "scripts/build.mjs", "scripts/commonJs.mjs", "package-lock.json"].map((name) => newest(join(checkout, name))));
  if (existsSync(join(dist, "extension.js")) && oldest(dist) >= sources) return;
  console.log("building the extension");
  await runProgram("npm", ["run", "--silent", "build"], { cwd: checkout, timeoutMs: 120_000 });
}

/** Bundles test/vscode/{run,suites/*}.ts into out/vscode-tests and returns the module with run(). */
export async function buildSuites() {
  const out = join(checkout, "out", "vscode-tests");
  const suites = join(checkout, "test", "vscode", "suites");
  rmSync(out, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: [join(checkout, "test", "vscode", "run.ts"), ...readdirSync(suites).filter((name) => name.endsWith(".test.ts")).map((name) => join(suites, name))],
    outbase: join(checkout, "test", "vscode"), outdir: out,
    bundle: true, platform: "node", format: "cjs", target: "node20", external: ["vscode", "mocha"], logLevel: "warning",
  });
  return join(out, "run.js");
}
