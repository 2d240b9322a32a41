/** Rows of arrays, by themselves: several may stand on one line, one may go over lines. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset, rowSources } from "../../../../src/core/data/parse";
import { type Problem } from "../../../../src/core/data/problem";
import { rowOfRecord, rowTextIn } from "../../../../src/core/data/rows/rowText";

const chat = (number: number): object => ({ messages: [{ role: "user", content: `Who is number ${number}?` }, { role: "assistant", content: `It is ${number}.` }] });
const rows = [{ instruction: "Name it.", input: "", output: "Eins \"zwei\"\n." }, chat(1), { instruction: "Name it.", output: "Drei" }, chat(2)];
const layouts: readonly [string, string][] = [["on one line", JSON.stringify(rows)], ["pretty-printed", JSON.stringify(rows, null, 2)], ["with \\r\\n", JSON.stringify(rows, null, 1).replaceAll("\n", "\r\n")], ["two on a line", `[${rows.map((row, index) => JSON.stringify(row, null, index % 2)).join(", ")}]`]];

describe.each(layouts)("an array %s", (_, text) => {
  const file = parseDataset(text, { file: "a.json" });

  test("each record has its own row, and its messages stand in that row's text", () => {
    expect(file.records.map((record) => rowOfRecord(rowSources(file), record))).toEqual([0, 1, 2, 3]);
    for (const [index, record] of file.records.entries()) {
      const { text: own, record: inText } = rowTextIn(file, record);
      expect(JSON.parse(own)).toEqual(rows[index]);
      for (const { span, content } of inText.messages) expect(own.slice(span.start, span.end)).toContain(JSON.stringify(content).slice(1, -1).slice(0, 4));
    }
  });

  test("what is found in that text goes back to its place in the file, repairs too", () => {
    for (const record of file.records) {
      const { text: own, back } = rowTextIn(file, record);
      const start = own.indexOf("It is") >= 0 ? own.indexOf("It is") : own.indexOf("Name");
      const found: Problem = { code: "special-token", severity: "warning", message: "", line: 7, span: { start, end: start + 4 }, fixable: true, fixes: [{ title: "", code: "special-token", preferred: true, edits: [{ line: 7, span: { start, end: start + 4 }, newText: "" }] }] };
      const { line, span, fixes: [fix] } = back(found);
      expect(file.lines[line]!.text.slice(span.start, span.end)).toBe(own.slice(start, start + 4));
      expect(fix!.edits).toEqual([{ line, span, newText: "" }]);
    }
  });
});

test("messages on rows of their own are one text, and each goes back to its row", () => {
  const node = (id: string, parent: string | null, said: string): object => ({ message_id: id, parent_id: parent, text: said, role: parent === null ? "prompter" : "assistant" });
  const file = parseDataset(JSON.stringify([node("1", null, "Who?"), node("9", null, "Never answered"), node("2", "1", "Nobody.")]), { file: "a.json" });
  const [record] = file.records, { text, record: inText, back } = rowTextIn(file, record!);
  expect(inText.messages.map(({ span }) => text.slice(span.start, span.end))).toEqual(['"Who?"', '"Nobody."']);
  expect(text).not.toContain("Never");
  expect(rowOfRecord(rowSources(file), record!)).toBe(2);
  const { span } = back({ code: "secret", severity: "warning", message: "", line: 0, span: inText.messages[1]!.span, fixable: false, fixes: [] });
  expect(file.text.slice(span.start, span.end)).toBe('"Nobody."');
});

test("whatever the rows and the blanks between them, texts are the rows' own", () => {
  const value = fc.record({ instruction: fc.string(), output: fc.string({ minLength: 1 }) });
  fc.assert(fc.property(fc.array(fc.tuple(value, fc.nat({ max: 2 }), fc.constantFrom("", " ", "\n", "\n\n  ")), { minLength: 1, maxLength: 5 }), (parts) => {
    const file = parseDataset(`[${parts.map(([row, indent, blank]) => `${blank}${JSON.stringify(row, null, indent)}${blank}`).join(",")}]`, { file: "a.json" });
    for (const record of file.records) expect(JSON.parse(rowTextIn(file, record).text)).toEqual(parts[rowOfRecord(rowSources(file), record)!]![0]);
  }), { numRuns: 100 });
});

test("a twin on the same line is told by its column", () => {
  const [first] = rows, text = JSON.stringify([first, rows[2], first]);
  const [problem] = parseDataset(text, { file: "a.json" }).problems.filter(({ code }) => code === "duplicate-row");
  expect(problem!.message).toContain("at column 2 of this line");
  expect(text.slice(problem!.span.start)).toBe(`${JSON.stringify(first)}]`);
  expect(problem!.related).toMatchObject({ line: 0, span: { start: 1 } });
});
