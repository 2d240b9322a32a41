// `npm run package`: the .vsix for one platform (this one, or --target NAME), with that platform's native libraries alone; all of them together are five times as large.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createVSIX } from "@vscode/vsce";
import { checkout } from "./cache.mjs";
import { packageTarget } from "./target.mjs";

let made;
try {
  made = packageTarget(checkout, process.argv.slice(2));
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
const { target, platform, architecture, koffi } = made;

// What the runtime library and the way to its C API need when they run. Their other dependencies serve its installer alone.
const kept = ["onnxruntime-node/package.json", "onnxruntime-node/dist/**/*.js", `onnxruntime-node/bin/napi-v6/${platform}/${architecture}/**`,
  "onnxruntime-common/package.json", "onnxruntime-common/dist/cjs/**/*.js", "onnxruntime-common/dist/cjs/package.json",
  "koffi/package.json", "koffi/LICENSE.txt", "koffi/index.*js", "koffi/src/koffi/**/*.*js", ...(koffi ? [`${koffi}/**`] : [])];
const { name, version } = JSON.parse(readFileSync(join(checkout, "package.json"), "utf8"));
const file = join(checkout, `${name}-${target}-${version}.vsix`);

const ignore = join(checkout, "out", "package.vscodeignore");
mkdirSync(dirname(ignore), { recursive: true });
writeFileSync(ignore, [readFileSync(join(checkout, ".vscodeignore"), "utf8"), "node_modules/**", ...kept.map((path) => `!node_modules/${path}`)].join("\n"));
rmSync(file, { force: true });
await createVSIX({ cwd: checkout, target, ignoreFile: ignore, packagePath: file, allowMissingRepository: true, rewriteRelativeLinks: false });
console.log(`${file} (${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB)`);
