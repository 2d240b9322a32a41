/** The reverse walk: from a scalar loss to the gradients of chosen values, forming nothing that they do not need; what lies between two checkpoints is computed again instead of being kept. */
import { barrier, constant, makeValue, reachable } from "./graph";
import { accumulate } from "./gradients/elementwise";
import { type GradientRule } from "./gradients/rule";
import { gradientRules } from "./gradients/rules";
import { type OpAttributes, type OpName, product, type Value, type ValueOf } from "./ops";

export interface GradientOptions {
  /** Compute again what takes one pass over numbers that are kept anyway, instead of keeping it. Where there are checkpoints they decide. */
  readonly thrifty?: boolean;
  /** Values that the loss is computed through one after the other, such as what enters each layer: they are kept, and what lies between two of them is computed again (Chen et al. 2016, "Training deep nets with sublinear memory cost"). What follows the last is kept too: it is needed at once. */
  readonly checkpoints?: readonly Value[];
}

/** ∂loss/∂p for every p in `parameters`, in their order. `loss` has one element. Throws if a parameter does not reach the loss. Options change memory and time, not one bit of the result. */
export function gradients(loss: Value, parameters: readonly Value[], { checkpoints = [], thrifty = false }: GradientOptions = {}): Value[] {
  if (product(loss.dims) !== 1) throw new Error(`the loss has dims [${loss.dims.join(", ")}], not one element`);
  const order = reachable([loss]);
  const wanted = new Set(parameters);
  // Only what lies between a parameter and the loss gets a gradient: frozen weights and everything below the first adapter do not.
  for (const value of order) if (value.inputs.some((from) => wanted.has(from))) wanted.add(value);

  const again = thrifty && checkpoints.length === 0 ? thrift() : recomputation(order, checkpoints), gradient = new Map<Value, Value>([[loss, constant(Float32Array.of(1), loss.dims)]]);
  for (const y of order.reverse()) {
    const dy = gradient.get(y);
    if (!dy || !wanted.has(y) || y.inputs.length === 0) continue;
    const rule = gradientRules[y.op] as GradientRule<OpName>;
    const parts = rule(again(y, dy) as ValueOf<OpName>, dy, (i) => wanted.has(y.inputs[i]!));
    y.inputs.forEach((x, i) => {
      const part = parts[i];
      if (part && wanted.has(x)) gradient.set(x, accumulate(gradient.get(x), part));
    });
  }
  return parameters.map((parameter, i) => {
    const found = gradient.get(parameter);
    if (!found) throw new Error(`parameter ${i} does not reach the loss`);
    return found;
  });
}

/** For a value between two checkpoints, and the adjoint that asks for it: the same value computed again, from the checkpoint before it and from what does not depend on that. */
function recomputation(order: readonly Value[], checkpoints: readonly Value[]): (y: Value, dy: Value) => Value {
  // Checkpoint i opens segment i; a value belongs to the last segment that it depends on.
  const opens = new Map(checkpoints.map((checkpoint, i) => [checkpoint, i])), segment = new Map<Value, number>();
  for (const value of order) segment.set(value, Math.max(-1, ...value.inputs.map((from) => opens.get(from) ?? segment.get(from)!)));

  const copies = checkpoints.map(() => new Map<Value, Value>());
  const copyOf = (value: Value, i: number, dy: Value): Value => {
    const known = copies[i]!.get(value);
    if (known) return known;
    const start = value === checkpoints[i];
    if (!start && segment.get(value) !== i) return value;
    // Waiting for the adjoint keeps the copy from being merged with what was computed before, and from being made before it is needed.
    const copy = start ? barrier(value, [dy]) : makeValue(value.op, value.inputs.map((from) => copyOf(from, i, dy)), value.attributes as OpAttributes[OpName]);
    copies[i]!.set(value, copy);
    return copy;
  };
  return (y, dy) => {
    const i = segment.get(y)!;
    return i < 0 || i === checkpoints.length - 1 ? y : copyOf(y, i, dy);
  };
}

/** Longer rows of probabilities than this are computed again from queries and keys, which are fewer numbers by then. */
const LONG_ROW = 512;
/** What makes a softmax's input out of a product, and the product's operands out of queries and keys. */
const aboveProduct: ReadonlySet<OpName> = new Set(["reshape", "add", "mul", "tanh", "matmul"]), belowProduct: ReadonlySet<OpName> = new Set(["reshape", "slice"]);

/** Whether a value takes one pass over others that the backward pass keeps in any case: a norm, an activation, its product with a gate; long probabilities. */
function isCheap({ op, inputs, dims }: Value): boolean {
  if (op === "softmax") return dims.at(-1)! > LONG_ROW;
  return op === "rmsNorm" || op === "layerNorm" || op === "silu" || (op === "mul" && inputs.every((from) => from.dims.join() === dims.join()) && inputs.some(isCheap));
}

/** For a value and its adjoint: the same value with what is cheap, itself included, made again from what is kept, not before the adjoint is there. */
function thrift(): (y: Value, dy: Value) => Value {
  const copies = new Map<Value, Value>(), held = new Map<Value, Value>();
  const hold = (value: Value, dy: Value): Value => {
    if (value.op === "weight" || value.op === "constant" || value.op === "input") return value;
    const known = held.get(value) ?? barrier(value, [dy]);
    held.set(value, known);
    return known;
  };
  const remake = (value: Value, dy: Value, part = isCheap): Value => {
    if (!part(value)) return hold(value, dy);
    const below = value.op === "softmax" ? ({ op }: Value): boolean => aboveProduct.has(op) : value.op === "matmul" ? ({ op }: Value): boolean => belowProduct.has(op) : part;
    const copy = copies.get(value) ?? makeValue(value.op, value.inputs.map((from) => remake(from, dy, below)), value.attributes as OpAttributes[OpName]);
    copies.set(value, copy);
    return copy;
  };
  return (y, dy) => {
    if (isCheap(y)) return remake(y, dy);
    return y.inputs.some(isCheap) ? makeValue(y.op, y.inputs.map((from) => (isCheap(from) ? remake(from, dy) : from)), y.attributes as OpAttributes[OpName]) : y;
  };
}
