/** Runs a graph in plain TypeScript, in 64-bit floats: slow and simple, the oracle for gradients and for every runtime. */
import { type TensorData } from "../runtime";
import { reachable } from "./graph";
import { type OpName, product, type Value, type ValueOf } from "./ops";

/** A tensor of numbers, row-major; integers are numbers too. */
export interface Numbers { readonly dims: readonly number[]; readonly data: Float64Array }

type Kernel<K extends OpName> = (value: ValueOf<K>, inputs: readonly Numbers[], feeds: Feeds) => Float64Array;

export interface Feeds {
  /** By input name. */
  readonly inputs: Readonly<Record<string, ArrayLike<number>>>;
  /** The float values of a stored tensor, for graphs with weights. */
  readonly weight?: (name: string) => ArrayLike<number>;
}

/** Evaluates the outputs. Values are computed once each, in order. */
export function evaluate<N extends string>(outputs: Readonly<Record<N, Value>>, feeds: Feeds): Record<N, Numbers> {
  const results = new Map<Value, Numbers>();
  for (const value of reachable(Object.values<Value>(outputs))) {
    const kernel = kernels[value.op] as Kernel<OpName>;
    results.set(value, { dims: value.dims, data: kernel(value as ValueOf<OpName>, value.inputs.map((from) => results.get(from)!), feeds) });
  }
  return Object.fromEntries(Object.entries<Value>(outputs).map(([name, value]) => [name, results.get(value)!])) as Record<N, Numbers>;
}

const strides = (dims: readonly number[]): number[] => dims.map((_, i) => product(dims.slice(i + 1)));
const toNumbers = (data: TensorData): Float64Array => Float64Array.from(data as Float32Array, Number);
const make = (dims: readonly number[], at: (index: number) => number): Float64Array => Float64Array.from({ length: product(dims) }, (_, i) => at(i));

/** Flat index of an operand for flat index `i` of the broadcast result. */
function broadcastIndex(dims: readonly number[], result: readonly number[]): (i: number) => number {
  const own = strides(dims), all = strides(result), lead = result.length - dims.length;
  return (i) => dims.reduce((total, n, axis) => total + (n === 1 ? 0 : Math.floor(i / all[axis + lead]!) % n) * own[axis]!, 0);
}

const binary = (f: (a: number, b: number) => number): Kernel<OpName> => (value, [a, b]) => {
  const ia = broadcastIndex(a!.dims, value.dims), ib = broadcastIndex(b!.dims, value.dims);
  return make(value.dims, (i) => f(a!.data[ia(i)]!, b!.data[ib(i)]!));
};
const unary = (f: (x: number) => number): Kernel<OpName> => (_, [a]) => a!.data.map(f);

/** Rows along the last axis, as views. */
const rows = (x: Numbers): Float64Array[] => {
  const n = x.dims.at(-1)!;
  return Array.from({ length: x.data.length / n }, (_, i) => x.data.subarray(i * n, (i + 1) * n));
};
const flat = (parts: readonly Float64Array[]): Float64Array => {
  const out = new Float64Array(parts.reduce((total, part) => total + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
};
const softmaxRow = (row: Float64Array): Float64Array => {
  const top = row.reduce((a, b) => Math.max(a, b), -Infinity), e = row.map((x) => Math.exp(x - top)), total = e.reduce((a, b) => a + b, 0);
  return e.map((x) => x / total);
};

/** erf by its Taylor series, and by 1 − erfc's continued fraction where the series would lose digits (Abramowitz and Stegun 7.1.5, 7.1.14). */
function erfOf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  if (size < 3) {
    let term = x, total = x;
    for (let n = 1; n < 80; n++) { term *= (-x * x) / n; total += term / (2 * n + 1); }
    return (2 / Math.sqrt(Math.PI)) * total;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction)));
}

/** For an axis: how many blocks lie before it, its length, and how many elements one step of it spans. */
const around = (dims: readonly number[], axis: number): [number, number, number] => [product(dims.slice(0, axis)), dims[axis]!, product(dims.slice(axis + 1))];

