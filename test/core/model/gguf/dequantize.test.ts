/** Every block format against what the gguf package makes of the same random blocks (test/golden/gguf/generate.py), bit for bit. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dequantize, type GgmlType, tensorTypes } from "../../../../src/core/model/gguf/dequantize";

interface Case { type: GgmlType; blocks: string; values: string }
const cases = JSON.parse(readFileSync(join(__dirname, "../../../golden/gguf/dequantize.json"), "utf8")) as Case[];
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));
const bitsOf = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

test("there is a case of every type but F32", () => expect(cases.map(({ type }) => type).sort()).toEqual(Object.keys(tensorTypes).filter((type) => type !== "F32").sort()));

test.each(cases)("$type", ({ type, blocks, values }) => {
  expect(bitsOf(dequantize(type, bytesOf(blocks)))).toEqual(bitsOf(new Float32Array(bytesOf(values).buffer)));
});

test("F32 is taken as it is", () => {
  const values = Float32Array.of(1.5, -0, 1e-40, Infinity);
  expect(bitsOf(dequantize("F32", new Uint8Array(values.buffer)))).toEqual(bitsOf(values));
});

test("half a block is a bug of the caller", () => expect(() => dequantize("Q8_0", new Uint8Array(33))).toThrow("no whole blocks"));
