/** Weights that are stored quantised or in 16 bits: the lowered graph against the reference evaluator, which sees their values. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../../src/core/graph/evaluate";
import { gradients } from "../../../src/core/graph/backward";
import { add, gather, input, matmul, mul, reshape, scale, sum, transpose, weight } from "../../../src/core/graph/graph";
import { lower } from "../../../src/core/graph/lower";
import { lowerForDevice } from "../../../src/core/graph/lowerDevice";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { product, type StoredTensor, type Value } from "../../../src/core/graph/ops";
import { quantizeBlocks } from "../../../src/core/model/weights/blocks";
import { int8Of } from "../../../src/core/model/weights/int8";
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
const put = (name: string, dtype: StoredTensor["dtype"], dims: number[], data: Float32Array | Uint16Array | Uint8Array | Int8Array): StoredTensor => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset = length;
  pieces.push(bytes);
  length += bytes.length;
  return { name, dtype, dims, file: "w.bin", offset, bytes: bytes.length };
};
const inBlocks = (): StoredTensor => {
  const { codes, scales, zeroPoints } = quantizeBlocks(values, K), perRow = K / 32;
  return { ...put("int4", "uint8", [N, K], codes), blocks: { scales: put("int4.scales", "float32", [N, perRow], scales), zeroPoints: put("int4.zero_points", "uint8", [N, perRow / 2], zeroPoints) } };
};
const inIntegers = async (): Promise<StoredTensor> => {
  const dims = [N, K], { scales, transposedScales, codes, transposed } = await int8Of({ dims, rows: async function* rows() { yield await Promise.resolve(values); } });
  for await (const all of codes) return {
    ...put("int8", "int8", dims, all),
    int8: { scales: put("int8.scales", "float32", [K], scales), transposed: put("int8.transposed", "int8", [K, N], transposed), transposedScales: put("int8.transposed.scales", "float32", [N], transposedScales) },
  };
  throw new Error("no rows");
};
const stored: StoredTensor[] = [put("float32", "float32", [N, K], values), put("float16", "float16", [N, K], floatsToHalves(values)), put("bfloat16", "bfloat16", [N, K], floatsToBfloats(values)), await inIntegers(), inBlocks(), put("small float16", "float16", [16, K], floatsToHalves(values.subarray(0, 16 * K)))];
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
  test.each(Object.entries(uses))("%s", async (name, use) => {
    const out = use(weight(tensor)), rows = [5, 0, 3, 3], graph = lower({ out });
    const session = await runtime.createSession(writeOnnx(graph), { weightsFolder: folder }), dims: Record<string, number[]> = { x: [3, K], y: [3, N] };
    const result = (await session.run(Object.fromEntries(graph.inputs.map(({ name: fed }) => [fed, fed === "rows" ? { dtype: "int64" as const, dims: [4], data: BigInt64Array.from(rows, BigInt) } : { dtype: "float32" as const, dims: dims[fed]!, data: feeds[fed]! }])))).out!;
    await session.release();
    const known = await readTensor(openFolder(folder), tensor), expected = evaluate({ out }, { inputs: { ...feeds, rows }, weight: () => known }).out;
    expect(result.dims).toEqual(expected.dims);
    expect(product(result.dims)).toBeGreaterThan(0);
    const largest = Math.max(...expected.data.map(Math.abs));
    // Integer products round their left operand to 8 bits too, and x · Wᵀ reads the other copy of the codes; the test of codes below is exact.
    const integers = graph.nodes.some(({ op }) => op === "MatMulIntegerToFloat"), tolerance = integers ? 0.03 : 2e-6;
    expect(integers).toBe(tensor.name === "int8" && /·|gradient|both/.test(name));
    Array.from(result.data as Float32Array).forEach((found, i) => expect(Math.abs(found - expected.data[i]!)).toBeLessThan(tolerance * largest));
  });
});

test.each([true, false])("an integer product is that of the codes, times the scales of rows and columns (Wᵀ: %s)", async (transposeB) => {
  const tensor = stored[3]!, { transposed, transposedScales, scales } = tensor.int8!, left = transposeB ? x : y, [L, O] = transposeB ? [K, N] : [N, K], given = feeds[transposeB ? "x" : "y"]!;
  const session = await runtime.createSession(writeOnnx(lower({ out: matmul(left, weight(tensor), { transposeB }) })), { weightsFolder: folder });
  const { data } = (await session.run({ [transposeB ? "x" : "y"]: { dtype: "float32", dims: [3, L], data: given } })).out!;
  await session.release();
  const { offset, bytes } = transposeB ? transposed : tensor, codes = Int8Array.from(await openFolder(folder).read("w.bin", offset, offset + bytes)), columns = await readTensor(openFolder(folder), transposeB ? transposedScales : scales);
  for (let row = 0; row < 3; row++) {
    const values = given.subarray(row * L, (row + 1) * L), scale = Math.fround(Math.max(...values.map(Math.abs)) * Math.fround(1 / 127));
    const rounded = Array.from(values, (value) => Math.round(Math.fround(value / scale)));
    for (let column = 0; column < O; column++) {
      const total = rounded.reduce((sum64, code, k) => sum64 + code * codes[k * O + column]!, 0);
      expect(Math.abs((data as Float32Array)[row * O + column]! - total * scale * columns[column]!)).toBeLessThan(2e-6 * scale * columns[column]! * Math.max(1e4, Math.abs(total)));
    }
  }
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
  // For many rows the CPU would expand it inside that product, which takes longer.
  const rows = (n: number): Value => matmul(input("rows", [n, K]), w, { transposeB: true });
  expect(ops({ out: rows(63) })).toContain("MatMulNBits");
  expect(ops({ out: rows(64) })).toEqual(["DequantizeLinear", "Gemm", "Identity"]);
  expect(lowerForDevice({ out: rows(64) }, { float16: false, fusedProducts: false }).graph.nodes.map(({ op }) => op)).toContain("MatMulNBits");
  expect(ops({ out: uses["its gradient"]!(w) }).filter((op) => op === "DequantizeLinear")).toHaveLength(1);
  expect(ops({ a: uses["y · W"]!(w), b: uses["norms of rows"]!(w) }).filter((op) => op === "DequantizeLinear")).toHaveLength(2);
  expect(ops({ out: uses["rows of a table"]!(weight(stored[1]!)) })).toEqual(["Gather", "Cast", "Identity"]);
  const int8 = weight(stored[3]!);
  expect(ops({ out: uses["x · Wᵀ"]!(int8) })).toEqual(["ReduceMax", "ReduceMin", "Neg", "Max", "Mul", "QuantizeLinear", "Reshape", "MatMulIntegerToFloat", "Mul", "Identity"]);
  // What two products read is quantised once, and neither direction expands anything.
  expect(ops({ a: matmul(x, int8, { transposeB: true }), b: matmul(matmul(x, int8, { transposeB: true }), int8) }).filter((op) => op === "QuantizeLinear" || op === "DequantizeLinear")).toEqual(["QuantizeLinear", "QuantizeLinear"]);
  // What is small is made float32 once, and then looks like any other table.
  expect(ops({ out: uses["rows of a table"]!(weight(stored[5]!)) })).toEqual(["Cast", "Gather", "Identity"]);
});
