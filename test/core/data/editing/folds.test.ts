import fc from "fast-check";
import { expect, test } from "vitest";
import { foldsOf } from "../../../../src/core/data/editing/folds";

const row = '{"instruction": "{[", "output": "b"}';
const shown = (text: string): string[] => foldsOf(text).map(({ start, end, kind }) => `${kind} ${start}-${end}`);

test("rows without blank lines between them are no blocks", () => expect(shown(`${row}\n${row}\n${row}\n`)).toEqual([]));
test("blank lines part blocks", () => expect(shown(`${row}\n${row}\n\n${row}\n\n\n${row}\n${row}\n${row}`)).toEqual(["block 0-1", "block 6-8"]));
test("a row over several lines", () => expect(shown('{\n  "messages": [\n    {"role": "user"},\n    {"role": "assistant"}\n  ]\n}\n')).toEqual(["row 0-4", "row 1-3"]));
test("any text is survived, and folds lie in it", () => {
  fc.assert(fc.property(fc.array(fc.constantFrom("{", "}", "[", "]", '"', "\\", "\n", "a", row)).map((parts) => parts.join("")), (text) => {
    const lines = text.split("\n").length;
    for (const { start, end } of foldsOf(text)) expect(start >= 0 && start < end && end < lines).toBe(true);
  }));
});
