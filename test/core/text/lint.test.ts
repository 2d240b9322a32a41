import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { lintRecord, problemsOfFile, readRow } from "../../../src/core/text/lint";
import { type ChatTemplate } from "../../../src/core/text/chat";
import { type Tokenizer } from "../../../src/core/text/types";

/** A token for each character, but one for each of these. */
const tokenizerOf = (...longer: string[]): Tokenizer => {
  const pattern = new RegExp(`${longer.map((token) => token.replace(/[|]/g, "\\|")).concat("[^]").join("|")}`, "g");
  const idOf = (token: string): number => token.length === 1 ? token.charCodeAt(0) : 70_000 + longer.indexOf(token);
  const encodeWithOffsets = (text: string) => ({ ids: [...text.matchAll(pattern)].map(([token]) => idOf(token)), starts: [...text.matchAll(pattern)].map(({ index }) => index) });
  return {
    encodeWithOffsets, encode: (text: string) => encodeWithOffsets(text).ids, decode: (ids: readonly number[]) => ids.map((id) => id < 70_000 ? String.fromCharCode(id) : longer[id - 70_000]).join(""),
    specialTokens: [".", "<|eos|>", "<s>"], bosToken: "<s>", bosId: idOf("<s>"), eosToken: "<|eos|>", eosId: idOf("<|eos|>"),
  } as unknown as Tokenizer;
};
const tokenizer = tokenizerOf("<|eos|>", "<s>");
const template: ChatTemplate = { kind: "chat", source: "{% for m in messages %}{{ m.role[0] + ':' + m.content + '.' }}{% endfor %}{% if add_generation_prompt %}a:{% endif %}", tokens: { bos_token: "", eos_token: ".", pad_token: "", unk_token: "" }, specialTokens: ["."] };
const lint = (text: string, maxLength: number, using = template, by = tokenizer): [string, string, string][] => {
  const { records, lines } = parseDataset(text);
  return records.flatMap((record) => lintRecord(record, lines[record.line]!.text, { template: using, tokenizer: by, maxLength })).map(({ code, severity, span, line }) => [code, severity, lines[line]!.text.slice(span.start, span.end)]);
};
const chat = (...turns: [string, string, object?][]): string => JSON.stringify({ messages: turns.map(([role, content, more]) => ({ role, content, ...more })) });
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
  test("from the first character that is cut to the last, in a conversation", () => {
    const talk = '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bb"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "dddd"}]}';
    expect(lint(talk, 17)).toEqual([["cut-off", "warning", "dd"]]);
    expect(lint(talk, 11)).toEqual([["cut-off", "warning", 'c"}, {"role": "assistant", "content": "dddd']]);
  });
  test("says how many tokens are cut and how many of them are trained", () => {
    const { records } = parseDataset(row);
    // "u:Why?.a:Because of it." has 23 tokens, the last 14 trained.
    expect(lintRecord(records[0]!, row, { template, tokenizer, maxLength: 20 })[0]!.message).toContain("has 23 tokens, and what is beyond 20 is cut off from here on: 3 tokens, all trained");
  });
  test("only a note where nothing trained is cut", () => {
    expect(lint(chat(["user", "a"], ["assistant", "bb"], ["user", "and"], ["assistant", "this", { weight: 0 }]), 12)).toEqual([["truncated", "information", 'nd"},{"role":"assistant","content":"this']]);
  });
  test("an error where the template refuses, at the message that it refuses", () => {
    expect(lint(row, 100, { ...template, source: "{{ raise_exception('no') }}" })).toEqual([["template-refused", "error", '"Beca\\u0075se of it"']]);
    const noSystem = { ...template, source: "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% endfor %}" };
    expect(lint(chat(["system", "S"], ["user", "U"], ["assistant", "A"]), 100, noSystem)).toEqual([["template-refused", "error", '"S"']]);
    const alternating = { ...template, source: "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}{% endfor %}" };
    expect(lint(chat(["user", "U"], ["user", "V"], ["assistant", "A"]), 100, alternating)).toEqual([["template-refused", "error", '"V"']]);
  });
  test("control tokens among the words, wherever they stand", () => {
    expect(lint(chat(["user", "What does \n <|eos|> mean?"], ["assistant", "\t<|eos|>"]), 100)).toEqual([["special-token", "warning", "<|eos|>"], ["special-token", "warning", "<|eos|>"]]);
    const { records } = parseDataset(chat(["user", "a<|eos|>b"], ["assistant", "c"]));
    const [found] = lintRecord(records[0]!, chat(["user", "a<|eos|>b"], ["assistant", "c"]), { template, tokenizer, maxLength: 99 });
    expect(found).toMatchObject({ fixable: false, fixes: [{ title: "Remove <|eos|>", preferred: false, edits: [{ newText: "", span: found!.span }] }] });
  });
  test("not the template's own, nor where the tokenizer reads them as text", () => {
    expect(lint(chat(["user", "a"], ["assistant", "<|eos|>"]), 100, template, tokenizerOf())).toEqual([]);
  });
  test("BOS twice", () => {
    const begins = { ...template, source: `<s>${template.source}`.replace("m.role[0] + ':' + ", "") };
    expect(lint(chat(["user", "<s>Hi"], ["assistant", "Ho"]), 100, begins)).toContainEqual(["double-bos", "warning", "<s>"]);
    expect(lint(chat(["user", "Hi"], ["assistant", "Ho"]), 100, begins)).toEqual([]);
  });
  test("an answer whose beginning melts into the prompt", () => {
    expect(lint(chat(["user", "Hi"], ["assistant", '"Ho"']), 100, template, tokenizerOf(':"', "<|eos|>", "<s>"))).toEqual([["boundary-merge", "warning", '\\"']]);
    expect(lint(chat(["user", '"Hi"'], ["assistant", "Ho"]), 100, template, tokenizerOf(':"', "<|eos|>", "<s>"))).toEqual([]);
  });
  test("marks of pictures, which a text base cannot see", () => {
    expect(lint(chat(["user", "<image>\nWhat is it?"], ["assistant", "A <video> tag, <b>cat</b>."]), 100).filter(([code]) => code !== "special-token")).toEqual([["image-placeholder", "warning", "<image>"]]);
  });
  test("an end that is never learned, once for a file", () => {
    const endless = { ...template, source: "{% for m in messages %}{{ m.role[0] + ':' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}a:{% endif %}" };
    expect(lint(row, 100, endless)).toEqual([["end-not-trained", "warning", '"']]);
    const { records, lines } = parseDataset(`${row}\n${row.replace("Why", "How")}`);
    expect(problemsOfFile(records.flatMap((record) => lintRecord(record, lines[record.line]!.text, { template: endless, tokenizer, maxLength: 99 })))).toHaveLength(1);
  });
});

test("segments bring their own tokens, and are told where they end without one", () => {
  const segments = (last: string): string => JSON.stringify({ segments: [{ label: false, text: "<s>Why?" }, { label: true, text: last }] });
  expect(lint(segments("So<|eos|>"), 100)).toEqual([]);
  expect(lint(segments("So"), 100)).toEqual([["end-not-trained", "warning", '"']]);
});

test("counts what fits and what of it is trained", () => {
  const { records } = parseDataset(row);
  expect(readRow(records[0]!, row, { template, tokenizer, maxLength: 12 })).toMatchObject({ kept: 12, trained: 3, encoded: { ids: { length: 23 } } });
});
