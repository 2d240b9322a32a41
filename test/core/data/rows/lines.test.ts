import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOfBytes, splitLines } from "../../../../src/core/data/rows/lines";

const texts = fc.array(fc.oneof(fc.constantFrom("\n", "\r\n", "\r", "", " ", "é", "“", "😀", "\ufeff", "\u2028", '{"a": "b"}'), fc.string({ unit: "grapheme", maxLength: 8 }))).map((parts) => Buffer.from(parts.join("")).toString());

test("the lines of bytes are those of their text, with the bytes that each begins at", () => {
  fc.assert(fc.property(texts, fc.boolean(), (any, returns) => {
    const text = returns ? any : any.replaceAll("\r", ""), bytes = Buffer.from(text);
    const { lines, starts } = linesOfBytes(bytes, (start, end) => bytes.toString("utf8", start, end));
    expect(lines).toEqual(splitLines(text));
    expect(starts).toEqual([...lines.map(({ start }) => Buffer.byteLength(text.slice(0, start))), bytes.length]);
  }), { numRuns: 1000 });
});
