/** ONNX Runtime on the lowered graph against the reference evaluator, for every op and for the fused forms. */
import { beforeAll, expect, test } from "vitest";
import { evaluate } from "../../../src/core/graph/evaluate";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { type Runtime, type Tensor } from "../../../src/core/runtime";
import { createOrtRuntime } from "../../../src/node/ort";
import { type Case, cases, feedsOf, makeInputs } from "./cases";

let runtime: Runtime;
beforeAll(async () => { runtime = await createOrtRuntime({ threads: 1 }); });

test.each(cases.map((from) => [`${from.op} ${from.name}`, from] as const))("%s", async (_, from: Case) => {
  const y = from.build(makeInputs(from));
  const session = await runtime.createSession(writeOnnx(lower({ y })));
  const feeds = Object.fromEntries(Object.entries(from.inputs).map(([name, { dims, data, integer, bool }]): [string, Tensor] =>
    [name, bool ? { dtype: "bool", dims, data: Uint8Array.from(data) } : integer ? { dtype: "int64", dims, data: BigInt64Array.from(data, BigInt) } : { dtype: "float32", dims, data: Float32Array.from(data) }]));
  const result = (await session.run(feeds)).y!;
  await session.release();
  const expected = evaluate({ y }, { inputs: feedsOf(from) }).y;
  expect(result.dims).toEqual(expected.dims);
  Array.from(result.data as Float32Array).forEach((x, i) => expect(x).toBeCloseTo(expected.data[i]!, 5));
});

test("a product takes its scale and residual along as one Gemm", () => {
  const from = cases.find(({ name }) => name === "scaled, plus a residual")!;
  expect(lower({ y: from.build(makeInputs(from)) }).nodes.map(({ op }) => op)).toEqual(["Gemm", "Identity"]);
});
