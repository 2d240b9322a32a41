/** Writes small GGUF files for tests: any header, right or wrong, and a whole random Llama in llama.cpp's form. */
import { dequantize, type GgmlType, ggmlTypeNames, tensorTypes } from "../src/core/model/gguf/dequantize";
import { normal, seededRandom } from "../src/core/random";

export type Typed = { u8: number } | { u32: number } | { i32: number } | { u64: bigint } | { f32: number } | { f64: number } | { bool: boolean } | string | { strings: string[] } | { i32s: number[] } | { f32s: number[] } | { raw: Uint8Array };
export interface GgufTensorInput { name: string; /** row-major */ dims: number[]; type: GgmlType; data: Uint8Array }
export interface GgufInput { version?: number; metadata?: Readonly<Record<string, Typed>>; tensors?: readonly GgufTensorInput[]; alignment?: number; /** Offsets to write instead of the right ones. */ offsets?: Readonly<Record<string, number>> }

const bytes = (size: number, write: (view: DataView) => void): Uint8Array => {
  const out = new Uint8Array(size);
  write(new DataView(out.buffer));
  return out;
};
export const u32 = (value: number): Uint8Array => bytes(4, (view) => view.setUint32(0, value, true));
export const u64 = (value: number | bigint): Uint8Array => bytes(8, (view) => view.setBigUint64(0, BigInt(value), true));
const f32 = (value: number): Uint8Array => bytes(4, (view) => view.setFloat32(0, value, true));
export const text = (value: string): Uint8Array => join(u64(new TextEncoder().encode(value).length), new TextEncoder().encode(value));
export const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** A value with its type in front. */
function typed(value: Typed): Uint8Array {
  if (typeof value === "string") return join(u32(8), text(value));
  if ("u8" in value) return join(u32(0), Uint8Array.of(value.u8));
  if ("u32" in value) return join(u32(4), u32(value.u32));
  if ("i32" in value) return join(u32(5), u32(value.i32 >>> 0));
  if ("u64" in value) return join(u32(10), u64(value.u64));
  if ("f32" in value) return join(u32(6), f32(value.f32));
  if ("f64" in value) return join(u32(12), bytes(8, (view) => view.setFloat64(0, value.f64, true)));
  if ("bool" in value) return join(u32(7), Uint8Array.of(value.bool ? 1 : 0));
  if ("strings" in value) return join(u32(9), u32(8), u64(value.strings.length), ...value.strings.map(text));
  if ("i32s" in value) return join(u32(9), u32(5), u64(value.i32s.length), ...value.i32s.map((item) => u32(item >>> 0)));
  if ("f32s" in value) return join(u32(9), u32(6), u64(value.f32s.length), ...value.f32s.map(f32));
  return value.raw;
}

export function makeGguf({ version = 3, metadata = {}, tensors = [], alignment = 32, offsets = {} }: GgufInput): Uint8Array {
  const up = (at: number): number => Math.ceil(at / alignment) * alignment, typeCode = (type: GgmlType): number => Number(Object.entries(ggmlTypeNames).find(([, name]) => name === type)![0]);
  let at = 0;
  const placed = tensors.map((tensor) => {
    const offset = at;
    at = up(at + tensor.data.length);
    return { ...tensor, offset };
  });
  const header = join(
    new TextEncoder().encode("GGUF"), u32(version), u64(tensors.length), u64(Object.keys(metadata).length), ...Object.entries(metadata).map(([key, value]) => join(text(key), typed(value))),
    ...placed.map(({ name, dims, type, offset }) => join(text(name), u32(dims.length), ...[...dims].reverse().map(u64), u32(typeCode(type)), u64(offsets[name] ?? offset))),
  );
  const out = new Uint8Array(up(header.length) + (placed.length === 0 ? 0 : placed.at(-1)!.offset + placed.at(-1)!.data.length));
  out.set(header);
  for (const { data, offset } of placed) out.set(data, up(header.length) + offset);
  return out;
}

/** Blocks of a type with moderate values, made from a seed; scales are set, all other bits are random. */
export function randomBlocks(type: GgmlType, elements: number, seed: string): Uint8Array {
  const random = seededRandom(seed), { elements: perBlock, bytes: blockBytes } = tensorTypes[type];
  if (type === "F32") return new Uint8Array(Float32Array.from({ length: elements }, () => 0.3 * normal(random)).buffer);
  const out = Uint8Array.from({ length: elements / perBlock * blockBytes }, () => Math.floor(random() * 256)), view = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += blockBytes) {
    // Half-precision 0.01 and 0.002.
    if (type === "Q6_K") view.setUint16(at + 208, 0x0419, true);
    else if (type === "F16" || type === "BF16") view.setUint16(at, type === "F16" ? 0x2c00 + Math.floor(random() * 0x800) : 0x3d00 + Math.floor(random() * 0x100), true);
    else {
      view.setUint16(at, 0x211f, true);
      if (["Q4_1", "Q5_1", "Q4_K", "Q5_K"].includes(type)) view.setUint16(at + 2, 0x1819, true);
    }
  }
  return out;
}

