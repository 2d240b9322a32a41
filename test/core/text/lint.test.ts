import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { lintRecord } from "../../../src/core/text/lint";
import { type ChatTemplate } from "../../../src/core/text/chat";
import { type Tokenizer } from "../../../src/core/text/types";

/** A token for each character. */
const tokenizer = { encodeWithOffsets: (text: string) => ({ ids: [...text].map((character) => character.charCodeAt(0)), starts: [...text].map((_, index) => index) }) } as unknown as Tokenizer;
const template: ChatTemplate = { kind: "chat", source: "{% for m in messages %}{{ m.role[0] + ':' + m.content + '.' }}{% endfor %}{% if add_generation_prompt %}a:{% endif %}", tokens: { bos_token: "", eos_token: ".", pad_token: "", unk_token: "" }, specialTokens: ["."] };
const lint = (text: string, maxLength: number, using = template): [string, string, string][] => {
  const { records, lines } = parseDataset(text);
  return records.flatMap((record) => lintRecord(record, lines[record.line]!.text, using, tokenizer, maxLength)).map(({ code, severity, span, line }) => [code, severity, lines[line]!.text.slice(span.start, span.end)]);
};
// "u:Why?.a:Because\n." has 18 characters.
const row = '{"instruction": "Why?", "output": "Beca\\u0075se of it"}';

describe("lintRecord", () => {
  test("says nothing of a row that fits", () => expect(lint(row, 100)).toEqual([]));
  test("points at what is cut off, escapes and all", () => {
    expect(lint(row, 12)).toEqual([["cut-off", "warning", "a\\u0075se of it"]]);
    expect(lint(row, 14)).toEqual([["cut-off", "warning", "se of it"]]);
  });
  test("at the closing quote where only the end token is lost", () => expect(lint(row, 22)).toEqual([["cut-off", "warning", '"']]));
  test("an error where no answer is left", () => {
    expect(lint(row, 9)).toEqual([["nothing-trained", "error", '"Beca\\u0075se of it"']]);
    expect(lint(row, 5)).toEqual([["nothing-trained", "error", '"Beca\\u0075se of it"']]);
  });
  test("a later answer that is cut, in a conversation", () => {
    const chat = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bb"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "dddd"}]}';
    expect(lint(chat, 17)).toEqual([["cut-off", "warning", "dd"]]);
    expect(lint(chat, 10)).toEqual([["cut-off", "warning", "dddd"]]);
  });
  test("an error where the template refuses", () => {
    expect(lint(row, 100, { ...template, source: "{{ raise_exception('no') }}" })).toEqual([["template-refused", "error", '"Beca\\u0075se of it"']]);
  });
});
