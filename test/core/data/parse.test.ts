import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { type ProblemCode } from "../../../src/core/data/problem";
import { mutatedRows } from "./mutatedRows";

const alpacaRow = (instruction: string, output: string, more: object = {}): string => JSON.stringify({ instruction, ...more, output });
const chatRow = (...messages: [string, string][]): string => JSON.stringify({ messages: messages.map(([role, content]) => ({ role, content })) });
const goodAlpaca = alpacaRow("Name a red fruit.", "Apple.");
const goodChat = chatRow(["user", "Hi"], ["assistant", "Hello!"]);

/** code and the text under its span, for each problem */
const found = (text: string): [ProblemCode, string][] => {
  const { problems, lines } = parseDataset(text);
  return problems.map(({ code, line, span }) => [code, lines[line]!.text.slice(span.start, span.end)]);
};

describe("parseDataset", () => {
  test("reads Alpaca rows into conversations", () => {
    const text = `${goodAlpaca}\n\n${alpacaRow("Sum up.", "Short.", { input: "A long text.", system: "Be brief." })}\n`;
    const parsed = parseDataset(text);
    expect(parsed).toMatchObject({ format: "alpaca", formatReason: "All 2 rows have `instruction` and `output`.", rows: 2, usable: 2, problems: [] });
    expect(parsed.records[0]).toEqual({
      line: 0, format: "alpaca", alpaca: { instruction: "Name a red fruit.", input: "", output: "Apple." },
      messages: [{ role: "user", content: "Name a red fruit.", span: { start: 15, end: 34 }, trained: false }, { role: "assistant", content: "Apple.", span: { start: 44, end: 52 }, trained: true }],
    });
    expect(parsed.records[1]!.line).toBe(2);
    expect(parsed.records[1]!.messages.map(({ role, content }) => [role, content])).toEqual([["system", "Be brief."], ["user", "Sum up.\n\nA long text."], ["assistant", "Short."]]);
  });

  test("reads OpenAI chat rows with tools, weights, parts and calls", () => {
    const row = JSON.stringify({
      messages: [
        { role: "developer", content: "Be kind." }, { role: "user", content: [{ type: "text", text: "Wea" }, { type: "text", text: "ther?" }] },
        { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "weather", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "1", content: "rain" }, { role: "assistant", content: "Rain.", weight: 0 }, { role: "user", content: "Sure?" }, { role: "assistant", content: "Yes.", weight: 1 },
      ],
      tools: [{ type: "function", function: { name: "weather" } }],
    });
    const { records, problems, format } = parseDataset(row);
    expect(problems).toEqual([]);
    expect(format).toBe("openai-chat");
    expect(records[0]!.tools).toEqual([{ type: "function", function: { name: "weather" } }]);
    expect(records[0]!.messages.map(({ role, content, trained }) => [role, content, trained])).toEqual([
      ["system", "Be kind.", false], ["user", "Weather?", false], ["assistant", "", true], ["tool", "rain", false], ["assistant", "Rain.", false], ["user", "Sure?", false], ["assistant", "Yes.", true]]);
    expect(records[0]!.messages[2]!.tool_calls).toEqual([{ id: "1", type: "function", function: { name: "weather", arguments: "{}" } }]);
  });

  test.each<[string, string, [ProblemCode, string][]]>([
    ["a missing key", '{"instruction": "a"}', [["missing-key", "{"]]],
    ["another name", '{"instruction": "a", "completion": "b"}', [["missing-key", '"completion"']]],
    ["another name than in the other rows", `${goodAlpaca}\n${goodAlpaca.replace("red", "blue")}\n{"instruction": "a", "response": "b"}`, [["mixed-format", '"response"']]],
    ["a slip in a key", '{"instruction": "a", "ouput": "b"}', [["missing-key", '"ouput"']]],
    ["two other names", '{"prompt": "a", "response": "b"}', [["missing-key", '"prompt"'], ["missing-key", '"response"']]],
    ["a number", '{"instruction": "a", "output": 42}', [["wrong-type", "42"]]],
    ["an input that is null", '{"instruction": "a", "input": null, "output": "b"}', [["wrong-type", "null"]]],
    ["an empty answer", '{"instruction": "a", "output": " \\n"}', [["empty-output", '" \\n"']]],
    ["an empty question", '{"instruction": "", "output": "b"}', [["empty-instruction", '""']]],
    ["a placeholder", '{"instruction": "a", "output": "TODO"}', [["placeholder-output", '"TODO"']]],
    ["a placeholder in brackets", '{"instruction": "a", "output": "<your answer here>"}', [["placeholder-output", '"<your answer here>"']]],
    ["a variable", '{"instruction": "a", "output": "I am {{name}}."}', [["placeholder-output", "{{name}}"]]],
    ["an input that says there is none", '{"instruction": "a", "input": "<noinput>", "output": "b"}', [["placeholder-input", '"<noinput>"']]],
    ["blanks around an answer", '{"instruction": "a", "output": " \\tb\\n"}', [["surrounding-whitespace", " \\t"], ["surrounding-whitespace", "\\n"]]],
    ["a lost character", '{"instruction": "a\ufffd", "output": "b\\ufffd"}', [["replacement-character", "\ufffd"], ["replacement-character", "\\ufffd"]]],
    ["half a character", '{"instruction": "a", "output": "b \\ud83d c"}', [["lone-surrogate", "\\ud83d"]]],
    ["a whole emoji in escapes", '{"instruction": "a", "output": "b \\ud83d\\ude42"}', []],
    ["a key twice", '{"instruction": "a", "output": "x", "output": "b"}', [["duplicate-key", '"output"']]],
    ["a row twice", `${goodAlpaca}\n${goodChat.replace("Hi", "Ho")}\n${goodAlpaca}`, [["mixed-format", '"messages"'], ["duplicate-row", goodAlpaca]]],
    ["not an object", `${goodAlpaca}\n[1, 2]\n"text"\nnull`, [["not-an-object", "[1, 2]"], ["not-an-object", '"text"'], ["not-an-object", "null"]]],
    ["a byte order mark", `\ufeff${goodAlpaca}`, [["bom", "\ufeff"]]],
    ["wrong JSON in one of three", `${goodAlpaca}\n{"instruction": "b", "output": }\n${alpacaRow("c", "")}`, [["json-syntax", "}"], ["empty-output", '""']]],
    ["an unknown role", chatRow(["human", "a"], ["assistant", "b"]), [["unknown-role", '"human"']]],
    ["no answer", chatRow(["user", "a"]), [["no-assistant", '"messages"']]],
    ["only answers of weight 0", '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "weight": 0}]}', [["no-assistant", '"messages"']]],
    ["no messages", '{"messages": []}', [["empty-messages", "[]"]]],
    ["messages that are text", '{"messages": "hi"}', [["wrong-type", '"hi"']]],
    ["a message that is text", '{"messages": ["hi"]}', [["wrong-type", '"hi"']]],
    ["two questions in a row", chatRow(["user", "a"], ["user", "b"], ["assistant", "c"]), [["role-order", '"user"']]],
    ["two answers in a row", chatRow(["user", "a"], ["assistant", "b"], ["assistant", "c"]), [["role-order", '"assistant"']]],
    ["an answer to nothing", chatRow(["system", "a"], ["assistant", "b"]), [["role-order", '"assistant"']]],
    ["system in the middle", chatRow(["user", "a"], ["system", "s"], ["assistant", "b"]), [["role-order", '"system"'], ["role-order", '"assistant"']]],
    ["a question at the end", chatRow(["user", "a"], ["assistant", "b"], ["user", "c"]), [["last-not-assistant", '"user"']]],
    ["ShareGPT's names inside messages", '{"messages": [{"from": "human", "value": "a"}]}', [["missing-key", '"from"'], ["missing-key", '"value"']]],
    ["a part that is no text", '{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, {"role": "assistant", "content": "b"}]}', [["wrong-type", '{"type": "image_url", "image_url": {}}']]],
    ["call arguments that are an object", '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]}]}', [["wrong-type", '{"x": 1}']]],
  ])("finds %s", (_, text, expected) => expect(found(text)).toEqual(expected));

  test("tells a column that every row has once, a slip each time", () => {
    const column = Array.from({ length: 10 }, (_, index) => alpacaRow(`q${index}`, "a", { category: "x", ...(index === 7 ? { exmple: 1 } : {}) })).join("\n");
    const { problems, usable } = parseDataset(column);
    expect(problems.map(({ code, severity, line }) => [code, severity, line])).toEqual([["unknown-key", "information", 0], ["unknown-key", "warning", 7]]);
    expect(usable).toBe(10);
  });

  test("keeps a row with warnings, leaves one with errors out", () => {
    const parsed = parseDataset(`${alpacaRow("a", " b")}\n${alpacaRow("c", "")}`);
    expect(parsed.records.map(({ line }) => line)).toEqual([0]);
    expect(parsed).toMatchObject({ rows: 2, usable: 1 });
  });

  test("says which format most rows have, and marks the others", () => {
    const parsed = parseDataset([goodChat, goodAlpaca, chatRow(["user", "x"], ["assistant", "y"])].join("\n"));
    expect(parsed).toMatchObject({ format: "openai-chat", formatReason: "2 of 3 rows have `messages`.", usable: 3 });
    expect(parsed.problems).toMatchObject([{ code: "mixed-format", line: 1 }]);
  });

  test("reads every row as the format that is asked for", () => {
    const parsed = parseDataset(`${goodAlpaca}\n${goodChat}`, { format: "openai-chat" });
    expect(parsed.problems.filter(({ severity }) => severity === "error")).toMatchObject([{ code: "missing-key", line: 0 }]);
    expect(parsed).toMatchObject({ format: "openai-chat", usable: 1 });
  });

  test.each([
    ["pictures", '{"messages": [{"role": "user", "content": "<image>a"}, {"role": "assistant", "content": "b"}], "images": ["a.png"]}', /looks like rows with images/],
    ["tokens", '{"input_ids": [1, 2], "labels": [-100, 2]}', /tokenized dataset/],
    ["questions alone", '{"question_id": 1, "turns": ["a", "b"]}', /MT-bench/],
    ["raw generations", '{"instruction": "a", "raw_instances": "Output: b"}', /raw generations/],
    ["nothing known", '{"a": 1}\n{"a": 2}', /no format that Tunesmith trains on/],
    ["strings", '"one"\n"two"', /only a piece of text/],
    ["a table", "instruction,output\nName a fruit,Apple", /table with commas \(CSV\)/],
    ["a table with tabs", "question\tanswer\nName a fruit\tApple", /TSV/],
    ["text", "Once upon a time\nthere was a fox.", /does not look like JSONL/],
    ["a config", '{\n  "a": 1\n}', /one JSON object with `a`/],
  ])("names %s once", (_, text, message) => {
    const { problems, format, usable } = parseDataset(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "unknown-format", severity: "error", message: expect.stringMatching(message) });
    expect([format, usable]).toEqual([undefined, 0]);
  });

  test.each([
    ["an array", `[\n  ${goodAlpaca},\n  ${goodChat}\n]\n`, "array-file", true],
    ["an array on one line", `[${goodAlpaca}, ${goodAlpaca}]`, "array-file", true],
    ["an array with a comma too many", `[\n${goodAlpaca},\n]`, "array-file", true],
    ["an array that breaks off", `[\n${goodAlpaca},\n{"instruction": "b"`, "array-file", false],
    ["rows over several lines", '{\n "instruction": "a",\n "output": "b"\n}\n{\n "instruction": "c", "output": "d"\n}', "row-over-lines", true],
  ])("tells %s in one problem", (_, text, code, fixable) => {
    expect(parseDataset(text).problems).toMatchObject([{ code, fixable, severity: "error" }]);
  });

  test("an empty file has no rows and says what one looks like", () => {
    for (const text of ["", "\n\n", "\ufeff"]) expect(parseDataset(text)).toMatchObject({ rows: 0, usable: 0, problems: expect.arrayContaining([expect.objectContaining({ code: "no-rows" })]) });
  });

  test("spans count a byte order mark and surrogate pairs", () => {
    expect(found(`\ufeff{"instruction": "🙂", "output": ""}`)).toEqual([["bom", "\ufeff"], ["empty-output", '""']]);
  });
});

