/** Gradients of table look-ups and of the cross-entropy, which picks one logit a row. */
import { barrier, crossEntropyGradient, gather, reshape, scatterAdd } from "../graph";
import { product, type Value } from "../ops";
import { type GradientRule } from "./rule";

type Indexing = "gather" | "scatterAdd" | "crossEntropy";

export const indexingRules: { [K in Indexing]: GradientRule<K> } = {
  // Rows that were read several times add up.
  gather: (y, dy, wanted) => {
    const [table, indices] = y.inputs as [Value, Value];
    const n = product(indices.dims);
    return [wanted(0) ? scatterAdd(reshape(indices, [n]), reshape(dy, [n, table.dims[1]!]), table.dims[0]!) : undefined, undefined];
  },
  // The adjoint of the adjoint.
  scatterAdd: (y, dy) => [undefined, gather(dy, y.inputs[0]!)],
  // nll = −log softmax(z)[t]: dz = (softmax(z) − onehot(t)) · dy
  // Waiting for y itself lets go of the logits, a step's widest rows, right here: nothing else asks for y before the step ends.
  crossEntropy: (y, dy) => [crossEntropyGradient(y.inputs[0]!, y.inputs[1]!, barrier(dy, [y])), undefined],
};
