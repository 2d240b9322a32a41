import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toPlain } from "../../../../src/core/data/json/tree";
import { readJson } from "../../../../src/core/data/json/readJson";
import { readStrict } from "../../../../src/core/data/json/readStrict";

/** The text after every preferred repair, once. */
const mend = (text: string): string => {
  const changes = readJson(text).faults.flatMap((fault) => fault.repair?.preferred ? fault.repair.changes : []);
  return [...changes].sort((a, b) => b.span.start - a.span.start).reduce((so, { span, newText }) => so.slice(0, span.start) + newText + so.slice(span.end), text);
};
const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
/** Text near JSON: a value with a few characters taken out, put in or doubled. */
const nearJson = fc.tuple(fc.json({ maxDepth: 4 }), fc.array(fc.tuple(fc.nat(), fc.constantFrom("", "\"", "'", ",", "{", "}", "[", "]", ":", "\\", "\t", "\u00a0", "x", "0", "-", "//", "/*", "None", "\u0001", "\\u12", "e")), { maxLength: 3 }))
  .map(([text, changes]) => changes.reduce((so, [at, put]) => { const i = at % (so.length + 1); return so.slice(0, i) + put + so.slice(put === "" ? i + 1 : i); }, text));

describe("readJson", () => {
  test.each([
    ['{"a":1,}', '{"a":1}'],
    ['{"a":[1,2,],}', '{"a":[1,2]}'],
    ['{"a":1 "b":2}', '{"a":1, "b":2}'],
    ['{"a" 1}', '{"a": 1}'],
    ["{'a': 'I\\'m \"fine\", isn''t it'}", '{"a": "I\'m \\"fine\\", isn\'\'t it"}'],
    ["{“a”: “b”}", '{"a": "b"}'],
    ['{a: "b", c_d: 1}', '{"a": "b", "c_d": 1}'],
    ['{"a": True, "b": None, "c": NaN}', '{"a": true, "b": null, "c": null}'],
    ['{"a": "x\ty"}', '{"a": "x\\ty"}'],
    ['{"a": "\\alpha and \\\' and \\u12"}', '{"a": "\\\\alpha and \' and \\\\u12"}'],
    ['{"a": "He said "hi" to me", "b": 1}', '{"a": "He said \\"hi\\" to me", "b": 1}'],
    ['{"a": 1},', '{"a": 1}'],
    ['{"a": 1}}', '{"a": 1}'],
    ['{"a": 1}{"b": 2}', '{"a": 1}\n{"b": 2}'],
    ['{"a": {"b": [1, 2', '{"a": {"b": [1, 2]}}'],
    ['{"a": 1 /* why */}', '{"a": 1 }'],
    ['{"a":\u00a01}', '{"a": 1}'],
  ])("mends %s", (text, expected) => expect(mend(text)).toBe(expected));

  test.each([
    ['{"a": }', 6, 7], ['{"a"}', 1, 4], ['{"a": "x', 6, 8], ['{"a": [1}', 8, 9], ['{"a": 01}', 6, 8], ['{"a": 1} text', 9, 13], ["", 0, 0], ['{"a": maybe}', 6, 11],
  ])("says where %s is not JSON", (text, start, end) => expect(readJson(text).faults[0]!.span).toEqual({ start, end }));

  test("finds fault exactly where JSON.parse refuses, and reads the same value where it does not", () => {
    fc.assert(fc.property(fc.oneof(nearJson, fc.string({ unit: "binary" }), fc.string({ unit: fc.constantFrom(..."{}[]\",:'\\ntrue01-. \t\u00a0\ufeff") })), (text) => {
      const { value, faults } = readJson(text);
      expect(faults.length === 0).toBe(parses(text));
      if (faults.length === 0) expect(JSON.stringify(toPlain(value!))).toBe(JSON.stringify(JSON.parse(text)));
      for (const { span, repair } of faults) {
        for (const { start, end } of [span, ...(repair?.changes.map((change) => change.span) ?? [])]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(text.length);
        }
      }
    }), { numRuns: 1500 });
  });

  test("survives a thousand open brackets", () => expect(readJson("[".repeat(1000)).faults).toHaveLength(1));
});

describe("readStrict", () => {
  test("gives the tree of readJson where that finds no fault, and nothing elsewhere", () => {
    fc.assert(fc.property(fc.oneof(fc.json(), nearJson, fc.json().map((text) => text.replace(/([,:{}[\]])/g, " $1\n\t")), fc.string({ unit: fc.constantFrom(..."{}[]\",:'\\ntrue01-.eE+ \t\u00a0\ufeff\u0001") })), (text) => {
      const { value, faults } = readJson(text);
      expect(readStrict(text)).toEqual(faults.length === 0 ? value : undefined);
    }), { numRuns: 2000, examples: [['"\\ud83d\\u00e9\\n"'], ["1 2"], ["-"], ["01"], ["1."], ['{"__proto__": 1}'], ["[1,]"], ["nul"]] });
  });
  test("leaves deep nesting to the reader that says so, and reads long strings", () => {
    expect(readStrict("[".repeat(150) + "]".repeat(150))).toBeUndefined();
    const long = JSON.stringify("a\\b\"".repeat(500_000));
    expect(readStrict(long)).toMatchObject({ value: JSON.parse(long) as string });
  });
});
