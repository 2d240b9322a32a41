/** Blocks of 4 and 8 bits: how far values move, what stays exact, and which matrices divide into them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { blocksFit, dequantizeBlocks, quantizeBlocks } from "../../../../src/core/model/weights/blocks";

const matrix = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).chain(([rows, blocks]) =>
  fc.tuple(fc.constant(blocks * 32), fc.float32Array({ minLength: rows * blocks * 32, maxLength: rows * blocks * 32, min: -1000, max: 1000, noNaN: true })));

test.each([4, 8] as const)("in %d bits a value moves by little more than half a step, and zero not at all", (bits) => {
  fc.assert(fc.property(matrix, ([K, values]) => {
    const blocks = quantizeBlocks(values, K, bits), back = dequantizeBlocks(blocks, K, bits);
    expect([blocks.codes.length, blocks.scales.length, blocks.zeroPoints.length]).toEqual([values.length * bits / 8, values.length / 32, values.length / K * Math.ceil(K / 32 * bits / 8)]);
    values.forEach((value, i) => {
      const scale = blocks.scales[Math.floor(i / 32)]!;
      // Rounding the zero point moves the ends of the range by up to half a step more.
      if (Math.abs(back[i]! - value) > scale * 1.001 + 1e-37) throw new Error(`${value} became ${back[i]} with a scale of ${scale}`);
      if (value === 0 && back[i] !== 0) throw new Error(`0 became ${back[i]}`);
    });
  }));
});

test("8 bits are closer than 4, and both far closer than nothing", () => {
  const values = Float32Array.from({ length: 64 * 128 }, (_, i) => Math.sin(i * 12.9898) * 0.3), error = (bits: 4 | 8): number => {
    const back = dequantizeBlocks(quantizeBlocks(values, 128, bits), 128, bits);
    return Math.sqrt(values.reduce((total, value, i) => total + (value - back[i]!) ** 2, 0) / values.length);
  };
  expect(error(4)).toBeLessThan(0.02);
  expect(error(8)).toBeLessThan(error(4) / 12);
});

test("a block of zeros and one value alone are exact", () => {
  const values = new Float32Array(64);
  values[40] = -2.5;
  for (const bits of [4, 8] as const) expect([...dequantizeBlocks(quantizeBlocks(values, 64, bits), 64, bits)]).toEqual([...values]);
});

test("which rows divide: blocks of 32, and zero points that fill bytes", () => {
  expect([32, 64, 96, 576, 48].map((K) => blocksFit(K, 4))).toEqual([false, true, false, true, false]);
  expect([32, 64, 96, 576, 48].map((K) => blocksFit(K, 8))).toEqual([true, true, true, true, false]);
  expect(() => quantizeBlocks(new Float32Array(48), 48, 4)).toThrow("no rows of 48");
});
