/** The parts of a decoder block as graph builders: linear layers, heads, attention with and without a cache, the gated MLP. */
import { add, concat, constant, matmul, mul, reshape, scale, sigmoid, slice, softmax, transpose } from "../graph/graph";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "./config";

/** Where the tensors of a model come from and what an adapter adds to a linear layer's output. */
export interface Parameters {
  /** By Hugging Face name: frozen weights of a base, or trained values. */
  tensor(name: string): Value;
  /** y = the layer's output for x; answers y itself where the layer has no adapter. */
  adapt(module: string, x: Value, y: Value): Value;
}

/** Large enough that exp underflows to 0, small enough to stay finite in 32 bits. */
const MASKED = -1e9;

/** x [N, in] → [N, out], y = x · Wᵀ, plus the adapter's part. */
export const linear = (parameters: Parameters, module: string, x: Value): Value => parameters.adapt(module, x, matmul(x, parameters.tensor(`${module}.weight`), { transposeB: true }));

/** [B·T, heads·D] → [B, heads, T, D] */
export const splitHeads = (x: Value, B: number, T: number, heads: number): Value => transpose(reshape(x, [B, T, heads, x.dims[1]! / heads]), [0, 2, 1, 3]);
/** [B, heads, T, D] → [B·T, heads·D] */
export function mergeHeads(x: Value): Value {
  const [B, heads, T, D] = x.dims as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [B * T, heads * D]);
}

/** [T, T]: 0 where a position may look, MASKED after it. */
export const causalMask = (T: number): Value => constant(Float32Array.from({ length: T * T }, (_, i) => (i % T > Math.floor(i / T) ? MASKED : 0)), [T, T]);

/** Causal attention, softmax(q · kᵀ / √D + mask) · v, with H/G query heads to each key head. q [B, H, T, D], k and v [B, G, T, D] → [B, H, T, D]. */
export function causalAttention(q: Value, k: Value, v: Value, mask: Value): Value {
  const [B, H, T, D] = q.dims as [number, number, number, number], G = k.dims[1]!;
  // Query heads that share a key head lie beside each other, so they are extra rows of one product.
  const grouped = reshape(q, [B, G, (H / G) * T, D]);
  const scores = scale(matmul(grouped, k, { transposeB: true }), 1 / Math.sqrt(D)); // B G (H/G)T T
  const probabilities = softmax(add(reshape(scores, [B, H, T, T]), mask));
  return reshape(matmul(reshape(probabilities, [B, G, (H / G) * T, T]), v), [B, H, T, D]);
}

/** Attention of T new positions over a cache of S earlier ones and over themselves. keys, values [B, G, S, D]; cacheMask [B, 1, 1, S]: 0 where the cache holds a position. */
export function cachedAttention(q: Value, k: Value, v: Value, mask: Value, cache: { keys: Value; values: Value; mask: Value }): Value {
  const [B, H, T, D] = q.dims as [number, number, number, number], G = k.dims[1]!, S = cache.keys.dims[2]!, factor = 1 / Math.sqrt(D);
  const grouped = reshape(q, [B, G, (H / G) * T, D]);
  const early = add(reshape(scale(matmul(grouped, cache.keys, { transposeB: true }), factor), [B, H, T, S]), cache.mask);
  const late = add(reshape(scale(matmul(grouped, k, { transposeB: true }), factor), [B, H, T, T]), mask);
  const probabilities = softmax(concat([early, late], 3)); // B H T S+T
  const part = (from: number, to: number): Value => reshape(slice(probabilities, 3, from, to), [B, G, (H / G) * T, to - from]);
  return reshape(add(matmul(part(0, S), cache.values), matmul(part(S, S + T), v)), [B, H, T, D]);
}

/** SwiGLU (Shazeer 2020): down(silu(gate(x)) · up(x)), x [N, C]. */
export function gatedMlp(parameters: Parameters, prefix: string, x: Value): Value {
  const gate = linear(parameters, `${prefix}.gate_proj`, x);
  const up = linear(parameters, `${prefix}.up_proj`, x);
  return linear(parameters, `${prefix}.down_proj`, mul(mul(gate, sigmoid(gate)), up));
}

export type Attend = (layer: number, q: Value, k: Value, v: Value) => Value;

/** Grouped-query attention with rotary positions around `attend`, x [N, C]. `rotate` turns [B, heads, T, D]. */
export function selfAttention(parameters: Parameters, config: ModelConfig, prefix: string, x: Value, B: number, rotate: (x: Value) => Value, attend: (q: Value, k: Value, v: Value) => Value): Value {
  const T = x.dims[0]! / B;
  const q = rotate(splitHeads(linear(parameters, `${prefix}.q_proj`, x), B, T, config.heads)); // B H T D
  const k = rotate(splitHeads(linear(parameters, `${prefix}.k_proj`, x), B, T, config.kvHeads)); // B G T D
  const v = splitHeads(linear(parameters, `${prefix}.v_proj`, x), B, T, config.kvHeads);
  return linear(parameters, `${prefix}.o_proj`, mergeHeads(attend(q, k, v)));
}
