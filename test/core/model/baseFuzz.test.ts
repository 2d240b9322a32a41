/** Whatever stands in a base's files, opening it gives a sound base or one coded error that names the file: over the configs of every family, the shards' index and the shards. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ErrorCode } from "../../../src/core/errors";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { type Base, loadBase } from "../../../src/core/model/base";
import { type ModelConfig, parseModelConfig } from "../../../src/core/model/family/config";
import { ropeTables } from "../../../src/core/model/decoder/rope";
import { writeSafetensors } from "../../../src/core/model/weights/safetensors";
import { tensorSpecs } from "../../../src/core/model/family/tensors";
import { loadModel } from "../../../src/core/model/weights/weights";
import { frozenParameters, nllAt } from "../../../src/core/train/graphs";
import { asBytes, type Files, memoryFolder, mutatedBytes, mutatedTree, settled } from "../../mutate";
import { makeTinyBase, type TinyBase } from "../../tinyBase";

const BASE_CODES: readonly ErrorCode[] = ["BASE_NOT_FOUND", "BASE_TRUNCATED", "BASE_INVALID", "ARCHITECTURE_UNKNOWN", "TENSOR_MISSING", "TENSOR_SHAPE", "TOKENIZER_MISSING", "TOKENIZER_INVALID", "TOKENIZER_MISMATCH"];
const families = readdirSync(join(__dirname, "../../golden/arch"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
const golden = (family: string, file: string): Buffer => readFileSync(join(__dirname, "../../golden/arch", family, "base", file));

let tiny: TinyBase, files: Files;
beforeAll(() => {
  tiny = makeTinyBase();
  files = Object.fromEntries(readdirSync(tiny.path).map((name) => [name, new Uint8Array(readFileSync(join(tiny.path, name)))]));
});
afterAll(() => tiny.remove());

/** A model whose config and tensors belong together is built, and its rotary tables hold numbers. */
const isSound = ({ config, weights }: { config: ModelConfig; weights: Base["weights"] }): void => {
  const shape = { B: 1, T: 8, K: 2 };
  if (config.maxPositions >= 8) writeOnnx(lower({ nll: nllAt(frozenParameters(weights), config, shape) }));
  for (const { rope } of config.layers) if (rope) for (const table of Object.values(ropeTables(rope, config.rotarySize, 8))) expect(table.every(Number.isFinite), `${rope.kind} gives numbers`).toBe(true);
  for (const id of config.eosIds) expect(Number.isSafeInteger(id) && id >= 0, `eos ${id}`).toBe(true);
};
const open = (config: string, weights: Uint8Array): Promise<void> => settled(async () => isSound(await loadModel(memoryFolder({ "config.json": asBytes(config), "model.safetensors": weights }))), BASE_CODES, /config\.json|model\.safetensors|quantised|in \/model|\(\/model\)/).then(() => undefined);

describe.each(families)("config.json of %s", (family) => {
  test("with a hostile part", async () => {
    const config = JSON.parse(golden(family, "config.json").toString()) as Record<string, unknown>, weights = new Uint8Array(golden(family, "model.safetensors"));
    await fc.assert(fc.asyncProperty(mutatedTree(config), ({ text }) => open(text, weights)), { numRuns: 20 });
  });
});

test("config.json with bytes changed", async () => {
  await fc.assert(fc.asyncProperty(mutatedBytes(files["config.json"]!), async (bytes) => void await settled(() => loadBase(memoryFolder({ ...files, "config.json": bytes })), BASE_CODES, /config\.json|in \/model|\(\/model\)/)), { numRuns: 300 });
});

test("a hostile number for every key: the message names the key, or the tensor that it asks for", async () => {
  const config = JSON.parse(golden("gemma3", "config.json").toString()) as Record<string, unknown>;
  for (const key of ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size", "max_position_embeddings", "rms_norm_eps", "sliding_window", "query_pre_attn_scalar"]) {
    for (const value of ["x", {}, [], -1, "1", true, 1e300, 2 ** 32]) {
      if (value === 1e300 && ["rms_norm_eps", "query_pre_attn_scalar"].includes(key) || value === 2 ** 32 && !/^(vocab|hidden|num|head|inter)/.test(key)) continue;
      expect(() => parseModelConfig(JSON.stringify({ ...config, [key]: value }), "/model"), `${key} ${JSON.stringify(value)}`).toThrow(expect.objectContaining({ name: "UserError", code: "BASE_INVALID", what: expect.stringMatching(new RegExp(`^config\\.json in /model: ${key}`)) as string }));
    }
  }
});

