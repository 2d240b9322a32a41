/** Quantising in blocks of 32 against golden/quant: the stored bytes, what they mean, and the product with them, through ONNX Runtime too. */
import { readdirSync } from "node:fs";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { input, matmul, weight } from "../../src/core/graph/graph";
import { lower } from "../../src/core/graph/lower";
import { writeOnnx } from "../../src/core/graph/onnx";
import { type StoredTensor } from "../../src/core/graph/ops";
import { blocksFit, dequantizeBlocks, quantizeBlocks } from "../../src/core/model/weights/blocks";
import { createOrtRuntime } from "../../src/node/ort";
import { hasShared, shared } from "../shared";
import { maxDifference, readGolden } from "./golden";

const files = hasShared ? readdirSync(shared("golden", "quant")).filter((name) => /^int4_.*\.safetensors$/.test(name)) : [];

test.skipIf(!hasShared)("there are golden files", () => expect(files.length).toBeGreaterThanOrEqual(3));

describe.each(files)("%s", (file) => {
  const golden = readGolden(shared("golden", "quant", file)) as Record<"weight" | "B" | "scales" | "zero_points" | "codes" | "dequantised" | "x" | "y" | "zero_points_unpacked", { dims: number[]; data: number[] }>;
  const [N, K] = golden.weight.dims as [number, number], stored = { codes: Uint8Array.from(golden.B.data), scales: Float32Array.from(golden.scales.data), zeroPoints: Uint8Array.from(golden.zero_points.data) };

  test("the stored bytes mean the same values, bit for bit", () => {
    expect([...dequantizeBlocks(stored, K)]).toEqual(golden.dequantised.data);
  });

  test("quantising gives the same bytes, except for codes at a border of rounding", () => {
    const made = quantizeBlocks(Float32Array.from(golden.weight.data), K);
    expect([...made.scales]).toEqual(golden.scales.data);
    expect([...made.zeroPoints]).toEqual(golden.zero_points.data);
    for (let i = 0; i < N * K; i++) {
      const code = made.codes[i >> 1]! >> (i & 1) * 4 & 15, expected = golden.codes.data[i]!, block = Math.floor(i / 32);
      if (code === expected) continue;
      const exact = golden.weight.data[i]! / golden.scales.data[block]! + golden.zero_points_unpacked.data[block]!;
      expect(Math.abs(code - expected), `code ${i}`).toBe(1);
      expect(Math.abs(exact - Math.floor(exact) - 0.5), `code ${i}`).toBeLessThan(1e-6);
    }
  });

  test.skipIf(!blocksFit(K))("ONNX Runtime's product with those bytes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tunesmith-quant-"));
    const scales = new Uint8Array(stored.scales.buffer), parts = [stored.codes, scales, stored.zeroPoints];
    writeFileSync(join(folder, "w.bin"), Buffer.concat(parts));
    const part = (index: number, dtype: StoredTensor["dtype"]): StoredTensor => ({ name: `p${index}`, dtype, dims: [], file: "w.bin", offset: parts.slice(0, index).reduce((total, bytes) => total + bytes.length, 0), bytes: parts[index]!.length });
    const w = weight({ ...part(0, "uint8"), dims: [N, K], blocks: { scales: part(1, "float32"), zeroPoints: part(2, "uint8") } }), x = input("x", golden.x.dims), back = input("dy", [3, N]);
    const session = await (await createOrtRuntime({ threads: 1 })).createSession(writeOnnx(lower({ y: matmul(x, w, { transposeB: true }), dx: matmul(back, w) })), { weightsFolder: folder });
    const dy = Float32Array.from({ length: 3 * N }, (_, i) => Math.sin(i));
    const out = await session.run({ x: { dtype: "float32", dims: golden.x.dims, data: Float32Array.from(golden.x.data) }, dy: { dtype: "float32", dims: [3, N], data: dy } });
    await session.release();
    rmSync(folder, { recursive: true });
    expect(maxDifference(out.y!.data as Float32Array, golden.y.data)).toBeLessThan(2e-6);
    const expected = Array.from({ length: 3 * K }, (_, i) => Array.from({ length: N }, (_row, n) => dy[Math.floor(i / K) * N + n]! * golden.dequantised.data[n * K + i % K]!).reduce((a, b) => a + b, 0));
    expect(maxDifference(out.dx!.data as Float32Array, expected)).toBeLessThan(2e-6);
  });
});
