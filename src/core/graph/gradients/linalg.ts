/** Gradient of the matrix product, for every combination of transposed operands. */
import { matmul } from "../graph";
import { type Value } from "../ops";
import { type GradientRule } from "./rule";

export const linalgRules: { matmul: GradientRule<"matmul"> } = {
  // y = A' · B' with A' = A or Aᵀ, B' = B or Bᵀ:  dA' = dy · B'ᵀ,  dB' = A'ᵀ · dy; where an operand was transposed, so is its gradient.
  matmul: (y, dy, wanted) => {
    const [a, b] = y.inputs as [Value, Value];
    const { transposeA, transposeB } = y.attributes;
    const da = (): Value => (transposeA ? matmul(b, dy, { transposeA: transposeB, transposeB: true }) : matmul(dy, b, { transposeB: !transposeB }));
    const db = (): Value => (transposeB ? matmul(dy, a, { transposeA: true, transposeB: transposeA }) : matmul(a, dy, { transposeA: !transposeA }));
    return [wanted(0) ? da() : undefined, wanted(1) ? db() : undefined];
  },
};
