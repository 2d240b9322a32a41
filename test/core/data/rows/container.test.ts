/** Rows in other files than JSON Lines: arrays, values over lines, tables. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFixes, fixAll } from "../../../../src/core/data/editing/fixes";
import { parseDataset, type ParsedDataset } from "../../../../src/core/data/parse";
import { mutatedRows } from "../mutatedRows";

/** code, line from 1 and the text under the span, for each problem */
const found = ({ problems, lines }: ParsedDataset): [string, number, string][] => problems.map(({ code, line, span }) => [code, line + 1, lines[line]!.text.slice(span.start, span.end)]);
const answers = ({ records }: ParsedDataset): string[] => records.map(({ messages }) => messages.at(-1)!.content);
const cells = fc.array(fc.tuple(fc.string(), fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\t", " ", "é", "🙂"), minLength: 1 }).filter((text) => text.trim() !== "")), { minLength: 1, maxLength: 5 });

describe("a JSON array named .json", () => {
  const pretty = JSON.stringify([{ instruction: "a", output: "b" }, { instruction: "c", output: "" }, { instruction: "e", output: " f" }], null, 2);
  test("is read as it is, problems on their own lines", () => {
    const parsed = parseDataset(pretty, { file: "data.json" });
    expect(parsed).toMatchObject({ container: "json", format: "alpaca", rows: 3, usable: 2 });
    expect(found(parsed)).toEqual([["empty-output", 8, '""'], ["surrounding-whitespace", 12, " "]]);
    const [first] = parsed.records;
    expect(first).toMatchObject({ line: 1, messages: [{ line: 2 }, { line: 3 }] });
    for (const { line, span, content } of first!.messages) expect(JSON.parse(parsed.lines[line!]!.text.slice(span.start, span.end))).toBe(content);
  });
  test("is mended in place", () => expect(fixAll(pretty, { file: "data.json" })).toEqual({ text: pretty.replace('" f"', '"f"'), applied: 1 }));
  test("stays a problem named .jsonl", () => expect(found(parseDataset(pretty, { file: "data.jsonl" }))).toEqual([["array-file", 1, "["]]));
  test("one row with wrong JSON hides no other", () => {
    for (const wrong of ['{"instruction": "c" "output": "d"}', '{"instruction": "c", "output": "d}', '{"instruction": "c", "output": "d"', "{'instruction': 'c', 'output': 'd'}", '{"instruction": "c", "output": d}']) {
      const parsed = parseDataset(`[\n  {"instruction": "a", "output": "b"},\n  ${wrong},\n  {"instruction": "e", "output": "f"}\n]\n`, { file: "data.json" });
      expect(answers(parsed)).toEqual(["b", "f"]);
      expect(found(parsed).every(([code, line]) => code === "json-syntax" && line >= 3 && line <= 4)).toBe(true);
      expect(parsed.problems.length).toBeGreaterThan(0);
    }
  });
  test.each([
    ["a comma too few", '[{"instruction": "a", "output": "b"} {"instruction": "c", "output": "d"}]', ["b", "d"]],
    ["a comma too many", '[{"instruction": "a", "output": "b"},]', ["b"]],
    ["no end", '[{"instruction": "a", "output": "b"},', ["b"]],
    ["text after its end", '[{"instruction": "a", "output": "b"}] x', ["b"]],
  ])("%s is told", (_, text, rows) => {
    const parsed = parseDataset(text, { file: "data.json" });
    expect(answers(parsed)).toEqual(rows);
    expect(parsed.problems.map(({ code }) => code)).toContain("json-syntax");
  });
  test("a twin goes with its comma", () => {
    const rows = ['{"instruction": "a", "output": "b"}', '{"instruction": "c", "output": "d"}'];
    for (const between of [", ", ",\n  "]) {
      const text = `[${[rows[0], rows[1], rows[0], rows[0]].join(between)}]`;
      const fixed = fixAll(text, { file: "a.json" }).text;
      expect(JSON.parse(fixed)).toEqual(rows.map((row) => JSON.parse(row) as unknown));
      expect(fixed.trim()).toBe(`[${rows.join(between)}]`);
    }
  });
  test("JSON Lines and single objects under that name are read too", () => {
    expect(answers(parseDataset('{"instruction": "a", "output": "b"}\n{"instruction": "c", "output": "d"}\n', { file: "a.json" }))).toEqual(["b", "d"]);
    expect(answers(parseDataset('{\n"instruction": "a",\n"output": "b"\n}\n{\n"instruction": "c",\n"output": "d"\n}', { file: "a.json" }))).toEqual(["b", "d"]);
    expect(parseDataset('{\n"a": 1\n}', { file: "package.json" })).toMatchObject({ format: undefined, problems: [{ code: "unknown-format" }] });
  });
  test("says of the same rows what JSON Lines say, wherever the breaks are", () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.record({ instruction: fc.string(), output: fc.string() }), fc.record({ conversations: fc.array(fc.record({ from: fc.constantFrom("human", "gpt", "x"), value: fc.string() })) })), { minLength: 1 }), fc.constantFrom(undefined, 2), (rows, indent) => {
      const [lines, array] = [parseDataset(rows.map((row) => JSON.stringify(row)).join("\n")), parseDataset(JSON.stringify(rows, null, indent), { file: "a.json" })];
      expect(array.format).toBe(lines.format);
      expect(array.records.map(({ messages }) => messages.map(({ role, content, trained }) => [role, content, trained]))).toEqual(lines.records.map(({ messages }) => messages.map(({ role, content, trained }) => [role, content, trained])));
      expect(array.problems.map(({ code }) => code).sort()).toEqual(lines.problems.map(({ code }) => code).sort());
      // The text under a span is the same in both.
      const under = (parsed: ParsedDataset): string[] => found(parsed).filter(([code]) => code.startsWith("empty")).map(([code, , text]) => code + text).sort();
      expect(under(array)).toEqual(under(lines));
    }));
  });
});

