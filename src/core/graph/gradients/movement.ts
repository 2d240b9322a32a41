/** Gradients of ops that move or drop numbers: each undoes the move. */
import { concat, constant, dropout, reshape, slice, transpose } from "../graph";
import { product, type Value } from "../ops";
import { type GradientRule } from "./rule";

type Movement = "barrier" | "dropout" | "reshape" | "transpose" | "slice" | "concat";

const zeros = (dims: readonly number[]): Value => constant(new Float32Array(product(dims)), dims);

export const movementRules: { [K in Movement]: GradientRule<K> } = {
  // y = x, whatever it waited for.
  barrier: (y, dy) => [dy, ...y.inputs.slice(1).map(() => undefined)],
  // What was dropped gets nothing, what was kept gets it scaled.
  dropout: (y, dy) => [dropout(dy, y.inputs[1]!, y.attributes.scale), undefined],
  reshape: (y, dy) => [reshape(dy, y.inputs[0]!.dims)],
  // The inverse permutation puts every axis back.
  transpose: (y, dy) => [transpose(dy, y.attributes.permutation.map((_, axis) => y.attributes.permutation.indexOf(axis)))],
  // Zeros where nothing was taken.
  slice: (y, dy) => {
    const { axis, start, end } = y.attributes;
    const dims = y.inputs[0]!.dims, length = dims[axis]!;
    const pad = (n: number): Value[] => (n > 0 ? [zeros(dims.map((d, i) => (i === axis ? n : d)))] : []);
    return [concat([...pad(start), dy, ...pad(length - end)], axis)];
  },
  concat: (y, dy, wanted) => {
    const { axis } = y.attributes;
    let start = 0;
    return y.inputs.map((part, i) => {
      const from = start;
      start += part.dims[axis]!;
      return wanted(i) ? slice(dy, axis, from, start) : undefined;
    });
  },
};
