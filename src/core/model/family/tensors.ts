/** The tensors that a model consists of, with their Hugging Face names and shapes, computed from its config. */
import { type ModelConfig } from "./config";

export interface TensorSpec { readonly name: string; readonly dims: readonly number[] }
/** A linear layer, y = x · Wᵀ + b. */
export interface LinearSpec { readonly module: string; readonly from: number; readonly to: number; readonly bias: boolean }

export const layerPrefix = ({ architecture }: ModelConfig, layer: number): string => `${architecture.names.layers}.${layer}`;

/** The linear layers of one block in the order of their adapters, by module path inside the layer. */
export function blockLinears(config: ModelConfig): LinearSpec[] {
  const { architecture: { attention, mlp }, biases, hiddenSize: C, heads, kvHeads, headSize: D, intermediateSize: F } = config, { projections } = attention;
  const qkv = "fused" in projections
    ? [{ module: projections.fused, from: C, to: (heads + 2 * kvHeads) * D, bias: biases.qkv }]
    : [projections.query, projections.key, projections.value].map((module, i) => ({ module, from: C, to: (i === 0 ? heads : kvHeads) * D, bias: biases.qkv }));
  const down = { module: mlp.down, from: F, to: C, bias: biases.mlp };
  const up = mlp.kind === "gatedFused" ? [{ module: mlp.gateUp, to: 2 * F }] : mlp.kind === "gated" ? [{ module: mlp.gate, to: F }, { module: mlp.up, to: F }] : [{ module: mlp.up, to: F }];
  return [...qkv, { module: attention.output, from: heads * D, to: C, bias: biases.output }, ...up.map((part) => ({ ...part, from: C, bias: biases.mlp })), down];
}

/** Every linear layer of the blocks with its whole path, layer by layer. */
export const linearSpecs = (config: ModelConfig): LinearSpec[] =>
  config.layers.flatMap((_, layer) => blockLinears(config).map((linear) => ({ ...linear, module: `${layerPrefix(config, layer)}.${linear.module}` })));

/** Every tensor of the model. */
export function tensorSpecs(config: ModelConfig): TensorSpec[] {
  const { architecture: { names, norm, norms, attention, transposed }, hiddenSize: C, vocabularySize: V, headSize: D } = config;
  const normSpecs = (module: string, size: number): TensorSpec[] => [{ name: `${module}.weight`, dims: [size] }, ...(norm === "layer" ? [{ name: `${module}.bias`, dims: [size] }] : [])];
  const linearTensors = ({ module, from, to, bias }: LinearSpec): TensorSpec[] => [{ name: `${module}.weight`, dims: transposed ? [from, to] : [to, from] }, ...(bias ? [{ name: `${module}.bias`, dims: [to] }] : [])];
  const headNormSpecs = (module: string, heads: number): TensorSpec[] => {
    switch (attention.norms!.over) {
      case "head": return normSpecs(module, D);
      case "projection": return normSpecs(module, heads * D);
      case "ownHead": return [{ name: `${module}.weight`, dims: [heads, D] }];
      case "ownHeadModules": return Array.from({ length: heads }, (_, head) => ({ name: `${module}.norms.${head}.weight`, dims: [D] }));
    }
  };
  const layers = config.layers.flatMap((_, layer) => {
    const prefix = layerPrefix(config, layer);
    return [
      ...Object.values(norms).flatMap((module) => normSpecs(`${prefix}.${module}`, C)),
      ...(attention.norms ? [...headNormSpecs(`${prefix}.${attention.norms.query}`, config.heads), ...headNormSpecs(`${prefix}.${attention.norms.key}`, config.kvHeads)] : []),
      ...blockLinears(config).flatMap((linear) => linearTensors({ ...linear, module: `${prefix}.${linear.module}` })),
    ];
  });
  return [
    { name: `${names.embedding}.weight`, dims: [V, C] }, ...(names.positions ? [{ name: `${names.positions}.weight`, dims: [config.maxPositions, C] }] : []), ...layers, ...normSpecs(names.finalNorm, C),
    ...(config.tied ? [] : [{ name: `${names.head}.weight`, dims: [V, C] }]), ...(config.biases.head ? [{ name: `${names.head}.bias`, dims: [V] }] : []),
  ];
}
