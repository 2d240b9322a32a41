/** The table of model families: tensor names, block form and quirks as data. Each entry names its source in transformers; adding a family is adding an entry. */

/** A config.json, with a family's own key names already translated to the common ones. */
export type RawConfig = Readonly<Record<string, unknown>>;

export type NormKind = "rms" | /** weight + 1, as Gemma stores it */ "rmsPlusOne" | "layer" | "layerWithoutBias";

export interface Architecture {
  /** `model_type` in config.json. */
  readonly name: string;
  /** The file in transformers that it was read from. */
  readonly source: string;
  /** Common key → the family's own key in config.json, where they differ. */
  readonly keys?: Readonly<Record<string, string>>;
  /** What the family's config class assumes where config.json is silent. */
  readonly defaults?: RawConfig;
  readonly names: {
    readonly embedding: string; readonly positions?: string; readonly layers: string; readonly finalNorm: string; readonly head: string;
    /** Older releases leave this prefix out. */
    readonly optionalPrefix?: string;
  };
  readonly norm: NormKind;
  /** Modules inside a layer. Without `attentionInput` or `mlpInput` the block reads the residual stream as it is; `…Output` norms sit before the residual sum. */
  readonly norms: { readonly attentionInput?: string; readonly attentionOutput?: string; readonly mlpInput?: string; readonly mlpOutput?: string };
  /** Attention and MLP read the same stream and are added together; an MLP without its own norm shares the attention's. */
  readonly parallel?: boolean;
  /** How many key and value heads there are, where it is not simply `num_key_value_heads`. */
  readonly kvHeads?: (config: RawConfig) => number | undefined;
  readonly attention: {
    /** One module each, or one for all three: rows [all q | all k | all v], or group by group [q…, k, v]. */
    readonly projections: { readonly query: string; readonly key: string; readonly value: string } | { readonly fused: string; readonly layout: "concatenated" | "grouped" };
    readonly output: string;
    /** Norms of queries and keys before rotation: over each head with one weight for all, over the whole projection, or over each head with a weight of its own (rows of one tensor, or MODULE.norms.0, MODULE.norms.1 …; no bias). */
    readonly norms?: { readonly query: string; readonly key: string; readonly over: "head" | "projection" | "ownHead" | "ownHeadModules" };
  };
  readonly mlp: { readonly kind: "gated"; readonly gate: string; readonly up: string; readonly down: string } | { readonly kind: "gatedFused"; readonly gateUp: string; readonly down: string } | { readonly kind: "plain"; readonly up: string; readonly down: string };
  /** Which linears have a bias: always, never, or as the named key of config.json says. */
  readonly biases: { readonly qkv: boolean | string; readonly output: boolean | string; readonly mlp: boolean | string; readonly head?: boolean };
  /** Linear weights are stored [in, out] (GPT-2's Conv1D). */
  readonly transposed?: boolean;
  readonly rotary: "halves" | "interleaved" | "none";
  /** The family reads partial_rotary_factor; the others rotate whole heads whatever config.json says. */
  readonly partialRotary?: boolean;
  /** Layers that get rotary positions, where not all do. */
  readonly rotated?: (layer: number, config: RawConfig) => boolean;
  /** The activation's name, where it is not simply `hidden_act`. */
  readonly activation?: (config: RawConfig) => unknown;
  /** Keys of config.json with a cap for scores and logits. */
  readonly softcaps?: { readonly attention?: string; readonly logits?: string };
  /** Layers that see only `sliding_window` positions where config.json has no layer_types. */
  readonly sliding?: (layer: number, config: RawConfig) => boolean;
  /** What a layer's scores are multiplied by besides. */
  readonly layerScale?: (layer: number, config: RawConfig) => number;
  /** Multipliers, in terms of config.json. */
  readonly scales?: (config: RawConfig) => { readonly embedding?: number; readonly attention?: number; readonly residual?: number; readonly logits?: number };
  /** What a setting of config.json changes in this entry, or a reason why it cannot be built. */
  readonly variant?: (config: RawConfig) => Partial<Architecture> & { readonly unsupported?: string };
}

/** SmolLM3: a list of flags, or every n-th layer without. */
const hasRope = (layer: number, { no_rope_layers: flags, no_rope_layer_interval: interval }: RawConfig): boolean => (Array.isArray(flags) ? Boolean(flags[layer]) : (layer + 1) % Number(interval) !== 0);
const number = (config: RawConfig, key: string): number => Number(config[key]);

