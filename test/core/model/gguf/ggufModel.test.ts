/** From a GGUF file to the files of a Hugging Face folder: names, order of rows, every block format, config and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUserError } from "../../../../src/core/errors";
import { type ModelConfig, parseModelConfig } from "../../../../src/core/model/family/config";
import { type GgmlType, tensorTypes } from "../../../../src/core/model/gguf/dequantize";
import { openGguf } from "../../../../src/core/model/gguf/ggufModel";
import { weightsIn } from "../../../../src/core/model/weights/prepare";
import { readSafetensorsHeader, readTensor } from "../../../../src/core/model/weights/safetensors";
import { tensorSpecs } from "../../../../src/core/model/family/tensors";
import { type Folder } from "../../../../src/core/runtime";
import { createTokenizer } from "../../../../src/core/text/tokenizer";
import { type GgufTensorInput, join, makeGguf, randomBlocks, tinyGguf, type Typed } from "../../../makeGguf";

const memory = (files: Readonly<Record<string, Uint8Array>>): Folder => ({
  path: "memory", exists: async (name) => name in files, size: async (name) => files[name]!.length, read: async (name, start, end) => files[name]!.slice(start, end),
});

async function expand(file: Uint8Array): Promise<{ config: ModelConfig; json: Record<string, unknown>; weights: Map<string, Float32Array>; files: Readonly<Record<string, string>> }> {
  const model = await openGguf(memory({ "m.gguf": file }), "m.gguf"), written = weightsIn(model.tensors, model.config, { dtype: "auto" }), bytes = new Uint8Array(written.bytes), folder = memory({ "model.safetensors": bytes });
  for await (const part of written.parts()) bytes.set(part.bytes, part.at);
  const weights = new Map<string, Float32Array>();
  for (const [name, tensor] of await readSafetensorsHeader(folder, "model.safetensors")) weights.set(name, await readTensor(folder, tensor));
  const text = model.files["config.json"]!;
  return { config: parseModelConfig(text, "memory"), json: JSON.parse(text) as Record<string, unknown>, weights, files: model.files };
}
const refusal = async (file: Uint8Array): Promise<{ code: string; what: string }> => {
  const error: unknown = await openGguf(memory({ "m.gguf": file }), "m.gguf").then(() => undefined, (caught: unknown) => caught);
  if (!isUserError(error)) throw error instanceof Error ? error : new Error("it was accepted");
  return error;
};

describe("a Llama", () => {
  // Rows of 64 hold no block of 256; the K formats are tried below.
  test.each(Object.keys(tensorTypes).filter((type) => !type.endsWith("_K")) as GgmlType[])("in %s: every tensor by its Hugging Face name, rows of queries and keys put back", async (type) => {
    const { file, expected } = tinyGguf({ type }), { weights } = await expand(file);
    expect([...weights.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, values] of expected) expect(weights.get(name), name).toEqual(values);
  });

  test("its config and tokenizer", async () => {
    const { config, json, files } = await expand(tinyGguf().file);
    expect(json).toMatchObject({ model_type: "llama", vocab_size: 259, hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 16, max_position_embeddings: 128, rope_theta: 10000, tie_word_embeddings: true, eos_token_id: [256] });
    expect(config).toMatchObject({ tied: true, rotarySize: 16, normEpsilon: Math.fround(1e-5), biases: { qkv: false, output: false, mlp: false } });
    const tokenizer = createTokenizer(files["tokenizer.json"]!, files["tokenizer_config.json"]);
    expect(tokenizer.decode(tokenizer.encode("hé <|end|>"))).toBe("hé <|end|>");
    expect(tokenizer).toMatchObject({ bosId: 256, eosId: 256, padId: 256, addsBos: false, specialTokens: ["<|end|>", "<|user|>", "<|assistant|>"] });
    expect(tokenizer.chatTemplate).toContain("add_generation_prompt");
  });

  test("an output head of its own, a window and Llama 3's divisors", async () => {
    const extra: GgufTensorInput[] = [tensorOf("F16", "output.weight", [259, 64]), { name: "rope_freqs.weight", dims: [8], type: "F32", data: new Uint8Array(Float32Array.of(1, 1, 1, 1, 2, 4, 8, 8).buffer) }];
    const { config, json, weights } = await expand(tinyGguf({ metadata: { "llama.attention.sliding_window": { u32: 32 } }, extra }).file);
    expect(json.model_type).toBe("mistral");
    expect(config.tied).toBe(false);
    expect(weights.has("lm_head.weight")).toBe(true);
    expect(config.layers[0]).toMatchObject({ window: 32, rope: { kind: "longrope", shortFactors: [1, 1, 1, 1, 2, 4, 8, 8], longFactors: [1, 1, 1, 1, 2, 4, 8, 8], attentionFactor: 1 } });
  });

  test("linear scaling", async () => {
    const { config } = await expand(tinyGguf({ metadata: { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": { f32: 4 } } }).file);
    expect(config.layers[0]!.rope).toMatchObject({ kind: "linear", factor: 4 });
  });
});

const tensorOf = (type: GgmlType, name: string, dims: number[]): GgufTensorInput => ({ name, dims, type, data: randomBlocks(type, dims.reduce((a, b) => a * b, 1), name) });
const common = (architecture: string, more: Record<string, Typed> = {}): Record<string, Typed> => ({
  "general.architecture": architecture, [`${architecture}.block_count`]: { u32: 1 }, [`${architecture}.context_length`]: { u32: 64 }, [`${architecture}.embedding_length`]: { u32: 256 }, [`${architecture}.feed_forward_length`]: { u32: 512 },
  [`${architecture}.attention.head_count`]: { u32: 4 }, "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": { strings: ["a", "b"] }, "tokenizer.ggml.merges": { strings: [] }, ...more,
});

describe("other families", () => {
  test("Qwen 2: biases, rows as they are, K formats", async () => {
    const at = "blk.0.", F32 = (name: string, size: number): GgufTensorInput => tensorOf("F32", name, [size]);
    const tensors = [
      tensorOf("Q6_K", "token_embd.weight", [8, 256]), F32("output_norm.weight", 256), F32(`${at}attn_norm.weight`, 256), F32(`${at}ffn_norm.weight`, 256),
      tensorOf("Q4_K", `${at}attn_q.weight`, [256, 256]), F32(`${at}attn_q.bias`, 256), tensorOf("Q5_K", `${at}attn_k.weight`, [256, 256]), F32(`${at}attn_k.bias`, 256), tensorOf("Q6_K", `${at}attn_v.weight`, [256, 256]), F32(`${at}attn_v.bias`, 256),
      tensorOf("Q4_K", `${at}attn_output.weight`, [256, 256]), tensorOf("Q4_K", `${at}ffn_gate.weight`, [512, 256]), tensorOf("Q4_K", `${at}ffn_up.weight`, [512, 256]), tensorOf("Q6_K", `${at}ffn_down.weight`, [256, 512]),
    ];
    const { config, weights } = await expand(makeGguf({ metadata: common("qwen2"), tensors }));
    expect(config.biases.qkv).toBe(true);
    expect([...weights.get("model.layers.0.self_attn.q_proj.bias")!]).toEqual([...new Float32Array(tensors[5]!.data.buffer)]);
    expect([...weights.keys()].sort()).toEqual(tensorSpecs(config).map(({ name }) => name).sort());
  });

  test("GPT-2: fused projections and matrices the other way round", async () => {
    const at = "blk.0.", pair = (name: string, rows: number, columns: number): GgufTensorInput[] => [tensorOf("F32", `${at}${name}.weight`, [rows, columns]), tensorOf("F32", `${at}${name}.bias`, [rows])];
    const norm = (name: string): GgufTensorInput[] => [tensorOf("F32", `${name}.weight`, [256]), tensorOf("F32", `${name}.bias`, [256])];
    const tensors = [tensorOf("F16", "token_embd.weight", [8, 256]), tensorOf("F32", "position_embd.weight", [64, 256]), ...norm("output_norm"), ...norm(`${at}attn_norm`), ...norm(`${at}ffn_norm`), ...pair("attn_qkv", 768, 256), ...pair("attn_output", 256, 256), ...pair("ffn_up", 512, 256), ...pair("ffn_down", 256, 512)];
    const { weights } = await expand(makeGguf({ metadata: common("gpt2"), tensors }));
    const stored = new Float32Array(tensors.find(({ name }) => name === "blk.0.ffn_up.weight")!.data.buffer), own = weights.get("transformer.h.0.mlp.c_fc.weight")!;
    expect([own[0], own[1], own[512], own[512 * 255 + 511]]).toEqual([stored[0], stored[256], stored[1], stored[256 * 511 + 255]]);
    expect(weights.get("transformer.wpe.weight")).toHaveLength(64 * 256);
  });

  test("GPT-NeoX: rows of the fused projection go back to their heads", async () => {
    const at = "blk.0.", pair = (name: string, rows: number, columns: number): GgufTensorInput[] => [tensorOf("F32", `${at}${name}.weight`, [rows, columns]), tensorOf("F32", `${at}${name}.bias`, [rows])];
    const norm = (name: string): GgufTensorInput[] => [tensorOf("F32", `${name}.weight`, [256]), tensorOf("F32", `${name}.bias`, [256])];
    const tensors = [tensorOf("F32", "token_embd.weight", [8, 256]), tensorOf("F32", "output.weight", [8, 256]), ...norm("output_norm"), ...norm(`${at}attn_norm`), ...norm(`${at}ffn_norm`), ...pair("attn_qkv", 768, 256), ...pair("attn_output", 256, 256), ...pair("ffn_up", 512, 256), ...pair("ffn_down", 256, 512)];
    const { weights, config } = await expand(makeGguf({ metadata: common("gptneox", { "gptneox.rope.dimension_count": { u32: 16 }, "gptneox.use_parallel_residual": { bool: false } }), tensors }));
    expect(config).toMatchObject({ rotarySize: 16, architecture: { parallel: false } });
    const stored = new Float32Array(tensors.find(({ name }) => name === "blk.0.attn_qkv.bias")!.data.buffer), own = weights.get("gpt_neox.layers.0.attention.query_key_value.bias")!;
    // Head 1 (of 4 heads of 64): its queries, keys and values.
    for (let d = 0; d < 64; d++) expect([own[192 + d], own[256 + d], own[320 + d]]).toEqual([stored[64 + d], stored[256 + 64 + d], stored[512 + 64 + d]]);
  });

  test("Gemma: norms without the one that conversion added", async () => {
    const at = "blk.0.", tensors = [
      tensorOf("F32", "token_embd.weight", [8, 256]), ...["output_norm", `${at}attn_norm`, `${at}ffn_norm`].map((name) => tensorOf("F32", `${name}.weight`, [256])),
      ...["attn_q", "attn_k", "attn_v", "attn_output"].map((name) => tensorOf("F32", `${at}${name}.weight`, [256, 256])), tensorOf("F32", `${at}ffn_gate.weight`, [512, 256]), tensorOf("F32", `${at}ffn_up.weight`, [512, 256]), tensorOf("F32", `${at}ffn_down.weight`, [256, 512]),
    ];
    const { weights, config } = await expand(makeGguf({ metadata: common("gemma", { "gemma.attention.key_length": { u32: 64 }, "gemma.attention.value_length": { u32: 64 } }), tensors }));
    expect(config.architecture.norm).toBe("rmsPlusOne");
    expect([...weights.get("model.norm.weight")!]).toEqual([...new Float32Array(tensors[1]!.data.buffer)].map((x) => Math.fround(x - 1)));
    expect([...weights.get("model.layers.0.self_attn.q_proj.weight")!]).toEqual([...new Float32Array(tensors[4]!.data.buffer)]);
  });
});

describe("what is refused", () => {
  const tiny = (metadata: Record<string, Typed>, extra: GgufTensorInput[] = []): Uint8Array => tinyGguf({ metadata, extra }).file;
  test.each<[string, Uint8Array, string, RegExp]>([
    ["an architecture that is not known", tiny({ "general.architecture": "mamba" }), "ARCHITECTURE_UNKNOWN", /"mamba"/], ["the name of a property of objects", tiny({ "general.architecture": "constructor" }), "ARCHITECTURE_UNKNOWN", /"constructor"/],
    ["no architecture", makeGguf({ metadata: { a: "b" } }), "BASE_INVALID", /general\.architecture/], ["experts", tiny({ "llama.expert_count": { u32: 8 } }), "ARCHITECTURE_UNKNOWN", /experts/], ["one part of several", tiny({ "split.count": { u32: 3 } }), "BASE_INVALID", /3 parts/],
    ["no count of heads", tiny({ "llama.attention.head_count": "many" }), "BASE_INVALID", /llama\.attention\.head_count.*not a number/], ["heads that do not divide", tiny({ "llama.attention.head_count": { u32: 7 } }), "BASE_INVALID", /head_count/],
    ["layers without tensors", tiny({ "llama.block_count": { u32: 4e9 } }), "BASE_INVALID", /llama\.block_count/], ["one layer too many", tiny({ "llama.block_count": { u32: 3 } }), "TENSOR_MISSING", /blk\.2/],
    ["layers of different sizes", tiny({ "llama.feed_forward_length": { i32s: [96, 64] } }), "ARCHITECTURE_UNKNOWN", /different sizes/], ["a shape that metadata contradict", tiny({ "llama.feed_forward_length": { u32: 128 } }), "TENSOR_SHAPE", /blk\.0\.ffn_gate\.weight/],
    ["a tensor that nothing would read", tiny({}, [tensorOf("F32", "blk.0.attn_q.scale", [64])]), "ARCHITECTURE_UNKNOWN", /blk\.0\.attn_q\.scale/], ["part of a head rotated", tiny({ "llama.rope.dimension_count": { u32: 8 } }), "ARCHITECTURE_UNKNOWN", /8 of 16/],
    ["no tokenizer", tiny({ "tokenizer.ggml.tokens": { raw: makeTyped() } }), "TOKENIZER_INVALID", /tokenizer\.ggml\.tokens/], ["another kind of tokenizer", tiny({ "tokenizer.ggml.model": "bert" }), "TOKENIZER_INVALID", /"bert"/], ["an unknown pre-tokenizer", tiny({ "tokenizer.ggml.pre": "new-one" }), "TOKENIZER_INVALID", /tokenizer\.ggml\.pre.*"new-one"/],
    ["types for other tokens", tiny({ "tokenizer.ggml.token_type": { i32s: [1, 2] } }), "TOKENIZER_INVALID", /2 entries for 259/], ["an end outside the vocabulary", tiny({ "tokenizer.ggml.eos_token_id": { u32: 5000 } }), "TOKENIZER_INVALID", /eos_token_id/],
    ["merges that are none", tiny({ "tokenizer.ggml.merges": { strings: ["a b c"] } }), "TOKENIZER_INVALID", /merge 1/], ["SentencePiece without scores", tiny({ "tokenizer.ggml.model": "llama" }), "TOKENIZER_INVALID", /scores/],
  ])("%s", async (_, file, code, what) => {
    const error = await refusal(file);
    expect(error.code).toBe(code);
    expect(error.what).toMatch(what);
    expect(error.what).toContain("m.gguf in memory");
  });

  test("any damage in the header ends in a UserError or a sound model", async () => {
    const whole = tinyGguf({ type: "Q4_0" }).file;
    const edit = fc.record({ at: fc.nat(12_000), remove: fc.nat(4), put: fc.uint8Array({ maxLength: 6 }) });
    await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const file = edits.reduce((bytes, { at, remove, put }) => join(bytes.subarray(0, at), put, bytes.subarray(at + (put.length > 0 && remove > 2 ? put.length : remove))), whole);
      try {
        await openGguf(memory({ "m.gguf": file }), "m.gguf");
      } catch (error) {
        if (!isUserError(error)) throw error;
      }
    }), { numRuns: 500 });
  });
});

/** A number where a list of texts belongs. */
function makeTyped(): Uint8Array { return new Uint8Array([4, 0, 0, 0, 1, 0, 0, 0]); }
