/** Weights that are stored quantised or in 16 bits: the lowered graph against the reference evaluator, which sees their values. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../../src/core/graph/evaluate";
import { gradients } from "../../../src/core/graph/backward";
import { add, gather, input, matmul, mul, reshape, scale, sum, transpose, weight } from "../../../src/core/graph/graph";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { product, type StoredTensor, type Value } from "../../../src/core/graph/ops";
import { quantizeBlocks } from "../../../src/core/model/weights/blocks";
import { floatsToBfloats, floatsToHalves } from "../../../src/core/model/weights/halves";
import { readTensor } from "../../../src/core/model/weights/safetensors";
import { normal, seededRandom } from "../../../src/core/random";
import { type Runtime } from "../../../src/core/runtime";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";

const N = 1040, K = 64, folder = mkdtempSync(join(tmpdir(), "tunesmith-stored-"));
const random = seededRandom("stored"), values = Float32Array.from({ length: N * K }, () => normal(random));
const pieces: Uint8Array[] = [];
let length = 0;
const put = (name: string, dtype: StoredTensor["dtype"], dims: number[], data: Float32Array | Uint16Array | Uint8Array): StoredTensor => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset = length;
  pieces.push(bytes);
  length += bytes.length;
  return { name, dtype, dims, file: "w.bin", offset, bytes: bytes.length };
};
const quantised = (bits: 4 | 8): StoredTensor => {
  const name = `int${bits}`, { codes, scales, zeroPoints } = quantizeBlocks(values, K, bits), perRow = K / 32;
  return { ...put(name, "uint8", [N, K], codes), blocks: { bits, scales: put(`${name}.scales`, "float32", [N, perRow], scales), zeroPoints: put(`${name}.zero_points`, "uint8", [N, perRow * bits / 8], zeroPoints) } };
};
const stored: StoredTensor[] = [put("float32", "float32", [N, K], values), put("float16", "float16", [N, K], floatsToHalves(values)), put("bfloat16", "bfloat16", [N, K], floatsToBfloats(values)), quantised(8), quantised(4), put("small float16", "float16", [16, K], floatsToHalves(values.subarray(0, 16 * K)))];
writeFileSync(join(folder, "w.bin"), Buffer.concat(pieces));

let runtime: Runtime;
beforeAll(async () => { runtime = await createOrtRuntime({ threads: 1 }); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const feeds: Record<string, Float32Array> = { x: Float32Array.from({ length: 3 * K }, () => normal(random)), y: Float32Array.from({ length: 3 * N }, () => normal(random)) };
const x = input("x", [3, K]), y = input("y", [3, N]);

/** Every way in which graphs read a matrix. */
const uses: Record<string, (w: Value) => Value> = {
  "x · Wᵀ": (w) => matmul(x, w, { transposeB: true }),
  "x · Wᵀ under a scale, with a residual": (w) => add(y, scale(matmul(x, w, { transposeB: true }), 0.5)),
  "y · W": (w) => matmul(y, w),
  "y · W added to another": (w) => add(x, matmul(y, w)),
  "its gradient": (w) => gradients(sum(reshape(mul(matmul(x, w, { transposeB: true }), y), [3 * N]), 0), [x])[0]!,
  "both directions at once": (w) => add(x, matmul(matmul(x, w, { transposeB: true }), w)),
  "norms of rows": (w) => sum(mul(w, w), 1),
  transposed: (w) => matmul(x, transpose(w, [1, 0])),
  "rows of a table": (w) => gather(w, input("rows", [4], "int64")),
};

describe.each(stored.slice(0, 5).map((tensor) => [tensor.name, tensor] as const))("%s", (_, tensor) => {
  test.each(Object.entries(uses))("%s", async (_name, use) => {
    const out = use(weight(tensor)), rows = [5, 0, 3, 3], graph = lower({ out });
    const session = await runtime.createSession(writeOnnx(graph), { weightsFolder: folder }), dims: Record<string, number[]> = { x: [3, K], y: [3, N] };
    const result = (await session.run(Object.fromEntries(graph.inputs.map(({ name }) => [name, name === "rows" ? { dtype: "int64" as const, dims: [4], data: BigInt64Array.from(rows, BigInt) } : { dtype: "float32" as const, dims: dims[name]!, data: feeds[name]! }])))).out!;
    await session.release();
    const known = await readTensor(openFolder(folder), tensor), expected = evaluate({ out }, { inputs: { ...feeds, rows }, weight: () => known }).out;
    expect(result.dims).toEqual(expected.dims);
    expect(product(result.dims)).toBeGreaterThan(0);
    const largest = Math.max(...expected.data.map(Math.abs));
    Array.from(result.data as Float32Array).forEach((found, i) => expect(Math.abs(found - expected.data[i]!)).toBeLessThan(2e-6 * largest));
  });
});

test("what is stored in fewer bits has other values, so that the tests above would see a mix-up", async () => {
  const all = await Promise.all(stored.map((tensor) => readTensor(openFolder(folder), tensor)));
  const errors = all.slice(0, 5).map((found) => Math.max(...found.map((value, i) => Math.abs(value - values[i]!))));
  expect(errors[0]).toBe(0);
  expect(errors[1]).toBeLessThan(2e-3);
  for (const [i, least] of [[1, 1e-4], [2, 1e-3], [3, 1e-3], [4, 0.05]] as const) expect(errors[i]).toBeGreaterThan(least);
  expect(errors[4]).toBeLessThan(0.3);
});

test("a product with a quantised matrix expands nothing, every other reader expands for itself", () => {
  const w = weight(stored[4]!), ops = (out: Record<string, Value>): string[] => lower(out).nodes.map(({ op }) => op);
  expect(ops({ out: uses["x · Wᵀ"]!(w) })).toEqual(["MatMulNBits", "Identity"]);
  expect(ops({ out: uses["its gradient"]!(w) }).filter((op) => op === "DequantizeLinear")).toHaveLength(1);
  expect(ops({ a: uses["y · W"]!(w), b: uses["norms of rows"]!(w) }).filter((op) => op === "DequantizeLinear")).toHaveLength(2);
  expect(ops({ out: uses["rows of a table"]!(weight(stored[1]!)) })).toEqual(["Gather", "Cast", "Identity"]);
  // What is small is made float32 once, and then looks like any other table.
  expect(ops({ out: uses["rows of a table"]!(weight(stored[5]!)) })).toEqual(["Cast", "Gather", "Identity"]);
});
