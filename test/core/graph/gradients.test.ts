/** Every gradient rule against central finite differences of the reference evaluator, in 64 bits. */
import { expect, test } from "vitest";
import { gradients } from "../../../src/core/graph/backward";
import { evaluate } from "../../../src/core/graph/evaluate";
import { gradientRules } from "../../../src/core/graph/gradients/rules";
import { constant, detach, input, mul, reachable, reshape, sum } from "../../../src/core/graph/graph";
import { product, type Value } from "../../../src/core/graph/ops";
import { type Case, cases, feedsOf, makeInputs } from "./cases";

const notDifferentiated = new Set(["crossEntropyGradient", "detach", "replaceRows"]);
const differentiable = cases.filter(({ op }) => !notDifferentiated.has(op));

/** Σ w·y with uneven weights, so that no wrong gradient cancels out. */
function weighted(y: Value): Value {
  const n = product(y.dims);
  return sum(mul(reshape(y, [n]), constant(Float32Array.from({ length: n }, (_, i) => 0.5 + Math.cos(3 * i)), [n])), 0);
}

test.each(differentiable.map((from) => [`${from.op} ${from.name}`, from] as const))("%s", (_, from: Case) => {
  const inputs = makeInputs(from), loss = weighted(from.build(inputs)), floats = Object.keys(from.inputs).filter((name) => !from.inputs[name]!.integer && !from.inputs[name]!.bool);
  const found = gradients(loss, floats.map((name) => inputs[name]!));
  const feeds = feedsOf(from), h = 1e-5;
  const results = evaluate(Object.fromEntries(floats.map((name, i) => [name, found[i]!])), { inputs: feeds });
  for (const name of floats) feeds[name]!.forEach((x, i) => {
    const lossAt = (value: number): number => evaluate({ loss }, { inputs: { ...feeds, [name]: feeds[name]!.with(i, value) } }).loss.data[0]!;
    const expected = (lossAt(x + h) - lossAt(x - h)) / (2 * h);
    // Constants in graphs are 32-bit, hence 1e-6 and not less.
    expect(results[name]!.data[i]!, `${name}[${i}]`).toBeCloseTo(expected, 6);
  });
});

test("every op has a case, so no rule goes unchecked", () => {
  const leaves = ["input", "weight", "constant"];
  expect([...new Set(cases.map(({ op }) => op)), ...leaves].sort()).toEqual(Object.keys(gradientRules).sort());
});

test("no gradient is formed for what is not asked", () => {
  const [matmulCase] = cases.filter(({ op }) => op === "matmul");
  const inputs = makeInputs(matmulCase!), loss = weighted(matmulCase!.build(inputs));
  const [da] = gradients(loss, [inputs.a!]);
  // The gradient of a alone needs b, but never a itself.
  expect(reachable([da!])).not.toContain(inputs.a);
});

test("nothing flows back through a detached value", () => {
  const x = input("x", [2]), y = mul(x, detach(x)), [dx] = gradients(sum(y, 0), [x]);
  expect([...evaluate({ dx: dx! }, { inputs: { x: [3, 5] } }).dx.data]).toEqual([3, 5]);
});
