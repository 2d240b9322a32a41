/** The tensors that a model consists of, with their Hugging Face names and shapes, computed from its config. */
import { type Side } from "./architectures";
import { type ModelConfig } from "./config";

export interface TensorSpec { readonly name: string; readonly dims: readonly number[] }
/** A linear layer: weight [to, from], y = x · weightᵀ. */
export interface LinearSpec { readonly module: string; readonly from: number; readonly to: number }

export function sideSize(config: ModelConfig, side: Side): number {
  switch (side) {
    case "hidden": return config.hiddenSize;
    case "queries": return config.heads * config.headSize;
    case "keys": return config.kvHeads * config.headSize;
    case "feedForward": return config.intermediateSize;
  }
}

export const layerPrefix = (layer: number): string => `model.layers.${layer}`;
export const EMBEDDING = "model.embed_tokens.weight", FINAL_NORM = "model.norm.weight", HEAD = "lm_head.weight";

/** Every linear layer of the blocks, layer by layer. */
export const linearSpecs = (config: ModelConfig): LinearSpec[] =>
  Array.from({ length: config.layers }, (_, layer) => config.architecture.linears.map(({ module, from, to }) =>
    ({ module: `${layerPrefix(layer)}.${module}`, from: sideSize(config, from), to: sideSize(config, to) }))).flat();

/** Every tensor of the model, in the order in which it is used. */
export function tensorSpecs(config: ModelConfig): TensorSpec[] {
  const linears = linearSpecs(config), perLayer = config.architecture.linears.length, { hiddenSize: C, vocabularySize: V } = config;
  const layers = Array.from({ length: config.layers }, (_, layer) => [
    { name: `${layerPrefix(layer)}.input_layernorm.weight`, dims: [C] },
    { name: `${layerPrefix(layer)}.post_attention_layernorm.weight`, dims: [C] },
    ...linears.slice(layer * perLayer, (layer + 1) * perLayer).map(({ module, from, to }) => ({ name: `${module}.weight`, dims: [to, from] })),
  ]).flat();
  return [{ name: EMBEDDING, dims: [V, C] }, ...layers, { name: FINAL_NORM, dims: [C] }, ...(config.tied ? [] : [{ name: HEAD, dims: [V, C] }])];
}
