// Owns judging a .vsix: its size, what is in it, and that VS Code installs it. The scenarios judge whether it works.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "./processes.mjs";
import { makeScratch, removeScratch } from "./scratch.mjs";

const library = `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}`;
/** What the extension cannot do without. A folder must hold at least one file. */
const needed = ["package.json", "dist/extension.js", "dist/worker.js", "dist/analysis.js", "docs/problems.md", "dist/cli.js", "dist/cli", "dist/webview", "dist/ThirdPartyNotices.txt", "media", "starter/base/model.safetensors", "starter/base/tokenizer.json", "starter/train.jsonl",
  `${library}/onnxruntime_binding.node`, "node_modules/onnxruntime-common/package.json", "node_modules/koffi/index.js", `node_modules/@koromix/koffi-${process.platform}-${process.arch}`];
/** What only a developer needs; in a package it is a leak or dead weight. */
const unwanted = /^(src|webview|test|scripts|bench|out|\.ci|\.e2e|\.git|\.vscode|\.tunesmith|tsconfig.*|.*\.map|node_modules\/(?!onnxruntime-(node|common)\/|koffi\/|@koromix\/koffi-|\.package-lock).*)(\/|$)/;
const mebibyte = 1024 * 1024;
/** One platform's runtime library is about 20 MB compressed; all of them together are near 100. */
const largestPackage = 120 * mebibyte;

/** Installs the package into a fresh folder of extensions, reporting each judgement as a test. */
export async function installPackage(places, vsix, tally) {
  console.log(`\npackage ${vsix}`);
  const root = makeScratch("vsix");
  const extensions = join(root, "extensions");
  const judge = (title, complaint) => (complaint ? tally.failed(title, complaint) : tally.passed(title));
  const size = statSync(vsix).size;
  judge(`package: is ${(size / mebibyte).toFixed(1)} MiB`, size > largestPackage && `more than ${largestPackage / mebibyte} MiB`);
  const env = { ...process.env, HOME: root, XDG_CONFIG_HOME: root, XDG_DATA_HOME: root, XDG_CACHE_HOME: root, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
  await runProgram(places.node, [places.entry, "--extensions-dir", extensions, "--user-data-dir", join(root, "user-data"), "--install-extension", vsix], { env, timeoutMs: 120_000 });
  const installed = readdirSync(extensions).filter((name) => existsSync(join(extensions, name, "package.json")));
  judge("package: VS Code installs it", installed.length !== 1 && `found ${installed.length} extensions in ${extensions}`);
  const folder = join(extensions, installed[0] ?? "");
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1));
  const missing = needed.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)));
  judge("package: holds what the extension needs", missing.length > 0 && `missing: ${missing.join(", ")}`);
  const notices = missing.length > 0 ? "" : readFileSync(join(folder, "dist", "ThirdPartyNotices.txt"), "utf8");
  const unnamed = ["koffi", "onnxruntime-node", "onnxruntime-common", "zod", "uplot", "jsonc-parser", "@huggingface/tokenizers", "hyparquet"].filter((name) => !new RegExp(`^${name} \\d`, "m").test(notices));
  judge("package: names what it holds of others, with their licences", unnamed.length > 0 && `not named: ${unnamed.join(", ")}`);
  const extra = files.filter((file) => unwanted.test(file));
  judge("package: holds nothing else", extra.length > 0 && `${extra.length} files only a developer needs, among them ${extra.slice(0, 8).join(", ")}`);
  // Node itself, outside the checkout: the runtime library loads from the package alone.
  const devices = await runProgram(process.execPath, [join(folder, "dist", "cli.js"), "devices", "--json"], { cwd: root, env, timeoutMs: 60_000 }).catch((error) => error);
  judge("package: its command line finds the CPU", devices instanceof Error ? devices.message : !/"usable":\s*true/.test(devices) && devices);
  return { extensions, remove: () => removeScratch(root) };
}
