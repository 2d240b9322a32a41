/** Gradients of ops that reduce or normalise along an axis. */
import { add, constant, div, mean, mul, rope, scalar, sqrt, sub, sum } from "../graph";
import { product, type Value } from "../ops";
import { unbroadcast } from "./elementwise";
import { type GradientRule } from "./rule";

type Reduction = "sum" | "softmax" | "rmsNorm" | "layerNorm" | "rope";

const ones = (dims: readonly number[]): Value => constant(new Float32Array(product(dims)).fill(1), dims);

export const reductionRules: { [K in Reduction]: GradientRule<K> } = {
  // y = Σx: every x gets the dy of its sum.
  sum: (y, dy) => [mul(dy, ones(y.inputs[0]!.dims.map((n, i) => (i === y.attributes.axis ? n : 1))))],
  // y = softmax(x): dx = y · (dy − Σ dy·y)
  softmax: (y, dy) => {
    const value = y as unknown as Value, p = mul(value, dy);
    return [sub(p, mul(value, sum(p, y.dims.length - 1)))];
  },
  // y = x̂ · w, x̂ = x · r, r = 1/√(mean x² + ε), g = dy · w:  dx = (g − x̂ · mean(g · x̂)) · r,  dw = Σ dy · x̂ over all rows
  rmsNorm: (y, dy, wanted) => {
    const [x, w] = y.inputs as [Value, Value];
    const last = x.dims.length - 1;
    const r = div(scalar(1), sqrt(add(mean(mul(x, x), last), scalar(y.attributes.epsilon))));
    const normalised = mul(x, r);
    const dx = (): Value => {
      const g = mul(dy, w);
      return mul(sub(g, mul(normalised, mean(mul(g, normalised), last))), r);
    };
    return [wanted(0) ? dx() : undefined, wanted(1) ? unbroadcast(mul(dy, normalised), w.dims) : undefined];
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
