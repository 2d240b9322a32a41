/** What a command loads before it does anything, held against the imports themselves: a start costs what is loaded, and no clock is needed to see it. */
import { isBuiltin } from "node:module";
import { resolve } from "node:path";
import { build, type Metafile } from "esbuild";
import { beforeAll, expect, test } from "vitest";

let inputs: Metafile["inputs"], outputs: Metafile["outputs"];
beforeAll(async () => {
  const { metafile } = await build({
    absWorkingDir: resolve(__dirname, "../.."), entryPoints: ["src/cli/main.ts"], bundle: true, write: false, metafile: true, platform: "node", format: "esm", splitting: true, outdir: "out",
    external: ["onnxruntime-node", "koffi"], mainFields: ["module", "main"], logLevel: "error",
  });
  ({ inputs, outputs } = metafile);
});

/** What comes with a file: all that it imports statically, at any remove, is loaded before its first line runs. Files are those of this repository. */
const loadedWith = (file: string): { files: string[]; packages: string[]; builtin: string[] } => {
  const found = new Set<string>(), open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    // What is imported for its types alone is left unresolved.
    for (const { path, kind } of inputs[next]?.imports ?? []) if (kind !== "dynamic-import" && (path in inputs || !path.startsWith("."))) open.push(path);
  }
  const all = [...found].map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path), named = new Set(all), builtin = [...named].filter((name) => isBuiltin(name));
  return { files: [...named].filter((name) => name in inputs).sort(), packages: [...named].filter((name) => !(name in inputs) && !builtin.includes(name)).sort(), builtin };
};

test("--help and --version load the table of commands and nothing that any command does", () => {
  const { files, packages } = loadedWith("src/cli/main.ts");
  expect(files).toEqual(["src/cli/main.ts", "src/cli/program.ts", "src/core/errors.ts", "src/project/project.ts"]);
  expect(packages).toEqual(["commander"]);
});

test("`check --structure` loads the parser, not what checks of contents, repairs, Parquet files, column descriptions, tokenizers or training need", () => {
  const { files, packages, builtin } = loadedWith("src/cli/check.ts");
  for (const file of ["src/core/data/stream.ts", "src/node/datasetRows.ts", "src/core/data/content/fileReport.ts"]) expect(files).toContain(file);
  const needless = /^src\/(?:core\/(?!data\/|errors|doubled|grouped)|core\/data\/(?:content\/(?!file)|editing|parquet|report|convert|mixture|table|reshape|formats\/mapping(?:Sources|Schema))|node\/(?!datasetRows|readDataset|parquet\/isParquet)|project|protocol)/;
  expect(files.filter((file) => needless.test(file))).toEqual([]);
  expect(packages.filter((name) => name !== "jsonc-parser")).toEqual([]);
  expect(builtin.filter((name) => /crypto|zlib|child_process|worker_threads/.test(name))).toEqual([]);
});

test("of zod no messages in other languages are bundled: they would be a third of every bundle (`import * as z` keeps only what is named, `import { z }` keeps all)", () => {
  const kept = Object.values(outputs).flatMap((output) => Object.entries(output.inputs).filter(([path, { bytesInOutput }]) => /\/zod\//.test(path) && bytesInOutput > 0).map(([path]) => path));
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.filter((path) => /\/locales\/(?!en\.)/.test(path))).toEqual([]);
});
