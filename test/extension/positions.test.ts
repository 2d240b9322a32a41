import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFixes, fixAll, fixesFor } from "../../src/core/data/editing/fixes";
import { parseDataset } from "../../src/core/data/parse";
import { type Problem } from "../../src/core/data/problem";
import { compatibleEdits, problemOffsets, smallestEdit } from "../../src/extension/positions";

/** With the u flag a pair is one character, so this finds only halves. */
const loneSurrogate = /\p{Surrogate}/u;

const problemWith = (line: number, start: number, end: number): Problem => ({ code: "json-syntax", severity: "error", message: "", line, span: { start, end }, fixable: false, fixes: [] });

describe("where a problem is underlined", () => {
  const text = '{"instruction":"a","output":"b",}\r\n{"instruction":"c","output":""}\r\n';

  test("spans of a row become offsets of the document, whatever its line breaks", () => {
    const parsed = parseDataset(text);
    const underlined = parsed.problems.map((problem) => {
      const { start, end } = problemOffsets(parsed, problem);
      return text.slice(start, end);
    });
    expect(underlined).toEqual([",", '""']);
  });

  test("an empty span takes the character after it, at the end of a row the one before it, and in an empty row none", () => {
    const parsed = { lines: parseDataset("ab\n\ncd").lines };
    expect(problemOffsets(parsed, problemWith(0, 1, 1))).toEqual({ start: 1, end: 2 });
    expect(problemOffsets(parsed, problemWith(0, 2, 2))).toEqual({ start: 1, end: 2 });
    expect(problemOffsets(parsed, problemWith(1, 0, 0))).toEqual({ start: 3, end: 3 });
  });

  test("a span beyond its row is cut to it, and a row that is gone is the beginning", () => {
    const parsed = { lines: parseDataset("ab\ncd").lines };
    expect(problemOffsets(parsed, problemWith(1, 1, 99))).toEqual({ start: 4, end: 5 });
    expect(problemOffsets(parsed, problemWith(7, 0, 1))).toEqual({ start: 0, end: 0 });
  });
});

describe("fixes as edits of the document", () => {
  test("give the same text as applyFixes does", () => {
    const text = '{"instruction":"a","output":"b",}\n{"instruction":"c","output":" d "}\n{"instruction":"c2","output":"d"}\n{"instruction":"c2","output":"d"}\n';
    const parsed = parseDataset(text);
    const fixes = parsed.problems.flatMap((problem) => fixesFor(parsed, problem).filter(({ preferred }) => preferred).slice(0, 1));
    expect(fixes.length).toBeGreaterThan(3);
    let result = "";
    let from = 0;
    for (const { start, end, newText } of compatibleEdits(parsed.lines, fixes)) {
      result += text.slice(from, start) + newText;
      from = end;
    }
    expect(result + text.slice(from)).toBe(applyFixes(text, fixes));
  });

  test("of two that touch the later is left out as a whole", () => {
    const { lines } = parseDataset("abcdef");
    const fix = (...edits: [number, number, string][]) => ({ title: "", code: "json-syntax" as const, preferred: true, edits: edits.map(([start, end, newText]) => ({ line: 0, span: { start, end }, newText })) });
    expect(compatibleEdits(lines, [fix([1, 3, "x"]), fix([0, 1, "y"], [2, 4, "z"]), fix([3, 4, "w"])])).toEqual([{ start: 1, end: 3, newText: "x" }, { start: 3, end: 4, newText: "w" }]);
  });
});

describe("the smallest edit", () => {
  test("touches only what differs", () => {
    expect(smallestEdit("one two three", "one 2 three")).toEqual({ start: 4, end: 7, text: "2" });
    expect(smallestEdit("same", "same")).toBeUndefined();
    expect(smallestEdit("aa", "aaa")).toEqual({ start: 2, end: 2, text: "a" });
  });

  test("turns the one text into the other and cuts no surrogate pair", () => {
    const piece = fc.constantFrom("a", "b", "\u{1f600}", "\u{1f601}", "\n");
    fc.assert(fc.property(fc.array(piece), fc.array(piece), (left, right) => {
      const [before, after] = [left.join(""), right.join("")];
      const edit = smallestEdit(before, after);
      if (!edit) {
        expect(before).toBe(after);
        return;
      }
      expect(before.slice(0, edit.start) + edit.text + before.slice(edit.end)).toBe(after);
      for (const cut of [edit.text, before.slice(edit.start, edit.end)]) expect(cut).not.toMatch(loneSurrogate);
    }));
  });

  test("is what fixing a file needs", () => {
    const text = '{"instruction":"a","output":"b"}\n{"instruction":"c","output":"d",}\n{"instruction":"e","output":"f"}\n';
    expect(smallestEdit(text, fixAll(text).text)).toEqual({ start: text.indexOf(",}"), end: text.indexOf(",}") + 1, text: "" });
  });
});
