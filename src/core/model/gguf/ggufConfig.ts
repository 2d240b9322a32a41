/** A GGUF file's metadata as the config.json that transformers would have for the same model. One entry a family: what llama.cpp calls it, what Hugging Face calls it, and what else its config says. */
import { UserError } from "../../errors";
import { type GgufHeader, type GgufValue } from "./gguf";
import { GgufFields } from "./ggufFields";

type Json = Record<string, unknown>;

interface GgufFamily {
  /** `model_type` in config.json. */
  readonly type: string;
  /** How the rows of query and key weights stand against Hugging Face's: pairs that rotate together side by side (llama.cpp's "norm" rope), or fused rows as [all q | all k | all v] where Hugging Face has them head by head. */
  readonly rows?: "interleaved" | "ungrouped";
  /** Gemma's norms hold weight + 1. */
  readonly normsPlusOne?: boolean;
  readonly extra?: (fields: Fields) => Json;
}

/** By `general.architecture` (llama.cpp: llama-arch.cpp, and its convert_hf_to_gguf.py for what conversion does to rows and norms). */
const families: Readonly<Record<string, GgufFamily>> = {
  llama: { type: "llama", rows: "interleaved" },
  granite: {
    type: "granite", rows: "interleaved",
    extra: (fields) => ({ embedding_multiplier: fields.number("embedding_scale"), attention_multiplier: fields.number("attention.scale"), residual_multiplier: fields.number("residual_scale"), logits_scaling: fields.number("logit_scale") }),
  },
  smollm3: { type: "smollm3", rows: "interleaved" },
  qwen2: { type: "qwen2" },
  qwen3: { type: "qwen3" },
  gemma: { type: "gemma", normsPlusOne: true },
  // The largest of each series scales its scores by another size than the head's; GGUF has no field for it, so llama.cpp goes by the number of layers.
  gemma2: { type: "gemma2", normsPlusOne: true, extra: (fields) => ({ query_pre_attn_scalar: queryScale(fields, 46) }) },
  gemma3: { type: "gemma3_text", normsPlusOne: true, extra: (fields) => ({ query_pre_attn_scalar: queryScale(fields, 62) }) },
  phi2: { type: "phi" },
  phi3: { type: "phi3" },
  gpt2: { type: "gpt2" },
  gptneox: { type: "gpt_neox", rows: "ungrouped", extra: (fields) => ({ use_parallel_residual: fields.flag("use_parallel_residual") ?? true }) },
  olmo2: { type: "olmo2" },
  "command-r": { type: "cohere", extra: (fields) => ({ logit_scale: fields.number("logit_scale") }) },
  stablelm: { type: "stablelm", extra: (fields) => ({ use_parallel_residual: fields.flag("use_parallel_residual") ?? false, use_qkv_bias: fields.has("blk.0.attn_q.bias") }) },
  starcoder2: { type: "starcoder2" },
};

const queryScale = (fields: Fields, layersOfLargest: number): number | undefined =>
  fields.number("block_count") === layersOfLargest ? fields.required("embedding_length") / fields.required("attention.head_count") : fields.headSize();

export interface GgufConfig { readonly json: Json; readonly family: GgufFamily; /** leading dimensions of a head that are rotated */ readonly rotarySize?: number | undefined }

/** `ropeFactors` are the values of the file's rope_freqs or rope_factors tensors. Throws BASE_INVALID naming the field, ARCHITECTURE_UNKNOWN. */
export function ggufConfig(header: GgufHeader, place: string, { ropeFactors, endIds }: { ropeFactors?: RopeFactors | undefined; endIds: readonly number[] }): GgufConfig {
  const name = header.metadata.get("general.architecture");
  if (typeof name !== "string") throw new UserError("BASE_INVALID", `general.architecture is missing in ${place}.`, "Choose another GGUF file.");
  const family = Object.hasOwn(families, name) ? families[name]! : undefined;
  if (!family) throw unsupported(`the architecture "${name.slice(0, 60)}"`, place);
  const fields = new Fields(header, name, place);
  if ((fields.number("expert_count") ?? 0) > 0) throw unsupported("a mixture of experts", place);
  const parts = header.metadata.get("split.count");
  if (typeof parts === "number" && parts > 1) throw new UserError("BASE_INVALID", `${place} is one of ${parts} parts.`, "Join them first: llama-gguf-split --merge FIRST-PART OUT.gguf.");
  const embedding = header.tensors.get("token_embd.weight");
  if (!embedding) throw new UserError("TENSOR_MISSING", `The weights in ${place} lack token_embd.weight.`, "Choose a GGUF file of the whole model.");
  const layers = fields.required("block_count");
  if (layers > header.tensors.size) throw new UserError("BASE_INVALID", `${name}.block_count in ${place}: ${layers} layers of ${header.tensors.size} tensors.`, "Download the file again, or choose another GGUF file of this model.");
  const heads = fields.required("attention.head_count"), window = fields.number("attention.sliding_window"), rotarySize = fields.number("rope.dimension_count");
  const json: Json = {
    // Mistral goes by the name of llama; what sets it apart is its window.
    model_type: family.type === "llama" && window ? "mistral" : family.type,
    vocab_size: embedding.dims[0], hidden_size: fields.required("embedding_length"), intermediate_size: fields.required("feed_forward_length"), num_hidden_layers: layers,
    num_attention_heads: heads, num_key_value_heads: fields.number("attention.head_count_kv") ?? heads, head_dim: fields.headSize(), max_position_embeddings: fields.required("context_length"),
    norm_eps: fields.number("attention.layer_norm_rms_epsilon") ?? fields.number("attention.layer_norm_epsilon"),
    rope_theta: fields.number("rope.freq_base"), rope_scaling: ropeScaling(fields, ropeFactors), partial_rotary_factor: share(rotarySize, fields.headSize()), sliding_window: window || undefined,
    attn_logit_softcapping: fields.number("attn_logit_softcapping"), final_logit_softcapping: fields.number("final_logit_softcapping"),
    tie_word_embeddings: !header.tensors.has("output.weight"), attention_bias: fields.has("blk.0.attn_q.bias") || fields.has("blk.0.attn_qkv.bias"), mlp_bias: fields.has("blk.0.ffn_up.bias"), use_bias: fields.has("blk.0.attn_q.bias"),
    eos_token_id: endIds, ...family.extra?.(fields),
  };
  return { json, family, rotarySize };
}

