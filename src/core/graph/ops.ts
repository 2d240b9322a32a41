/** The closed set of operations: what each carries, and the shape it gives. Every table over it is total, so a missing rule does not compile. */
import { type DType, type TensorData } from "../runtime";

/** A tensor that lies in a file of the base's folder; the runtime maps it in place. */
export interface StoredTensor {
  readonly name: string; readonly dtype: DType; readonly dims: readonly number[]; readonly file: string; readonly offset: number; readonly bytes: number;
  /** Quantised in blocks of 4 bits: `dims` are those of the values [N, K], the bytes are their codes [N, K / 32, 16]. */
  readonly blocks?: StoredBlocks;
  /** Quantised in 8 bits for integer products: the bytes are codes int8 of the same dims [R, C]. */
  readonly int8?: StoredInt8;
}
/** Values that share a scale. */
export const BLOCK = 32;
/** w = (code − zero point) · scale, one of each for 32 values of a row, in the layout of model/blocks.ts. */
export interface StoredBlocks { readonly scales: StoredTensor; readonly zeroPoints: StoredTensor }
/**
 * w[r, c] = codes[r, c] · scales[c], for products that sum over r. The same matrix once more for those that sum over c: w[r, c] ≈ transposed[c, r] · transposedScales[r].
 * A scale can leave an integer sum only where all of its terms share it, hence one copy for each axis, in the layout of model/weights/int8.ts.
 */
export interface StoredInt8 { readonly scales: StoredTensor; readonly transposed: StoredTensor; readonly transposedScales: StoredTensor }

type None = Record<string, never>;

export interface OpAttributes {
  /** Fed at every run. */
  input: { name: string; dtype: DType; dims: readonly number[] };
  /** A frozen tensor of the base, seen as float32 whatever its stored type. */
  weight: { tensor: StoredTensor };
  constant: { data: TensorData; dtype: DType; dims: readonly number[] };
  /** Elementwise with numpy broadcasting. */
  add: None; sub: None; mul: None; div: None; minimum: None;
  neg: None; exp: None; log: None; sqrt: None; sigmoid: None; tanh: None; erf: None;
  /** x · σ(x) (Elfwing et al. 2017). */
  silu: None;
  /** The same values; the backward pass takes them as constants. */
  detach: None;
  /** op(a) · op(b) over the last two axes; leading axes are equal. */
  matmul: { transposeA: boolean; transposeB: boolean };
  /** x · scale where keep (bool, same dims) holds, else 0. Inputs: x, keep. */
  dropout: { scale: number };
  /** The first input, not before the others are there: it orders the runtime's work, and what depends on it is not taken for what was computed before. */
  barrier: None;
  reshape: { dims: readonly number[] };
  transpose: { permutation: readonly number[] };
  slice: { axis: number; start: number; end: number };
  concat: { axis: number };
  /** Zeros before and after along one axis: the adjoint of slice. */
  pad: { axis: number; before: number; after: number };
  /** Sum over one axis, which stays with length 1. */
  sum: { axis: number };
  /** Over the last axis. */
  softmax: None;
  /** y = x / sqrt(mean(x²) + epsilon) · w over the last axis (Zhang and Sennrich 2019). Inputs: x, w. */
  rmsNorm: { epsilon: number };
  /** y = (x − mean x) / sqrt(var x + epsilon) · w + b over the last axis (Ba et al. 2016). Inputs: x, w, b. */
  layerNorm: { epsilon: number };
  /** Rotary embedding of pairs (i, i + D/2), or (2i, 2i + 1) where interleaved. Inputs: x [B, H, T, D], positions int64 [B, T], cos and sin [M, D/2]. */
  rope: { inverse: boolean; interleaved: boolean };
  /** Rows of a table: [V, C], int64 [...] → [..., C]. */
  gather: None;
  /** The adjoint of gather: int64 [N], [N, C] → [rows, C], repeated indices add up. */
  scatterAdd: { rows: number };
  /** A table [rows, C] with other rows [N, C] in the places that int64 [N] names, each once. On a device in place, where input and output are one vector. Inputs: table, indices, rows. */
  replaceRows: None;
  /** Negative log-likelihood in nats: logits [K, V], targets int64 [K] → [K]. */
  crossEntropy: None;
  /** (softmax(logits) − onehot(targets)) · dy: logits [K, V], targets int64 [K], dy [K] → [K, V]. */
  crossEntropyGradient: None;
}

export type OpName = keyof OpAttributes;

/** A node of the graph is the one value that it makes. `id` grows with creation, so it is a topological order. */
export interface ValueOf<K extends OpName> { readonly id: number; readonly op: K; readonly inputs: readonly Value[]; readonly attributes: OpAttributes[K]; readonly dims: readonly number[]; readonly dtype: DType }
export type Value = { [K in OpName]: ValueOf<K> }[OpName];

export const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((n, i) => n === b[i]);
const show = (value: { dims: readonly number[] }): string => `[${value.dims.join(", ")}]`;

function ensure(condition: boolean, op: OpName, inputs: readonly Value[]): void {
  if (!condition) throw new Error(`${op} does not take ${inputs.map((input) => `${input.dtype} ${show(input)}`).join(", ")}`);
}

