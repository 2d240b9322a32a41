/** The GGUF reader: what it reads, and that whatever bytes it is given it answers with a header or a coded error, in bounded memory. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUserError, type UserError } from "../../../../src/core/errors";
import { type GgufHeader, readGgufHeader } from "../../../../src/core/model/gguf/gguf";
import { type Folder } from "../../../../src/core/runtime";
import { join, makeGguf, text, tinyGguf, type Typed, u32, u64 } from "../../../makeGguf";

/** A folder of one file; counts what is read of it. */
function memory(bytes: Uint8Array, size = bytes.length): Folder & { read: (name: string, start?: number, end?: number) => Promise<Uint8Array>; largest: number } {
  const folder = {
    path: "memory", largest: 0, exists: async () => true, size: async () => size,
    read: async (_name: string, start = 0, end = bytes.length) => { folder.largest = Math.max(folder.largest, end - start); const out = new Uint8Array(end - start); out.set(bytes.subarray(start, end)); return out; },
  };
  return folder;
}
const read = (bytes: Uint8Array): Promise<GgufHeader> => readGgufHeader(memory(bytes), "model.gguf");
const refusal = async (bytes: Uint8Array): Promise<UserError> => {
  const error: unknown = await read(bytes).then(() => undefined, (caught: unknown) => caught);
  if (!isUserError(error)) throw error instanceof Error ? error : new Error("it was accepted");
  expect(error.what).toContain("model.gguf in memory");
  return error;
};
const header = (tensors: number | bigint, keys: number | bigint, ...rest: Uint8Array[]): Uint8Array => join(new TextEncoder().encode("GGUF"), u32(3), u64(tensors), u64(keys), ...rest);
const data = (size: number): Uint8Array => new Uint8Array(size).fill(7);

describe("what it reads", () => {
  test("metadata of every type", async () => {
    const metadata: Record<string, Typed> = { a: { u8: 200 }, b: { u32: 4e9 }, c: { i32: -5 }, d: { u64: 12n }, e: { f32: 0.5 }, f: { f64: 1e300 }, g: { bool: true }, h: "grüße\u0000", i: { strings: ["x", ""] }, j: { i32s: [-1, 2] }, k: { f32s: [1.5] }, l: { raw: join(u32(9), u32(9), u64(1), u32(7), u64(2), Uint8Array.of(0, 1)) } };
    const { metadata: got } = await read(makeGguf({ metadata }));
    expect(Object.fromEntries(got)).toEqual({ a: 200, b: 4e9, c: -5, d: 12, e: 0.5, f: 1e300, g: true, h: "grüße\u0000", i: ["x", ""], j: Int32Array.of(-1, 2), k: Float32Array.of(1.5), l: [[false, true]] });
  });

  test("tensors with their dims the usual way round and absolute offsets, in versions 2 and 3 and any alignment", async () => {
    for (const version of [2, 3]) {
      const file = makeGguf({ version, alignment: 64, metadata: { "general.alignment": { u32: 64 } }, tensors: [{ name: "a", dims: [3, 32], type: "Q8_0", data: data(102) }, { name: "b", dims: [5], type: "F32", data: data(20) }] });
      const { tensors, bytes } = await read(file), start = Math.ceil(bytes / 64) * 64;
      expect([...tensors.values()]).toEqual([{ name: "a", type: "Q8_0", dims: [3, 32], offset: start, bytes: 102 }, { name: "b", type: "F32", dims: [5], offset: start + 128, bytes: 20 }]);
    }
  });

  test("a header larger than the first window", async () => {
    const strings = Array.from({ length: 60_000 }, (_, i) => `${"token".repeat(10)}${i}`), folder = memory(makeGguf({ metadata: { tokens: { strings } } }));
    expect((await readGgufHeader(folder, "model.gguf")).metadata.get("tokens")).toEqual(strings);
  });

  test("of a long file no more than the header's window", async () => {
    const small = makeGguf({ metadata: { a: { u32: 1 } }, tensors: [{ name: "a", dims: [2 ** 20, 2 ** 12], type: "F32", data: new Uint8Array() }] }), folder = memory(small, small.length + 2 ** 34);
    expect((await readGgufHeader(folder, "model.gguf")).tensors.get("a")!.bytes).toBe(2 ** 34);
    expect(folder.largest).toBeLessThanOrEqual(2 ** 20);
  });
});

