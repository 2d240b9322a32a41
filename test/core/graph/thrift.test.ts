/** What the backward pass computes again instead of keeping: the same gradients to the bit, and nothing of it made in the forward pass's name. */
import { expect, test } from "vitest";
import { gradients } from "../../../src/core/graph/backward";
import { evaluate } from "../../../src/core/graph/evaluate";
import { add, constant, input, matmul, mul, printGraph, reshape, rmsNorm, scale, silu, softmax, sum } from "../../../src/core/graph/graph";
import { product, type Value } from "../../../src/core/graph/ops";

const numbers = (dims: readonly number[], seed: number): Float32Array => Float32Array.from({ length: product(dims) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));
const fixed = (dims: readonly number[], seed: number): Value => constant(numbers(dims, seed), dims);
const total = (x: Value): Value => reshape(sum(reshape(x, [product(x.dims)]), 0), []);

/** A gated block behind a norm. */
const block = (w: Value): Value => {
  const normed = rmsNorm(matmul(fixed([3, 4], 1), w), fixed([4], 2), 1e-5);
  return total(matmul(mul(silu(matmul(normed, w)), matmul(normed, w)), w));
};
/** Attention over `length` keys. */
const attention = (length: number) => (w: Value): Value => {
  const q = matmul(fixed([3, 4], 1), w), k = matmul(fixed([length, 4], 2), w);
  return total(matmul(softmax(add(scale(matmul(q, k, { transposeB: true }), 0.5), fixed([3, length], 3))), k));
};

const graphOf = (loss: (w: Value) => Value, thrifty: boolean): Record<"dw" | "value", Value> => { const w = input("w", [4, 4]), value = loss(w); return { value, dw: gradients(value, [w], { thrifty })[0]! }; };

test.each([["a gated block", block, 2], ["attention to many keys", attention(600), 1]] as const)("%s", (_, loss, remade) => {
  const thrifty = graphOf(loss, true), plain = graphOf(loss, false), inputs = { w: numbers([4, 4], 4) };
  expect(Array.from(evaluate(thrifty, { inputs }).dw.data)).toEqual(Array.from(evaluate(plain, { inputs }).dw.data));
  const count = (outputs: Record<string, Value>): number => printGraph(outputs).match(/ = (silu|rmsNorm|softmax)\(/g)!.length;
  expect(printGraph(thrifty)).toContain("barrier");
  expect(count(thrifty) - count(plain)).toBe(remade);
});

test("short rows of probabilities are kept", () => {
  expect(printGraph(graphOf(attention(8), true))).not.toContain("barrier");
});
