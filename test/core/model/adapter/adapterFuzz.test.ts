/** Whatever stands in an adapter's folder, reading it gives a sound adapter or one coded error that names the file; a pickle is never opened. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ErrorCode } from "../../../../src/core/errors";
import { type Adapter, adapterFiles, loadAdapter } from "../../../../src/core/model/adapter/adapter";
import { type Base } from "../../../../src/core/model/base";
import { type LoraSettings } from "../../../../src/core/model/adapter/lora";
import { patternFault } from "../../../../src/core/model/adapter/modulePattern";
import { writeSafetensors } from "../../../../src/core/model/weights/safetensors";
import { initialState } from "../../../../src/core/train/initial";
import { runConfigSchema } from "../../../../src/core/train/runConfig";
import { openBase } from "../../../../src/project/base";
import { asBytes, asText, type Files, memoryFolder, mutatedBytes, mutatedTree, settled } from "../../../mutate";
import { makeTinyBase, type TinyBase } from "../../../tinyBase";

const CODES: readonly ErrorCode[] = ["ADAPTER_NOT_FOUND", "ADAPTER_INVALID", "ADAPTER_MISMATCH"];
const NAMES_FILE = /adapter_config\.json|adapter_model\.safetensors|The adapter in \/model/;
const CONFIG = "adapter_config.json", WEIGHTS = "adapter_model.safetensors";
let tiny: TinyBase, base: Base;
beforeAll(async () => { tiny = makeTinyBase(); base = await openBase(tiny.path); });
afterAll(() => tiny.remove());

const kinds: [string, LoraSettings][] = [
  ["LoRA", { r: 2, lora_alpha: 4, target_modules: ["q_proj", "v_proj"], rank_pattern: { v_proj: 3 } }],
  ["DoRA with an embedding and a saved norm", { r: 2, lora_alpha: 4, use_dora: true, use_rslora: true, target_modules: ["embed_tokens", "down_proj"], modules_to_save: ["norm"] }],
];
const made = async (settings: LoraSettings): Promise<Record<string, Uint8Array>> => ({ ...adapterFiles((await initialState(base, { lora: runConfigSchema.shape.lora.parse(settings), seed: 3 })).adapter, "base", base.config) });
const load = async (files: Files): Promise<void> => {
  const adapter = await settled(() => loadAdapter(memoryFolder(files), base), CODES, NAMES_FILE);
  if (adapter) isSound(adapter);
};
const isSound = ({ layout, parameters, targets }: Adapter): void => {
  expect(parameters).toHaveLength(layout.length);
  expect(parameters.every(Number.isFinite)).toBe(true);
  expect(targets.length).toBeGreaterThan(0);
  for (const target of targets) if (target.kind !== "saved") expect(Number.isSafeInteger(target.r) && Number.isFinite(target.scaling), `${target.module} r ${target.r} scaling ${target.scaling}`).toBe(true);
};

describe.each(kinds)("an adapter folder (%s)", (_, settings) => {
  test("adapter_config.json with a hostile part or bytes changed", async () => {
    const files = await made(settings);
    await fc.assert(fc.asyncProperty(mutatedTree(JSON.parse(asText(files[CONFIG]!))), ({ text }) => load({ ...files, [CONFIG]: asBytes(text) })), { numRuns: 400 });
    await fc.assert(fc.asyncProperty(mutatedBytes(files[CONFIG]!), (bytes) => load({ ...files, [CONFIG]: bytes })), { numRuns: 300 });
  });
  test("adapter_model.safetensors with bytes changed, or a hostile part in its header", async () => {
    const files = await made(settings), whole = files[WEIGHTS]!, length = Number(new DataView(whole.buffer).getBigUint64(0, true));
    await fc.assert(fc.asyncProperty(mutatedBytes(whole), (bytes) => load({ ...files, [WEIGHTS]: bytes })), { numRuns: 300 });
    await fc.assert(fc.asyncProperty(mutatedTree(JSON.parse(asText(whole.slice(8, 8 + length)))), ({ text }) => {
      const header = asBytes(text), bytes = new Uint8Array(8 + header.length + whole.length - 8 - length);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
      bytes.set(header, 8);
      bytes.set(whole.subarray(8 + length), 8 + header.length);
      return load({ ...files, [WEIGHTS]: bytes });
    }), { numRuns: 300 });
  });
});

describe("what is refused, by name", () => {
  const plain = kinds[0]![1], q = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
  type Tensors = { name: string; dims: number[]; data: Float32Array }[];
  const rewritten = async (change: (tensors: Tensors) => Tensors): Promise<Files> => {
    const adapter = await loadAdapter(memoryFolder(await made(plain)), base), files = await made(plain);
    return { ...files, [WEIGHTS]: writeSafetensors(change(adapter.layout.entries.map(({ name, dims, offset, length }) => ({ name, dims: [...dims], data: adapter.parameters.slice(offset, offset + length) })))) };
  };
  const configured = async (values: object): Promise<Files> => { const files = await made(plain); return { ...files, [CONFIG]: asBytes({ ...JSON.parse(asText(files[CONFIG]!)) as object, ...values }) }; };
  const wrongType = async (): Promise<Files> => { const files = await made(plain); return { ...files, [WEIGHTS]: asLatin(latin(files[WEIGHTS]!).replace(`"${q}":{"dtype":"F32"`, `"${q}":{"dtype":"I32"`)) }; };
  const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1"), asLatin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

  test.each<[string, () => Promise<Files>, ErrorCode, RegExp]>([
    ["NaN", () => rewritten((all) => { all[0]!.data[3] = NaN; return all; }), "ADAPTER_INVALID", /adapter_model\.safetensors in \/model: .*q_proj\.lora_A\.weight holds values that are no numbers/],
    ["infinity", () => rewritten((all) => { all[1]!.data[0] = -Infinity; return all; }), "ADAPTER_INVALID", /lora_B\.weight holds values/], ["whole numbers", wrongType, "ADAPTER_INVALID", /q_proj\.lora_A\.weight is stored as int32/],
    ["a missing matrix", () => rewritten((all) => all.slice(0, -1)), "ADAPTER_MISMATCH", /lora_B\.weight is missing/], ["a matrix too many", () => rewritten((all) => [...all, { name: "base_model.model.x.lora_A.weight", dims: [1], data: new Float32Array(1) }]), "ADAPTER_MISMATCH", /no place for base_model\.model\.x/],
    ["another rank in the matrices", () => rewritten((all) => all.map((tensor) => (tensor.name === q ? { ...tensor, dims: [1, 32], data: new Float32Array(32) } : tensor))), "ADAPTER_MISMATCH", /q_proj\.lora_A\.weight has shape \[1, 32\]/],
    ["a rank of 10¹⁵", () => configured({ r: 1e15 }), "ADAPTER_MISMATCH", /1000000000000000/], ["a rank of 2⁵³ − 1 by pattern", () => configured({ rank_pattern: { q_proj: 2 ** 53 - 1 } }), "ADAPTER_MISMATCH", /needs \[9007199254740991/],
    ["a rank of 0", () => configured({ r: 0 }), "ADAPTER_INVALID", /adapter_config\.json.*\(r: /], ["alpha as text", () => configured({ lora_alpha: "16" }), "ADAPTER_INVALID", /\(lora_alpha: /],
    ["a pattern that backtracks for ever", () => configured({ rank_pattern: { "(a+)+$": 3 } }), "ADAPTER_INVALID", /adapter_config\.json.*rank_pattern.*repeats a group/], ["a pattern that is none", () => configured({ alpha_pattern: { "(": 3 } }), "ADAPTER_INVALID", /alpha_pattern.*is not a regular expression/],
    ["another method", () => configured({ peft_type: "IA3" }), "ADAPTER_INVALID", /IA3/], ["trained biases", () => configured({ bias: "all" }), "ADAPTER_INVALID", /biases/],
    ["a config of a gigabyte", async () => ({ ...await made(plain), [CONFIG]: new Uint8Array(65 * 2 ** 20) }), "ADAPTER_INVALID", /adapter_config\.json in \/model has 65 MiB/],
  ])("%s", async (_, files, code, what) => {
    await expect(loadAdapter(memoryFolder(await files()), base)).rejects.toMatchObject({ name: "UserError", code, what: expect.stringMatching(what) as string });
  });

  test("a pickle, which is never read", async () => {
    const rest = Object.fromEntries(Object.entries(await made(plain)).filter(([name]) => name !== WEIGHTS)), folder = memoryFolder({ ...rest, "adapter_model.bin": new Uint8Array([0x80, 4, 0x95]) }), { read } = folder;
    folder.read = (file, ...range) => { expect(file).not.toBe("adapter_model.bin"); return read(file, ...range); };
    await expect(loadAdapter(folder, base)).rejects.toMatchObject({ code: "ADAPTER_INVALID", what: expect.stringMatching(/adapter_model\.bin only, a Python pickle/) as string, next: expect.stringContaining("save_pretrained") as string });
  });
  test("no module of this program can load one", () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(__dirname, "../../../../package.json"), "utf8")) as Record<string, Record<string, string>>;
    expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => /pickle/i.test(name))).toEqual([]);
  });
});

test("patterns: module names and the expressions that people write pass, what can take exponential time does not", () => {
  for (const key of ["q_proj", "model.layers.0.self_attn.k_proj", "^model\\.layers\\.(0|1|2)\\..*", ".*\\.self_attn\\.[qkv]_proj", "layers.\\d+.mlp.(up|down)_proj", "(?:attn|mlp).*", "h.[0-9]{1,2}.x", "[(+*|]+x"]) expect(patternFault(key), key).toBeUndefined();
  for (const key of ["(a+)+$", "(a*)*", "(a|a)*x", "(?:a|aa)+$", "((a{1,30}){1,30})x", "(a?){30}", "(.*.*)+x", ".*.*.*.*.*x", "x".repeat(501), "(", "((a)|b)+"]) expect(patternFault(key), key).toBeDefined();
  // Whatever passes answers at once over a long name.
  const piece = fc.constantFrom("a", ".", "\\.", "[a.]", "(", ")", "*", "+", "?", "|", "{2,}", "(?:", "^", "$", "\\w");
  const name = `${"a.".repeat(40)}!`;
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")), (key) => {
    if (patternFault(key) === undefined) new RegExp(key).test(name);
  }), { numRuns: 3000 });
});
