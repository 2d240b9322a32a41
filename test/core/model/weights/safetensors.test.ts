/** The safetensors reader trusts nothing, and what the writer wrote reads back bit for bit. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../../../src/core/errors";
import { bfloatsToFloats, floatsToBfloats, floatsToHalves, floatToHalf, halfToFloat, halvesToFloats } from "../../../../src/core/model/weights/halves";
import { readSafetensorsHeader, readTensor, writeSafetensors } from "../../../../src/core/model/weights/safetensors";
import { type Folder } from "../../../../src/core/runtime";

const memory = (bytes: Uint8Array): Folder => ({ path: "/m", exists: async () => true, size: async () => bytes.length, read: async (_, from = 0, to = bytes.length) => bytes.slice(from, to) });
const tensors = [{ name: "a", dims: [2, 3], data: Float32Array.from([1, -2, 3.5, 0, -0, 1e-20]) }, { name: "b", dims: [2], data: Float32Array.from([7, 8]) }];

test("writes and reads back", async () => {
  const folder = memory(writeSafetensors(tensors, { metadata: { format: "pt" } })), header = await readSafetensorsHeader(folder, "x.safetensors");
  expect([...header.keys()]).toEqual(["a", "b"]);
  for (const { name, data } of tensors) expect(await readTensor(folder, header.get(name)!)).toEqual(data);
});

test("float16 is rounded to nearest even, over the whole range", () => {
  for (let half = 0; half < 0x7c00; half++) expect(floatToHalf(halfToFloat(half))).toBe(half);
  expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, -65520, 2 ** -25, 2 ** -24 * 1.5].map(floatToHalf)).toEqual([0x3c00, 0x3c02, 0x7bff, 0x7c00, 0xfc00, 0, 2]);
  fc.assert(fc.property(fc.double({ min: -65504, max: 65504, noNaN: true }), (x) => Math.abs(halfToFloat(floatToHalf(x)) - x) <= Math.max(Math.abs(x) * 2 ** -11, 2 ** -25)));
});

test("many 16-bit floats at once are the same as one by one", () => {
  fc.assert(fc.property(fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true }), (values) => {
    expect([...floatsToHalves(values)]).toEqual([...values].map((x) => floatToHalf(x)));
  }), { numRuns: 300 });
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  expect([...halvesToFloats(all)]).toEqual([...all].map((half) => Math.fround(halfToFloat(half))));
  expect([...floatsToHalves(halvesToFloats(all.subarray(0, 0x7c01)))]).toEqual([...all.subarray(0, 0x7c01)]);
  // Every bfloat16 but the NaNs comes back, and what lies between two goes to the nearer, in the middle to the even one.
  const finite = all.filter((bits) => (bits & 0x7f80) !== 0x7f80 || (bits & 0x7f) === 0);
  expect([...floatsToBfloats(bfloatsToFloats(finite))]).toEqual([...finite]);
  expect([...floatsToBfloats(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, NaN))].map((bits) => bits.toString(16))).toEqual(["3f80", "3f82", "3f81", "7fc0"]);
});

describe("a damaged file", () => {
  const whole = writeSafetensors(tensors);
  test("cut at any byte, it is one coded error", async () => {
    for (let length = 0; length < whole.length; length++) {
      await expect(readSafetensorsHeader(memory(whole.slice(0, length)), "x"), `cut at ${length}`).rejects.toMatchObject({ name: "UserError", code: "BASE_TRUNCATED" });
    }
  });
  test("with any bytes changed, it reads or is a UserError", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      await readSafetensorsHeader(memory(bytes), "x").catch((error: unknown) => { if (!(error instanceof UserError)) throw error; });
    }), { numRuns: 500 });
  });
  const withHeader = (header: unknown): Folder => {
    const json = new TextEncoder().encode(JSON.stringify(header)), bytes = new Uint8Array(8 + json.length + 16);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return memory(bytes);
  };
  test.each([
    ["a shape that does not fit its bytes", { a: { dtype: "F32", shape: [3], data_offsets: [0, 16] } }, "BASE_INVALID", "has shape [3] of F32 but 16 bytes"],
    ["an offset past the end", { a: { dtype: "F32", shape: [8], data_offsets: [0, 32] } }, "BASE_TRUNCATED", "ends at byte"],
    ["negative offsets", { a: { dtype: "F32", shape: [1], data_offsets: [-4, 0] } }, "BASE_INVALID", "the entry of a is malformed"],
    ["an unknown dtype", { a: { dtype: "F8", shape: [1], data_offsets: [0, 1] } }, "BASE_INVALID", "unsupported type F8"],
    ["a header that is a list", [], "BASE_INVALID", "not an object"],
  ])("%s", async (_, header, code, what) => {
    await expect(readSafetensorsHeader(withHeader(header), "x")).rejects.toMatchObject({ code, what: expect.stringContaining(what) as string });
  });
});
