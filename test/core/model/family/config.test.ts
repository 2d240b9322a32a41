/** What config.json means where it is silent, says null or asks for something that cannot be built; the rest is shown by the model folders of golden/arch. */
import { describe, expect, test } from "vitest";
import { type UserError } from "../../../../src/core/errors";
import { architectures } from "../../../../src/core/model/family/architectures";
import { type ModelConfig, parseModelConfig } from "../../../../src/core/model/family/config";

const small = { vocab_size: 96, hidden_size: 32, num_hidden_layers: 3, num_attention_heads: 4, n_embd: 32, n_layer: 3, n_head: 4 };
const parse = (config: Record<string, unknown>): ModelConfig => parseModelConfig(JSON.stringify({ ...small, ...config }), "folder");

describe("a silent config.json means what the family's config class in transformers 5.23 assumes", () => {
  test.each<[string, Record<string, unknown>]>([
    ["llama", { normEpsilon: 1e-6, tied: false, activation: "silu", kvHeads: 4, headSize: 8, rotarySize: 8 }],
    ["mistral", { normEpsilon: 1e-6, tied: false, activation: "silu" }],
    ["qwen2", { normEpsilon: 1e-6, tied: false, biases: { qkv: true, output: false, mlp: false, head: false } }],
    ["qwen3", { normEpsilon: 1e-6, tied: false, headSize: 128 }],
    ["gemma", { normEpsilon: 1e-6, tied: true, headSize: 256, activation: "geluTanh" }],
    ["gemma2", { tied: true, headSize: 256, activation: "geluTanh", softcaps: { attention: 50, logits: 30 }, scales: { attention: 1 / 16, embedding: Math.sqrt(32), residual: 1, logits: 1 } }],
    ["gemma3_text", { tied: true, headSize: 256, activation: "geluTanh", softcaps: {}, scales: { attention: 1 / 16, embedding: Math.sqrt(32), residual: 1, logits: 1 } }],
    ["phi", { normEpsilon: 1e-5, tied: false, activation: "geluTanh", rotarySize: 4 }],
    ["phi3", { normEpsilon: 1e-5, tied: false, activation: "silu", rotarySize: 8 }],
    ["gpt2", { normEpsilon: 1e-5, tied: true, activation: "geluTanh", intermediateSize: 128, rotarySize: 0 }],
    ["gpt_neox", { kvHeads: 4, normEpsilon: 1e-5, tied: false, activation: "gelu", rotarySize: 2, biases: { qkv: true, output: true, mlp: true, head: false } }],
    ["smollm3", { normEpsilon: 1e-6, tied: true, biases: { qkv: false, output: false, mlp: false, head: false } }],
    ["olmo2", { normEpsilon: 1e-5, tied: false }],
    ["granite", { normEpsilon: 1e-6, tied: false, scales: { embedding: 1, attention: 1, residual: 1, logits: 1 } }],
    ["cohere", { normEpsilon: 1e-5, tied: true, scales: { embedding: 1, attention: 8 ** -0.5, residual: 1, logits: 0.0625 } }],
    ["stablelm", { normEpsilon: 1e-5, tied: false, rotarySize: 2, biases: { qkv: false, output: false, mlp: false, head: false } }],
    ["starcoder2", { normEpsilon: 1e-5, tied: true, activation: "geluTanh", kvHeads: 2, biases: { qkv: true, output: true, mlp: true, head: false } }],
    ["falcon", { normEpsilon: 1e-5, tied: true, activation: "gelu", kvHeads: 1, intermediateSize: 128, biases: { qkv: false, output: false, mlp: false, head: false } }],
  ])("%s", (model_type, expected) => expect(parse({ model_type })).toMatchObject(expected));

  test("every family of the table is listed above", () => expect(Object.keys(architectures)).toHaveLength(18));

  const bases = (model_type: string): (number | undefined)[] => parse({ model_type }).layers.map(({ rope }) => rope?.theta);
  test("rotary bases", () => {
    for (const family of ["llama", "mistral", "qwen2", "gemma2", "phi", "gpt_neox", "olmo2", "falcon", "starcoder2"]) expect(bases(family)).toEqual([10_000, 10_000, 10_000]);
    expect(bases("cohere")).toEqual([500_000, 500_000, 500_000]);
    expect(bases("gemma3_text")).toEqual([10_000, 10_000, 10_000]);
    expect(parse({ model_type: "gemma3_text", num_hidden_layers: 6 }).layers.at(-1)).toEqual({ rope: { kind: "default", theta: 1_000_000 } });
    expect(bases("smollm3")).toEqual([2_000_000, 2_000_000, 2_000_000]);
    expect(bases("gpt2")).toEqual([undefined, undefined, undefined]);
    expect(parse({ model_type: "smollm3", num_hidden_layers: 4 }).layers[3]).toEqual({});
  });
});

describe("null says that there is none", () => {
  test("caps and windows", () => {
    expect(parse({ model_type: "gemma2", attn_logit_softcapping: null, final_logit_softcapping: null }).softcaps).toEqual({ attention: undefined, logits: undefined });
    expect(parse({ model_type: "mistral" }).layers[0]!.window).toBe(4096);
    expect(parse({ model_type: "mistral", sliding_window: null }).layers[0]).not.toHaveProperty("window");
    expect(parse({ model_type: "phi3" }).layers[0]).not.toHaveProperty("window");
  });
  test("a window that is switched off is no window, whatever the layer types say", () => {
    const layer_types = ["full_attention", "sliding_attention", "sliding_attention"];
    expect(parse({ model_type: "qwen2", layer_types, sliding_window: 5 }).layers.map(({ window }) => window)).toEqual([undefined, undefined, undefined]);
    expect(parse({ model_type: "qwen2", layer_types, sliding_window: 5, use_sliding_window: true }).layers.map(({ window }) => window)).toEqual([undefined, 5, 5]);
  });
});

