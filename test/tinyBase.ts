/** A random Llama of a few thousand parameters with a byte tokenizer, in a folder of its own, for tests that need a whole base. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "../src/core/model/weights/safetensors";
import { parseModelConfig } from "../src/core/model/family/config";
import { tensorSpecs } from "../src/core/model/family/tensors";
import { normal, seededRandom } from "../src/core/random";

export const tinyConfig = {
  model_type: "llama", vocab_size: 260, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2,
  rms_norm_eps: 1e-5, tie_word_embeddings: true, max_position_embeddings: 256, eos_token_id: 256, bos_token_id: 256,
};

/** GPT-2's byte alphabet with no merges: every byte is a token; 256 is the end, 257 and 258 open the turns. */
export function byteTokenizer(): Record<string, unknown> {
  const visible = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  const vocab = Object.fromEntries(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(visible(byte) ? byte : next++), byte]));
  const special = (id: number, content: string) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
  return {
    version: "1.0", added_tokens: [special(256, "<|end|>"), special(257, "<|user|>"), special(258, "<|assistant|>")], normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }, post_processor: null, decoder: { type: "ByteLevel" },
    model: { type: "BPE", unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, vocab: { ...vocab, "<|end|>": 256, "<|user|>": 257, "<|assistant|>": 258 }, merges: [] },
  };
}

const chatTemplate = "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

export interface TinyBase { readonly path: string; remove(): void }

/** Writes the base. `dtype` is that of the stored weights. */
export function makeTinyBase({ seed = 1, dtype = "F32" as "F32" | "F16", config = {} as Record<string, unknown> } = {}): TinyBase {
  const path = mkdtempSync(join(tmpdir(), "tunesmith-base-")), text = JSON.stringify({ ...tinyConfig, ...config });
  const tensors = tensorSpecs(parseModelConfig(text, path)).map(({ name, dims }) => {
    const random = seededRandom(`${seed}/${name}`);
    return { name, dims, data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (dims.length === 1 ? 1 + 0.1 * normal(random) : 0.25 * normal(random))) };
  });
  writeFileSync(join(path, "config.json"), text);
  writeFileSync(join(path, "model.safetensors"), writeSafetensors(tensors, { dtype }));
  writeFileSync(join(path, "tokenizer.json"), JSON.stringify(byteTokenizer()));
  writeFileSync(join(path, "tokenizer_config.json"), JSON.stringify({ eos_token: "<|end|>", pad_token: "<|end|>", chat_template: chatTemplate }));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
