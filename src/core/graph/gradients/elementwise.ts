/** Gradients of elementwise ops. Broadcast inputs receive the sum over the axes along which they were repeated. */
import { add, concat, div, exp, minimum, mul, neg, pad, reshape, scalar, scale, sigmoid, sub, sum } from "../graph";
import { type Value } from "../ops";
import { type GradientRule } from "./rule";

/** Sums `gradient` down to the dims that an operand had before broadcasting. */
export function unbroadcast(gradient: Value, dims: readonly number[]): Value {
  const lead = gradient.dims.length - dims.length;
  let total = gradient;
  gradient.dims.forEach((n, axis) => {
    const own = axis < lead ? 1 : dims[axis - lead]!;
    if (own === 1 && n !== 1) total = sum(total, axis);
  });
  return total.dims.length === dims.length ? total : reshape(total, dims);
}

type Binary = "add" | "sub" | "mul" | "div" | "minimum";
type Elementwise = Binary | "neg" | "exp" | "log" | "sqrt" | "sigmoid" | "silu" | "tanh" | "erf";

const binary = <K extends Binary>(rule: (a: Value, b: Value, y: Value, dy: Value) => [() => Value, () => Value]): GradientRule<K> => (y, dy, wanted) => {
  const [a, b] = y.inputs as [Value, Value];
  return rule(a, b, y as unknown as Value, dy).map((gradient, i) => (wanted(i) ? unbroadcast(gradient(), y.inputs[i]!.dims) : undefined));
};
const unary = <K extends Elementwise>(rule: (x: Value, y: Value, dy: Value) => Value): GradientRule<K> => (y, dy) => [rule(y.inputs[0]!, y as unknown as Value, dy)];

/** 1 where a < b, 0 elsewhere: the difference, cut off below 0, made huge and cut off above 1. */
const isLess = (a: Value, b: Value): Value => minimum(scale(neg(minimum(sub(a, b), scalar(0))), 1e35), scalar(1));

export const elementwiseRules: { [K in Elementwise]: GradientRule<K> } = {
  // y = a + b: da = dy, db = dy
  add: binary((_a, _b, _y, dy) => [() => dy, () => dy]),
  // y = a − b: da = dy, db = −dy
  sub: binary((_a, _b, _y, dy) => [() => dy, () => neg(dy)]),
  // y = a · b: da = dy · b, db = dy · a
  mul: binary((a, b, _y, dy) => [() => mul(dy, b), () => mul(dy, a)]),
  // y = a / b: da = dy / b, db = −dy · y / b
  div: binary((_a, b, y, dy) => [() => div(dy, b), () => neg(div(mul(dy, y), b))]),
  // y = min(a, b): da = dy where a < b, db = dy elsewhere
  minimum: binary((a, b, _y, dy) => [() => mul(dy, isLess(a, b)), () => sub(dy, mul(dy, isLess(a, b)))]),
  // y = −x: dx = −dy
  neg: unary((_x, _y, dy) => neg(dy)),
  // y = eˣ: dx = dy · y
  exp: unary((_x, y, dy) => mul(dy, y)),
  // y = ln x: dx = dy / x
  log: unary((x, _y, dy) => div(dy, x)),
  // y = √x: dx = dy / 2y
  sqrt: unary((_x, y, dy) => scale(div(dy, y), 0.5)),
  // y = σ(x): dx = dy · y · (1 − y) = dy · (y − y²)
  sigmoid: unary((_x, y, dy) => mul(dy, sub(y, mul(y, y)))),
  // y = x · σ(x): dx = dy · (σ + y · (1 − σ)) = dy · (σ + y − y · σ)
  silu: unary((x, y, dy) => { const s = sigmoid(x); return mul(dy, add(s, sub(y, mul(y, s)))); }),
  // y = tanh x: dx = dy · (1 − y²)
  tanh: unary((_x, y, dy) => mul(dy, sub(scalar(1), mul(y, y)))),
  // y = erf x: dx = dy · 2/√π · e^(−x²)
  erf: unary((x, _y, dy) => mul(dy, scale(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
};

/** Sum of gradient contributions, in the order in which the walk meets them. */
export const accumulate = (total: Value | undefined, more: Value): Value => (total ? joined(more, total) ?? joined(total, more) ?? add(total, more) : more);

/** Gradients of neighbouring slices lie side by side: nothing needs to be added. */
function joined(first: Value, second: Value): Value | undefined {
  const axis = first.op === "pad" ? first.attributes.axis : second.op === "pad" ? second.attributes.axis : NaN;
  const [a, b] = [first, second].map((value) => (value.op === "pad" ? { ...value.attributes, inner: value.inputs[0]! } : { axis, before: 0, after: 0, inner: value })) as [Padded, Padded];
  if (a.axis !== b.axis || b.before !== a.before + a.inner.dims[axis]! || first.dims[axis] !== second.dims[axis]) return undefined;
  const parts = [a, b].flatMap(({ inner }) => (inner.op === "concat" && inner.attributes.axis === axis ? inner.inputs : [inner]));
  return pad(concat(parts, axis), axis, a.before, b.after);
}
interface Padded { readonly axis: number; readonly before: number; readonly after: number; readonly inner: Value }
