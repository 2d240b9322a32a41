/** The house rules, held by a test: which layer may import which, no cycles, and a budget of lines. */
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";

const root = resolve(__dirname, "..");
const pure = "@huggingface/tokenizers|@huggingface/jinja|jsonc-parser|zod";

/** For each layer: the layers below it, and the packages that its files may name. */
const layers: Record<string, { layers: string[]; packages: RegExp }> = {
  "src/core": { layers: [], packages: new RegExp(`^(${pure})$`) },
  "src/protocol": { layers: ["src/core"], packages: /^vscode-jsonrpc$/ },
  "src/node": { layers: ["src/core"], packages: /^(node:.*|onnxruntime-node|onnxruntime-common|koffi|simple-git|hyparquet|hyparquet-compressors)$/ },
  "src/project": { layers: ["src/core", "src/node", "src/protocol"], packages: /^(node:.*|vscode-jsonrpc\/node)$/ },
  "src/worker": { layers: ["src/core", "src/node", "src/project", "src/protocol"], packages: /^(node:.*|vscode-jsonrpc\/node)$/ },
  "src/cli": { layers: ["src/core", "src/node", "src/project", "src/protocol"], packages: /^(node:.*|commander)$/ },
  "src/extension": { layers: ["src/core", "src/node", "src/project", "src/protocol"], packages: /^(node:.*|vscode)$/ },
  webview: { layers: ["src/core", "src/protocol"], packages: /^uplot(\/.*)?$/ },
};
/** One module each: the only file that may name this package. */
const soleImporters: Record<string, string> = { "onnxruntime-node": "src/node/ort.ts", koffi: "src/node/device/ortApi.ts", "simple-git": "src/node/git.ts", "hyparquet-compressors": "src/node/parquet/parquetFile.ts" };

const walk = (directory: string): string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(directory, entry.name)) : entry.name.endsWith(".ts") ? [join(directory, entry.name)] : []);
const files = [...walk(join(root, "src")), ...walk(join(root, "webview"))];
const name = (file: string): string => relative(root, file);
const layerOf = (file: string): string | undefined => Object.keys(layers).find((layer) => name(file).startsWith(layer + "/"));
const importsOf = (file: string): string[] => ts.preProcessFile(readFileSync(file, "utf8")).importedFiles.map((imported) => imported.fileName);

test("every file imports only what its layer allows", () => {
  const broken = files.flatMap((file) => {
    const from = layerOf(file);
    if (!from) return [`${name(file)} belongs to no layer`];
    return importsOf(file).filter((spec) => {
      if (!spec.startsWith(".")) return !layers[from]!.packages.test(spec) || (soleImporters[spec] ?? name(file)) !== name(file);
      const to = layerOf(resolve(dirname(file), spec));
      return to !== from && !layers[from]!.layers.includes(to!);
    }).map((spec) => `${name(file)} imports ${spec}`);
  });
  expect(broken).toEqual([]);
});

test("every file fits in 300 lines", () => {
  const long = files.map((file) => ({ file: name(file), lines: readFileSync(file, "utf8").split("\n").length })).filter(({ lines }) => lines > 301);
  expect(long).toEqual([]);
});

test("no import cycles", () => {
  const targets = (file: string): string[] => importsOf(file).filter((spec) => spec.startsWith(".")).flatMap((spec) => {
    const path = resolve(dirname(file), spec);
    return files.filter((other) => other === `${path}.ts`);
  });
  const done = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) throw new Error([...path.slice(path.indexOf(file)), file].map(name).join(" -> "));
    if (done.has(file)) return;
    for (const next of targets(file)) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
});