const C = 64, F = 96, D = 16, HEADS = 4, KV = 2, LAYERS = 2, VOCAB = 259;

/** GPT-2's byte alphabet, an end and two marks. */
const visible = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
let next = 0x100;
const byteTokens = Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++));

export interface TinyGguf { readonly file: Uint8Array; /** Values in Hugging Face's names and order. */ readonly expected: ReadonlyMap<string, Float32Array> }

/** A random Llama: matrices in `type`, norms in F32. */
export function tinyGguf({ type = "Q8_0" as GgmlType, metadata = {} as Record<string, Typed>, extra = [] as GgufTensorInput[], seed = "1" } = {}): TinyGguf {
  const expected = new Map<string, Float32Array>();
  const tensor = (name: string, hf: string, dims: number[], heads = 0): GgufTensorInput => {
    const kind = dims.length === 1 ? "F32" : type, data = randomBlocks(kind, dims.reduce((a, b) => a * b, 1), `${seed}/${name}`), values = dequantize(kind, data), width = dims[1] ?? 1, own = new Float32Array(values.length);
    // llama.cpp: reshape(heads, 2, D / 2, width).swapaxes(1, 2); the way back, written with its own indices.
    for (let row = 0; row < dims[0]!; row++) {
      const head = Math.floor(row / D), half = Math.floor(row % D / (D / 2)), i = row % (D / 2), from = heads > 0 ? head * D + i * 2 + half : row;
      own.set(values.subarray(from * width, (from + 1) * width), row * width);
    }
    expected.set(hf, own);
    return { name, dims, type: kind, data };
  };
  const tensors = [
    tensor("token_embd.weight", "model.embed_tokens.weight", [VOCAB, C]), tensor("output_norm.weight", "model.norm.weight", [C]),
    ...Array.from({ length: LAYERS }, (_, n) => [
      tensor(`blk.${n}.attn_norm.weight`, `model.layers.${n}.input_layernorm.weight`, [C]), tensor(`blk.${n}.ffn_norm.weight`, `model.layers.${n}.post_attention_layernorm.weight`, [C]),
      tensor(`blk.${n}.attn_q.weight`, `model.layers.${n}.self_attn.q_proj.weight`, [HEADS * D, C], HEADS), tensor(`blk.${n}.attn_k.weight`, `model.layers.${n}.self_attn.k_proj.weight`, [KV * D, C], KV),
      tensor(`blk.${n}.attn_v.weight`, `model.layers.${n}.self_attn.v_proj.weight`, [KV * D, C]), tensor(`blk.${n}.attn_output.weight`, `model.layers.${n}.self_attn.o_proj.weight`, [C, HEADS * D]),
      tensor(`blk.${n}.ffn_gate.weight`, `model.layers.${n}.mlp.gate_proj.weight`, [F, C]), tensor(`blk.${n}.ffn_up.weight`, `model.layers.${n}.mlp.up_proj.weight`, [F, C]), tensor(`blk.${n}.ffn_down.weight`, `model.layers.${n}.mlp.down_proj.weight`, [C, F]),
    ]).flat(),
  ];
  const all: Record<string, Typed> = {
    "general.architecture": "llama", "general.name": "tiny", "llama.block_count": { u32: LAYERS }, "llama.context_length": { u32: 128 }, "llama.embedding_length": { u32: C }, "llama.feed_forward_length": { u32: F },
    "llama.attention.head_count": { u32: HEADS }, "llama.attention.head_count_kv": { u32: KV }, "llama.attention.layer_norm_rms_epsilon": { f32: 1e-5 }, "llama.rope.dimension_count": { u32: D }, "llama.rope.freq_base": { f32: 10000 },
    "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": { strings: [...byteTokens, "<|end|>", "<|user|>", "<|assistant|>"] }, "tokenizer.ggml.token_type": { i32s: [...byteTokens.map(() => 1), 3, 3, 3] },
    "tokenizer.ggml.merges": { strings: [] }, "tokenizer.ggml.bos_token_id": { u32: 256 }, "tokenizer.ggml.eos_token_id": { u32: 256 }, "tokenizer.ggml.padding_token_id": { u32: 256 },
    "tokenizer.chat_template": "{% for m in messages %}{{ '<|' + m['role'] + '|>' + m['content'] }}{% if m['role'] == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
    ...metadata,
  };
  return { file: makeGguf({ metadata: all, tensors: [...tensors, ...extra] }), expected };
}