const kernels: { [K in OpName]: Kernel<K> } = {
  input: ({ attributes }, _, feeds) => {
    const fed = feeds.inputs[attributes.name];
    if (!fed) throw new Error(`input ${attributes.name} was not fed`);
    if (fed.length !== product(attributes.dims)) throw new Error(`input ${attributes.name} has ${fed.length} elements, not ${product(attributes.dims)}`);
    return Float64Array.from(fed, Number);
  },
  weight: ({ attributes }, _, feeds) => Float64Array.from(feeds.weight!(attributes.tensor.name)),
  constant: ({ attributes }) => toNumbers(attributes.data),
  add: binary((a, b) => a + b), sub: binary((a, b) => a - b), mul: binary((a, b) => a * b), div: binary((a, b) => a / b), minimum: binary(Math.min),
  neg: unary((x) => -x), exp: unary(Math.exp), log: unary(Math.log), sqrt: unary(Math.sqrt), sigmoid: unary((x) => 1 / (1 + Math.exp(-x))), silu: unary((x) => x / (1 + Math.exp(-x))), tanh: unary(Math.tanh), erf: unary(erfOf),
  matmul: ({ dims, attributes }, [a, b]) => {
    const [m, n] = dims.slice(-2) as [number, number], batches = product(dims.slice(0, -2));
    const k = attributes.transposeA ? a!.dims.at(-2)! : a!.dims.at(-1)!;
    const out = new Float64Array(batches * m * n);
    for (let batch = 0; batch < batches; batch++) for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) {
      let total = 0;
      for (let l = 0; l < k; l++) total += a!.data[batch * m * k + (attributes.transposeA ? l * m + i : i * k + l)]! * b!.data[batch * k * n + (attributes.transposeB ? j * k + l : l * n + j)]!;
      out[(batch * m + i) * n + j] = total;
    }
    return out;
  },
  detach: (_, [a]) => a!.data,
  dropout: ({ attributes: { scale } }, [x, keep]) => x!.data.map((v, i) => (keep!.data[i] ? v * scale : 0)),
  barrier: (_, [a]) => a!.data,
  reshape: (_, [a]) => a!.data,
  transpose: ({ dims, attributes }, [a]) => {
    const from = strides(a!.dims), to = strides(dims);
    return make(dims, (i) => a!.data[dims.reduce((at, n, axis) => at + (Math.floor(i / to[axis]!) % n) * from[attributes.permutation[axis]!]!, 0)]!);
  },
  slice: ({ attributes: { axis, start, end } }, [a]) => {
    const [outer, length, inner] = around(a!.dims, axis);
    return flat(Array.from({ length: outer }, (_, o) => a!.data.subarray((o * length + start) * inner, (o * length + end) * inner)));
  },
  concat: ({ attributes: { axis } }, inputs) => {
    const outer = product(inputs[0]!.dims.slice(0, axis));
    return flat(Array.from({ length: outer }, (_, o) => inputs.map((part) => part.data.subarray((o * part.data.length) / outer, ((o + 1) * part.data.length) / outer))).flat());
  },
  pad: ({ attributes: { axis, before, after } }, [a]) => {
    const [outer, length, inner] = around(a!.dims, axis), zeros = (n: number): Float64Array => new Float64Array(n * inner);
    return flat(Array.from({ length: outer }, (_, o) => [zeros(before), a!.data.subarray(o * length * inner, (o + 1) * length * inner), zeros(after)]).flat());
  },
  sum: ({ attributes: { axis } }, [a]) => {
    const [outer, length, inner] = around(a!.dims, axis);
    return make([outer, inner], (i) => {
      let total = 0;
      for (let j = 0; j < length; j++) total += a!.data[(Math.floor(i / inner) * length + j) * inner + (i % inner)]!;
      return total;
    });
  },
  softmax: (_, [a]) => flat(rows(a!).map(softmaxRow)),
  rmsNorm: ({ attributes: { epsilon } }, [x, w]) => flat(rows(x!).map((row) => {
    const r = 1 / Math.sqrt(row.reduce((total, v) => total + v * v, 0) / row.length + epsilon);
    return row.map((v, i) => v * r * w!.data[i]!);
  })),
  layerNorm: ({ attributes: { epsilon } }, [x, w, b]) => flat(rows(x!).map((row) => {
    const mu = row.reduce((total, v) => total + v, 0) / row.length, variance = row.reduce((total, v) => total + (v - mu) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mu) / Math.sqrt(variance + epsilon)) * w!.data[i]! + b!.data[i]!);
  })),
  rope: ({ dims, attributes: { inverse, interleaved } }, [x, positions, cos, sin]) => {
    const [, heads, T, D] = dims as [number, number, number, number], half = D / 2;
    return make(dims, (i) => {
      const d = i % D, t = Math.floor(i / D) % T, b = Math.floor(i / (D * T * heads));
      const [pair, isFirst, partner] = interleaved ? [d >> 1, d % 2 === 0, 1] : [d % half, d < half, half];
      const at = positions!.data[b * T + t]! * half + pair, c = cos!.data[at]!, s = (inverse ? -1 : 1) * sin!.data[at]!;
      return isFirst ? x!.data[i]! * c - x!.data[i + partner]! * s : x!.data[i]! * c + x!.data[i - partner]! * s;
    });
  },
  gather: (_, [table, indices]) => flat(Array.from(indices!.data, (index) => rows(table!)[index]!)),
  scatterAdd: ({ dims, attributes }, [indices, updates]) => {
    const C = dims[1]!, out = new Float64Array(attributes.rows * C);
    indices!.data.forEach((row, i) => { for (let c = 0; c < C; c++) out[row * C + c]! += updates!.data[i * C + c]!; });
    return out;
  },
  replaceRows: ({ dims }, [table, indices, rows]) => {
    const C = dims[1]!, out = table!.data.slice();
    indices!.data.forEach((row, i) => out.set(rows!.data.subarray(i * C, (i + 1) * C), row * C));
    return out;
  },
  crossEntropy: (_, [logits, targets]) => Float64Array.from(rows(logits!), (row, i) => -Math.log(softmaxRow(row)[targets!.data[i]!]!)),
  crossEntropyGradient: (_, [logits, targets, dy]) => flat(rows(logits!).map((row, i) => softmaxRow(row).map((p, v) => (p - (v === targets!.data[i] ? 1 : 0)) * dy!.data[i]!))),
};
