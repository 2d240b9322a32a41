/** Gradients of ops that reduce or normalise along an axis. */
import { add, constant, div, matmul, mean, mul, rope, scalar, sqrt, sub, sum } from "../graph";
import { product, type Value } from "../ops";
import { unbroadcast } from "./elementwise";
import { type GradientRule } from "./rule";

type Reduction = "sum" | "softmax" | "rmsNorm" | "layerNorm" | "rope";

/** Σ dy·y over the last axis. Where dy = g · vᵀ, as in attention, it is Σ g·(y · v) (Dao et al. 2022, "FlashAttention"): far fewer numbers, and y · v is what the forward pass has already. */
function weightedSum(y: Value, dy: Value): Value {
  const last = y.dims.length - 1;
  if (dy.op !== "matmul" || dy.attributes.transposeA || !dy.attributes.transposeB) return sum(mul(dy, y), last);
  const [g, v] = dy.inputs as [Value, Value];
  return sum(mul(g, matmul(y, v)), last);
}

const ones = (dims: readonly number[]): Value => constant(new Float32Array(product(dims)).fill(1), dims);

export const reductionRules: { [K in Reduction]: GradientRule<K> } = {
  // y = Σx: every x gets the dy of its sum.
  sum: (y, dy) => [mul(dy, ones(y.inputs[0]!.dims.map((n, i) => (i === y.attributes.axis ? n : 1))))],
  // y = softmax(x): dx = y · (dy − Σ dy·y)
  softmax: (y, dy) => {
    const value = y as unknown as Value;
    return [mul(value, sub(dy, weightedSum(value, dy)))];
  },
  // y = x · r · w, r = 1/√(mean x² + ε):  dx = r · dy·w − x · r² · mean(dy · y),  dw = Σ dy · x · r over all rows
  rmsNorm: (y, dy, wanted) => {
    const [x, w] = y.inputs as [Value, Value], value = y as unknown as Value;
    const last = x.dims.length - 1;
    const r = div(scalar(1), sqrt(add(mean(mul(x, x), last), scalar(y.attributes.epsilon))));
    const dx = (): Value => sub(mul(mul(dy, w), r), mul(x, mul(mul(r, r), mean(mul(dy, value), last))));
    return [wanted(0) ? dx() : undefined, wanted(1) ? unbroadcast(mul(dy, mul(x, r)), w.dims) : undefined];
  },
  // y = x̂ · w + b, x̂ = (x − μ) · r, r = 1/√(var x + ε), g = dy · w:  dx = (g − mean g − x̂ · mean(g · x̂)) · r,  dw = Σ dy · x̂,  db = Σ dy
  layerNorm: (y, dy, wanted) => {
    const [x, w, b] = y.inputs as [Value, Value, Value];
    const last = x.dims.length - 1;
    const centred = sub(x, mean(x, last));
    const r = div(scalar(1), sqrt(add(mean(mul(centred, centred), last), scalar(y.attributes.epsilon))));
    const normalised = mul(centred, r);
    const dx = (): Value => {
      const g = mul(dy, w);
      return mul(sub(sub(g, mean(g, last)), mul(normalised, mean(mul(g, normalised), last))), r);
    };
    return [wanted(0) ? dx() : undefined, wanted(1) ? unbroadcast(mul(dy, normalised), w.dims) : undefined, wanted(2) ? unbroadcast(dy, b.dims) : undefined];
  },
  // A rotation's adjoint is the rotation back.
  rope: (y, dy) => {
    const [, positions, cos, sin] = y.inputs as [Value, Value, Value, Value];
    return [rope(dy, positions, cos, sin, { ...y.attributes, inverse: !y.attributes.inverse }), undefined, undefined, undefined];
  },
};
