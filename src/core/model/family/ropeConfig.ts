/** The rotary settings of config.json: transformers 5's `rope_parameters`, and the older `rope_theta` and `rope_scaling`. */
import * as z from "zod";
import { type UserError } from "../../errors";
import { type RawConfig } from "./architectures";

export type RopeConfig = { readonly theta: number } & (
  | { readonly kind: "default" }
  | { readonly kind: "linear"; readonly factor: number }
  | { readonly kind: "dynamic"; readonly factor: number; readonly maxPositions: number }
  | { readonly kind: "llama3"; readonly factor: number; readonly lowFrequencyFactor: number; readonly highFrequencyFactor: number; readonly originalPositions: number }
  | { readonly kind: "yarn"; readonly factor: number; readonly originalPositions: number; readonly betaFast: number; readonly betaSlow: number; readonly truncate: boolean; readonly attentionFactor: number }
  | { readonly kind: "longrope"; readonly shortFactors: readonly number[]; readonly longFactors: readonly number[]; readonly originalPositions: number; readonly attentionFactor: number });

/** Within what 32 bits hold, so that the tables are numbers. */
const positive = z.number().min(1e-30).max(1e30);
const parameters = z.looseObject({
  rope_type: z.string().optional(), type: z.string().optional(), rope_theta: positive.nullish(), factor: positive.nullish(), partial_rotary_factor: positive.max(1).nullish(),
  low_freq_factor: positive.nullish(), high_freq_factor: positive.nullish(), original_max_position_embeddings: positive.nullish(), attention_factor: positive.nullish(),
  beta_fast: positive.nullish(), beta_slow: positive.nullish(), mscale: z.number().min(-1e30).max(1e30).nullish(), mscale_all_dim: z.number().min(-1e30).max(1e30).nullish(), truncate: z.boolean().nullish(),
  short_factor: z.array(positive).nullish(), long_factor: z.array(positive).nullish(),
});
type Parameters = z.output<typeof parameters>;

export const ropeSchema = z.looseObject({
  rope_theta: positive.default(10000), rope_local_base_freq: positive.nullish(), original_max_position_embeddings: positive.nullish(),
  rope_scaling: parameters.nullish(), rope_parameters: z.union([z.object({ full_attention: parameters, sliding_attention: parameters.nullish() }), parameters]).nullish(),
});

/** Settings of full layers and of sliding ones (only Gemma 3 tells them apart), and the share of a head that is rotated where it is said here. */
export interface RopeSettings { readonly global: RopeConfig; readonly local: RopeConfig; readonly rotaryShare?: number | null | undefined }

export function ropeConfig(config: z.output<typeof ropeSchema> & { max_position_embeddings: number }, raw: RawConfig, unsupported: (what: string) => UserError): RopeSettings {
  const given = config.rope_parameters, localTheta = config.rope_local_base_freq ?? config.rope_theta;
  if (given && "full_attention" in given) {
    const both = given as { full_attention: Parameters; sliding_attention?: Parameters | null };
    return { global: one(both.full_attention, config, raw, unsupported), local: one({ rope_theta: localTheta, ...both.sliding_attention }, config, raw, unsupported) };
  }
  const rope = (given as Parameters | null | undefined) ?? config.rope_scaling ?? {}, global = one(rope, config, raw, unsupported);
  // Older Gemma 3 configs name the base of the sliding layers beside that of the full ones, and scale only the latter.
  const local: RopeConfig = raw.rope_local_base_freq === undefined ? global : { kind: "default", theta: localTheta };
  return { global, local, rotaryShare: rope.partial_rotary_factor };
}

function one(rope: Parameters, config: z.output<typeof ropeSchema> & { max_position_embeddings: number }, { model_type }: RawConfig, unsupported: (what: string) => UserError): RopeConfig {
  const common = { theta: rope.rope_theta ?? config.rope_theta };
  const original = config.original_max_position_embeddings ?? rope.original_max_position_embeddings ?? config.max_position_embeddings;
  const named = rope.rope_type ?? rope.type ?? "default", factor = rope.factor ?? (named === "yarn" ? config.max_position_embeddings / original : undefined);
  // Phi-3's first releases called its own kind by other names.
  const kind = model_type === "phi3" && (named === "su" || named === "yarn") ? "longrope" : named;
  if (kind === "default") return { ...common, kind };
  if (kind === "linear" && factor) return { ...common, kind, factor };
  if (kind === "dynamic" && factor) return { ...common, kind, factor, maxPositions: config.max_position_embeddings };
  if (kind === "llama3" && factor && rope.low_freq_factor && rope.high_freq_factor) return { ...common, kind, factor, lowFrequencyFactor: rope.low_freq_factor, highFrequencyFactor: rope.high_freq_factor, originalPositions: original };
  if (kind === "yarn" && factor) {
    return { ...common, kind, factor, originalPositions: original, betaFast: rope.beta_fast ?? 32, betaSlow: rope.beta_slow ?? 1, truncate: rope.truncate ?? true, attentionFactor: rope.attention_factor ?? yarnAttention(factor, rope.mscale, rope.mscale_all_dim) };
  }
  if (kind === "longrope" && rope.short_factor && rope.long_factor) {
    const stretch = rope.factor ?? config.max_position_embeddings / original;
    return { ...common, kind: "longrope", shortFactors: rope.short_factor, longFactors: rope.long_factor, originalPositions: original, attentionFactor: rope.attention_factor ?? (stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original))) };
  }
  throw unsupported(`rope scaling "${kind}" with these settings`);
}

/** transformers: modeling_rope_utils.py, _compute_yarn_parameters. */
function yarnAttention(factor: number, mscale: number | null | undefined, mscaleAllDim: number | null | undefined): number {
  const scaled = (m: number): number => (factor <= 1 ? 1 : 0.1 * m * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? scaled(mscale) / scaled(mscaleAllDim) : scaled(1);
}