describe("whatever the text", () => {
  test("parsing never throws, spans lie inside their line, lines join to the text", () => {
    fc.assert(fc.property(fc.oneof(mutatedRows, fc.string({ unit: "binary" }), mutatedRows.map((text) => `[${text.replaceAll("\n", ",\n")}]`)), (text) => {
      const { lines, problems, records, rows, usable } = parseDataset(text);
      expect(lines.map((line, index) => line.text + text.slice(line.end, lines[index + 1]?.start ?? text.length)).join("")).toBe(text);
      for (const line of lines) expect(text.slice(line.start, line.end)).toBe(line.text);
      for (const { line, span, fixes, severity } of problems) {
        for (const { start, end } of [span, ...fixes.flatMap((fix) => fix.edits.map((edit) => edit.span))]) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start).toBeLessThanOrEqual(end);
          expect(end).toBeLessThanOrEqual(lines[line]!.text.length);
        }
        if (severity === "error") expect(records.some((record) => record.line === line)).toBe(false);
      }
      for (const record of records) {
        const source = lines[record.line]!.text;
        for (const { span } of record.messages) expect(() => { JSON.parse(source.slice(span.start, span.end)); }).not.toThrow();
      }
      expect(usable).toBeLessThanOrEqual(records.length);
      expect(usable).toBeLessThanOrEqual(rows);
    }), { numRuns: 600 });
  });
});

test("parsing takes time in proportion to the rows", () => {
  const fileOf = (rows: number): string => Array.from({ length: rows }, (_, index) => alpacaRow(`Question ${index}: what is ${index} times two? ${"Think. ".repeat(20)}`, `It is ${index * 2}. ${"Because so. ".repeat(20)}`, { input: "" })).join("\n");
  const [few, many] = [1_000, 10_000].map(fileOf) as [string, string];
  // The best of some tries each: a busy machine makes any single one slow. Ten times the rows: 10 where it is linear, 100 where every row looks at every other.
  const best = (text: string, rows: number): number => Math.min(...Array.from({ length: 5 }, () => {
    const start = performance.now();
    expect(parseDataset(text).usable).toBe(rows);
    return performance.now() - start;
  }));
  expect(best(many, 10_000) / best(few, 1_000)).toBeLessThan(50);
});
