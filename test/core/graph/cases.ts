/** One or more small cases of every op, for the gradient check and for the runtime check. Deterministic, away from kinks. */
import * as g from "../../../src/core/graph/graph";
import { type OpName, product, type Value } from "../../../src/core/graph/ops";

export interface Case { readonly op: OpName; readonly name: string; readonly inputs: Readonly<Record<string, { dims: readonly number[]; data: number[]; integer?: boolean; bool?: boolean }>>; build(inputs: Readonly<Record<string, Value>>): Value }

/** Spread-out numbers in about [-1.3, 1.3], or positive ones. */
const numbers = (dims: readonly number[], seed: number, positive = false): { dims: readonly number[]; data: number[] } => ({
  dims, data: Array.from({ length: product(dims) }, (_, i) => { const x = Math.sin(12.9898 * (i + 1) + 78.233 * seed) * 1.3; return positive ? 0.4 + Math.abs(x) : x; }),
});
const integers = (data: number[], dims: readonly number[] = [data.length]): { dims: readonly number[]; data: number[]; integer: true } => ({ dims, data, integer: true });
const one = (op: OpName, name: string, x: { dims: readonly number[]; data: number[] }, build: (x: Value) => Value): Case => ({ op, name, inputs: { x }, build: ({ x: value }) => build(value!) });
const two = (op: OpName, name: string, a: { dims: readonly number[]; data: number[] }, b: { dims: readonly number[]; data: number[] }, build: (a: Value, b: Value) => Value): Case => ({ op, name, inputs: { a, b }, build: ({ a: x, b: y }) => build(x!, y!) });

const flags = [false, true];
const matmuls = flags.flatMap((transposeA) => flags.flatMap((transposeB) => [[], [2], [2, 2]].map((batch) => two("matmul", `batch [${batch.join()}]${transposeA ? " Aᵀ" : ""}${transposeB ? " Bᵀ" : ""}`,
  numbers([...batch, ...(transposeA ? [4, 3] : [3, 4])], 1), numbers([...batch, ...(transposeB ? [5, 4] : [4, 5])], 2), (a, b) => g.matmul(a, b, { transposeA, transposeB })))));

const ropeInputs = { x: numbers([2, 2, 3, 4], 5), positions: integers([0, 1, 2, 1, 2, 4], [2, 3]) };
const angles = [0, 1, 2, 3, 4].flatMap((position) => [position, position * 0.1]);
const buildRope = (inverse: boolean, interleaved = false) => ({ x, positions }: Readonly<Record<string, Value>>): Value =>
  g.rope(x!, positions!, g.constant(Float32Array.from(angles, Math.cos), [5, 2]), g.constant(Float32Array.from(angles, Math.sin), [5, 2]), { inverse, interleaved });