describe("rope", () => {
  test("Gemma 3: full layers are stretched, sliding ones are not, in the old form and in the new", () => {
    const old = parse({ model_type: "gemma3_text", sliding_window_pattern: 3, rope_theta: 1e6, rope_local_base_freq: 1e4, rope_scaling: { rope_type: "linear", factor: 8 } });
    const linear = { rope_type: "linear", factor: 8, rope_theta: 1e6 };
    expect(old.layers.map(({ rope }) => rope)).toEqual([{ kind: "default", theta: 1e4 }, { kind: "default", theta: 1e4 }, { kind: "linear", theta: 1e6, factor: 8 }]);
    for (const sliding_attention of [{ rope_type: "default", rope_theta: 1e4 }, undefined, null]) {
      expect(parse({ model_type: "gemma3_text", sliding_window_pattern: 3, rope_parameters: { full_attention: linear, sliding_attention } }).layers).toEqual(old.layers);
    }
  });
  test("Phi-3's first names of longrope", () => {
    const factors = { short_factor: [1, 1, 1, 1], long_factor: [2, 2, 2, 2] };
    for (const type of ["su", "yarn", "longrope"]) expect(parse({ model_type: "phi3", rope_scaling: { type, ...factors } }).layers[0]!.rope).toMatchObject({ kind: "longrope", originalPositions: 4096 });
  });
  test("the trained length at the top level goes before the one beside the factor", () => {
    const yarn = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 128 };
    expect(parse({ model_type: "llama", rope_scaling: yarn }).layers[0]!.rope).toMatchObject({ originalPositions: 128 });
    expect(parse({ model_type: "llama", rope_scaling: yarn, original_max_position_embeddings: 64 }).layers[0]!.rope).toMatchObject({ originalPositions: 64 });
  });
  test("dynamic scaling reaches beyond the trained length", () => {
    expect(parse({ model_type: "llama", max_position_embeddings: 100, rope_scaling: { type: "dynamic", factor: 2.5 } }).maxPositions).toBe(250);
    expect(parse({ model_type: "llama", max_position_embeddings: 100, rope_scaling: { type: "linear", factor: 2 } }).maxPositions).toBe(100);
  });
  test("only families that rotate a part of each head read partial_rotary_factor", () => {
    expect(parse({ model_type: "llama", partial_rotary_factor: 0.5 }).rotarySize).toBe(8);
    expect(parse({ model_type: "stablelm", partial_rotary_factor: 0.5 }).rotarySize).toBe(4);
  });
});

const refusal = (config: Record<string, unknown>): UserError => {
  try {
    parse(config);
  } catch (error) {
    return error as UserError;
  }
  throw new Error("It was accepted.");
};

test.each<[string, Record<string, unknown>]>([
  ['the architecture "mixtral"', { model_type: "mixtral" }],
  ["alibi positions in a falcon model", { model_type: "falcon", alibi: true }],
  ["use_bidirectional_attention in a gemma3_text model", { model_type: "gemma3_text", use_bidirectional_attention: true }],
  ["use_bidirectional_attention in a gemma model", { model_type: "gemma", use_bidirectional_attention: true }],
  ['layers of type "chunked_attention"', { model_type: "llama", layer_types: ["full_attention", "chunked_attention", "full_attention"] }],
  ['rope scaling "mrope"', { model_type: "qwen2", rope_scaling: { type: "mrope", mrope_section: [1, 2, 1] } }],
  ['rope scaling "proportional"', { model_type: "llama", rope_scaling: { rope_type: "proportional", factor: 2 } }],
  ['rope scaling "linear" with these settings', { model_type: "llama", rope_scaling: { rope_type: "linear" } }],
  ["an odd number of rotated dimensions (3)", { model_type: "phi", partial_rotary_factor: 0.4 }],
  ["no rotated dimension (0.1 of heads of size 8)", { model_type: "phi", partial_rotary_factor: 0.1 }],
  ['the activation "quick_gelu"', { model_type: "llama", hidden_act: "quick_gelu" }],
  ["quantization_config", { model_type: "llama", quantization_config: { quant_method: "gptq", bits: 4 } }],
])("refused by name: %s", (what, config) => {
  expect(refusal(config)).toMatchObject({ name: "UserError", code: "ARCHITECTURE_UNKNOWN", what: expect.stringContaining(what) as string, next: expect.stringContaining("falcon") as string });
});

test.each<[string, Record<string, unknown>]>([
  ["embedding_multiplier", { model_type: "granite", embedding_multiplier: "twelve" }],
  ["sliding_window_pattern", { model_type: "gemma3_text", sliding_window_pattern: 0 }],
  ["num_hidden_layers", { model_type: "llama", num_hidden_layers: 1e12 }],
  ["do not divide", { model_type: "llama", num_key_value_heads: 3 }],
])("not a configuration: %s", (what, config) => expect(refusal(config)).toMatchObject({ code: "BASE_INVALID", what: expect.stringContaining(what) as string }));
