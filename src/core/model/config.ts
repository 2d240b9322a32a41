/** Reads config.json into ModelConfig. Letters used in shape comments everywhere: B batch, T positions, C hidden size, H heads, G key/value heads, D head size, F feed-forward size, V vocabulary, N = B·T rows. */
import { z } from "zod";
import { UserError } from "../errors";
import { architectures, type Architecture } from "./architectures";

export interface ModelConfig {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly intermediateSize: number;
  readonly normEpsilon: number;
  readonly rope: RopeConfig;
  /** The output head is the embedding table. */
  readonly tied: boolean;
  readonly maxPositions: number;
  readonly eosIds: readonly number[];
}

export type RopeConfig = { readonly theta: number } & (
  | { readonly kind: "default" }
  | { readonly kind: "linear"; readonly factor: number }
  | { readonly kind: "llama3"; readonly factor: number; readonly lowFrequencyFactor: number; readonly highFrequencyFactor: number; readonly originalPositions: number });

const positive = z.number().positive();
const count = z.number().int().positive();
const ropeSchema = z.looseObject({
  rope_type: z.string().optional(), type: z.string().optional(), rope_theta: positive.optional(), factor: positive.optional(),
  low_freq_factor: positive.optional(), high_freq_factor: positive.optional(), original_max_position_embeddings: count.optional(),
});
const schema = z.looseObject({
  model_type: z.string(), vocab_size: count, hidden_size: count, intermediate_size: count, num_hidden_layers: count, num_attention_heads: count,
  num_key_value_heads: count.nullish(), head_dim: count.nullish(), rms_norm_eps: positive.default(1e-6), hidden_act: z.string().default("silu"),
  rope_theta: positive.default(10000), rope_scaling: ropeSchema.nullish(), rope_parameters: ropeSchema.nullish(),
  tie_word_embeddings: z.boolean().default(false), max_position_embeddings: count.default(2048), attention_bias: z.boolean().default(false), mlp_bias: z.boolean().default(false),
  eos_token_id: z.union([z.number(), z.array(z.number())]).nullish(),
});

/** Throws BASE_INVALID where config.json is not a model configuration, ARCHITECTURE_UNKNOWN where this engine does not build that family or option. `folder` is for the message. */
export function parseModelConfig(text: string, folder: string): ModelConfig {
  const parsed = schema.safeParse(parseJson(text, "config.json", folder));
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new UserError("BASE_INVALID", `config.json in ${folder}: ${issue.path.join(".") || "the file"}: ${issue.message}.`, "Download the model again, or choose another base.");
  }
  const config = parsed.data;
  const architecture = architectures[config.model_type];
  if (!architecture) throw unsupported(`the architecture "${config.model_type}"`, folder);
  if (config.hidden_act !== "silu") throw unsupported(`hidden_act "${config.hidden_act}" in a ${config.model_type} model`, folder);
  if (config.attention_bias || config.mlp_bias) throw unsupported("biases in attention or MLP layers", folder);
  const kvHeads = config.num_key_value_heads ?? config.num_attention_heads;
  if (config.num_attention_heads % kvHeads !== 0) throw new UserError("BASE_INVALID", `config.json in ${folder}: ${config.num_attention_heads} heads do not divide into ${kvHeads} key/value heads.`, "Download the model again, or choose another base.");
  const eos = config.eos_token_id ?? [];
  return {
    architecture, vocabularySize: config.vocab_size, hiddenSize: config.hidden_size, layers: config.num_hidden_layers,
    heads: config.num_attention_heads, kvHeads, headSize: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    intermediateSize: config.intermediate_size, normEpsilon: config.rms_norm_eps, rope: ropeConfig(config, folder),
    tied: config.tie_word_embeddings, maxPositions: config.max_position_embeddings, eosIds: typeof eos === "number" ? [eos] : eos,
  };
}

/** transformers 5 writes `rope_parameters`; released checkpoints have `rope_theta` and `rope_scaling` at the top level. */
function ropeConfig(config: z.output<typeof schema>, folder: string): RopeConfig {
  const rope = config.rope_parameters ?? config.rope_scaling ?? {};
  const theta = rope.rope_theta ?? config.rope_theta, kind = rope.rope_type ?? rope.type ?? "default";
  const { factor, low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: original } = rope;
  if (kind === "default") return { kind, theta };
  if (kind === "linear" && factor) return { kind, theta, factor };
  if (kind === "llama3" && factor && low && high && original) return { kind, theta, factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions: original };
  throw unsupported(`rope scaling "${kind}" with these settings`, folder);
}

/** Throws BASE_INVALID naming the file. */
export function parseJson(text: string, file: string, folder: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError("BASE_INVALID", `${file} in ${folder} is not valid JSON.`, "Download the model again, or choose another base.", { cause });
  }
}

const unsupported = (what: string, folder: string): UserError =>
  new UserError("ARCHITECTURE_UNKNOWN", `Tunesmith cannot train ${what} (${folder}).`, `Choose a base of a supported family: ${Object.keys(architectures).join(", ")}.`);
