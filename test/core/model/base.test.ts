/** Each way in which a base can be wrong gives one coded error with a next step. */
import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { loadBase } from "../../../src/core/model/base";
import { parseModelConfig } from "../../../src/core/model/family/config";
import { loraTargets } from "../../../src/core/model/adapter/lora";
import { openFolder } from "../../../src/node/files";
import { makeTinyBase, type TinyBase, tinyConfig } from "../../tinyBase";

let base: TinyBase;
afterEach(() => base?.remove());

const damaged = (damage: (file: (name: string) => string) => void): Promise<unknown> => {
  base = makeTinyBase();
  damage((name) => join(base.path, name));
  return loadBase(openFolder(base.path));
};
const edit = (path: string, change: (value: Record<string, unknown>) => unknown): void => writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>)));

test("a whole base opens", async () => {
  base = makeTinyBase();
  const opened = await loadBase(openFolder(base.path));
  expect(opened.config).toMatchObject({ heads: 4, kvHeads: 2, headSize: 4, tied: true });
  expect(opened.config.layers).toHaveLength(2);
  expect(opened.eosIds).toEqual([256]);
});

test.each<[string, string, (file: (name: string) => string) => void, string]>([
  ["no config.json", "BASE_NOT_FOUND", (file) => rmSync(file("config.json")), "config.json is missing"],
  ["config.json is not JSON", "BASE_INVALID", (file) => writeFileSync(file("config.json"), "{"), "not valid JSON"],
  ["config.json lacks a key", "BASE_INVALID", (file) => edit(file("config.json"), ({ hidden_size: _, ...rest }) => rest), "hidden_size"],
  ["an unknown architecture", "ARCHITECTURE_UNKNOWN", (file) => edit(file("config.json"), (config) => ({ ...config, model_type: "mamba" })), '"mamba"'],
  ["an unknown rope scaling", "ARCHITECTURE_UNKNOWN", (file) => edit(file("config.json"), (config) => ({ ...config, rope_scaling: { type: "spiral", factor: 2 } })), '"spiral"'],
  ["no weights", "BASE_NOT_FOUND", (file) => rmSync(file("model.safetensors")), "model.safetensors is missing"],
  ["truncated weights", "BASE_TRUNCATED", (file) => truncateSync(file("model.safetensors"), 5000), "cut short"],
  ["a tensor is missing", "TENSOR_MISSING", (file) => edit(file("config.json"), (config) => ({ ...config, num_hidden_layers: 3 })), "model.layers.2"],
  ["a tensor of another shape", "TENSOR_SHAPE", (file) => edit(file("config.json"), (config) => ({ ...config, intermediate_size: 64 })), "[64, 16]"],
  ["no tokenizer", "TOKENIZER_MISSING", (file) => rmSync(file("tokenizer.json")), "tokenizer.json is missing"],
  ["a broken tokenizer", "TOKENIZER_INVALID", (file) => writeFileSync(file("tokenizer.json"), "{}"), "tokenizer.json"],
  ["a tokenizer that does not fit", "TOKENIZER_MISMATCH", (file) => edit(file("tokenizer.json"), (json) => ({ ...json, added_tokens: [{ id: 999, content: "<|x|>", special: true, single_word: false, lstrip: false, rstrip: false, normalized: false }] })), "1000 tokens"],
  ["a shard that leads elsewhere", "BASE_INVALID", (file) => { rmSync(file("model.safetensors")); writeFileSync(file("model.safetensors.index.json"), JSON.stringify({ weight_map: { a: "../../secret.safetensors" } })); }, "weight_map.a is"],
])("%s: %s", async (_, code, damage, what) => {
  await expect(damaged(damage)).rejects.toMatchObject({ name: "UserError", code, what: expect.stringContaining(what) as string, next: expect.stringMatching(/^[A-Z].*\.$/) as string });
});

test("target_modules select by name, and an unknown name lists what there is", () => {
  const config = parseModelConfig(JSON.stringify(tinyConfig), "x");
  expect(loraTargets(config, { r: 1, lora_alpha: 1, target_modules: ["q_proj", "mlp.down_proj"] }).map(({ module }) => module)).toEqual(["model.layers.0.self_attn.q_proj", "model.layers.0.mlp.down_proj", "model.layers.1.self_attn.q_proj", "model.layers.1.mlp.down_proj"]);
  expect(() => loraTargets(config, { r: 1, lora_alpha: 1, target_modules: ["c_attn"] })).toThrow(/"c_attn" names no linear layer.*q_proj, k_proj/);
});