/** Families without grouped key heads do not read a number of them. */
const oneForEach = (config: RawConfig): number => number(config, "num_attention_heads");
const llamaNames = { embedding: "model.embed_tokens", layers: "model.layers", finalNorm: "model.norm", head: "lm_head" } as const;
const preNorms = { attentionInput: "input_layernorm", mlpInput: "post_attention_layernorm" } as const;
const separate = { query: "self_attn.q_proj", key: "self_attn.k_proj", value: "self_attn.v_proj" } as const;
const separateAttention = { projections: separate, output: "self_attn.o_proj" } as const;
const gatedMlp = { kind: "gated", gate: "mlp.gate_proj", up: "mlp.up_proj", down: "mlp.down_proj" } as const;
const layerNorms = { query: "self_attn.q_layernorm", key: "self_attn.k_layernorm" } as const;
const noBiases = { qkv: false, output: false, mlp: false } as const;
const gptNames = { embedding: "transformer.wte", positions: "transformer.wpe", layers: "transformer.h", finalNorm: "transformer.ln_f", head: "lm_head", optionalPrefix: "transformer." } as const;

const llama: Architecture = {
  name: "llama", source: "models/llama/modeling_llama.py", names: llamaNames, norm: "rms", norms: preNorms, attention: separateAttention, mlp: gatedMlp,
  biases: { qkv: "attention_bias", output: "attention_bias", mlp: "mlp_bias" }, rotary: "halves",
};
const mistral: Architecture = { ...llama, name: "mistral", source: "models/mistral/modeling_mistral.py", defaults: { sliding_window: 4096 }, biases: noBiases, sliding: () => true };
const qwen2: Architecture = {
  ...llama, name: "qwen2", source: "models/qwen2/modeling_qwen2.py", defaults: { use_sliding_window: false, sliding_window: 4096, max_window_layers: 28 }, biases: { ...noBiases, qkv: true },
  sliding: (layer, config) => config.use_sliding_window === true && layer >= number(config, "max_window_layers"),
};
const qwen3: Architecture = { ...qwen2, name: "qwen3", source: "models/qwen3/modeling_qwen3.py", defaults: { ...qwen2.defaults, head_dim: 128 }, biases: { qkv: "attention_bias", output: "attention_bias", mlp: false }, attention: { ...separateAttention, norms: { query: "self_attn.q_norm", key: "self_attn.k_norm", over: "head" } } };
const gemma: Architecture = {
  ...llama, name: "gemma", source: "models/gemma/modeling_gemma.py", norm: "rmsPlusOne", defaults: { tie_word_embeddings: true, head_dim: 256 },
  // The releases say "gelu" and mean the other one.
  activation: ({ hidden_act: named = "gelu" }) => (named === "gelu" ? "gelu_pytorch_tanh" : named), variant: (config) => (config.use_bidirectional_attention === true ? { unsupported: "use_bidirectional_attention" } : {}),
  biases: { qkv: "attention_bias", output: "attention_bias", mlp: false }, scales: (config) => ({ embedding: Math.sqrt(number(config, "hidden_size")) }),
};
const gemma2: Architecture = {
  ...gemma, name: "gemma2", source: "models/gemma2/modeling_gemma2.py", defaults: { ...gemma.defaults, query_pre_attn_scalar: 256, sliding_window: 4096, attn_logit_softcapping: 50, final_logit_softcapping: 30 },
  norms: { attentionInput: "input_layernorm", attentionOutput: "post_attention_layernorm", mlpInput: "pre_feedforward_layernorm", mlpOutput: "post_feedforward_layernorm" },
  sliding: (layer) => layer % 2 === 0, activation: ({ hidden_activation: named = "gelu_pytorch_tanh" }) => named, softcaps: { attention: "attn_logit_softcapping", logits: "final_logit_softcapping" },
  scales: (config) => ({ embedding: Math.sqrt(number(config, "hidden_size")), attention: number(config, "query_pre_attn_scalar") ** -0.5 }),
};
const gemma3: Architecture = {
  ...gemma2, name: "gemma3_text", source: "models/gemma3/modeling_gemma3.py", defaults: { tie_word_embeddings: true, head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 4096, rope_theta: 1_000_000, rope_local_base_freq: 10_000, sliding_window_pattern: 6 },
  // transformers keeps attn_logit_softcapping of this family in the config and does not apply it.
  softcaps: { logits: "final_logit_softcapping" }, attention: { ...separateAttention, norms: { query: "self_attn.q_norm", key: "self_attn.k_norm", over: "head" } },
  sliding: (layer, config) => (layer + 1) % number(config, "sliding_window_pattern") !== 0,
};
const phi: Architecture = {
  name: "phi", source: "models/phi/modeling_phi.py", keys: { norm_eps: "layer_norm_eps" }, defaults: { norm_eps: 1e-5, hidden_act: "gelu_new", partial_rotary_factor: 0.5 }, names: { ...llamaNames, finalNorm: "model.final_layernorm" },
  norm: "layer", norms: { attentionInput: "input_layernorm" }, parallel: true, attention: { projections: separate, output: "self_attn.dense" }, mlp: { kind: "plain", up: "mlp.fc1", down: "mlp.fc2" },
  biases: { qkv: true, output: true, mlp: true, head: true }, rotary: "halves", partialRotary: true,
  variant: (config) => (config.qk_layernorm === true ? { attention: { projections: separate, output: "self_attn.dense", norms: { ...layerNorms, over: "head" } } } : {}),
};
const phi3: Architecture = {
  ...mistral, name: "phi3", source: "models/phi3/modeling_phi3.py", defaults: { rms_norm_eps: 1e-5, original_max_position_embeddings: 4096 }, partialRotary: true, attention: { projections: { fused: "self_attn.qkv_proj", layout: "concatenated" }, output: "self_attn.o_proj" }, mlp: { kind: "gatedFused", gateUp: "mlp.gate_up_proj", down: "mlp.down_proj" },
};
const gpt2: Architecture = {
  name: "gpt2", source: "models/gpt2/modeling_gpt2.py", names: gptNames, norm: "layer", norms: { attentionInput: "ln_1", mlpInput: "ln_2" },
  keys: { hidden_size: "n_embd", num_hidden_layers: "n_layer", num_attention_heads: "n_head", intermediate_size: "n_inner", max_position_embeddings: "n_positions", norm_eps: "layer_norm_epsilon", hidden_act: "activation_function" },
  defaults: { tie_word_embeddings: true, norm_eps: 1e-5, hidden_act: "gelu_new" }, attention: { projections: { fused: "attn.c_attn", layout: "concatenated" }, output: "attn.c_proj" }, mlp: { kind: "plain", up: "mlp.c_fc", down: "mlp.c_proj" },
  kvHeads: oneForEach, biases: { qkv: true, output: true, mlp: true }, transposed: true, rotary: "none",
  scales: (config) => (config.scale_attn_weights === false ? { attention: 1 } : {}), layerScale: (layer, config) => (config.scale_attn_by_inverse_layer_idx === true ? 1 / (layer + 1) : 1),
};
const gptNeox: Architecture = {
  name: "gpt_neox", source: "models/gpt_neox/modeling_gpt_neox.py", keys: { norm_eps: "layer_norm_eps", rope_theta: "rotary_emb_base", partial_rotary_factor: "rotary_pct" }, defaults: { norm_eps: 1e-5, hidden_act: "gelu", use_parallel_residual: true, attention_bias: true, partial_rotary_factor: 0.25 },
  names: { embedding: "gpt_neox.embed_in", layers: "gpt_neox.layers", finalNorm: "gpt_neox.final_layer_norm", head: "embed_out" }, norm: "layer", norms: preNorms,
  attention: { projections: { fused: "attention.query_key_value", layout: "grouped" }, output: "attention.dense" }, mlp: { kind: "plain", up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h" },
  kvHeads: oneForEach, biases: { qkv: "attention_bias", output: "attention_bias", mlp: true }, rotary: "halves", partialRotary: true, variant: (config) => ({ parallel: config.use_parallel_residual !== false }),
};
const smollm3: Architecture = {
  ...llama, name: "smollm3", source: "models/smollm3/modeling_smollm3.py", defaults: { tie_word_embeddings: true, rope_theta: 2_000_000, no_rope_layer_interval: 4 },
  rotated: hasRope, sliding: (layer, config) => config.use_sliding_window === true && !hasRope(layer, config),
};
const olmo2: Architecture = {
  ...llama, name: "olmo2", source: "models/olmo2/modeling_olmo2.py", norms: { attentionOutput: "post_attention_layernorm", mlpOutput: "post_feedforward_layernorm" }, defaults: { rms_norm_eps: 1e-5 },
  biases: { qkv: "attention_bias", output: "attention_bias", mlp: false }, attention: { ...separateAttention, norms: { query: "self_attn.q_norm", key: "self_attn.k_norm", over: "projection" } },
};
const granite: Architecture = {
  ...llama, name: "granite", source: "models/granite/modeling_granite.py", defaults: { embedding_multiplier: 1, attention_multiplier: 1, residual_multiplier: 1, logits_scaling: 1 },
  scales: (config) => ({ embedding: number(config, "embedding_multiplier"), attention: number(config, "attention_multiplier"), residual: number(config, "residual_multiplier"), logits: 1 / number(config, "logits_scaling") }),
};
const cohere: Architecture = {
  ...llama, name: "cohere", source: "models/cohere/modeling_cohere.py", keys: { norm_eps: "layer_norm_eps" }, defaults: { tie_word_embeddings: true, norm_eps: 1e-5, logit_scale: 0.0625, rope_theta: 500_000 }, norm: "layerWithoutBias",
  norms: { attentionInput: "input_layernorm" }, parallel: true, biases: { qkv: "attention_bias", output: "attention_bias", mlp: false }, rotary: "interleaved",
  scales: (config) => ({ logits: number(config, "logit_scale") }), variant: (config) => (config.use_qk_norm === true ? { attention: { ...separateAttention, norms: { query: "self_attn.q_norm", key: "self_attn.k_norm", over: "ownHead" } } } : {}),
};
const stablelm: Architecture = {
  ...llama, name: "stablelm", source: "models/stablelm/modeling_stablelm.py", keys: { norm_eps: "layer_norm_eps" }, defaults: { norm_eps: 1e-5, partial_rotary_factor: 0.25 }, norm: "layer", biases: { qkv: "use_qkv_bias", output: false, mlp: false }, partialRotary: true,
  variant: (config) => ({
    ...(config.qk_layernorm === true && { attention: { ...separateAttention, norms: { ...layerNorms, over: "ownHeadModules" } } }),
    ...(config.use_parallel_residual === true && { parallel: true, norms: { attentionInput: "input_layernorm" } }),
  }),
};
const starcoder2: Architecture = {
  ...llama, name: "starcoder2", source: "models/starcoder2/modeling_starcoder2.py", keys: { norm_eps: "norm_epsilon" }, defaults: { tie_word_embeddings: true, norm_eps: 1e-5, num_key_value_heads: 2, hidden_act: "gelu_pytorch_tanh", use_bias: true }, norm: "layer",
  mlp: { kind: "plain", up: "mlp.c_fc", down: "mlp.c_proj" }, biases: { qkv: "use_bias", output: "use_bias", mlp: "use_bias" }, sliding: () => true,
};
const falcon: Architecture = {
  name: "falcon", source: "models/falcon/modeling_falcon.py", keys: { norm_eps: "layer_norm_epsilon", num_key_value_heads: "num_kv_heads", intermediate_size: "ffn_hidden_size", hidden_act: "activation" },
  defaults: { tie_word_embeddings: true, norm_eps: 1e-5, hidden_act: "gelu", multi_query: true, parallel_attn: true }, names: { embedding: "transformer.word_embeddings", layers: "transformer.h", finalNorm: "transformer.ln_f", head: "lm_head" },
  norm: "layer", norms: { attentionInput: "input_layernorm" }, parallel: true, attention: { projections: { fused: "self_attention.query_key_value", layout: "grouped" }, output: "self_attention.dense" },
  mlp: { kind: "plain", up: "mlp.dense_h_to_4h", down: "mlp.dense_4h_to_h" }, biases: { qkv: "bias", output: "bias", mlp: "bias" }, rotary: "halves",
  kvHeads: (config) => (config.new_decoder_architecture === true ? undefined : config.multi_query === true ? 1 : oneForEach(config)),
  variant: (config) => {
    if (config.alibi === true) return { unsupported: "alibi positions" };
    if (config.new_decoder_architecture === true) return config.num_ln_in_parallel_attn === 1 ? {} : { norms: { attentionInput: "ln_attn", mlpInput: "ln_mlp" } };
    return config.parallel_attn === false ? { parallel: false, norms: preNorms } : {};
  },
};

export const architectures: Readonly<Record<string, Architecture>> = Object.fromEntries(
  [llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3, phi, phi3, gpt2, gptNeox, smollm3, olmo2, granite, cohere, stablelm, starcoder2, falcon].map((architecture) => [architecture.name, architecture]));
