/** What the loss sees of rows that say it themselves: by message, by character, by piece. */
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { type ChatTemplate } from "../../../src/core/text/chat";
import { lintRecord } from "../../../src/core/text/lint";
import { renderRecord, type PromptTemplate } from "../../../src/core/text/template";
import { type Tokenizer } from "../../../src/core/text/types";

const chat: ChatTemplate = {
  kind: "chat", addsBos: true, tokens: { bos_token: "<s>", eos_token: "</s>", pad_token: "", unk_token: "" }, specialTokens: ["<s>", "</s>"],
  source: "{{ bos_token }}{% for m in messages %}{{ '[' + m.role + '] ' + m.content | trim + '</s>' }}{% endfor %}{% if add_generation_prompt %}{{ '[assistant] ' }}{% endif %}",
};
const alpaca: PromptTemplate = { kind: "alpaca", bos: "<s>", eos: "</s>" };
const rendered = (row: object, template: PromptTemplate): string => {
  const { records, problems } = parseDataset(JSON.stringify(row));
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  return records.map((record) => renderRecord(record, template).map(({ text, trained }) => trained ? `⟦${text}⟧` : text).join("").replace(/⟧⟦/g, "")).join("\n");
};
const said = (content: string, ...parts: [number, number, boolean][]): object => ({ messages: [{ role: "user", content: "Q" }, { role: "assistant", content, train_detail: parts.map(([begin_offset, end_offset, train]) => ({ begin_offset, end_offset, train })) }] });

describe("by character", () => {
  test.each([
    ["in the middle: the end token is not learned", said("one two three", [4, 6, true]), "<s>[user] Q</s>[assistant] one ⟦two⟧ three</s>"],
    ["to the end: the end token is", said("one two three", [8, 12, true]), "<s>[user] Q</s>[assistant] one two ⟦three</s>⟧"],
    ["two parts, in any order", said("one two three", [8, 12, false], [4, 6, true], [0, 2, true]), "<s>[user] Q</s>[assistant] ⟦one⟧ ⟦two⟧ three</s>"],
    ["parts that touch", said("one two three", [0, 3, true], [4, 12, true]), "<s>[user] Q</s>[assistant] ⟦one two three</s>⟧"],
    ["in a text that the template trims", said("  one two ", [2, 4, true]), "<s>[user] Q</s>[assistant] ⟦one⟧ two</s>"],
  ])("%s", (_, row, expected) => expect(rendered(row, chat)).toBe(expected));

  test("with the Alpaca template too", () => {
    expect(rendered(said("one two", [0, 2, true]), alpaca)).toMatch(/### Response:⟦one⟧ two<\/s>$/);
  });

  test("says so where the template changes the text", () => {
    const { records } = parseDataset(JSON.stringify(said("one two", [0, 2, true])));
    expect(() => renderRecord(records[0]!, { ...chat, source: chat.source.replace("trim", "upper") })).toThrow(/TEMPLATE_FAILED|parts of it that are trained|cannot be found/);
  });
});

test("by message: every answer but the one switched off", () => {
  expect(rendered({ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b", train: false }, { role: "user", content: "c" }, { role: "assistant", content: "d" }] }, chat)).toBe("<s>[user] a</s>[assistant] b</s>[user] c</s>[assistant] ⟦d</s>⟧");
});

test("pieces bring their own marks, a plain text gets the base's", () => {
  for (const template of [chat, alpaca]) {
    expect(rendered({ segments: [{ label: true, text: "<s>Hi" }, { label: false, text: "\n\n" }, { label: true, text: "there</s>" }] }, template)).toBe("⟦<s>Hi⟧\n\n⟦there</s>⟧");
    expect(rendered({ text: "Once upon" }, template)).toBe("<s>⟦Once upon</s>⟧");
  }
  expect(rendered({ text: "Once upon" }, { ...chat, addsBos: false })).toBe("⟦Once upon</s>⟧");
});

test("what a base makes of such rows can be told", () => {
  const encodeWithOffsets = (text: string): { ids: number[]; starts: number[] } => ({ ids: [...text].map((character) => character.codePointAt(0)!), starts: [...text].map((_, index) => index) });
  const tokenizer = { encodeWithOffsets, encode: (text: string) => encodeWithOffsets(text).ids, decode: (ids: readonly number[]) => String.fromCodePoint(...ids) } as unknown as Tokenizer;
  for (const row of [said("one two three", [4, 6, true], [8, 12, true]), { text: "Once upon a time" }, { segments: [{ label: false, text: "a" }, { label: true, text: "bcdefghijklm" }] }]) {
    const line = JSON.stringify(row);
    for (let maxLength = 1; maxLength < 60; maxLength++) {
      for (const { span } of lintRecord(parseDataset(line).records[0]!, line, { template: chat, tokenizer, maxLength })) expect(span.end).toBeLessThanOrEqual(line.length);
    }
  }
});