/** Divisors of the rotary frequencies, for texts up to the trained length and beyond. */
export interface RopeFactors { readonly short: readonly number[]; readonly long: readonly number[] }

/** Any table of divisors is longrope with its own attention factor: Llama 3's are the same table for every length. */
function ropeScaling(fields: Fields, factors: RopeFactors | undefined): Json | undefined {
  const type = fields.text("rope.scaling.type") ?? "none", original = fields.number("rope.scaling.original_context_length"), factor = fields.number("rope.scaling.factor");
  if (factors) {
    return { rope_type: "longrope", short_factor: factors.short, long_factor: factors.long, original_max_position_embeddings: original ?? fields.required("context_length"), attention_factor: fields.number("rope.scaling.attn_factor") ?? 1 };
  }
  if (type === "none" || (type === "linear" && (factor ?? 0) <= 0)) return undefined;
  if (type === "linear") return { rope_type: "linear", factor };
  if (type === "yarn") return { rope_type: "yarn", factor, original_max_position_embeddings: original, beta_fast: fields.number("rope.scaling.yarn_beta_fast"), beta_slow: fields.number("rope.scaling.yarn_beta_slow") };
  throw unsupported(`rope scaling "${type.slice(0, 60)}"`, fields.place);
}

/** part / whole, such that ⌊whole · share⌋ is `part` in spite of rounding. */
function share(part: number | undefined, whole: number): number | undefined {
  if (part === undefined || part >= whole) return undefined;
  return Math.trunc(whole * (part / whole)) === part ? part / whole : part / whole + 1e-12;
}

/** Metadata of the model's own architecture, with types checked. */
class Fields extends GgufFields {
  constructor(private readonly header: GgufHeader, private readonly architecture: string, readonly place: string) { super(); }

  has(tensor: string): boolean { return this.header.tensors.has(tensor); }

  /** Some are lists with one number a layer: usable where they are all the same. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (ArrayBuffer.isView(value) && value.length > 0) {
      const numbers = value as ArrayLike<number>;
      if (Array.from(numbers).some((each) => each !== numbers[0])) throw unsupported(`layers of different sizes (${this.architecture}.${name})`, this.place);
      return numbers[0];
    }
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.invalid(name, "it is not a number");
    return value;
  }

  required(name: string): number {
    const value = this.number(name);
    if (value === undefined) throw this.invalid(name, "it is missing");
    if (!Number.isInteger(value) || value < 1) throw this.invalid(name, `${value} is not a count`);
    return value;
  }

  headSize(): number {
    const size = this.number("attention.key_length") ?? this.required("embedding_length") / this.required("attention.head_count"), values = this.number("attention.value_length") ?? size;
    if (!Number.isInteger(size) || size < 1) throw this.invalid("attention.head_count", `${this.required("embedding_length")} dimensions do not divide into its heads`);
    if (values !== size) throw unsupported("values of another size than keys", this.place);
    return size;
  }

  override get(name: string): GgufValue | undefined { return this.header.metadata.get(`${this.architecture}.${name}`); }

  override invalid(name: string, detail: string): UserError {
    return new UserError("BASE_INVALID", `${this.architecture}.${name} in ${this.place}: ${detail}.`, "Download the file again, or choose another GGUF file of this model.");
  }
}

export const unsupported = (what: string, place: string): UserError =>
  new UserError("ARCHITECTURE_UNKNOWN", `Tunesmith cannot train ${what.replace(/\p{C}/gu, "?")} (${place}).`, `Choose a GGUF file of a supported family: ${Object.keys(families).join(", ")}.`);
