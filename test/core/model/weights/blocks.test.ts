/** Blocks of 4 bits: how far values move, what stays exact, and which matrices divide into them. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { blocksFit, dequantizeBlocks, quantizeBlocks } from "../../../../src/core/model/weights/blocks";

const matrix = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })).chain(([rows, blocks]) =>
  fc.tuple(fc.constant(blocks * 32), fc.float32Array({ minLength: rows * blocks * 32, maxLength: rows * blocks * 32, min: -1000, max: 1000, noNaN: true })));

test("in 4 bits a value moves by little more than half a step, and zero not at all", () => {
  fc.assert(fc.property(matrix, ([K, values]) => {
    const blocks = quantizeBlocks(values, K), back = dequantizeBlocks(blocks, K);
    expect([blocks.codes.length, blocks.scales.length, blocks.zeroPoints.length]).toEqual([values.length / 2, values.length / 32, values.length / K * Math.ceil(K / 64)]);
    values.forEach((value, i) => {
      const scale = blocks.scales[Math.floor(i / 32)]!;
      // Rounding the zero point moves the ends of the range by up to half a step more.
      if (Math.abs(back[i]! - value) > scale * 1.001 + 1e-37) throw new Error(`${value} became ${back[i]} with a scale of ${scale}`);
      if (value === 0 && back[i] !== 0) throw new Error(`0 became ${back[i]}`);
    });
  }));
});

test("far closer than nothing", () => {
  const values = Float32Array.from({ length: 64 * 128 }, (_, i) => Math.sin(i * 12.9898) * 0.3), back = dequantizeBlocks(quantizeBlocks(values, 128), 128);
  expect(Math.sqrt(values.reduce((total, value, i) => total + (value - back[i]!) ** 2, 0) / values.length)).toBeLessThan(0.02);
});

test("a block of zeros and one value alone are exact", () => {
  const values = new Float32Array(64);
  values[40] = -2.5;
  expect([...dequantizeBlocks(quantizeBlocks(values, 64), 64)]).toEqual([...values]);
});

test("which rows divide: blocks of 32, and zero points that fill bytes", () => {
  expect([32, 64, 96, 576, 48].map((K) => blocksFit(K))).toEqual([false, true, false, true, false]);
  expect(() => quantizeBlocks(new Float32Array(48), 48)).toThrow("no rows of 48");
});
