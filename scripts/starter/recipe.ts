/** Owns every number that goes into the starter base and its tuning rows; changing one makes another base. */
import { eosId, specialTokens } from "./bpe";

export const corpusSeed = 1;
/** Documents for the tokenizer come from another stream than those for the weights. */
export const tokenizerSeed = 9;
export const tokenizerDocuments = 20_000;
export const rowSeed = 5;
/** Rows a family. */
export const setSizes = { train: 16, heldout: 8 } as const;

export const pretraining = {
  contextLength: 128, batchSize: 8, steps: 8_000,
  peakLearningRate: 3e-3, warmupSteps: 100, flatFraction: 0.4, weightDecay: 0.05, betas: [0.9, 0.98], maxGradNorm: 1, seed: 7,
} as const;

/** config.json as transformers writes it for LlamaForCausalLM. */
export const modelConfig = {
  architectures: ["LlamaForCausalLM"], model_type: "llama", torch_dtype: "float16",
  vocab_size: 1024, hidden_size: 128, intermediate_size: 384, num_hidden_layers: 4, num_attention_heads: 4, num_key_value_heads: 2, head_dim: 32,
  hidden_act: "silu", rms_norm_eps: 1e-6, rope_theta: 10_000, max_position_embeddings: 256, tie_word_embeddings: true,
  attention_bias: false, mlp_bias: false, initializer_range: 0.02, use_cache: true,
  bos_token_id: eosId, eos_token_id: eosId, pad_token_id: specialTokens.indexOf("<|pad|>"),
} as const;
export const generationConfig = { bos_token_id: eosId, eos_token_id: eosId, pad_token_id: modelConfig.pad_token_id, max_new_tokens: 48, do_sample: false } as const;