describe("shards", () => {
  /** The tiny base's tensors in three files. */
  const sharded = (): { index: { metadata: object; weight_map: Record<string, string> }; shards: Files } => {
    const config = parseModelConfig(new TextDecoder().decode(files["config.json"]), "/model"), specs = tensorSpecs(config), weight_map: Record<string, string> = {}, shards: Record<string, Uint8Array> = {};
    for (const part of [0, 1, 2]) {
      const name = `model-0000${part + 1}-of-00003.safetensors`, own = specs.filter((_, i) => i % 3 === part);
      for (const spec of own) weight_map[spec.name] = name;
      shards[name] = writeSafetensors(own.map(({ name, dims }) => ({ name, dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1) })));
    }
    return { index: { metadata: { total_size: 1 }, weight_map }, shards };
  };
  const openShards = (index: unknown, shards: Files) => {
    const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== "model.safetensors"));
    return loadBase(memoryFolder({ ...rest, ...shards, "model.safetensors.index.json": asBytes(index) }));
  };

  test("open as one model", async () => {
    const { index, shards } = sharded(), base = await openShards(index, shards);
    expect([...base.weights.values()].map(({ name, file }) => [name, file])).toEqual([...base.weights.keys()].map((name) => [name, index.weight_map[name]]));
    isSound(base);
  });

  test("the index with a hostile part", async () => {
    const { index, shards } = sharded();
    await fc.assert(fc.asyncProperty(mutatedTree(index), async ({ text }) => {
      const base = await settled(() => openShards(text, shards), BASE_CODES, /model\.safetensors\.index\.json|-of-00003\.safetensors|in \/model/);
      if (base) isSound(base);
    }), { numRuns: 400 });
  });

  test("the index and the shards with bytes changed", async () => {
    const { index, shards } = sharded(), [name] = Object.keys(shards) as [string];
    await fc.assert(fc.asyncProperty(mutatedBytes(asBytes(index)), async (bytes) => void await settled(() => openShards(new TextDecoder().decode(bytes), shards), BASE_CODES, /model\.safetensors\.index\.json|-of-00003\.safetensors|in \/model/)), { numRuns: 300 });
    await fc.assert(fc.asyncProperty(mutatedBytes(shards[name]!), async (bytes) => void await settled(() => openShards(index, { ...shards, [name]: bytes }), BASE_CODES, /-of-00003\.safetensors|in \/model/)), { numRuns: 300 });
  });

  const first = "model-00001-of-00003.safetensors", tensor = "model.norm.weight";
  test.each<[string, (made: ReturnType<typeof sharded>) => unknown, ErrorCode, RegExp]>([
    ["a file in another folder", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "../secret.safetensors" } }), "BASE_INVALID", /weight_map\.x.*"\.\.\/secret\.safetensors"/], ["an absolute path", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "/etc/passwd.safetensors" } }), "BASE_INVALID", /weight_map\.x/],
    ["a Windows path", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "C:\\x.safetensors" } }), "BASE_INVALID", /weight_map\.x/], ["the index itself", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "model.safetensors.index.json" } }), "BASE_INVALID", /weight_map\.x/],
    ["a pickle", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "pytorch_model-00001.bin" } }), "BASE_INVALID", /weight_map\.x/], ["a shard that is missing", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, x: "model-9.safetensors" } }), "BASE_NOT_FOUND", /model-9\.safetensors/],
    ["a tensor in a shard that does not hold it", ({ index }) => ({ ...index, weight_map: { ...index.weight_map, [tensor]: Object.values(index.weight_map).find((file) => file !== index.weight_map[tensor]) } }), "BASE_INVALID", /model\.norm\.weight.*does not hold it/],
    ["no map", () => ({}), "BASE_INVALID", /weight_map/], ["a map that is a list", () => ({ weight_map: [first] }), "BASE_INVALID", /weight_map/], ["an empty map", () => ({ weight_map: {} }), "BASE_INVALID", /weight_map/],
    ["null", () => null, "BASE_INVALID", /index\.json/], ["a million shards", () => ({ weight_map: Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`t${i}`, `${i}.safetensors`])) }), "BASE_INVALID", /100001/],
  ])("%s is refused", async (_, damage, code, what) => {
    const made = sharded();
    await expect(openShards(damage(made), made.shards)).rejects.toMatchObject({ name: "UserError", code, what: expect.stringMatching(what) as string });
  });

  test("a tensor in two shards is refused unless the index says which", async () => {
    const { index, shards } = sharded(), extra = writeSafetensors([{ name: tensor, dims: [16], data: new Float32Array(16) }]), other = "model-00004-of-00004.safetensors";
    await expect(openShards({ weight_map: { ...index.weight_map, other } }, { ...shards, [other]: extra })).rejects.toMatchObject({ code: "BASE_INVALID" });
    const base = await openShards({ weight_map: { ...index.weight_map, [tensor]: other } }, { ...shards, [other]: extra });
    expect(base.weights.get(tensor)!.file).toBe(other);
  });
});

