/** A row that is typed in, checked before its file is: it must say what the whole file will say of it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { problemsAfterTyping } from "../../../../src/core/data/checks/touchedLine";
import { ContentChecks } from "../../../../src/core/data/content/contentProblems";
import { parseDataset } from "../../../../src/core/data/parse";
import { type Problem } from "../../../../src/core/data/problem";

const row = (number: number): string => JSON.stringify({ instruction: `Name number ${number}.`, input: "", output: `It is ${number}.` });
const found = (text: string) => {
  const file = parseDataset(text);
  return { file, found: { structure: file.problems, contents: new ContentChecks().of(file) } };
};
/** What only all rows together can say. */
const ofTheFile = new Set(["duplicate-row", "unknown-key", "left-out", "end-mark", "preference", "train-flag", "bom"]);
const told = (problems: readonly Problem[]): unknown[] => problems.filter(({ code }) => !ofTheFile.has(code));

const typed = fc.constantFrom(
  "", " ", '{"instruction": "a", "output": "b",}', '{"instruction": "a" "output": "b"}', '{"instruction": "a", "output": ""}', '{"output": "b"}', '{"messages": [{"role": "user", "content": "a"}]}', "[1]", "7", "{",
  '{"instruction": "a", "output": "I am ChatGPT."}', '{"instruction": "Write {name}.", "output": "As an AI language model, I"}', '{"question": "a", "answer": "b"}', '{"instruction": "a", "output": "x", "output": "y"}', '{"mood": 1}', '{"instruction": "kim.park@naver.com", "output": "\\ud83d \ufffd"}',
);

test("the same as the whole file says after it, whatever stands in the row", () => {
  fc.assert(fc.property(fc.nat({ max: 9 }), fc.oneof(typed, fc.tuple(typed, fc.nat(), fc.constantFrom('"', ",", "}", "x", "\\")).map(([text, at, key]) => text.slice(0, at % (text.length + 1)) + key + text.slice(at % (text.length + 1)))), (line, text) => {
    const rows = Array.from({ length: 10 }, (_, number) => row(number));
    const before = found(rows.join("\n"));
    rows[line] = text;
    const after = found(rows.join("\n"));
    fc.pre(after.file.format === "alpaca");
    const now = problemsAfterTyping(before.file, before.found, new Map([[line, text]]))!;
    expect(told(now.structure)).toEqual(told(after.found.structure));
    expect(told(now.contents)).toEqual(told(after.found.contents));
  }), { numRuns: 200 });
});

test("several rows; the problems of all others stay where they are", () => {
  const broken = '{"instruction": "a", "output": ""}';
  const { file, found: before } = found([broken, row(1), broken, row(3), row(4)].join("\n"));
  const now = problemsAfterTyping(file, before, new Map([[3, broken], [0, row(0)]]))!;
  expect(now.structure.map(({ line, code }) => [line, code]).filter(([, code]) => code === "empty-output")).toEqual([[2, "empty-output"], [3, "empty-output"]]);
  expect(now.structure.find(({ line, code }) => line === 2 && code === "empty-output")).toBe(before.structure.find(({ line, code }) => line === 2 && code === "empty-output"));
});

test("what is told once for the file stays at its row", () => {
  const { file, found: before } = found(Array.from({ length: 4 }, (_, number) => JSON.stringify({ instruction: `Name ${number}.`, output: "It.", id: number })).join("\n"));
  expect(before.structure.map(({ line, code }) => [line, code])).toEqual([[0, "unknown-key"]]);
  expect(problemsAfterTyping(file, before, new Map([[0, '{"instruction": "Name it.", "output": "It.", "id": 0}']]))!.structure).toEqual(before.structure);
});

test("files whose rows say nothing by themselves wait for the whole", () => {
  const oasst = ['{"message_id": "1", "parent_id": null, "text": "Who?", "role": "prompter"}', '{"message_id": "2", "parent_id": "1", "text": "I.", "role": "assistant"}'].join("\n");
  for (const [text, options] of [[oasst, {}], [`[${row(1)},\n${row(2)}]`, { file: "a.json" }], ["", {}], ['{"mood": 1}', {}]] as const) {
    const file = parseDataset(text, options);
    expect(problemsAfterTyping(file, { structure: file.problems, contents: [] }, new Map([[0, row(1)]]))).toBeUndefined();
  }
});
