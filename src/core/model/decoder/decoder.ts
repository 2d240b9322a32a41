/** The decoder-only transformer: from token ids to hidden states, and from hidden states to logits. */
import { add, concat, constant, gather, matmul, reshape, rope, scale, slice } from "../../graph/graph";
import { product, type Value } from "../../graph/ops";
import { type ModelConfig } from "../family/config";
import { type AttentionSettings, causalAttention, causalMask, feedForward, headNorm, linear, mergeHeads, norm, type Parameters, projections, softcap, splitHeads } from "./layers";
import { ropeTables } from "./rope";
import { type RopeConfig } from "../family/ropeConfig";
import { layerPrefix } from "../family/tensors";

/** Attention of one layer: q [B, H, T, D], k and v [B, G, T, D] → [B, H, T, D]. */
export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value;
/** How far the rotary tables reach, and how long the texts are taken to be. */
export interface Reach { readonly positions: number; readonly length: number }

/** tokens, positions int64 [B, T] → hidden states [B·T, C] before the final norm; `onLayer` sees those that enter each layer. */
export function decoder(parameters: Parameters, config: ModelConfig, tokens: Value, positions: Value, attend: Attend, reach: Reach, onLayer: (input: Value) => void = () => undefined): Value {
  const { architecture: { names, norms, parallel }, scales } = config, [B, T] = tokens.dims as [number, number];
  const rotate = rotation(config, positions, reach);
  const maybeNorm = (module: string | undefined, prefix: string, y: Value): Value => (module === undefined ? y : norm(parameters, config, `${prefix}.${module}`, y));
  const residual = (y: Value): Value => scale(y, scales.residual);

  const embedded = reshape(gather(parameters.tensor(`${names.embedding}.weight`), tokens), [B * T, config.hiddenSize]); // N C
  let x = scale(parameters.adaptEmbedding(names.embedding, tokens, embedded), scales.embedding);
  if (names.positions) x = add(x, reshape(gather(parameters.tensor(`${names.positions}.weight`), positions), x.dims));
  config.layers.forEach((_, layer) => {
    onLayer(x);
    const prefix = layerPrefix(config, layer);
    const input = maybeNorm(norms.attentionInput, prefix, x);
    const attended = residual(maybeNorm(norms.attentionOutput, prefix, selfAttention(parameters, config, layer, input, B, rotate, attend)));
    const middle = add(x, attended);
    const mlpInput = parallel && !norms.mlpInput ? input : maybeNorm(norms.mlpInput, prefix, parallel ? x : middle);
    x = add(middle, residual(maybeNorm(norms.mlpOutput, prefix, feedForward(parameters, config, prefix, mlpInput))));
  });
  return x;
}

/** Attention of whole texts, each layer under the mask of its window. */
export const attendCausally = (config: ModelConfig, maskOf: (window: number | undefined) => Value): Attend =>
  (layer, q, k, v) => causalAttention(q, k, v, maskOf(config.layers[layer]!.window), attentionSettings(config, layer));

/** The distinct windows of a model's layers; undefined: no window. */
export const windowKinds = ({ layers }: ModelConfig): (number | undefined)[] => [...new Set(layers.map(({ window }) => window))];

/** Causal masks [T, T] by window, each made once. */
export function windowMasks(T: number): (window: number | undefined) => Value {
  const masks = new Map<number, Value>();
  return (window = Infinity) => {
    const reach = window >= T ? Infinity : window, mask = masks.get(reach) ?? causalMask(T, reach);
    masks.set(reach, mask);
    return mask;
  };
}

export const attentionSettings = ({ scales, softcaps, layers }: ModelConfig, layer: number): AttentionSettings => ({ scale: scales.attention * (layers[layer]!.scoreScale ?? 1), softcap: softcaps.attention });

/** Grouped-query attention with rotary positions, x [N, C] → [N, C]. */
function selfAttention(parameters: Parameters, config: ModelConfig, layer: number, x: Value, B: number, rotate: (layer: number, x: Value) => Value, attend: Attend): Value {
  const { architecture: { attention }, heads: H, kvHeads: G, biases } = config, prefix = layerPrefix(config, layer), T = x.dims[0]! / B;
  const [q, k, v] = projections(parameters, config, prefix, x);
  const prepare = (y: Value, heads: number, module: string | undefined): Value => {
    if (module === undefined || !attention.norms) return rotate(layer, splitHeads(y, B, T, heads)); // B heads T D
    const name = `${prefix}.${module}`, { over } = attention.norms;
    return rotate(layer, over === "projection" ? splitHeads(norm(parameters, config, name, y), B, T, heads) : headNorm(parameters, config, name, splitHeads(y, B, T, heads), over));
  };
  const attended = attend(layer, prepare(q, H, attention.norms?.query), prepare(k, G, attention.norms?.key), splitHeads(v, B, T, G));
  return linear(parameters, config, `${prefix}.${attention.output}`, mergeHeads(attended), biases.output);
}

/** Rotates the leading part of every head of x [B, heads, T, D] as its layer asks. Tables are made once for each rope kind in use. */
function rotation({ architecture, layers, headSize: D, rotarySize: R }: ModelConfig, positions: Value, reach: Reach): (layer: number, x: Value) => Value {
  const tables = new Map<RopeConfig, [Value, Value]>();
  const tablesOf = (settings: RopeConfig): [Value, Value] => {
    const known = tables.get(settings);
    if (known) return known;
    const { cos, sin } = ropeTables(settings, R, reach.positions, reach.length), dims = [reach.positions, R / 2];
    const made: [Value, Value] = [constant(cos, dims), constant(sin, dims)];
    tables.set(settings, made);
    return made;
  };
  return (layer, x) => {
    const settings = layers[layer]!.rope;
    if (!settings) return x;
    const [cos, sin] = tablesOf(settings), turn = (part: Value): Value => rope(part, positions, cos, sin, { interleaved: architecture.rotary === "interleaved" });
    return R === D ? turn(x) : concat([turn(slice(x, 3, 0, R)), slice(x, 3, R, D)], 3);
  };
}

/** hidden [N, C], rows int64 [K] → [K, C]: the final norm of the chosen rows only. */
export const chosenRows = (parameters: Parameters, config: ModelConfig, hidden: Value, rows: Value): Value => norm(parameters, config, config.architecture.names.finalNorm, gather(hidden, reshape(rows, [product(rows.dims)])));

/** The output head: normed rows [K, C] → logits [K, V]. */
export function headOf(parameters: Parameters, config: ModelConfig, chosen: Value): Value {
  const { names } = config.architecture;
  const logits = matmul(chosen, parameters.tensor(`${config.tied ? names.embedding : names.head}.weight`), { transposeB: true });
  return softcap(scale(config.biases.head ? add(logits, parameters.tensor(`${names.head}.bias`)) : logits, config.scales.logits), config.softcaps.logits);
}

/** hidden [N, C], rows int64 [K] → logits [K, V]. */
export const logitsOf = (parameters: Parameters, config: ModelConfig, hidden: Value, rows: Value): Value => headOf(parameters, config, chosenRows(parameters, config, hidden, rows));
