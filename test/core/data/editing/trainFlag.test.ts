import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../../src/core/data/parse";
import { toggleTraining } from "../../../../src/core/data/editing/trainFlag";

const at = (row: string, words: string, until = words) => ({ start: row.indexOf(words), end: row.indexOf(until) + until.length });
const applied = (row: string, where: { start: number; end: number }): string => {
  const result = toggleTraining(row, where);
  if ("refusal" in result) return result.refusal;
  return [...result.changes].sort((a, b) => b.span.start - a.span.start).reduce((text, { span, newText }) => text.slice(0, span.start) + newText + text.slice(span.end), row);
};
const chat = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bb"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "dd", "weight": 0}]}';

describe("toggleTraining", () => {
  test("an OpenAI answer gets a weight, and an existing one changes", () => {
    expect(applied(chat, at(chat, "bb"))).toBe(chat.replace('"bb"', '"bb", "weight": 0'));
    expect(applied(chat, at(chat, "dd"))).toBe(chat.replace('"weight": 0', '"weight": 1'));
    expect(applied(chat, at(chat, "bb", "dd"))).toBe(chat.replace('"bb"', '"bb", "weight": 0'));
  });
  test("as the row writes its commas and colons", () => {
    const tight = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}';
    expect(applied(tight, at(tight, '"b"'))).toBe(tight.replace('"b"', '"b","weight":0'));
  });
  test("ShareGPT, Axolotl's flags and segments, each in its own words", () => {
    const shareGpt = '{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}';
    expect(applied(shareGpt, at(shareGpt, '"b"'))).toBe(shareGpt.replace('"b"', '"b", "weight": 0'));
    const axolotl = '{"messages": [{"role": "assistant", "content": "a", "train": false}, {"role": "assistant", "content": "b"}]}';
    expect(applied(axolotl, at(axolotl, '"b"'))).toBe(axolotl.replace('"b"', '"b", "train": false'));
    expect(applied(axolotl, at(axolotl, '"a"'))).toBe(axolotl.replace("false", "true"));
    const segments = '{"segments": [{"label": false, "text": "a"}, {"label": true, "text": "b"}]}';
    expect(applied(segments, at(segments, '"b"'))).toBe(segments.replace("true", "false"));
  });
  test("says why not", () => {
    expect(applied(chat, at(chat, '"a"'))).toContain("Only what the assistant says");
    expect(applied(chat, { start: 0, end: 0 })).toContain("Put the cursor into an answer");
    expect(applied('{"instruction": "a", "output": "b"}', { start: 20, end: 21 })).toContain("no place for a flag");
    expect(applied("[1]", { start: 0, end: 1 })).toContain("not a row");
  });
  test("is what the parser trains on, and twice is as before in meaning", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 }), fc.constantFrom(undefined, 0, 1)), { minLength: 2, maxLength: 4 }), fc.nat(3), (turns, chosen) => {
      const row = JSON.stringify({ messages: turns.flatMap(([content, answer, weight]) => [{ role: "user", content }, { role: "assistant", content: `x${answer}`, ...(weight === undefined ? {} : { weight }) }]) });
      const read = (text: string) => parseDataset(text).records[0]?.messages.map(({ trained }) => trained);
      const before = read(row);
      fc.pre(before !== undefined);
      const number = 2 * (chosen % turns.length) + 1;
      const span = parseDataset(row).records[0]!.messages[number]!.span;
      const once = applied(row, span);
      fc.pre(read(once) !== undefined); // the last trained answer may be switched off; then the row is an error
      expect(read(once)).toEqual(before!.map((trained, index) => index === number ? !trained : trained));
      expect(read(applied(once, parseDataset(once).records[0]!.messages[number]!.span))).toEqual(before);
    }));
  });
});
