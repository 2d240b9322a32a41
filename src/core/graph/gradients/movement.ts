/** Gradients of ops that move or drop numbers: each undoes the move. */
import { dropout, pad, reshape, slice, transpose } from "../graph";
import { type GradientRule } from "./rule";

type Movement = "barrier" | "dropout" | "reshape" | "transpose" | "slice" | "concat" | "pad";

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
    return [pad(dy, axis, start, y.inputs[0]!.dims[axis]! - end)];
  },
  pad: (y, dy) => {
    const { axis, before } = y.attributes;
    return [slice(dy, axis, before, before + y.inputs[0]!.dims[axis]!)];
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
