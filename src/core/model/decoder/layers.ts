/** The parts of a decoder block as graph builders: linear layers, norms, heads, attention with and without a cache, the MLP. */
import { add, concat, constant, erf, layerNorm, matmul, minimum, mul, neg, reshape, rmsNorm, scalar, scale, silu, slice, softmax, tanh, transpose } from "../../graph/graph";
import { type Value } from "../../graph/ops";
import { type Activation, type ModelConfig } from "../family/config";

/** A linear layer before its adapter: y = x · Wᵀ. */
export interface LinearProduct { readonly module: string; readonly y: Value; readonly bias: Value | undefined }

/** Where the tensors of a model come from and what an adapter adds to a linear layer's output. */
export interface Parameters {
  /** By Hugging Face name: frozen weights of a base, or trained values. */
  tensor(name: string): Value;
  /** The outputs of linear layers that read the same x: y + bias with what each layer's adapter adds. */
  adapt(x: Value, layers: readonly LinearProduct[]): Value[];
  /** The embeddings e [N, C] of tokens int64 [B, T] with what an adapter of the table adds. */
  adaptEmbedding(module: string, tokens: Value, e: Value): Value;
}

/** Large enough that exp underflows to 0, small enough to stay finite in 32 bits. */
export const MASKED = -1e9;

/** x [N, in] → [N, out] of each module, y = x · Wᵀ + b, plus the adapter's part. */
export const linears = (parameters: Parameters, { architecture }: ModelConfig, modules: readonly string[], x: Value, bias: boolean): Value[] => parameters.adapt(x, modules.map((module) => ({
  module, y: matmul(x, parameters.tensor(`${module}.weight`), { transposeB: !architecture.transposed }), bias: bias ? parameters.tensor(`${module}.bias`) : undefined,
})));
export const linear = (parameters: Parameters, config: ModelConfig, module: string, x: Value, bias: boolean): Value => linears(parameters, config, [module], x, bias)[0]!;

/** The family's norm over the last axis. */
export function norm(parameters: Parameters, { architecture, normEpsilon }: ModelConfig, module: string, x: Value): Value {
  const w = parameters.tensor(`${module}.weight`);
  switch (architecture.norm) {
    case "rms": return rmsNorm(x, w, normEpsilon);
    case "rmsPlusOne": return rmsNorm(x, add(w, scalar(1)), normEpsilon);
    case "layer": return layerNorm(x, w, parameters.tensor(`${module}.bias`), normEpsilon);
    case "layerWithoutBias": return layerNorm(x, w, constant(new Float32Array(w.dims[0]!), w.dims), normEpsilon);
  }
}

/** The norm of queries or keys x [B, heads, T, D] over D: the family's with one weight for all heads, or a layer norm without bias and with a weight for each. */
export function headNorm(parameters: Parameters, config: ModelConfig, module: string, x: Value, over: "head" | "ownHead" | "ownHeadModules"): Value {
  if (over === "head") return norm(parameters, config, module, x);
  const [, heads, , D] = x.dims as [number, number, number, number];
  const w = over === "ownHead" ? parameters.tensor(`${module}.weight`) : concat(Array.from({ length: heads }, (_, head) => reshape(parameters.tensor(`${module}.norms.${head}.weight`), [1, D])), 0);
  return mul(layerNorm(x, constant(new Float32Array(D).fill(1), [D]), constant(new Float32Array(D), [D]), config.normEpsilon), reshape(w, [heads, 1, D]));
}

/** [B·T, heads·D] → [B, heads, T, D] */
export const splitHeads = (x: Value, B: number, T: number, heads: number): Value => transpose(reshape(x, [B, T, heads, x.dims[1]! / heads]), [0, 2, 1, 3]);
/** [B, heads, T, D] → [B·T, heads·D] */
export function mergeHeads(x: Value): Value {
  const [B, heads, T, D] = x.dims as [number, number, number, number];
  return reshape(transpose(x, [0, 2, 1, 3]), [B * T, heads * D]);
}

/** cap · tanh(x / cap) */
export const softcap = (x: Value, cap: number | undefined): Value => (cap === undefined ? x : scale(tanh(scale(x, 1 / cap)), cap));

/** [T, T]: 0 where a position may look, MASKED after it, and before its window (which counts itself). */
export const causalMask = (T: number, window = Infinity): Value =>
  constant(Float32Array.from({ length: T * T }, (_, i) => { const key = i % T, query = Math.floor(i / T); return key > query || key <= query - window ? MASKED : 0; }), [T, T]);

export interface AttentionSettings { readonly scale: number; readonly softcap?: number | undefined }

/** At least so many queries make a block; a longer text has QUERY_BLOCKS of them. */
const LEAST_BLOCK = 128, QUERY_BLOCKS = 4;

/**
 * Causal attention, softmax(cap(scale · q · kᵀ) + mask) · v, with H/G query heads to each key head. q [B, H, T, D], k and v [B, G, T, D] → [B, H, T, D].
 * Queries go in blocks that see no further than their own end, which leaves out most of what the mask would hide.
 */
