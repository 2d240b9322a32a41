/** Tensor names of every family: those of the gguf package's own map (test/golden/gguf/names.py). A file with them opens, and each of its tensors is read. */
import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { expect, test } from "vitest";
import { openGguf } from "../../../../src/core/model/gguf/ggufModel";
import { parseModelConfig } from "../../../../src/core/model/family/config";
import { tensorSpecs } from "../../../../src/core/model/family/tensors";
import { type GgufTensorInput, makeGguf, type Typed } from "../../../makeGguf";

const families = JSON.parse(readFileSync(joinPath(__dirname, "../../../golden/gguf/names.json"), "utf8")) as Record<string, Record<string, string>>;

test("sixteen families", () => expect(Object.keys(families)).toHaveLength(16));

test.each(Object.keys(families))("%s", async (architecture) => {
  const names = families[architecture]!, hf = { llama: "llama", gemma3: "gemma3_text", phi2: "phi", gptneox: "gpt_neox", "command-r": "cohere" }[architecture] ?? architecture;
  const flags = { attention_bias: architecture === "llama" || architecture === "gptneox", mlp_bias: architecture === "llama", use_qkv_bias: true, query_pre_attn_scalar: 8 };
  const own = parseModelConfig(JSON.stringify({ model_type: hf, vocab_size: 2, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 4, num_key_value_heads: 4, head_dim: 8, max_position_embeddings: 8, tie_word_embeddings: !Object.values(names).includes("output.weight"), ...flags }), "test");
  const tensors = tensorSpecs(own).map(({ name, dims }): GgufTensorInput => {
    const shape = own.architecture.transposed && /c_(attn|proj|fc)\.weight$/.test(name) ? [...dims].reverse() : [...dims];
    return { name: names[name]!, dims: shape, type: "F32", data: new Uint8Array(4 * dims.reduce((a, b) => a * b, 1)) };
  });
  const count = (key: string, value: number): [string, Typed] => [`${architecture}.${key}`, { u32: value }];
  const metadata = {
    "general.architecture": architecture, ...Object.fromEntries([count("block_count", 1), count("context_length", 8), count("embedding_length", 32), count("feed_forward_length", 64), count("attention.head_count", 4), count("attention.head_count_kv", 4), count("attention.key_length", 8), count("attention.value_length", 8)]),
    ...(own.rotarySize > 0 && Object.fromEntries([count("rope.dimension_count", own.rotarySize)])),
    "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.tokens": { strings: ["a", "b"] }, "tokenizer.ggml.merges": { strings: [] },
  };
  const file = makeGguf({ metadata, tensors }), model = await openGguf({ path: "memory", exists: async () => true, size: async () => file.length, read: async (_name, from = 0, to = file.length) => file.slice(from, to) }, "m.gguf");
  const config = parseModelConfig(model.files["config.json"]!, "test");
  expect(tensorSpecs(config)).toEqual(tensorSpecs(own));
  expect({ name: config.architecture.name, rotarySize: config.rotarySize, scales: config.scales, softcaps: config.softcaps }).toEqual({ name: own.architecture.name, rotarySize: own.rotarySize, scales: own.scales, softcaps: own.softcaps });
});
