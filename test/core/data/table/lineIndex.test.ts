import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { splitLines } from "../../../../src/core/data/rows/lines";
import { LineIndex, linesOf } from "../../../../src/core/data/table/lineIndex";

/** Text with every kind of line break, and none at times at the end. */
const text = fc.array(fc.tuple(fc.string({ maxLength: 6 }).map((part) => part.replace(/[\r\n]/g, "")), fc.constantFrom("\n", "\r\n", "\r", "\n\n", ""))).map((parts) => parts.flat().join(""));
const bytesOf = (value: string): Buffer => Buffer.from(value, "utf8");
/** The lines that a person sees, without the empty one after the last break. */
const expected = (value: string): string[] => {
  const lines = splitLines(value).map((line) => line.text);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
};

const indexOf = (bytes: Uint8Array, cuts: readonly number[]): LineIndex => {
  const index = new LineIndex();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const to of [...places, bytes.length]) {
    index.add(bytes.subarray(from, to));
    from = to;
  }
  index.finish();
  return index;
};

describe("the line index", () => {
  test("cuts as the parser does, wherever the pieces are cut", () => fc.assert(fc.property(text, fc.array(fc.nat()), (value, cuts) => {
    const bytes = bytesOf(value);
    const index = indexOf(bytes, cuts);
    const found: string[] = [];
    for (let number = 0; number < index.blocks; number++) {
      const { firstRow, rows, start, end } = index.block(number);
      expect(firstRow).toBe(found.length);
      const lines = linesOf(bytes.subarray(start, end));
      expect(lines).toHaveLength(rows);
      for (const line of lines) found.push(bytes.subarray(start + line.start, start + line.end).toString("utf8"));
    }
    expect(found).toEqual(expected(value));
    expect(index.rows).toBe(found.length);
  })));

  test("a long file has few blocks, and each row's block holds it", () => {
    const bytes = bytesOf(Array.from({ length: 5000 }, (_, row) => `${row}${"x".repeat(row % 90)}\r\n`).join(""));
    const index = indexOf(bytes, [1, 77, 4096, 5000]);
    expect(index.rows).toBe(5000);
    expect(index.blocks).toBeLessThan(40);
    for (let row = 0; row < 5000; row += 37) {
      const block = index.block(index.blockOf(row));
      const line = linesOf(bytes.subarray(block.start, block.end))[row - block.firstRow]!;
      expect(bytes.subarray(block.start + line.start, block.start + line.end).toString()).toBe(`${row}${"x".repeat(row % 90)}`);
    }
    expect(() => index.blockOf(5000)).toThrow(RangeError);
  });

  test("a line of many MB is a block of its own", () => {
    const bytes = bytesOf(`a\n${"b".repeat(3_000_000)}\nc\n`);
    const index = indexOf(bytes, [1_000_000, 2_000_000]);
    expect(index.rows).toBe(3);
    expect(index.block(index.blockOf(2)).end - index.block(index.blockOf(2)).start).toBe(2);
  });

  test.each([["", 0], ["\n", 1], ["a", 1], ["a\n", 1], ["a\r", 1], ["\r\n\r\n", 2], ["a\rb", 2]])("%j has %i rows", (value, rows) => expect(indexOf(bytesOf(value), []).rows).toBe(rows));
});
