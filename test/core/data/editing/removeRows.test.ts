import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { goesWithItsRow, removalOfRows, type RowPlace } from "../../../../src/core/data/editing/removeRows";
import { parseDataset } from "../../../../src/core/data/parse";
import { splitLines } from "../../../../src/core/data/rows/lines";
import { mutatedRows } from "../mutatedRows";

const without = (text: string, places: readonly RowPlace[], file?: string): string =>
  removalOfRows(parseDataset(text, file ? { file } : {}), places).reverse().reduce((left, { start, end }) => left.slice(0, start) + left.slice(end), text);
const row = (name: string): string => `{"instruction": "${name}", "output": "b"}`;
const at = (line: number, column = 0): RowPlace => ({ line, column });

describe("removalOfRows", () => {
  test.each<[string, string, RowPlace[], string, string?]>([
    ["a row with its line break", `${row("a")}\r\n${row("b")}\r\n`, [at(0, 20)], `${row("b")}\r\n`],
    ["the last row with the line break before it", `${row("a")}\r\n${row("b")}`, [at(1)], row("a")],
    ["neighbours as one range", `${row("a")}\n${row("b")}\n${row("c")}\n`, [at(2), at(1), at(1, 5)], `${row("a")}\n`],
    ["all rows", `${row("a")}\n${row("b")}`, [at(0), at(1)], ""],
    ["no byte order mark", `\ufeff${row("a")}\n${row("b")}\n`, [at(0)], `\ufeff${row("b")}\n`],
    ["what cannot be read", `${row("a")}\n{"instruction": "b\n${row("c")}\n`, [at(1, 15)], `${row("a")}\n${row("c")}\n`],
    ["nothing between the rows", `${row("a")}\n\n${row("c")}\n`, [at(1)], `${row("a")}\n\n${row("c")}\n`],
    ["an element with the comma before it", `[\n  ${row("a")},\n  ${row("b")}\n]\n`, [at(2, 4)], `[\n  ${row("a")}\n]\n`, "x.json"],
    ["the first element with the comma after it", `[\n  ${row("a")},\n  ${row("b")}\n]\n`, [at(1, 4)], `[\n  ${row("b")}\n]\n`, "x.json"],
    ["one of several on a line", `[${row("a")},${row("b")}, ${row("c")}]`, [at(0, 1 + row("a").length + 3)], `[${row("a")}, ${row("c")}]`, "x.json"],
    ["the only element", `[ ${row("a")} ]`, [at(0, 5)], "[  ]", "x.json"],
    ["an element over lines", `[\n{\n"instruction": "a",\n"output": "b"\n},\n${row("b")}]`, [at(3, 2)], `[\n${row("b")}]`, "x.json"],
    ["a row of a table with its cells over lines", 'instruction,output\r\na,"b\r\nc"\r\nd,e\r\n', [at(2, 0)], "instruction,output\r\nd,e\r\n", "x.csv"],
  ])("takes out %s", (_, text, places, expected, file) => {
    expect(without(text, places, file)).toBe(expected);
  });

  test("lines that hold no such place stay as they are, whatever the text", () => {
    fc.assert(fc.property(mutatedRows, fc.array(fc.tuple(fc.nat(12), fc.nat(80))), (text, places) => {
      const gone = new Set(places.map(([line]) => line));
      const kept = splitLines(text).filter((line) => !gone.has(line.number) && line.text !== "").map((line) => line.text);
      const left = splitLines(without(text, places.map(([line, column]) => at(line, column)))).map((line) => line.text);
      let found = 0;
      for (const line of left) if (line === kept[found]) found++;
      expect(kept.slice(found)).toEqual([]);
    }), { numRuns: 300 });
  });

  test("with the rows of all its errors gone, a file has none", () => {
    fc.assert(fc.property(mutatedRows, (text) => {
      const parsed = parseDataset(text);
      const errors = parsed.problems.filter(({ severity, code }) => severity === "error" && goesWithItsRow({ severity, code }));
      const after = parseDataset(without(text, errors.map(({ line, span }) => at(line, span.start))));
      // Rows that are left may be read as another format than before, which has errors of its own.
      if (after.format === parsed.format) expect(after.problems.filter(({ severity, code }) => severity === "error" && goesWithItsRow({ severity, code }))).toEqual([]);
    }), { numRuns: 300 });
  });
});
