/** 8 bits for integer products: how far values move in either copy, what stays exact, and which matrices are quantised. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dequantizeInt8, int8Fits, int8Of } from "../../../../src/core/model/weights/int8";

/** Both copies of [R, C], from rows that come some at a time. */
async function quantised(values: Float32Array, C: number, step = 1): Promise<{ codes: Int8Array; scales: Float32Array; transposed: Int8Array; transposedScales: Float32Array }> {
  const R = values.length / C, parts = await int8Of({ dims: [R, C], rows: async function* rows() {
    for (let r = 0; r < R; r += step) yield await Promise.resolve(values.subarray(r * C, Math.min(R, r + step) * C));
  } });
  const codes: number[] = [];
  for await (const part of parts.codes) codes.push(...part);
  return { ...parts, codes: Int8Array.from(codes) };
}

const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 })).chain(([R, C, step]) =>
  fc.tuple(fc.constant(C), fc.constant(step), fc.float32Array({ minLength: R * C, maxLength: R * C, min: -1000, max: 1000, noNaN: true })));

test("a value moves by at most half a step of its column or its row, and zero not at all", async () => {
  await fc.assert(fc.asyncProperty(matrix, async ([C, step, values]) => {
    const { codes, scales, transposed, transposedScales } = await quantised(values, C, step), R = values.length / C;
    values.forEach((value, i) => {
      const r = Math.floor(i / C), c = i % C, own = codes[i]! * scales[c]!, other = transposed[c * R + r]! * transposedScales[r]!;
      if (Math.abs(own - value) > 0.5001 * scales[c]! + 1e-37) throw new Error(`${value} became ${own} with a scale of ${scales[c]}`);
      if (Math.abs(other - value) > 0.5001 * transposedScales[r]! + 1e-37) throw new Error(`${value} became ${other} with a scale of ${transposedScales[r]}`);
      if (value === 0 && (codes[i] !== 0 || transposed[c * R + r] !== 0)) throw new Error("0 became something");
    });
  }));
});

test("the largest of a column has the code 127, and codes become values again", async () => {
  const { codes, scales } = await quantised(Float32Array.of(127, 0, -2, 5, -63.5, 0), 2);
  expect([...codes]).toEqual([127, 0, -2, 127, -63, 0]);
  expect([...scales]).toEqual([1, Math.fround(5 / 127)]);
  expect([...dequantizeInt8(codes, scales)]).toEqual([127, 0, -2, Math.fround(127 * Math.fround(5 / 127)), -63, 0]);
});

test("which matrices: no vectors, and none whose sums are very short or could pass 32 bits", () => {
  expect([[576, 192], [32, 32], [576], [24, 64], [64, 24], [70_000, 64]].map((dims) => int8Fits(dims))).toEqual([true, true, false, false, false, false]);
  expect(2 ** 16 * 255 * 127).toBeLessThan(2 ** 31);
});