describe("what it refuses", () => {
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["no file", new Uint8Array(), "BASE_TRUNCATED", /magic/], ["another file", new TextEncoder().encode("PK\u0003\u0004 a zip file"), "BASE_INVALID", /not GGUF/],
    ["version 1", makeGguf({ version: 1 }), "BASE_INVALID", /version/], ["big-endian", makeGguf({ version: 0x03000000 }), "BASE_INVALID", /big-endian/],
    ["2⁶⁴ − 1 tensors", header(2n ** 64n - 1n, 0), "BASE_INVALID", /number of tensors/], ["60,000 tensors in 24 bytes", header(60_000, 0), "BASE_TRUNCATED", /number of tensors/],
    ["2⁶³ keys", header(0, 2n ** 63n), "BASE_INVALID", /metadata entries/], ["a key of 2⁶⁰ bytes", header(0, 1, u64(2n ** 60n), data(20)), "BASE_INVALID", /metadata key 0/],
    ["a string longer than the file", header(0, 1, text("k"), u32(8), u64(1000), data(20)), "BASE_TRUNCATED", /k needs/], ["an array of 2⁵⁰ numbers", header(0, 1, text("k"), u32(9), u32(4), u64(2n ** 50n)), "BASE_TRUNCATED", /k needs/],
    ["an array of 2⁵⁰ empty strings", header(0, 1, text("k"), u32(9), u32(8), u64(2n ** 50n)), "BASE_TRUNCATED", /k needs/], ["an unknown type", header(0, 1, text("k"), u32(99), data(20)), "BASE_INVALID", /type 99/],
    ["an array of unknown type", header(0, 1, text("k"), u32(9), u32(77), u64(1), data(20)), "BASE_INVALID", /type 77/], ["a bool of 2", header(0, 1, text("k"), u32(7), Uint8Array.of(2), data(8)), "BASE_INVALID", /neither true nor false/],
    ["arrays in arrays without end", header(0, 1, text("k"), ...Array.from({ length: 50 }, () => join(u32(9), u32(9), u64(1)).slice(4)).map((part, i) => (i === 0 ? join(u32(9), part) : part)), data(40)), "BASE_INVALID", /nested/],
    ["a key twice", header(0, 2, text("k"), u32(4), u32(1), text("k"), u32(4), u32(2)), "BASE_INVALID", /k: it is there twice/],
    ["no alignment", makeGguf({ metadata: { "general.alignment": { u32: 24 } } }), "BASE_INVALID", /general\.alignment/], ["alignment as text", makeGguf({ metadata: { "general.alignment": "32" } }), "BASE_INVALID", /general\.alignment/],
    ["a tensor twice", makeGguf({ tensors: [{ name: "a", dims: [1], type: "F32", data: data(4) }, { name: "a", dims: [1], type: "F32", data: data(4) }] }), "BASE_INVALID", /a: a tensor of that name/],
    ["no dimensions", makeGguf({ tensors: [{ name: "a", dims: [], type: "F32", data: data(4) }] }), "BASE_INVALID", /0 dimensions/], ["five dimensions", makeGguf({ tensors: [{ name: "a", dims: [1, 1, 1, 1, 1], type: "F32", data: data(4) }] }), "BASE_INVALID", /5 dimensions/],
    ["a dimension of 0", makeGguf({ tensors: [{ name: "a", dims: [0, 4], type: "F32", data: data(4) }] }), "BASE_INVALID", /does not fit/], ["a product over 2⁵³", makeGguf({ tensors: [{ name: "a", dims: [2 ** 31, 2 ** 31], type: "F32", data: data(4) }] }), "BASE_INVALID", /does not fit/],
    ["rows that are no whole blocks", makeGguf({ tensors: [{ name: "a", dims: [8, 12], type: "Q8_0", data: data(102) }] }), "BASE_INVALID", /blocks of 32/],
    ["an offset that is not aligned", makeGguf({ tensors: [{ name: "a", dims: [4], type: "F32", data: data(64) }], offsets: { a: 4 } }), "BASE_INVALID", /not a multiple of 32/],
    ["an offset beyond the file", makeGguf({ tensors: [{ name: "a", dims: [4], type: "F32", data: data(16) }], offsets: { a: 2 ** 40 } }), "BASE_TRUNCATED", /a ends at byte/],
    ["tensors over each other", makeGguf({ tensors: [{ name: "a", dims: [16], type: "F32", data: data(64) }, { name: "b", dims: [16], type: "F32", data: data(64) }], offsets: { b: 32 } }), "BASE_INVALID", /b: it overlaps a/],
    ["an offset of 2⁶⁴ − 32", header(1, 0, text("a"), u32(1), u64(4), u32(0), u64(2n ** 64n - 32n), data(64)), "BASE_INVALID", /announces/],
    ["a type that this engine does not read", header(1, 0, text("a"), u32(1), u64(256), u32(10), u64(0), data(200)), "ARCHITECTURE_UNKNOWN", /a is stored as Q2_K/], ["a type that does not exist", header(1, 0, text("a"), u32(1), u64(256), u32(250), u64(0), data(200)), "BASE_INVALID", /type 250/],
    ["control characters in a name", header(0, 1, text("\u001b[2Jk"), u32(99), data(20)), "BASE_INVALID", /: \?\[2Jk: its type/],
  ];
  test.each(cases)("%s", async (_, bytes, code, what) => {
    const error = await refusal(bytes);
    expect(error.code).toBe(code);
    expect(error.what).toMatch(what);
  });

  test("more strings than memory should hold, before they are kept", async () => {
    const folder = memory(header(0, 1, text("k"), u32(9), u32(8), u64(5_000_000), data(8)), 2 ** 32);
    await expect(readGgufHeader(folder, "model.gguf")).rejects.toMatchObject({ code: "BASE_INVALID" });
  });
});