test("weights in pickle form only are refused by name and never read", async () => {
  const rest = Object.fromEntries(Object.entries(files).filter(([name]) => name !== "model.safetensors"));
  for (const name of ["pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt"]) {
    const folder = memoryFolder({ ...rest, [name]: new Uint8Array([0x80, 4]) }), { read } = folder;
    folder.read = (file, ...range) => { expect(file).not.toBe(name); return read(file, ...range); };
    const refusal = loadBase(folder);
    if (name === "model.pt") await expect(refusal).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
    else await expect(refusal).rejects.toMatchObject({ code: "BASE_INVALID", what: expect.stringMatching(new RegExp(`${name.replace(".index.json", "")}.*pickle`)) as string });
  }
});

describe("generation_config.json", () => {
  test("with a hostile part or bytes changed", async () => {
    const value = { bos_token_id: 256, eos_token_id: [256, 257], temperature: 0.6, top_p: 0.9, do_sample: true };
    const check = async (bytes: Uint8Array): Promise<void> => {
      const base = await settled(() => loadBase(memoryFolder({ ...files, "generation_config.json": bytes })), BASE_CODES, /generation_config\.json/);
      for (const id of base?.eosIds ?? []) expect(Number.isSafeInteger(id) && id >= 0).toBe(true);
    };
    await fc.assert(fc.asyncProperty(mutatedTree(value), ({ text }) => check(asBytes(text))), { numRuns: 200 });
    await fc.assert(fc.asyncProperty(mutatedBytes(asBytes(value)), check), { numRuns: 200 });
  });
  test.each([["a text", "</s>"], ["half a token", 1.5], ["a list with a text", [1, "x"]], ["below zero", -1]])("an eos_token_id that is %s is named", async (_, eos_token_id) => {
    await expect(loadBase(memoryFolder({ ...files, "generation_config.json": asBytes({ eos_token_id }) }))).rejects.toMatchObject({ code: "BASE_INVALID", what: expect.stringMatching(/^generation_config\.json in \/model: eos_token_id/) as string });
  });
});

test("text files too large to be what they are called are refused before they are read", async () => {
  for (const [name, code] of [["config.json", "BASE_INVALID"], ["tokenizer.json", "TOKENIZER_INVALID"], ["tokenizer_config.json", "TOKENIZER_INVALID"], ["generation_config.json", "BASE_INVALID"], ["chat_template.jinja", "TOKENIZER_INVALID"]] as const) {
    const folder = memoryFolder({ ...files, [name]: asBytes("{}") }), { size } = folder;
    folder.size = async (file) => (file === name ? 2 ** 34 : size(file));
    await expect(loadBase(folder), name).rejects.toMatchObject({ name: "UserError", code, what: expect.stringMatching(new RegExp(`${name.replace(".", "\\.")} in /model has 16,?384 MiB`)) as string });
  }
});
