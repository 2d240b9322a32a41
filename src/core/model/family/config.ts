/** Reads config.json into ModelConfig. Letters used in shape comments everywhere: B batch, T positions, C hidden size, H heads, G key/value heads, D head size, F feed-forward size, V vocabulary, N = B·T rows. */
import * as z from "zod";
import { UserError } from "../../errors";
import { architectures, type Architecture, type RawConfig } from "./architectures";
import { ropeTables } from "../decoder/rope";
import { type RopeConfig, ropeConfig, ropeSchema, type RopeSettings } from "./ropeConfig";

export type Activation = "silu" | "gelu" | "geluTanh" | "relu";

/** How one layer differs from the others. */
export interface LayerConfig { /** positions that it sees, itself included; undefined: all */ readonly window?: number; /** undefined: no positions are put into this layer */ readonly rope?: RopeConfig; /** multiplies the scores besides */ readonly scoreScale?: number }

export interface ModelConfig {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  /** How many leading dimensions of a head are rotated. */
  readonly rotarySize: number;
  readonly intermediateSize: number;
  readonly activation: Activation;
  readonly normEpsilon: number;
  readonly layers: readonly LayerConfig[];
  /** The output head is the embedding table. */
  readonly tied: boolean;
  readonly maxPositions: number;
  readonly eosIds: readonly number[];
  readonly biases: { readonly qkv: boolean; readonly output: boolean; readonly mlp: boolean; readonly head: boolean };
  /** Multipliers of the embedding, the attention scores, each residual branch and the logits. */
  readonly scales: { readonly embedding: number; readonly attention: number; readonly residual: number; readonly logits: number };
  /** cap · tanh(x / cap) on scores and logits. */
  readonly softcaps: { readonly attention: number | undefined; readonly logits: number | undefined };
}

/** Far beyond every model: tables are made of these sizes before a tensor's shape is compared with them. */
const width = z.int().positive().max(2 ** 24), headWidth = z.int().positive().max(2 ** 16);
const positive = z.number().positive(), count = z.int().positive();
/** One id or several. */
export const eosIdsSchema = z.union([z.int().nonnegative(), z.array(z.int().nonnegative()).max(1000)], { error: "it must be a token's id or a list of ids" }).nullish();
const schema = z.looseObject({
  vocab_size: width, hidden_size: width, intermediate_size: width.nullish(), num_hidden_layers: count.max(4096), num_attention_heads: headWidth,
  num_key_value_heads: headWidth.nullish(), head_dim: headWidth.nullish(), norm_eps: positive.nullish(), rms_norm_eps: positive.default(1e-6), hidden_act: z.string().nullish(),
  partial_rotary_factor: positive.max(1).nullish(), tie_word_embeddings: z.boolean().default(false), max_position_embeddings: count.default(2048),
  sliding_window: count.nullish(), layer_types: z.array(z.string()).nullish(), attn_logit_softcapping: positive.nullish(), final_logit_softcapping: positive.nullish(), eos_token_id: eosIdsSchema,
  // Read by single families.
  ...Object.fromEntries(["query_pre_attn_scalar", "embedding_multiplier", "attention_multiplier", "residual_multiplier", "logits_scaling", "logit_scale"].map((key) => [key, positive.nullish()])),
  sliding_window_pattern: count.nullish(), max_window_layers: z.int().nonnegative().nullish(), no_rope_layer_interval: count.nullish(), no_rope_layers: z.array(z.union([z.number(), z.boolean()])).nullish(),
}).extend(ropeSchema.shape);
export type KnownConfig = z.output<typeof schema>;

const activations: Readonly<Record<string, Activation>> = { silu: "silu", swish: "silu", gelu: "gelu", gelu_new: "geluTanh", gelu_pytorch_tanh: "geluTanh", gelu_fast: "geluTanh", relu: "relu" };
const DOWNLOAD = "Download the model again, or choose another base.";