/** numpy's rule: align at the right; equal, or one of them 1. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1, y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw new Error(`[${a.join(", ")}] and [${b.join(", ")}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

type Shape = { dims: readonly number[]; dtype: DType };
type ShapeRule<K extends OpName> = (inputs: readonly Value[], attributes: OpAttributes[K]) => Shape;

const float = (dims: readonly number[]): Shape => ({ dims, dtype: "float32" });
const binary = ([a, b]: readonly Value[]): Shape => float(broadcast(a!.dims, b!.dims));
const unary = ([a]: readonly Value[]): Shape => float(a!.dims);

export const shapeRules: { [K in OpName]: ShapeRule<K> } = {
  input: (_, { dims, dtype }) => ({ dims, dtype }),
  weight: (_, { tensor }) => float(tensor.dims),
  constant: (_, { dims, dtype }) => ({ dims, dtype }),
  add: binary, sub: binary, mul: binary, div: binary, minimum: binary,
  neg: unary, exp: unary, log: unary, sqrt: unary, sigmoid: unary, silu: unary, tanh: unary, erf: unary, detach: unary, softmax: unary,
  matmul: (inputs, { transposeA, transposeB }) => {
    const [a, b] = inputs as [Value, Value];
    const rank = a.dims.length, [m, k] = lastTwo(a, transposeA), [k2, n] = lastTwo(b, transposeB);
    ensure(rank >= 2 && k === k2 && same(a.dims.slice(0, -2), b.dims.slice(0, -2)), "matmul", inputs);
    return float([...a.dims.slice(0, -2), m, n]);
  },
  dropout: (inputs) => {
    ensure(inputs[1]!.dtype === "bool" && same(inputs[0]!.dims, inputs[1]!.dims), "dropout", inputs);
    return float(inputs[0]!.dims);
  },
  barrier: (inputs) => {
    ensure(inputs.length > 1 && inputs.every(({ dtype }) => dtype === "float32"), "barrier", inputs);
    return float(inputs[0]!.dims);
  },
  reshape: (inputs, { dims }) => {
    if (product(inputs[0]!.dims) !== product(dims)) throw new Error(`reshape does not fit ${show(inputs[0]!)} into [${dims.join(", ")}]`);
    return { dims, dtype: inputs[0]!.dtype };
  },
  transpose: (inputs, { permutation }) => {
    ensure(permutation.length === inputs[0]!.dims.length, "transpose", inputs);
    return { dims: permutation.map((axis) => inputs[0]!.dims[axis]!), dtype: inputs[0]!.dtype };
  },
  slice: (inputs, { axis, start, end }) => {
    const dims = inputs[0]!.dims;
    ensure(0 <= start && start < end && end <= dims[axis]!, "slice", inputs);
    return { dims: dims.map((n, i) => (i === axis ? end - start : n)), dtype: inputs[0]!.dtype };
  },
  concat: (inputs, { axis }) => {
    const first = inputs[0]!;
    ensure(inputs.every((input) => input.dims.length === first.dims.length && input.dims.every((n, i) => i === axis || n === first.dims[i])), "concat", inputs);
    return float(first.dims.map((n, i) => (i === axis ? inputs.reduce((total, input) => total + input.dims[axis]!, 0) : n)));
  },
  pad: ([x], { axis, before, after }) => float(x!.dims.map((n, i) => (i === axis ? before + n + after : n))),
  sum: (inputs, { axis }) => {
    ensure(axis >= 0 && axis < inputs[0]!.dims.length, "sum", inputs);
    return float(inputs[0]!.dims.map((n, i) => (i === axis ? 1 : n)));
  },
  rmsNorm: (inputs) => {
    ensure(same(inputs[1]!.dims, inputs[0]!.dims.slice(-1)), "rmsNorm", inputs);
    return float(inputs[0]!.dims);
  },
  layerNorm: (inputs) => {
    ensure(same(inputs[1]!.dims, inputs[0]!.dims.slice(-1)) && same(inputs[1]!.dims, inputs[2]!.dims), "layerNorm", inputs);
    return float(inputs[0]!.dims);
  },
  rope: (inputs) => {
    const [x, positions, cos, sin] = inputs as [Value, Value, Value, Value];
    const [B, , T, D] = x.dims as [number, number, number, number];
    ensure(x.dims.length === 4 && same(positions.dims, [B, T]) && positions.dtype === "int64" && cos.dims[1]! * 2 === D && same(cos.dims, sin.dims), "rope", inputs);
    return float(x.dims);
  },
  gather: (inputs) => {
    const [table, indices] = inputs as [Value, Value];
    ensure(table.dims.length === 2 && indices.dtype === "int64", "gather", inputs);
    return float([...indices.dims, table.dims[1]!]);
  },
  scatterAdd: (inputs, { rows }) => {
    const [indices, updates] = inputs as [Value, Value];
    ensure(indices.dtype === "int64" && indices.dims.length === 1 && updates.dims.length === 2 && indices.dims[0] === updates.dims[0], "scatterAdd", inputs);
    return float([rows, updates.dims[1]!]);
  },
  replaceRows: (inputs) => {
    const [table, indices, rows] = inputs as [Value, Value, Value];
    ensure(indices.dtype === "int64" && table.dims.length === 2 && same(rows.dims, [...indices.dims, table.dims[1]!]), "replaceRows", inputs);
    return float(table.dims);
  },
  crossEntropy: (inputs) => {
    const [logits, targets] = inputs as [Value, Value];
    ensure(logits.dims.length === 2 && targets.dtype === "int64" && same(targets.dims, logits.dims.slice(0, 1)), "crossEntropy", inputs);
    return float(targets.dims);
  },
  crossEntropyGradient: (inputs) => {
    const [logits, targets, dy] = inputs as [Value, Value, Value];
    ensure(logits.dims.length === 2 && same(targets.dims, dy.dims) && targets.dims[0] === logits.dims[0], "crossEntropyGradient", inputs);
    return float(logits.dims);
  },
};

/** [rows, columns] of the last two axes as the product sees them. */
function lastTwo({ dims }: Value, transposed: boolean): [number, number] {
  const rows = dims.at(-2)!, columns = dims.at(-1)!;
  return transposed ? [columns, rows] : [rows, columns];
}
