/** Shapes are checked where a value is made, and a graph prints as text that a person reads. */
import { expect, test } from "vitest";
import { gradients } from "../../../src/core/graph/backward";
import { add, concat, input, matmul, printGraph, reshape, slice, sum } from "../../../src/core/graph/graph";
import { broadcast } from "../../../src/core/graph/ops";

test("shape rules refuse what does not fit, naming the dims", () => {
  expect(() => matmul(input("a", [2, 3]), input("b", [2, 3]))).toThrow("matmul does not take float32 [2, 3], float32 [2, 3]");
  expect(() => reshape(input("a", [2, 3]), [4])).toThrow("reshape does not fit [2, 3] into [4]");
  expect(() => add(input("a", [2, 3]), input("b", [2]))).toThrow("[2, 3] and [2] do not broadcast");
  expect(() => slice(input("a", [2]), 0, 1, 3)).toThrow("slice does not take");
  expect(() => concat([input("a", [2, 3]), input("b", [3, 2])], 1)).toThrow("concat does not take");
  expect(broadcast([4, 1, 3], [2, 1])).toEqual([4, 2, 3]);
});

test("the gradient of x·Wᵀ reads like the formula", () => {
  const x = input("x", [2, 3]), w = input("w", [4, 3]);
  const loss = reshape(sum(reshape(matmul(x, w, { transposeB: true }), [8]), 0), []);
  const [dw] = gradients(loss, [w]);
  expect(printGraph({ loss, dw: dw! })).toMatchSnapshot();
});