export function causalAttention(q: Value, k: Value, v: Value, mask: Value, settings: AttentionSettings): Value {
  const T = q.dims[2]!, size = Math.max(LEAST_BLOCK, Math.ceil(T / QUERY_BLOCKS)), rank = mask.dims.length;
  const cut = (x: Value, axis: number, from: number, to: number): Value => (from === 0 && to === x.dims[axis] ? x : slice(x, axis, from, to));
  return concat(Array.from({ length: Math.ceil(T / size) }, (_, block) => {
    const from = block * size, to = Math.min(T, from + size);
    return attendTo(cut(q, 2, from, to), cut(k, 2, 0, to), cut(v, 2, 0, to), cut(cut(mask, rank - 2, from, to), rank - 1, 0, to), settings);
  }), 2);
}

/** Queries [B, H, R, D] over the keys and values [B, G, S, D] that they may see; mask [.., R, S] → [B, H, R, D]. */
export function attendTo(q: Value, k: Value, v: Value, mask: Value, settings: AttentionSettings): Value {
  const [B, H, R, D] = q.dims as [number, number, number, number], [, G, S] = k.dims as [number, number, number];
  // Query heads that share a key head lie beside each other, so they are extra rows of one product.
  const grouped = reshape(q, [B, G, (H / G) * R, D]);
  const scores = softcap(scale(matmul(grouped, k, { transposeB: true }), settings.scale), settings.softcap); // B G (H/G)R S
  const probabilities = softmax(reshape(add(reshape(scores, [B, H, R, S]), mask), scores.dims));
  return reshape(matmul(probabilities, v), [B, H, R, D]);
}

/** Attention of T new positions over a cache of S earlier ones and over themselves. keys, values [B, G, S, D]; cache.mask [B, 1, 1 or T, S]: 0 where the cache holds a position that may be seen. */
export function cachedAttention(q: Value, k: Value, v: Value, mask: Value, cache: { keys: Value; values: Value; mask: Value }, settings: AttentionSettings): Value {
  const [B, H, T, D] = q.dims as [number, number, number, number], G = k.dims[1]!, S = cache.keys.dims[2]!;
  const grouped = reshape(q, [B, G, (H / G) * T, D]);
  const scores = (keys: Value, n: number, hidden: Value): Value => add(reshape(softcap(scale(matmul(grouped, keys, { transposeB: true }), settings.scale), settings.softcap), [B, H, T, n]), hidden);
  const probabilities = softmax(concat([scores(cache.keys, S, cache.mask), scores(k, T, mask)], 3)); // B H T S+T
  const part = (from: number, to: number): Value => reshape(slice(probabilities, 3, from, to), [B, G, (H / G) * T, to - from]);
  return reshape(add(matmul(part(0, S), cache.values), matmul(part(S, S + T), v)), [B, H, T, D]);
}

/** q [B·T, H·D] and k, v [B·T, G·D], from one module each or cut out of a fused one. */
export function projections(parameters: Parameters, config: ModelConfig, prefix: string, x: Value): [Value, Value, Value] {
  const { architecture: { attention }, heads: H, kvHeads: G, headSize: D, biases } = config, N = x.dims[0]!;
  const project = (...modules: string[]): Value[] => linears(parameters, config, modules.map((module) => `${prefix}.${module}`), x, biases.qkv);
  if (!("fused" in attention.projections)) return project(attention.projections.query, attention.projections.key, attention.projections.value) as [Value, Value, Value];
  const [fused] = project(attention.projections.fused) as [Value];
  if (attention.projections.layout === "concatenated") return [slice(fused, 1, 0, H * D), slice(fused, 1, H * D, (H + G) * D), slice(fused, 1, (H + G) * D, (H + 2 * G) * D)];
  const groups = reshape(fused, [N, G, H / G + 2, D]), part = (from: number, to: number): Value => reshape(slice(groups, 2, from, to), [N, G * (to - from) * D]);
  return [part(0, H / G), part(H / G, H / G + 1), part(H / G + 1, H / G + 2)];
}

export function activate(kind: Activation, x: Value): Value {
  switch (kind) {
    case "silu": return silu(x);
    case "relu": return neg(minimum(neg(x), scalar(0)));
    case "gelu": return mul(scale(x, 0.5), add(erf(scale(x, Math.SQRT1_2)), scalar(1)));
    // 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))
    case "geluTanh": return mul(scale(x, 0.5), add(tanh(scale(add(x, scale(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI))), scalar(1)));
  }
}

/** x [N, C] → [N, C]: down(f(gate(x)) · up(x)) (Shazeer 2020), or down(f(up(x))). */
export function feedForward(parameters: Parameters, config: ModelConfig, prefix: string, x: Value): Value {
  const { architecture: { mlp }, activation, biases, intermediateSize: F } = config;
  const apply = (module: string, from: Value): Value => linear(parameters, config, `${prefix}.${module}`, from, biases.mlp);
  switch (mlp.kind) {
    case "gated": {
      const [gate, up] = linears(parameters, config, [`${prefix}.${mlp.gate}`, `${prefix}.${mlp.up}`], x, biases.mlp) as [Value, Value];
      return apply(mlp.down, mul(activate(activation, gate), up));
    }
    case "gatedFused": {
      const both = apply(mlp.gateUp, x);
      return apply(mlp.down, mul(activate(activation, slice(both, 1, 0, F)), slice(both, 1, F, 2 * F)));
    }
    case "plain": return apply(mlp.down, activate(activation, apply(mlp.up, x)));
  }
}
