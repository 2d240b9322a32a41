/** lowerDevice.ts: what a graph for a graphics device is made of. That it computes the same is tested on WebGPU (test/parity). */
import { expect, test } from "vitest";
import { add, concat, crossEntropy, gather, input, matmul, mul, reshape, rmsNorm, scatterAdd, weight } from "../../../src/core/graph/graph";
import { gradients } from "../../../src/core/graph/backward";
import { lowerForDevice } from "../../../src/core/graph/lowerDevice";
import { type StoredTensor } from "../../../src/core/graph/ops";

const plain = { float16: false, fusedProducts: false };
const ops = (outputs: Parameters<typeof lowerForDevice>[0], traits = plain): string[] => lowerForDevice(outputs, traits).graph.nodes.map(({ op }) => op);
const x = input("x", [2, 3, 4]);

test("nothing that falls back to the CPU or computes something else there", () => {
  const logits = matmul(input("h", [6, 8]), input("w", [10, 8]), { transposeB: true }), table = input("table", [10, 8]), targets = input("targets", [6], "int64");
  const losses = crossEntropy(add(logits, matmul(rmsNorm(gather(table, targets), input("n", [8]), 1e-5), input("v", [8, 10]))), targets);
  const made = lowerForDevice({ losses, ...Object.fromEntries(gradients(reshape(matmul(reshape(losses, [1, 6]), reshape(losses, [6, 1])), []), [logits, table]).map((value, i) => [`d${i}`, value!])), scattered: scatterAdd(targets, input("u", [6, 8]), 10), batched: matmul(x, x, { transposeB: true }) }, plain);
  expect(made.graph.nodes.filter(({ op }) => /^(FusedMatMul|ScatterElements|ScatterND|LogSoftmax|GatherElements|Identity)$/.test(op))).toEqual([]);
  // The second output of this one (1/std) is garbage on WebGPU.
  for (const { op, outputs } of made.graph.nodes) if (op === "SimplifiedLayerNormalization") expect(outputs).toHaveLength(1);
});

test("products of more than two axes are one node where the device has it", () => {
  expect(ops({ y: matmul(x, x, { transposeB: true }) })).toEqual(["Transpose", "MatMul"]);
  expect(ops({ y: matmul(x, x, { transposeB: true }) }, { ...plain, fusedProducts: true })).toEqual(["FusedMatMul"]);
});

test("no concatenation is wider than a shader's buffers, and the order stays", () => {
  const parts = Array.from({ length: 70 }, (_, i) => input(`p${i}`, [1])), { graph } = lowerForDevice({ y: concat(parts, 0) }, plain);
  const concatenations = graph.nodes.filter(({ op }) => op === "Concat"), flat = (name: string): string[] => { const node = concatenations.find(({ outputs }) => outputs[0] === name); return node ? node.inputs.flatMap(flat) : [name]; };
  expect(Math.max(...concatenations.map(({ inputs }) => inputs.length))).toBeLessThanOrEqual(8);
  expect(flat("y")).toEqual(parts.map((_, i) => `p${i}`));
});

test("outputs are written by kernels: by what makes them, or by two that undo each other where that would be a copy", () => {
  const made = mul(x, x), { graph } = lowerForDevice({ made, again: made, shaped: reshape(made, [24]), through: x }, plain);
  const makerOf = (name: string): string => graph.nodes.find(({ outputs }) => outputs.includes(name))!.op;
  expect(["made", "again", "shaped", "through"].map(makerOf)).toEqual(["Mul", "Neg", "Neg", "Neg"]);
});

test("weights are inputs, held in 16 bits where the device computes with them", () => {
  const stored = (dtype: StoredTensor["dtype"], name: string): StoredTensor => ({ name, dtype, dims: [512, 512], file: "model.safetensors", offset: 0, bytes: 512 * 512 * 2 });
  const outputs = { y: matmul(input("a", [2, 512]), weight(stored("bfloat16", "w")), { transposeB: true }), z: matmul(input("a", [2, 512]), weight(stored("float16", "v")), { transposeB: true }) };
  const held = (float16: boolean): unknown[] => lowerForDevice(outputs, { ...plain, float16 }).session.weights.map(({ name, dtype, storedAs }) => [name, dtype, storedAs]);
  expect(held(true)).toEqual([["w", "float16", "bfloat16"], ["v", "float16", "float16"]]);
  expect(held(false)).toEqual([["w", "float32", "bfloat16"], ["v", "float32", "float16"]]);
  expect(lowerForDevice(outputs, plain).graph).toMatchObject({ weights: [], inputs: expect.arrayContaining([{ name: "w", dtype: "float32", dims: [512, 512] }].map((each) => expect.objectContaining(each))) });
  expect(ops(outputs, { ...plain, float16: true }).filter((op) => op === "Cast")).toHaveLength(2);
});
