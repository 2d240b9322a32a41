// Bundles the extension, the worker, the command line and every webview into dist/, and writes the JSON Schemas of *.tune.json, *.mix.json and dataset_info.json and the notices of what they hold of others beside them. `--watch` rebuilds, `--production` minifies.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as esbuild from "esbuild";
import { commonJs } from "./commonJs.mjs";
import { thirdPartyNotices } from "./vscode/notices.mjs";

const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");

/** @type {import("esbuild").BuildOptions} */
const common = { bundle: true, minify: production, sourcemap: production ? false : "linked", logLevel: "warning", legalComments: "none", metafile: true };
// onnxruntime-node and koffi carry native libraries, so they stay packages on disk; only the extension may see `vscode`.
// jsonc-parser's `main` hides its imports from a bundler; its `module` does not.
const node = { ...common, platform: "node", target: "node20", format: "cjs", external: ["onnxruntime-node", "koffi"], mainFields: ["module", "main"] };
const webviews = readdirSync("webview", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(`webview/${entry.name}/main.ts`))
  .map((entry) => ({ in: `webview/${entry.name}/main.ts`, out: entry.name }));

const bundles = [
  { ...node, entryPoints: { extension: "src/extension/extension.ts" }, external: ["vscode"], outdir: "dist" },
  { ...node, entryPoints: { worker: "src/worker/main.ts", rows: "src/worker/rows.ts", tableScan: "src/worker/tableScan.ts", analysis: "src/worker/analysis.ts" }, outdir: "dist" },
  // What is imported when it is needed lies in a file of its own: a command loads what it runs, `tunesmith --help` next to nothing.
  { ...node, entryPoints: { cli: "src/cli/main.ts" }, outdir: "dist", chunkNames: "cli/[name]-[hash]", splitting: true, format: "esm", write: false, sourcemap: production ? false : "inline", plugins: [commonJs({ minify: production, command: "cli.js" })] },
  { ...common, platform: "browser", target: "es2022", format: "iife", entryPoints: webviews, outdir: "dist/webview", loader: { ".css": "css" } },
];

/** The editor completes and checks *.tune.json, *.mix.json and dataset_info.json by the very schemas that the code parses with; trailing commas are the parser's, not the schema's. */
async function writeSchemas() {
  mkdirSync("dist", { recursive: true });
  for (const [name, file, schema] of [["tune", "src/core/train/runConfig.ts", "runConfigJsonSchema"], ["mix", "src/core/data/mixture/mixConfig.ts", "mixJsonSchema"],
    ["datasetInfo", "src/core/data/formats/mappingSources.ts", "datasetInfoJsonSchema"]]) {
    const { outputFiles } = await esbuild.build({ entryPoints: [file], bundle: true, format: "esm", platform: "node", mainFields: node.mainFields, write: false });
    const schemas = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
    writeFileSync(`dist/${name}.schema.json`, `${JSON.stringify({ allowTrailingCommas: name !== "datasetInfo", ...schemas[schema]() }, null, 2)}\n`);
  }
}

rmSync("dist", { recursive: true, force: true });
await writeSchemas();
if (watch) {
  const marker = { name: "watch-marker", setup: (build) => { build.onStart(() => console.log("[watch] build started")); build.onEnd(() => console.log("[watch] build finished")); } };
  for (const bundle of bundles) await (await esbuild.context({ ...bundle, plugins: [...(bundle.plugins ?? []), marker] })).watch();
} else {
  const built = await Promise.all(bundles.map((bundle) => esbuild.build(bundle)));
  writeFileSync("dist/ThirdPartyNotices.txt", thirdPartyNotices(".", built.map(({ metafile }) => metafile)));
}