describe("any bytes", () => {
  const whole = tinyGguf().file;
  /** A header or a UserError; anything else is a fault of the reader. */
  const settles = async (bytes: Uint8Array): Promise<void> => {
    try {
      const { tensors } = await read(bytes);
      for (const { offset, bytes: length } of tensors.values()) expect(offset + length).toBeLessThanOrEqual(bytes.length);
    } catch (error) {
      if (!isUserError(error) || !["BASE_TRUNCATED", "BASE_INVALID", "ARCHITECTURE_UNKNOWN"].includes(error.code)) throw error;
    }
  };

  test("cut at any byte: truncated, or whole where only padding is missing", async () => {
    const { bytes: end } = await read(whole);
    for (let length = 0; length < end; length += length < 400 ? 1 : 37) expect((await refusal(whole.subarray(0, length))).code).toBe("BASE_TRUNCATED");
    for (let length = end; length < whole.length; length += 4099) expect((await refusal(whole.subarray(0, length))).code).toBe("BASE_TRUNCATED");
  });

  test("bytes changed, removed and put in", async () => {
    const edit = fc.record({ at: fc.oneof(fc.nat(600), fc.nat(whole.length - 1)), remove: fc.nat(8), put: fc.uint8Array({ maxLength: 12 }) });
    await fc.assert(fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      await settles(edits.reduce((file, { at, remove, put }) => join(file.subarray(0, at), put, file.subarray(at + remove)), whole));
    }), { numRuns: 400 });
  });

  test("numbers of every size where counts stand", async () => {
    await fc.assert(fc.asyncProperty(fc.nat(3000), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async (at, value) => {
      const file = whole.slice();
      file.set(u64(value), at);
      await settles(file);
    }), { numRuns: 400 });
  });

  test("noise after the magic number", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), (noise) => settles(header(1, 1, noise))), { numRuns: 300 });
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), settles), { numRuns: 100 });
  });
});