export const cases: readonly Case[] = [
  two("add", "same dims", numbers([2, 3], 1), numbers([2, 3], 2), g.add), two("add", "broadcast", numbers([2, 3], 1), numbers([3], 2), g.add), two("add", "both broadcast", numbers([2, 1], 1), numbers([1, 3], 2), g.add),
  two("sub", "broadcast", numbers([2, 3], 1), numbers([2, 1], 2), g.sub), two("mul", "broadcast", numbers([2, 3], 1), numbers([], 2), g.mul), two("div", "broadcast", numbers([2, 3], 1), numbers([3], 2, true), g.div),
  two("minimum", "scalars", numbers([], 1), numbers([], 2), g.minimum), two("minimum", "broadcast", numbers([2, 3], 1), numbers([3], 2), g.minimum),
  one("neg", "", numbers([2, 3], 1), g.neg), one("exp", "", numbers([2, 3], 1), g.exp), one("log", "", numbers([2, 3], 1, true), g.log), one("sqrt", "", numbers([2, 3], 1, true), g.sqrt), one("sigmoid", "", numbers([2, 3], 1), g.sigmoid), one("silu", "", numbers([2, 3], 1), g.silu),
  one("detach", "", numbers([2, 3], 1), (x) => g.detach(g.exp(x))), one("tanh", "", numbers([2, 3], 1), g.tanh), one("erf", "", numbers([2, 3], 1), g.erf), one("erf", "far out", { dims: [6], data: [-7, -4, -3.2, 2.9, 3.5, 5] }, g.erf),
  { op: "layerNorm", name: "", inputs: { x: numbers([3, 4], 1), w: numbers([4], 2), b: numbers([4], 3) }, build: ({ x, w, b }) => g.layerNorm(x!, w!, b!, 1e-5) },
  ...matmuls,
  two("matmul", "scaled, plus a residual", numbers([3, 4], 1), numbers([3, 5], 2), (a, c) => g.add(c, g.scale(g.matmul(a, g.constant(Float32Array.from(numbers([5, 4], 3).data), [5, 4]), { transposeB: true }), 0.5))),
  two("matmul", "plus a bias", numbers([3, 4], 1), numbers([5], 2), (a, bias) => g.add(g.matmul(a, g.constant(Float32Array.from(numbers([4, 5], 3).data), [4, 5])), bias)),
  two("matmul", "sum of two products of one input", numbers([3, 3], 1), numbers([3, 3], 2), (a, b) => g.add(g.matmul(a, b), g.matmul(b, a))),
  one("matmul", "read twice, so not fused away", numbers([3, 3], 1), (x) => { const y = g.matmul(x, x); return g.add(g.add(y, x), g.sigmoid(y)); }),
  two("matmul", "few rows of long sums", numbers([16, 2], 1), numbers([16, 9], 2), (a, b) => g.matmul(a, b, { transposeA: true })),
  two("matmul", "scaled in a batch", numbers([2, 3, 4], 1), numbers([2, 3, 4], 2), (a, b) => g.scale(g.matmul(a, b, { transposeB: true }), 0.25)),
  { op: "dropout", name: "", inputs: { x: numbers([2, 3], 1), keep: { dims: [2, 3], data: [1, 0, 1, 1, 0, 1], bool: true } }, build: ({ x, keep }) => g.dropout(x!, keep!, 1.25) },
  two("barrier", "", numbers([2, 3], 1), numbers([4], 2), (a, b) => g.mul(g.barrier(a, [b, g.sum(b, 0)]), g.sum(b, 0))),
  one("reshape", "", numbers([2, 6], 1), (x) => g.reshape(x, [3, 4])), one("transpose", "", numbers([2, 3, 4], 1), (x) => g.transpose(x, [2, 0, 1])),
  one("slice", "inside", numbers([2, 5], 1), (x) => g.slice(x, 1, 1, 4)), one("slice", "at the edge", numbers([4, 2], 1), (x) => g.slice(x, 0, 0, 3)),
  one("pad", "", numbers([2, 3], 1), (x) => g.pad(x, 1, 2, 1)), one("slice", "neighbours", numbers([2, 6], 1), (x) => g.mul(g.slice(x, 1, 0, 2), g.add(g.exp(g.slice(x, 1, 2, 4)), g.slice(x, 1, 4, 6)))),
  two("concat", "", numbers([2, 3], 1), numbers([2, 2], 2), (a, b) => g.concat([a, b], 1)),
  one("sum", "last axis", numbers([2, 3], 1), (x) => g.sum(x, 1)), one("sum", "first axis", numbers([2, 3, 2], 1), (x) => g.sum(x, 0)),
  one("softmax", "", numbers([2, 4], 1), g.softmax), two("softmax", "as weights of a product", numbers([2, 3, 4], 1), numbers([2, 4, 2], 2), (x, v) => g.matmul(g.softmax(x), v)), two("rmsNorm", "", numbers([3, 4], 1), numbers([4], 2), (x, w) => g.rmsNorm(x, w, 1e-5)),
  { op: "rope", name: "", inputs: ropeInputs, build: buildRope(false) }, { op: "rope", name: "inverse", inputs: ropeInputs, build: buildRope(true) }, { op: "rope", name: "interleaved", inputs: ropeInputs, build: buildRope(false, true) }, { op: "rope", name: "interleaved inverse", inputs: ropeInputs, build: buildRope(true, true) },
  { op: "gather", name: "repeated rows", inputs: { table: numbers([4, 3], 1), indices: integers([2, 0, 2, 3], [2, 2]) }, build: ({ table, indices }) => g.gather(table!, indices!) },
  { op: "scatterAdd", name: "repeated rows", inputs: { indices: integers([2, 0, 2]), updates: numbers([3, 2], 1) }, build: ({ indices, updates }) => g.scatterAdd(indices!, updates!, 4) },
  { op: "crossEntropy", name: "", inputs: { logits: numbers([3, 5], 1), targets: integers([4, 0, 2]) }, build: ({ logits, targets }) => g.crossEntropy(logits!, targets!) },
  { op: "replaceRows", name: "", inputs: { table: numbers([4, 2], 1), indices: integers([3, 1]), rows: numbers([2, 2], 2) }, build: ({ table, indices, rows }) => g.replaceRows(table!, indices!, rows!) },
  { op: "crossEntropyGradient", name: "", inputs: { logits: numbers([3, 5], 1), targets: integers([4, 0, 2]), dy: numbers([3], 2) }, build: ({ logits, targets, dy }) => g.crossEntropyGradient(logits!, targets!, dy!) },
];

export const makeInputs = (from: Case): Record<string, Value> => Object.fromEntries(Object.entries(from.inputs).map(([name, { dims, integer, bool }]) => [name, g.input(name, dims, integer ? "int64" : bool ? "bool" : "float32")]));
export const feedsOf = (from: Case): Record<string, number[]> => Object.fromEntries(Object.entries(from.inputs).map(([name, { data }]) => [name, data]));
