/** Builds values of the intermediate representation, walks them in order and prints them as text. A graph is what its outputs reach. */
import { type DType, type TensorData } from "../runtime";
import { type OpAttributes, type OpName, shapeRules, type StoredTensor, type Value } from "./ops";

let nextId = 0;

/** The one way to make a value: the shape rule checks it. */
export function makeValue<K extends OpName>(op: K, inputs: readonly Value[], attributes: OpAttributes[K]): Value {
  const { dims, dtype } = shapeRules[op](inputs, attributes);
  return { id: nextId++, op, inputs, attributes, dims, dtype } as unknown as Value;
}

const none: Record<string, never> = {};

export const input = (name: string, dims: readonly number[], dtype: DType = "float32"): Value => makeValue("input", [], { name, dims, dtype });
export const weight = (tensor: StoredTensor): Value => makeValue("weight", [], { tensor });
export const constant = (data: TensorData, dims: readonly number[], dtype: DType = "float32"): Value => makeValue("constant", [], { data, dims, dtype });
export const scalar = (value: number): Value => constant(Float32Array.of(value), []);
export const integers = (values: readonly number[], dims: readonly number[] = [values.length]): Value => constant(BigInt64Array.from(values, BigInt), dims, "int64");

export const add = (a: Value, b: Value): Value => makeValue("add", [a, b], none);
export const sub = (a: Value, b: Value): Value => makeValue("sub", [a, b], none);
export const mul = (a: Value, b: Value): Value => makeValue("mul", [a, b], none);
export const div = (a: Value, b: Value): Value => makeValue("div", [a, b], none);
export const minimum = (a: Value, b: Value): Value => makeValue("minimum", [a, b], none);
export const neg = (a: Value): Value => makeValue("neg", [a], none);
export const exp = (a: Value): Value => makeValue("exp", [a], none);
export const log = (a: Value): Value => makeValue("log", [a], none);
export const sqrt = (a: Value): Value => makeValue("sqrt", [a], none);
export const sigmoid = (a: Value): Value => makeValue("sigmoid", [a], none);
export const silu = (a: Value): Value => makeValue("silu", [a], none);
export const tanh = (a: Value): Value => makeValue("tanh", [a], none);
export const erf = (a: Value): Value => makeValue("erf", [a], none);
export const detach = (a: Value): Value => makeValue("detach", [a], none);
export const softmax = (a: Value): Value => makeValue("softmax", [a], none);
export const scale = (a: Value, factor: number): Value => (factor === 1 ? a : mul(a, scalar(factor)));

export const matmul = (a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value => makeValue("matmul", [a, b], { transposeA, transposeB });
export const dropout = (x: Value, keep: Value, factor: number): Value => makeValue("dropout", [x, keep], { scale: factor });
export const barrier = (x: Value, after: readonly Value[]): Value => (after.length === 0 ? x : makeValue("barrier", [x, ...after], none));
export const reshape = (a: Value, dims: readonly number[]): Value => makeValue("reshape", [a], { dims });
export const transpose = (a: Value, permutation: readonly number[]): Value => makeValue("transpose", [a], { permutation });
export const slice = (a: Value, axis: number, start: number, end: number): Value => makeValue("slice", [a], { axis, start, end });
export const concat = (values: readonly Value[], axis: number): Value => (values.length === 1 ? values[0]! : makeValue("concat", values, { axis }));
export const pad = (a: Value, axis: number, before: number, after: number): Value => (before === 0 && after === 0 ? a : makeValue("pad", [a], { axis, before, after }));
export const sum = (a: Value, axis: number): Value => makeValue("sum", [a], { axis });
export const mean = (a: Value, axis: number): Value => scale(sum(a, axis), 1 / a.dims[axis]!);

export const rmsNorm = (x: Value, w: Value, epsilon: number): Value => makeValue("rmsNorm", [x, w], { epsilon });
export const layerNorm = (x: Value, w: Value, b: Value, epsilon: number): Value => makeValue("layerNorm", [x, w, b], { epsilon });
export const rope = (x: Value, positions: Value, cos: Value, sin: Value, { inverse = false, interleaved = false } = {}): Value => makeValue("rope", [x, positions, cos, sin], { inverse, interleaved });
export const gather = (table: Value, indices: Value): Value => makeValue("gather", [table, indices], none);
export const scatterAdd = (indices: Value, updates: Value, rows: number): Value => makeValue("scatterAdd", [indices, updates], { rows });
export const replaceRows = (table: Value, indices: Value, rows: Value): Value => makeValue("replaceRows", [table, indices, rows], none);
export const crossEntropy = (logits: Value, targets: Value): Value => makeValue("crossEntropy", [logits, targets], none);
export const crossEntropyGradient = (logits: Value, targets: Value, dy: Value): Value => makeValue("crossEntropyGradient", [logits, targets, dy], none);

/** Everything that the outputs need, inputs before users. */
export function reachable(outputs: Iterable<Value>): Value[] {
  const seen = new Set<Value>();
  const stack = [...outputs];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (seen.has(value)) continue;
    seen.add(value);
    stack.push(...value.inputs);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}

/** One line a value, `%n = op(%a, %b) {attributes} : dtype [dims]`; what tests and people read. */
export function printGraph(outputs: Readonly<Record<string, Value>>): string {
  const values = reachable(Object.values(outputs));
  const names = new Map(values.map((value, index) => [value, `%${index}`]));
  const lines = values.map((value) => {
    const attributes = printAttributes(value);
    return `${names.get(value)} = ${value.op}(${value.inputs.map((from) => names.get(from)).join(", ")})${attributes && ` ${attributes}`} : ${value.dtype} [${value.dims.join(", ")}]`;
  });
  return [...lines, ...Object.entries(outputs).map(([name, value]) => `return ${name} = ${names.get(value)}`)].join("\n");
}

function printAttributes(value: Value): string {
  if (value.op === "input") return value.attributes.name;
  if (value.op === "weight") return value.attributes.tensor.name;
  if (value.op === "constant") return value.attributes.data.length <= 4 ? `{${Array.from(value.attributes.data as Float32Array).join(", ")}}` : "{…}";
  const entries = Object.entries(value.attributes).filter(([key, setting]) => setting !== false && key !== "dims");
  return entries.length > 0 ? `{${entries.map(([key, setting]) => `${key}: ${JSON.stringify(setting)}`).join(", ")}}` : "";
}
