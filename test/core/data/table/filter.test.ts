import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FilterRow, matchesFilter, parseFilter } from "../../../../src/core/data/table/filter";
import { FILTER_HELP } from "../../../../src/core/data/table/filterHelp";
import { ViewBuilder, type Sort } from "../../../../src/core/data/table/view";

const seen = (value: unknown, more: Partial<FilterRow> = {}): FilterRow => ({ line: new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value)), problems: [], duplicate: false, edited: false, ...more });
const holds = (filter: string, row: FilterRow): boolean => {
  const reading = parseFilter(filter);
  if ("fault" in reading) throw new Error(reading.fault.message);
  return matchesFilter(reading.filter, row);
};
const alpaca = { instruction: "Name the Capital of France.", input: "", output: "Paris is it", n: 7 };
const chat = { messages: [{ role: "system", content: "Be brief." }, { from: "human", value: "Hi http://x.org" }, { role: "assistant", content: "Hello" }] };

describe("a filter", () => {
  test.each<[string, unknown, boolean]>([
    ["", alpaca, true], ["capital", alpaca, true], ["CAPITAL france", alpaca, true], ["capital italy", alpaca, false], ["-italy", alpaca, true], ["-capital", alpaca, false],
    ['"capital of"', alpaca, true], ['"of capital"', alpaca, false], ["instruction", alpaca, false], ["/cap.tal/", alpaca, false], ["/cap.tal/i", alpaca, true], ["/name the/i", alpaca, true],
    ["output:paris", alpaca, true], ["output:france", alpaca, false], ["output:/^Paris/", alpaca, true], ['output:"is it"', alpaca, true], ["-output:paris", alpaca, false],
    ['input=""', alpaca, true], ['output="Paris is it"', alpaca, true], ["output=Paris", alpaca, false], ["n=7", alpaca, true], ["n>6", alpaca, true], ["n<6", alpaca, false],
    ["has:input", alpaca, false], ["has:output", alpaca, true], ["output.length>10", alpaca, true], ["output.length<=10", alpaca, false], ["length>50", alpaca, true], ["length<50", alpaca, false],
    ["role:system", chat, true], ["role:user", chat, true], ["role:human", chat, true], ["role:tool", chat, false], ["turns=3", chat, true], ["turns>3", chat, false], ["messages:hello", chat, true], ["messages.length>10", chat, true],
    ['"http://x.org"', chat, true], ["is:broken", alpaca, false], ["is:broken", '{"a": 1', true], ["is:broken", "[1]", true], ["is:blank", "  ", true], ["is:broken", "  ", false], ["oops", '{"oops', true],
    ["kelvin", { a: "\u212aelvin" }, true], ["caf\u00e9", { a: "CAF\u00c9" }, true], ['"a/b"', { a: "x a/b" }, true], ["a/b", { a: "a/b" }, true],
  ])("%s", (filter, row, wanted) => expect(holds(filter, seen(row))).toBe(wanted));

  test.each<[string, number | undefined, boolean]>([["line:7", 7, true], ["line:7", 8, false], ["line:3,7-12", 12, true], ["line:3,7-12", 4, false], ["line:1-20,5-6,30", 7, true], ["-line:3", 3, false], ["line:3", undefined, false]])(
    "%s on line %s", (filter, number, wanted) => expect(holds(filter, seen(alpaca, number === undefined ? {} : { number }))).toBe(wanted));

  test("a word is found however JSON writes it", () => {
    expect(holds("capital", seen('{"a": "c\\u0061pital"}'))).toBe(true);
    expect(holds("a\\b", seen('{"a": "a\\\\b"}'))).toBe(true);
  });

  test("problems, twins and edits come from whoever knows them", () => {
    const row = seen(alpaca, { problems: [{ code: "empty-output", severity: "error" }], edited: true });
    expect(["problem:any", "problem:error", "problem:empty-output", "problems>0", "is:edited", "-is:duplicate"].every((filter) => holds(filter, row))).toBe(true);
    expect(holds("problem:warning", row)).toBe(false);
    expect(holds("problem:duplicate-row", seen(alpaca, { duplicate: true }))).toBe(true);
    const reading = parseFilter("problem:any");
    expect("filter" in reading && reading.filter.needsProblems && reading.filter.needsTwins).toBe(true);
  });

  test.each([['"open', 0], ["a -", 2], ["length>many", 0], ["is:odd", 0], ["/(/", 0], ['""', 0]])("%s is answered with the place of the slip", (filter, start) => {
    const reading = parseFilter(filter);
    expect("fault" in reading && reading.fault.span.start).toBe(start);
  });

  test("every example of the help can be read", () => { for (const [example] of FILTER_HELP) expect(parseFilter(example)).toHaveProperty("filter"); });

  test("nothing that is typed throws, and a word finds what includes it", () => fc.assert(fc.property(fc.string(), fc.string({ unit: "binary" }), (filter, text) => {
    const reading = parseFilter(filter);
    if ("filter" in reading) matchesFilter(reading.filter, seen({ text }));
    const word = JSON.stringify(text).replaceAll("\\\"", "\"").slice(1, -1);
    if (/^[A-Za-z0-9 ]+$/.test(word)) expect(holds(`"${word}"`, seen({ a: `x${text.toUpperCase()}y` }))).toBe(`x${text.toUpperCase()}y`.toLowerCase().includes(word.toLowerCase()));
  })));
});

describe("a view", () => {
  const rows = [{ a: "b", n: "xx" }, { a: "A", n: "x" }, { a: "c" }, { n: "xxx", messages: [{ role: "user", content: "" }] }];
  const view = (filter: string, sort: Sort): number[] => {
    const reading = parseFilter(filter);
    if ("fault" in reading) throw new Error(reading.fault.message);
    const builder = new ViewBuilder(reading.filter, sort);
    rows.forEach((row, index) => builder.add(index, seen(row, { problems: index === 2 ? [{ code: "bom", severity: "warning" }] : index === 1 ? [{ code: "unknown-key", severity: "warning" }, { code: "empty-output", severity: "error" }] : [] })));
    return [...builder.finish()];
  };

  test.each<[string, Sort, number[]]>([
    ["", { key: { by: "file" }, descending: false }, [0, 1, 2, 3]], ["", { key: { by: "file" }, descending: true }, [3, 2, 1, 0]], ["has:n", { key: { by: "file" }, descending: false }, [0, 1, 3]],
    ["", { key: { by: "text", column: "a" }, descending: false }, [3, 1, 0, 2]], ["", { key: { by: "text", column: "a" }, descending: true }, [2, 0, 1, 3]],
    ["", { key: { by: "textLength", column: "n" }, descending: true }, [3, 0, 1, 2]], ["", { key: { by: "length" }, descending: false }, [2, 1, 0, 3]], ["", { key: { by: "problems" }, descending: true }, [1, 2, 0, 3]],
    ["", { key: { by: "turns" }, descending: true }, [3, 0, 1, 2]], ["", { key: { by: "roles" }, descending: false }, [0, 1, 2, 3]],
  ])("%s by %j", (filter, sort, wanted) => expect(view(filter, sort)).toEqual(wanted));
});
