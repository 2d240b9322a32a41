/** What a person sees, as one text to read: rows with carets under the spans, and each row after its fix. Update with `npx vitest run -u` and read the difference. */
import { expect, test } from "vitest";
import { applyFixes, fixesFor } from "../../../src/core/data/editing/fixes";
import { parseDataset } from "../../../src/core/data/parse";
import { type Problem } from "../../../src/core/data/problem";

const user = '{"role": "user", "content": "Hi"}';
const answer = '{"role": "assistant", "content": "Hello!"}';
const good = '{"instruction": "Name a red fruit.", "output": "Apple."}';
const chat = `{"messages": [${user}, ${answer}]}`;

const files: Record<string, string> = {
  "Alpaca rows": [
    good,
    '{"instruction": "Name a fruit.", "response": "Apple."}',
    '{"prompt": "Name a tree.", "ouput": "Oak."}',
    '{"instruction": "Name a bird."}',
    '{"instruction": "Name a fish.", "output": ""}',
    '{"instruction": "", "output": "Blue."}',
    '{"instruction": "Translate.", "input": "N/A", "output": "Haus"}',
    '{"instruction": "Write a poem.", "output": "TODO"}',
    '{"instruction": "Who are you?", "output": "I am {{name}}."}',
    '{"instruction": "What is six times seven?", "output": 42}',
    '{"instruction": "Greet.", "output": "  Hello\\n"}',
    '{"instruction": "Caf\ufffd?", "output": "Yes \\ud83d."}',
    '{"instruction": "Say hi.", "output": "Ho", "output": "Hi"}',
    '{"instruction": "Count.", "context": "1 2", "output": "3", "scroe": 1}',
    good,
    chat,
    '{"question": "Why?", "answer": "Because."}',
    '["Name a fruit.", "Apple."]',
  ].join("\n"),
  "Wrong JSON": [
    good,
    '{"instruction": "a", "output": "b",}',
    '{"instruction": "a" "output": "b"}',
    "{'instruction': 'a', 'output': 'it is b'}",
    '{"instruction": "a", "output": "b\tc"}',
    '{"instruction": "a", "output": "use \\alpha"}',
    '{"instruction": "a", "output": "say "b" now"}',
    '{"instruction": "a", "output": "b',
    '{"instruction": "a", "output": "b"',
    '{"instruction": "a", "output": None}',
    '{"instruction": "c", "output": "d"}, {"instruction": "e", "output": "f"}',
    '{"instruction": "a", "output": }',
    "Name a fruit.",
  ].join("\n"),
  "OpenAI chat rows": [
    chat,
    `{"messages": [{"role": "human", "content": "Hi"}, {"role": "gpt", "content": "Hello!"}]}`,
    `{"messages": [{"from": "user", "value": "Hi"}, ${answer}]}`,
    `{"messages": [{"role": "narrator", "content": "Hi"}, ${answer}]}`,
    `{"messages": [${user}]}`,
    '{"messages": []}',
    `{"messages": [{"role": "system", "content": "Be kind."}, ${answer}]}`,
    `{"messages": [${user}, ${user}, {"role": "assistant", "content": "Hello, hello!"}]}`,
    `{"messages": [${user}, {"role": "assistant", "content": "Well, hello!"}, {"role": "user", "content": "Bye"}]}`,
    `{"messages": [${user}, {"role": "assistant", "content": " Hello!"}, {"role": "user"}, {"role": "assistant", "content": ""}]}`,
    `{"messages": [${user}, {"role": "assistant", "content": "Hello?", "weight": 0}]}`,
    `{"messages": [${user}, {"role": "assistant", "content": ["Hello", {"type": "image_url"}]}]}`,
  ].join("\n"),
  "A byte order mark": `\ufeff${good}`,
  "A JSON array": `[\n  {\n    "instruction": "a",\n    "output": "b"\n  },\n  {"instruction": "c", "output": "d"}\n]`,
  "ShareGPT": '{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello!"}]}\n{"conversations": [{"from": "human", "value": "Bye"}, {"from": "gpt", "value": "See you!"}]}',
  "A table": "instruction,output\nName a fruit,Apple",
  "Nothing": "",
};

/** Tabs and odd characters as one visible column each, so that the carets stand right. */
const visible = (text: string): string => text.replace(/\t/g, "→").replace(/\ufeff/g, "¤");

const show = (title: string, text: string): string => {
  const parsed = parseDataset(text);
  const about = (problem: Problem): string => {
    const { start, end } = problem.span;
    const lines = [`        ${" ".repeat(start)}${"^".repeat(Math.max(1, end - start))}`, `        ${problem.severity} ${problem.code}: ${problem.message}`];
    for (const fix of fixesFor(parsed, problem)) {
      const fixed = applyFixes(text, [fix]).split("\n");
      const whole = fix.edits.some((edit) => edit.line !== problem.line) || fix.edits.some((edit) => edit.newText.includes("\n"));
      const result = fix.edits.some((edit) => edit.wholeLine) && !whole ? "(the row is gone)" : whole ? `\n${fixed.map((line) => `            ${visible(line)}`).join("\n")}` : visible(fixed[problem.line]!);
      lines.push(`        ${fix.preferred ? "fix" : "suggestion"}: ${fix.title} -> ${result}`);
    }
    return lines.join("\n");
  };
  const rows = parsed.lines.flatMap((line) => [`${String(line.number + 1).padStart(6)}  ${visible(line.text)}`, ...parsed.problems.filter((problem) => problem.line === line.number).map(about)]);
  return [`== ${title}: ${parsed.format ?? "no format"}. ${parsed.formatReason} ${parsed.usable} of ${parsed.rows} rows can be trained on.`, ...rows, ""].join("\n");
};

test("problems as a person reads them", async () => {
  await expect(Object.entries(files).map(([title, text]) => show(title, text)).join("\n")).toMatchFileSnapshot("../../golden/problems.txt");
});