/** Throws BASE_INVALID where config.json is not a model configuration, ARCHITECTURE_UNKNOWN where this engine does not build that family or option. `folder` is for the message. */
export function parseModelConfig(text: string, folder: string): ModelConfig {
  const json = parseJson(text, "config.json", folder);
  const family = architectureOf(json, folder), raw = commonKeys(json as RawConfig, family);
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError("BASE_INVALID", `config.json in ${folder}: ${issue!.path.join(".") || "the file"}: ${issue!.message}.`, DOWNLOAD);
  }
  const config = parsed.data, { unsupported: refused, ...variant } = family.variant?.(raw) ?? {};
  if (refused !== undefined) throw unsupported(`${refused} in a ${family.name} model`, folder);
  if (raw.quantization_config !== undefined) throw unsupported("weights that were stored quantised (quantization_config)", folder);
  const architecture: Architecture = { ...family, ...variant };
  const heads = config.num_attention_heads, kvHeads = family.kvHeads?.(raw) ?? config.num_key_value_heads ?? heads, headSize = config.head_dim ?? config.hidden_size / heads;
  if (heads % kvHeads !== 0 || !Number.isInteger(headSize)) throw new UserError("BASE_INVALID", `config.json in ${folder}: ${config.hidden_size} dimensions, ${heads} heads and ${kvHeads} key/value heads do not divide.`, DOWNLOAD);
  const named = String(architecture.activation?.(raw) ?? config.hidden_act ?? "silu"), activation = activations[named];
  if (!activation) throw unsupported(`the activation "${named}"`, folder);
  const rope = ropeConfig(config, raw, (what) => unsupported(what, folder));
  const rotaryShare = architecture.partialRotary ? (rope.rotaryShare ?? config.partial_rotary_factor ?? 1) : 1, rotarySize = architecture.rotary === "none" ? 0 : Math.trunc(headSize * rotaryShare);
  if (rotarySize % 2 !== 0) throw unsupported(`an odd number of rotated dimensions (${rotarySize})`, folder);
  if (rotarySize === 0 && architecture.rotary !== "none") throw unsupported(`no rotated dimension (${rotaryShare} of heads of size ${headSize})`, folder);
  if (rotarySize > 0) for (const kind of [rope.global, rope.local]) checkRope(kind, rotarySize, folder);
  const otherLayer = config.layer_types?.find((type) => type !== "full_attention" && type !== "sliding_attention");
  if (otherLayer !== undefined) throw unsupported(`layers of type "${otherLayer}"`, folder);
  for (const key of ["layer_types", "no_rope_layers"] as const) {
    const listed = config[key]?.length ?? config.num_hidden_layers;
    if (listed !== config.num_hidden_layers) throw new UserError("BASE_INVALID", `config.json in ${folder}: ${key} has ${listed} entries for ${config.num_hidden_layers} layers.`, DOWNLOAD);
  }
  const cap = (key: string | undefined): number | undefined => (key === undefined ? undefined : (raw[key] as number | undefined));
  const bias = (setting: boolean | string): boolean => (typeof setting === "string" ? raw[setting] === true : setting);
  const scales = architecture.scales?.(raw) ?? {};
  return {
    architecture, vocabularySize: config.vocab_size, hiddenSize: config.hidden_size, heads, kvHeads, headSize, rotarySize,
    intermediateSize: config.intermediate_size ?? 4 * config.hidden_size, activation, normEpsilon: config.norm_eps ?? config.rms_norm_eps, tied: config.tie_word_embeddings, maxPositions: reach(config.max_position_embeddings, rope.global),
    layers: Array.from({ length: config.num_hidden_layers }, (_, layer) => layerConfig(architecture, config, raw, layer, rope)),
    eosIds: [config.eos_token_id ?? []].flat(),
    biases: { qkv: bias(architecture.biases.qkv), output: bias(architecture.biases.output), mlp: bias(architecture.biases.mlp), head: architecture.biases.head ?? false },
    scales: { embedding: scales.embedding ?? 1, attention: scales.attention ?? 1 / Math.sqrt(headSize), residual: scales.residual ?? 1, logits: scales.logits ?? 1 },
    softcaps: { attention: cap(architecture.softcaps?.attention), logits: cap(architecture.softcaps?.logits) },
  };
}

function architectureOf(json: unknown, folder: string): Architecture {
  const type = typeof json === "object" && json !== null ? (json as { model_type?: unknown }).model_type : undefined;
  if (typeof type !== "string") throw new UserError("BASE_INVALID", `config.json in ${folder}: model_type is missing.`, DOWNLOAD);
  const family = architectures[type];
  if (!family) throw unsupported(`the architecture "${type}"`, folder);
  return family;
}

/** The family's own key names become the common ones; its defaults fill what is missing. A null is not missing: it says that there is none. */
function commonKeys(json: RawConfig, { keys = {}, defaults = {} }: Architecture): RawConfig {
  const renamed = Object.fromEntries(Object.entries(keys).filter(([, own]) => own in json).map(([common, own]) => [common, json[own]]));
  return Object.fromEntries(Object.entries({ ...defaults, ...json, ...renamed }).filter(([, value]) => value !== null && value !== undefined));
}

/** NTK-aware scaling is for texts beyond the trained length; the other kinds name the length they reach. */
const reach = (positions: number, rope: RopeConfig): number => (rope.kind === "dynamic" ? Math.floor(positions * rope.factor) : positions);

function layerConfig(architecture: Architecture, config: KnownConfig, raw: RawConfig, layer: number, rope: RopeSettings): LayerConfig {
  const sliding = config.layer_types ? config.layer_types[layer] === "sliding_attention" && raw.use_sliding_window !== false : architecture.sliding?.(layer, raw) === true;
  const window = sliding ? (config.sliding_window ?? undefined) : undefined, scoreScale = architecture.layerScale?.(layer, raw) ?? 1;
  const rotated = architecture.rotary !== "none" && architecture.rotated?.(layer, raw) !== false;
  return { ...(window !== undefined && { window }), ...(rotated && { rope: sliding ? rope.local : rope.global }), ...(scoreScale !== 1 && { scoreScale }) };
}

/** Settings that are fine each by itself may together give no table. */
function checkRope(rope: RopeConfig, size: number, folder: string): void {
  const invalid = (detail: string): UserError => new UserError("BASE_INVALID", `config.json in ${folder}: rope_parameters (rope_scaling): ${detail}.`, DOWNLOAD);
  if (rope.kind === "longrope") {
    for (const [key, { length }] of [["short_factor", rope.shortFactors], ["long_factor", rope.longFactors]] as const) if (length !== size / 2) throw invalid(`${key} has ${length} entries for ${size / 2} rotated pairs`);
  }
  const reach = "originalPositions" in rope ? rope.originalPositions : 1, { cos, sin } = ropeTables(rope, size, 2, reach + 1);
  if (![...ropeTables(rope, size, 2).cos, ...cos, ...sin].every(Number.isFinite)) throw invalid(`the settings of "${rope.kind}" give no finite angles`);
}

/** Throws BASE_INVALID naming the file. */
export function parseJson(text: string, file: string, folder: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError("BASE_INVALID", `${file} in ${folder} is not valid JSON.`, DOWNLOAD, { cause });
  }
}

const unsupported = (what: string, folder: string): UserError =>
  new UserError("ARCHITECTURE_UNKNOWN", `Tunesmith cannot train ${what} (config.json in ${folder}).`, `Choose a base of a supported family: ${Object.keys(architectures).join(", ")}.`);
