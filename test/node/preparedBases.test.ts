/** Prepared copies of bases (GGUF files, folders in another precision): made once, whole or not at all, made again when the source or the copy changed. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import * as files from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadBase } from "../../src/core/model/base";
import { dequantizeBlocks, quantizeBlocks } from "../../src/core/model/weights/blocks";
import { type Precision, precisionKey } from "../../src/core/model/weights/precision";
import { loadModel, loadWeights } from "../../src/core/model/weights/weights";
import { readTensor } from "../../src/core/model/weights/safetensors";
import { openFolder } from "../../src/node/files";
import { cacheFolder, ggufFolder, weightsFolder } from "../../src/node/preparedBases";
import { tinyGguf } from "../makeGguf";
import { makeTinyBase } from "../tinyBase";
import { temporaryFolder } from "../project/folders";

vi.mock("node:fs/promises", async (original) => ({ ...(await original<typeof files>()) }));

let place: string, cache: string, path: string;
beforeEach(() => {
  place = temporaryFolder();
  cache = join(place, "cache");
  path = join(place, "model.gguf");
  writeFileSync(path, tinyGguf({ type: "Q5_1" }).file);
});
afterEach(() => { vi.restoreAllMocks(); });

test("the folder is a base, and the same one the next time", async () => {
  const folder = await ggufFolder(path, undefined, { cache }), base = await loadBase(openFolder(folder)), { expected } = tinyGguf({ type: "Q5_1" });
  for (const [name, values] of expected) expect(await readTensor(base.folder, base.weights.get(name)!), name).toEqual(values);
  const made = statSync(join(folder, "model.safetensors")).ino;
  expect(await ggufFolder(path, undefined, { cache })).toBe(folder);
  expect(statSync(join(folder, "model.safetensors")).ino).toBe(made);
  expect(readdirSync(join(cache, "gguf"))).toHaveLength(1);
});

test("the folder of a file that was replaced stays for runs that use it, and goes a week later; other files keep theirs", async () => {
  const other = join(place, "other.gguf");
  writeFileSync(other, tinyGguf({ type: "Q8_0", seed: "2" }).file);
  const [first, second] = [await ggufFolder(path, undefined, { cache }), await ggufFolder(other, undefined, { cache })];
  writeFileSync(path, tinyGguf({ type: "Q4_0" }).file);
  const third = await ggufFolder(path, undefined, { cache }), longAgo = new Date(Date.now() - 8 * 24 * 60 * 60 * 1000);
  expect([first, second, third].map((folder) => existsSync(folder))).toEqual([true, true, true]);
  for (const folder of [first, second, third]) for (const each of [join(folder, "source.json"), folder]) utimesSync(each, longAgo, longAgo);
  writeFileSync(path, tinyGguf({ type: "Q4_1" }).file);
  const fourth = await ggufFolder(path, undefined, { cache });
  expect(new Set([first, second, third, fourth]).size).toBe(4);
  expect([first, second, third, fourth].map((folder) => existsSync(folder))).toEqual([false, true, false, true]);
});

test("the same bytes at another time are another file", async () => {
  const first = await ggufFolder(path, undefined, { cache });
  utimesSync(path, new Date(1e9), new Date(1e9));
  expect(await ggufFolder(path, undefined, { cache })).not.toBe(first);
});

test.each([
  ["weights cut short", (folder: string) => truncateSync(join(folder, "model.safetensors"), 1000)], ["no tokenizer", (folder: string) => rmSync(join(folder, "tokenizer.json"))], ["no record of its source", (folder: string) => writeFileSync(join(folder, "source.json"), "{")], ["weights too long", (folder: string) => appendFileSync(join(folder, "model.safetensors"), "x")],
])("a damaged folder is made anew: %s", async (_, damage) => {
  const folder = await ggufFolder(path, undefined, { cache }), whole = readFileSync(join(folder, "model.safetensors"));
  damage(folder);
  expect(await ggufFolder(path, undefined, { cache })).toBe(folder);
  expect(readFileSync(join(folder, "model.safetensors")).equals(whole)).toBe(true);
  expect(existsSync(join(folder, "tokenizer.json"))).toBe(true);
});

test("two at once end with one whole folder", async () => {
  const [first, second] = await Promise.all([ggufFolder(path, undefined, { cache }), ggufFolder(path, undefined, { cache })]);
  expect(second).toBe(first);
  expect(readdirSync(join(cache, "gguf"))).toHaveLength(1);
  await expect(loadBase(openFolder(first))).resolves.toMatchObject({ eosIds: [256] });
});

test("what a dead process left is removed, what is being written stays", async () => {
  const [dead, live] = [join(cache, "gguf", "a.123.tmp"), join(cache, "gguf", "b.456.tmp")];
  for (const folder of [dead, live]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "model.safetensors"), "part");
  }
  const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
  for (const each of [join(dead, "model.safetensors"), dead]) utimesSync(each, longAgo, longAgo);
  await ggufFolder(path, undefined, { cache });
  expect([dead, live].map((folder) => existsSync(folder))).toEqual([false, true]);
});

test("a full disk is said so, and nothing is left behind", async () => {
  const { open } = await vi.importActual<typeof files>("node:fs/promises");
  let written = 0;
  vi.spyOn(files, "open").mockImplementation(async (file, flags, mode) => {
    const handle = await open(file, flags, mode);
    if (!String(file).endsWith("model.safetensors")) return handle;
    vi.spyOn(handle, "write").mockImplementation((async () => {
      if (written++ > 0) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      return { bytesWritten: 1 };
    }) as unknown as typeof handle.write);
    return handle;
  });
  await expect(ggufFolder(path, undefined, { cache })).rejects.toMatchObject({ code: "DISK_FULL" });
  expect(written).toBeGreaterThan(1);
  expect(readdirSync(join(cache, "gguf"))).toEqual([]);
});

test("a place that cannot be written is said so", async () => {
  writeFileSync(join(place, "blocked"), "a file");
  await expect(ggufFolder(path, undefined, { cache: join(place, "blocked", "cache") })).rejects.toMatchObject({ code: "WRITE_FAILED" });
});

test("a damaged file leaves no trace", async () => {
  truncateSync(path, 5000);
  await expect(ggufFolder(path, undefined, { cache })).rejects.toMatchObject({ code: "BASE_TRUNCATED" });
  expect(existsSync(cache)).toBe(false);
  renameSync(path, join(place, "gone.gguf"));
  await expect(ggufFolder(path, undefined, { cache })).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
});

test("a GGUF file may be held in several ways at once, each made once and said so", async () => {
  const said: string[] = [], onPreparing = (text: string): void => { said.push(text); };
  const folders = [];
  for (const precision of [undefined, { dtype: "float32" as const }, { dtype: "auto" as const, bits: 4 as const }, { dtype: "float16" as const, bits: 8 as const }, { dtype: "auto" as const, bits: 4 as const }]) folders.push(await ggufFolder(path, precision, { cache, onPreparing }));
  expect(new Set(folders).size).toBe(3);
  expect([folders[1], folders[4]]).toEqual([folders[0], folders[2]]);
  expect(said.map((text) => /\((.*?)\)/.exec(text)![1])).toEqual(["float32", "4-bit", "8-bit"]);
  const kinds = async (folder: string): Promise<string[]> => [...(await loadBase(openFolder(folder))).weights.values()].map(({ dtype, blocks }) => (blocks ? "blocks" : dtype));
  expect(new Set(await kinds(folders[2]!))).toEqual(new Set(["blocks", "float32"]));
  expect(new Set(await kinds(folders[3]!))).toEqual(new Set(["int8", "float16", "float32"]));
});

test("a folder's weights in another precision: once, beside nothing else, and anew when a file of it changed", async () => {
  const made = makeTinyBase({ config: { hidden_size: 64, intermediate_size: 128, head_dim: 16 } }), model = await loadModel(openFolder(made.path)), bits: Precision = { dtype: "auto", bits: 4 };
  const folder = await weightsFolder(made.path, model, bits, { cache });
  expect(readdirSync(folder).sort()).toEqual(["model.safetensors", "source.json"]);
  const [before, after] = [model.weights, await loadWeights(openFolder(folder), model.config)], q = "model.layers.1.self_attn.q_proj.weight", embedding = "model.embed_tokens.weight";
  expect([...after.keys()]).toEqual([...before.keys()]);
  expect(after.get(q)).toMatchObject({ dims: [64, 64], dtype: "uint8" });
  const values = await readTensor(openFolder(made.path), before.get(q)!), blocks = quantizeBlocks(values, 64);
  expect(await readTensor(openFolder(folder), after.get(q)!)).toEqual(dequantizeBlocks(blocks, 64));
  expect(await readTensor(openFolder(folder), after.get(embedding)!)).toEqual(await readTensor(openFolder(made.path), before.get(embedding)!));
  expect(await weightsFolder(made.path, model, bits, { cache })).toBe(folder);
  expect(await weightsFolder(made.path, model, { dtype: "float32" }, { cache })).toBe(made.path);
  expect(readdirSync(join(cache, "prepared"))).toHaveLength(1);
  // In 8 bits both copies lie there, and mean nearly the same values.
  const integers = await loadWeights(openFolder(await weightsFolder(made.path, model, { dtype: "auto", bits: 8 }, { cache })), model.config), { int8, ...own } = integers.get(q)!, at = openFolder(await weightsFolder(made.path, model, { dtype: "auto", bits: 8 }, { cache }));
  expect(own).toMatchObject({ dtype: "int8", dims: [64, 64] });
  const [straight, turned, largest] = [await readTensor(at, integers.get(q)!), await readTensor(at, { ...int8!.transposed, int8: { ...int8!, scales: int8!.transposedScales } }), Math.max(...values.map(Math.abs))];
  for (const [i, value] of values.entries()) for (const near of [straight[i]!, turned[(i % 64) * 64 + Math.floor(i / 64)]!]) expect(Math.abs(near - value)).toBeLessThanOrEqual(largest / 253);
  // A copy of the old layout of 8 bits, blocks of 32, would have another key.
  expect(precisionKey({ dtype: "auto", bits: 8 })).toBe("auto int8");
  const longAgo = new Date(1e9);
  utimesSync(join(made.path, "model.safetensors"), longAgo, longAgo);
  expect(await weightsFolder(made.path, model, bits, { cache })).not.toBe(folder);
  await expect(weightsFolder(folder, { config: model.config, weights: after }, bits, { cache })).rejects.toMatchObject({ code: "BASE_INVALID" });
  made.remove();
});

test.each([["cut scales", "scales", 100], ["codes of another shape", "weight", 32]])("parts of a quantised tensor that do not fit together are refused: %s", async (_, part, dim) => {
  const made = makeTinyBase({ config: { hidden_size: 64, intermediate_size: 128, head_dim: 16 } }), model = await loadModel(openFolder(made.path));
  const folder = await weightsFolder(made.path, model, { dtype: "auto", bits: 4 }, { cache }), file = join(folder, "model.safetensors"), bytes = readFileSync(file), length = Number(bytes.readBigUInt64LE());
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Record<string, { dtype: string; shape: number[]; data_offsets: number[] }>, name = "model.layers.0.mlp.up_proj.weight", key = part === "weight" ? name : `${name}.scales`;
  header[key]!.shape = part === "weight" ? [header[key]!.shape.reduce((a, b) => a * b, 1) / dim, dim] : [header[key]!.shape.reduce((a, b) => a * b, 1)];
  const text = JSON.stringify(header).padEnd(length);
  expect(text).toHaveLength(length);
  writeFileSync(file, Buffer.concat([bytes.subarray(0, 8), Buffer.from(text), bytes.subarray(8 + length)]));
  await expect(loadWeights(openFolder(folder), model.config)).rejects.toMatchObject({ code: "BASE_INVALID", what: expect.stringContaining(name) as string });
  made.remove();
});

test("the cache lies where the system keeps such things", () => {
  expect(cacheFolder({ XDG_CACHE_HOME: "/x" }, "linux")).toBe(join("/x", "tunesmith"));
  expect(cacheFolder({ TUNESMITH_CACHE: "/elsewhere", XDG_CACHE_HOME: "/x" }, "linux")).toBe("/elsewhere");
  expect(cacheFolder({}, "darwin")).toMatch(/Library.Caches.tunesmith$/);
  expect(cacheFolder({ LOCALAPPDATA: "C" }, "win32")).toBe(join("C", "tunesmith", "cache"));
});
