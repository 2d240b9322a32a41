/** Reading a text that was edited: nothing of an earlier parse may be seen in the result. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDataset, type ParseOptions } from "../../../src/core/data/parse";
import { mutatedRows } from "./mutatedRows";

const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 40 }), fc.oneof(fc.constantFrom("", "\n", '"', "{", "}", ",", '{"instruction": "a", "output": "b"}\n', "\ufeff", "\r\n"), mutatedRows)), { minLength: 1, maxLength: 4 });

test("an edited text gives the same result with and without the earlier one", () => {
  const options: fc.Arbitrary<ParseOptions> = fc.constantFrom({}, { file: "a.json" }, { file: "a.csv" }, { format: "openai-chat" as const });
  fc.assert(fc.property(mutatedRows, edits, options, (start, changes, asked) => {
    let text = start;
    let previous = parseDataset(text, asked);
    for (const [at, removed, inserted] of changes) {
      const from = at % (text.length + 1);
      text = text.slice(0, from) + inserted + text.slice(from + removed);
      const again = parseDataset(text, asked, previous);
      expect(again).toEqual(parseDataset(text, asked));
      previous = again;
    }
  }), { numRuns: 300 });
});

test("rows that move, come twice, or change the format that most rows have", () => {
  const alpaca = '{"instruction": "a", "output": "b "}', chat = '{"messages": [{"role": "user", "content": "a"}]}', odd = '{"mood": 1}';
  const texts = [[alpaca, chat], [chat, alpaca, chat], [odd, odd, chat, alpaca, alpaca, alpaca, odd], [chat, chat, odd, chat, alpaca], []].map((rows) => rows.join("\n"));
  let previous = parseDataset(texts[0]!);
  for (const text of [...texts, ...texts]) {
    const next = parseDataset(text, {}, previous);
    expect(next).toEqual(parseDataset(text));
    previous = next;
  }
});

test("an edit of one row leaves what was read of the others", () => {
  const rows = Array.from({ length: 200 }, (_, index) => JSON.stringify({ instruction: `Question ${index}?`, output: `It is ${index}.` }));
  const before = parseDataset(rows.join("\n"));
  rows[100] = rows[100]!.replace("It", "That");
  const after = parseDataset(rows.join("\n"), {}, before);
  expect(after.records.map((record, index) => record === before.records[index])).toEqual(rows.map((_, index) => index !== 100));
  expect(parseDataset(rows.join("\n")).records.some((record, index) => record === before.records[index])).toBe(false);
});
