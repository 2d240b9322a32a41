/** The memory that a graph needs at once, counted by hand on small graphs. */
import { expect, test } from "vitest";
import { gradients } from "../../../src/core/graph/backward";
import { add, concat, constant, crossEntropy, exp, input, matmul, mul, reshape, sum, weight } from "../../../src/core/graph/graph";
import { peakBytes } from "../../../src/core/graph/memory";

const x = input("x", [10, 10]);
const KB = 400; // bytes of [10, 10]

test("inputs, weights and constants are not counted; a value is forgotten after its last reader", () => {
  const product = matmul(x, x);
  expect(peakBytes({ y: product })).toBe(KB);
  // Each product needs the one before: two at a time, however long the chain is.
  expect(peakBytes({ y: matmul(matmul(matmul(matmul(product, x), x), x), x) })).toBe(2 * KB);
  expect(peakBytes({ y: matmul(x, constant(new Float32Array(100), [10, 10])) })).toBe(KB);
});

test("elementwise values are written over an operand that nobody reads afterwards, and over no other", () => {
  const product = matmul(x, x);
  expect(peakBytes({ y: exp(exp(product)) })).toBe(KB);
  expect(peakBytes({ y: mul(exp(product), product) })).toBe(2 * KB);
  expect(peakBytes({ y: add(product, input("row", [10])) })).toBe(KB);
});

test("a view takes nothing and keeps what it looks at", () => {
  const product = matmul(x, x), view = reshape(product, [100]);
  expect(peakBytes({ y: view })).toBe(KB);
  expect(peakBytes({ y: concat([view, reshape(matmul(x, x), [100])], 0) })).toBe(4 * KB);
});

test("what is kept for later counts as long as it is needed", () => {
  const kept = matmul(x, x), long = matmul(matmul(matmul(kept, x), x), x);
  expect(peakBytes({ y: matmul(long, kept) })).toBe(3 * KB);
});

test("a weight in fewer bits counts while a reader has it as float32", () => {
  const stored = (dtype: "float32" | "float16") => weight({ name: "w", dtype, dims: [10, 10], file: "f", offset: 0, bytes: 200 });
  expect(peakBytes({ y: matmul(x, stored("float32")) })).toBe(KB);
  expect(peakBytes({ y: matmul(x, stored("float16")) })).toBe(2 * KB);
});

test("logits are let go of as soon as their part of the loss and of the gradient is there, not kept until the loss is asked for", () => {
  const table = input("table", [1000, 10]), logits = 4 * 10 * 1000, hidden = matmul(x, x);
  const nll = [0, 1, 2, 3].map((i) => crossEntropy(matmul(mul(hidden, input(`gain.${i}`, [10, 10])), table, { transposeB: true }), input(`targets.${i}`, [10], "int64")));
  const loss = reshape(sum(concat(nll, 0), 0), []), [gradient] = gradients(loss, [hidden]);
  const peak = peakBytes({ loss, gradient: gradient! });
  expect(peak).toBeGreaterThan(2 * logits);
  expect(peak).toBeLessThan(2.3 * logits);
});
