/** What is offered in a JSON array of rows; | marks the place. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { completionsInArray } from "../../../../src/core/data/editing/arrayCompletions";
import { formatNames } from "../../../../src/core/data/formats/formats";
import { parseDataset, rowSources } from "../../../../src/core/data/parse";
import { mutatedRows } from "../mutatedRows";

const at = (marked: string) => {
  const offset = marked.indexOf("|"), text = marked.replace("|", ""), file = parseDataset(text, { file: "a.json" });
  const row = rowSources(file).map(({ text: own, line, column }) => ({ text: own, start: file.lines[line]!.start + column })).findLast(({ start }) => start <= offset);
  return { text, offset, found: completionsInArray(text, row, offset, formatNames, "alpaca") };
};
const labels = (marked: string): readonly string[] => at(marked).found?.items.map(({ label }) => label) ?? [];

test("keys and roles inside a row, on one line and over lines", () => {
  expect(labels('[{"instruction": "a", "|"}]')).toEqual(expect.arrayContaining(["input", "output"]));
  expect(labels('[{"instruction": "a", "output": "b"}, {"instruction": "c", "|"}]')).toContain("output");
  expect(labels('[\n  {\n    "instruction": "a",\n    "|"\n  }\n]')).toContain("output");
  expect(labels('[{"messages": [{"role": "|"}]}]')).toEqual(["user", "assistant", "system", "tool"]);
});

test("what is replaced is the string around the place in the file", () => {
  const { text, found } = at('[{"instruction": "a", "output": "b"},\n {"inst|"}]');
  expect(text.slice(found!.replace.start, found!.replace.end)).toBe('"inst"');
});

test("whole rows between rows, with the commas that are missing", () => {
  const snippet = (marked: string): string => at(marked).found!.items[0]!.snippet;
  expect(snippet("[|]")).toMatch(/^\{.*\}$/);
  expect(snippet('[{"instruction": "a", "output": "b"}|]')).toMatch(/^, \{.*\}$/);
  expect(snippet('[{"instruction": "a", "output": "b"},\n|\n{"instruction": "c", "output": "d"}]')).toMatch(/^\{.*\},$/);
  expect(labels('[{"instruction": "a long text where nothing is |offered", "output": "b"}]')).toEqual([]);
  expect(labels("[] |")).toEqual([]);
});

test("whatever the text and the place, what is replaced touches the place", () => {
  fc.assert(fc.property(mutatedRows, fc.nat(), (rows, place) => {
    const text = `[${rows}]`, offset = place % (text.length + 1), { found } = at(`${text.slice(0, offset).replaceAll("|", "")}|${text.slice(offset)}`);
    if (!found) return;
    expect(found.replace.start).toBeLessThanOrEqual(found.replace.end);
  }), { numRuns: 100 });
});
