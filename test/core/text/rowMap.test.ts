import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { type DatasetRecord } from "../../../src/core/data/record";
import { encodeRecord } from "../../../src/core/text/example";
import { mapRow } from "../../../src/core/text/rowMap";
import { chooseTemplate, renderRecord, type PromptTemplate } from "../../../src/core/text/template";
import { createTokenizer } from "../../../src/core/text/tokenizer";
import { IGNORE_LABEL } from "../../../src/core/text/types";

const starter = (file: string): string => readFileSync(join(__dirname, "../../../starter/base", file), "utf8");
const tokenizer = createTokenizer(starter("tokenizer.json"), starter("tokenizer_config.json"));
const chat = (source: string): PromptTemplate => ({ kind: "chat", source, tokens: { bos_token: "<s>", eos_token: "</s>", pad_token: "", unk_token: "" } });
const templates: Record<string, PromptTemplate> = {
  starter: chooseTemplate(tokenizer), alpaca: { kind: "alpaca", bos: "<s>", eos: "</s>" },
  trimming: chat("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content.strip() + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"),
};
const read = (line: string): DatasetRecord => parseDataset(line).records[0]!;
/** What each of the words comes from. */
const found = (line: string, template: PromptTemplate, ...words: string[]): string[] => {
  const segments = renderRecord(read(line), template);
  const text = segments.map((segment) => segment.text).join("");
  const map = mapRow(segments, read(line), line);
  return words.map((word) => {
    const at = text.indexOf(word);
    const { start, end } = map.spanOf(at, at + word.length);
    return line.slice(start, end);
  });
};

describe("mapRow", () => {
  test("Alpaca's parts, which its template lays out itself and a chat template joins", () => {
    const line = '{"output": "Th\\u0072ee.", "input": "1\\n2", "instruction": "Add \\"both\\"."}';
    for (const template of Object.values(templates)) expect(found(line, template, '"both"', "1\n2", "Three")).toEqual(['\\"both\\"', "1\\n2", "Th\\u0072ee"]);
  });
  test("content in parts, and a content that is also elsewhere in the row", () => {
    const line = '{"messages": [{"role": "user", "content": [{"type": "text", "text": "text one"}, {"type": "text", "text": " and two"}]}, {"role": "assistant", "content": "text one"}]}';
    expect(found(line, templates.trimming!, "one and", "<|im_start|>assistant\ntext one")).toEqual(['one"}, {"type": "text", "text": " and', "text one"]);
  });
  test("an end token stands at the closing quote", () => {
    const line = '{"instruction": "a", "output": "b"}';
    const { start, end } = (() => {
      const segments = renderRecord(read(line), templates.alpaca!);
      const text = segments.map((segment) => segment.text).join("");
      return mapRow(segments, read(line), line).spanOf(text.length - 4, text.length);
    })();
    expect([start, end]).toEqual([line.length - 2, line.length - 1]);
  });
  test("tells the message of every place", () => {
    const line = '{"messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}, {"role": "assistant", "content": "A"}]}';
    const segments = renderRecord(read(line), templates.trimming!);
    const text = segments.map((segment) => segment.text).join("");
    const map = mapRow(segments, read(line), line);
    expect(["\nS", "\nU", "\nA"].map((word) => map.messageAt(text.indexOf(word) + 1))).toEqual([0, 1, 2]);
    expect(map.messageAt(0)).toBeUndefined();
  });
});

const words = fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }), fc.constantFrom("a", "the\tcat", ' "quoted" ', "\\n", "ünïcode 🦊", "\u0001\u2028", "assistant", "### Response:", " ")).filter((text) => text.trim() !== "");
/** JSON in which every third character of a string is escaped, though it need not be. */
const written = (value: object, escape: boolean): string => {
  const escaped = (text: string): string => `"${Array.from({ length: text.length }, (_, at) => escape && at % 3 === 0 ? `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}` : JSON.stringify(text[at]!).slice(1, -1)).join("")}"`;
  const write = (node: unknown): string => typeof node === "string" ? escaped(node) : Array.isArray(node) ? `[${node.map(write).join(", ")}]` : `{${Object.entries(node as object).map(([key, item]) => `"${key}": ${key === "role" ? JSON.stringify(item) : write(item)}`).join(", ")}}`;
  return write(value);
};
const rows = fc.oneof(
  fc.record({ instruction: words, input: fc.oneof(fc.constant(""), words), output: words }),
  fc.record({ output: words, instruction: words }),
  fc.array(fc.tuple(words, words), { minLength: 1, maxLength: 3 }).map((turns) => ({ messages: turns.flatMap(([content, answer]) => [{ role: "user", content }, { role: "assistant", content: answer }]) })),
);

test("every trained character lies in the row's line, and what was written there is found as it is", () => {
  fc.assert(fc.property(rows, fc.constantFrom(...Object.keys(templates)), fc.boolean(), (row, name, escape) => {
    const line = written(row, escape);
    const record = parseDataset(line).records[0];
    fc.pre(record !== undefined);
    const { segments, text, ids, starts, labels } = encodeRecord(record!, templates[name]!, tokenizer);
    const map = mapRow(segments, record!, line);
    let offset = 0;
    for (const segment of segments) {
      for (let at = offset; at < offset + segment.text.length; at++) {
        const { start, end } = map.spanOf(at, at + 1);
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(line.length);
        if (map.isWritten(at, at + 1)) expect(JSON.parse(`"${line.slice(start, end)}"`)).toBe(text[at]);
      }
      offset += segment.text.length;
      // Every answer's words are found: what is trained is the content and the end token, nothing unknown.
      if (segment.trained) expect(Array.from(segment.text, (_, at) => map.isWritten(offset - segment.text.length + at, offset - segment.text.length + at + 1)).filter(Boolean).length).toBeGreaterThan(0);
    }
    ids.forEach((_, t) => {
      if (labels[t] === IGNORE_LABEL) return;
      const { start, end } = map.spanOf(starts[t]!, starts[t + 1] ?? text.length);
      expect(start).toBeLessThan(end);
      expect(end).toBeLessThanOrEqual(line.length);
    });
  }), { numRuns: 300 });
});