describe("tables", () => {
  test("CSV with quotes, commas and line breaks in cells", () => {
    const text = 'instruction,input,output\r\n"Say ""hi"", please",,"Hi\r\nthere"\r\nb,c, d\r\n';
    const parsed = parseDataset(text, { file: "a.csv" });
    expect(parsed).toMatchObject({ container: "csv", format: "alpaca", rows: 2, usable: 2 });
    expect(parsed.records.map(({ line, messages }) => [line, ...messages.map(({ content }) => content)])).toEqual([[1, 'Say "hi", please', "Hi\nthere"], [3, "b\n\nc", " d"]]);
    expect(found(parsed)).toEqual([["surrounding-whitespace", 4, " "]]);
    expect(fixAll(text, { file: "a.csv" }).text).toBe(text.replace(", d", ",d"));
  });
  test("TSV by its header, and FLAN's three columns without one", () => {
    expect(answers(parseDataset("question\tanswer\n\"quoted\" word\tb\\n\n", { file: "a.tsv" }))).toEqual(["b\\n"]);
    const flan = parseDataset("Is it?\\nOptions:\\n- yes\\n- no\tyes\tBecause so.\n", { file: "creak_train.tsv" });
    expect(flan).toMatchObject({ format: "flan-cot", rows: 1 });
    expect(flan.records[0]!.messages.map(({ content }) => content)).toEqual(["Is it?\nOptions:\n- yes\n- no", "Because so.\nTherefore, the answer is yes."]);
  });
  test.each<[string, string, [string, number, string][], string[]]>([
    ["a row with too few cells", "instruction,output\na\nc,d\n", [["table-columns", 2, "a"]], ["d"]],
    ["a row with too many", "instruction,output\na,b,c\nc,d\n", [["table-columns", 2, ",c"]], ["d"]],
    ["a cell that is never closed", 'instruction,output\na,"b\nc,d\n', [["table-syntax", 2, '"']], ["d"]],
    ["text after a closing quote", 'instruction,output\n"a" x,b\nc,d\n', [["table-syntax", 2, " x"]], ["d"]],
    ["a quote inside a bare cell", 'instruction,output\n5" pipe,b\nc,d\n', [["table-syntax", 2, '"']], ["d"]],
    ["an empty answer", "instruction,output\na,\nc,d\n", [["empty-output", 2, ""]], ["d"]],
    ["a twin", "instruction,output\na,b\na,b\n", [["duplicate-row", 3, "a,b"]], ["b", "b"]],
    ["two columns of one name", "instruction,output,output\na,b,c\n", [["table-columns", 1, "instruction,output,output"]], ["c"]],
  ])("%s", (_, text, problems, rows) => {
    const parsed = parseDataset(text, { file: "a.csv" });
    expect([found(parsed).filter(([code]) => code !== "duplicate-key"), answers(parsed)]).toEqual([problems, rows]);
  });
  test("what is written as RFC 4180 says is read as it was", () => {
    const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
    fc.assert(fc.property(cells, (rows) => {
      const parsed = parseDataset(["prompt,completion", ...rows.map((row) => row.map((cell) => quote(`x${cell}`)).join(","))].join("\r\n"), { file: "a.csv" });
      expect(parsed.records.map(({ messages }) => messages.map(({ content }) => content))).toEqual(rows.map((row) => row.map((cell) => `x${cell}`)));
    }));
  });
});

test("whatever the text, no container throws, spans lie inside their lines, and mending twice is mending once", () => {
  const csvish = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\t", "\r\n", "instruction", "output", " ", "\\n") });
  fc.assert(fc.property(fc.oneof(mutatedRows, mutatedRows.map((text) => `[\n  ${text.replaceAll("\n", ",\n  ")}\n]`), csvish, csvish.map((text) => `instruction,output\n${text}`)), fc.constantFrom("a.json", "a.csv", "a.tsv", "a.jsonl.gz"), (text, file) => {
    const parsed = parseDataset(text, { file });
    for (const { line, span, fixes } of parsed.problems) {
      for (const edit of [{ line, span }, ...fixes.flatMap(({ edits }) => edits)]) {
        expect(edit.span.start).toBeGreaterThanOrEqual(0);
        expect(edit.span.start).toBeLessThanOrEqual(edit.span.end);
        expect(edit.span.end).toBeLessThanOrEqual(parsed.lines[edit.line]!.text.length);
      }
      for (const fix of fixes) applyFixes(text, [fix]);
    }
    for (const record of parsed.records) for (const { line = record.line, span } of record.messages) expect(span.end).toBeLessThanOrEqual(parsed.lines[line]!.text.length);
    const once = fixAll(text, { file });
    expect(fixAll(once.text, { file })).toEqual({ text: once.text, applied: 0 });
  }), { numRuns: 500 });
});

test("a message in a quoted cell over several lines is marked to the end of the first", () => {
  const { records: [record], lines } = parseDataset('instruction,output\n"a\r\nb",c', { file: "a.csv" });
  expect(record!.messages.map(({ line = record!.line, span }) => lines[line]!.text.slice(span.start, span.end))).toEqual(['"a', "c"]);
});
