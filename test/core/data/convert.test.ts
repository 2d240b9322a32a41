/** Any format to any other: what is not listed as lost comes back. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convertDataset, targets, type Conversion } from "../../../src/core/data/convert/convert";
import { writeRows } from "../../../src/core/data/convert/write";
import { parseDataset, type ParsedDataset } from "../../../src/core/data/parse";
import { type FormatName } from "../../../src/core/data/record";

const parse = (rows: readonly object[], file?: string): ParsedDataset => parseDataset(rows.map((row) => JSON.stringify(row)).join("\n"), file === undefined ? {} : { file });
const lost = ({ losses }: Conversion): string[] => losses.map(({ what, records, leavesOut }) => `${leavesOut ? "left out" : "not kept"} ${records}: ${what.replace(/ \(.*/, "")}`);
const chat = (...turns: [string, string, object?][]): object => ({ messages: turns.map(([role, content, more]) => ({ role, content, ...more })) });

describe("what is lost", () => {
  test.each<[string, object[], FormatName, object[], string[]]>([
    ["Alpaca to chat", [{ instruction: "a", input: "", output: "b" }, { instruction: "c", input: "d", output: "e" }], "openai-chat", [chat(["user", "a"], ["assistant", "b"]), chat(["user", "c\n\nd"], ["assistant", "e"])], ["not kept 1: the line between instruction and input"]],
    ["Dolly to Alpaca", [{ instruction: "a", context: "c", response: "b", category: "closed_qa" }], "alpaca", [{ instruction: "a", input: "c", output: "b" }], ["not kept 1: columns beside the text: `category`"]],
    ["ShareGPT to Alpaca, with earlier turns and a system message", [{ id: "1", conversations: [{ from: "system", value: "s" }, { from: "human", value: "a" }, { from: "gpt", value: "b" }, { from: "human", value: "c" }, { from: "gpt", value: "d" }] }], "alpaca",
      [{ instruction: "c", input: "", output: "d", system: "s", history: [["a", "b"]] }], ["not kept 1: columns beside the text: `id`"]],
    ["several turns to questions and answers", [chat(["user", "a"], ["assistant", "b"], ["user", "c"], ["assistant", "d"]), chat(["user", "e"], ["assistant", "f"])], "question-answer", [{ question: "e", answer: "f" }], ["left out 1: conversations of several turns, or in another order than question and answer"]],
    ["calls of tools to Alpaca", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", tool_calls: [{ function: { name: "f", arguments: "{}" } }] }], tools: [] }], "alpaca", [], ["left out 1: calls of tools and their results"]],
    ["weights to Alpaca's history", [chat(["user", "a"], ["assistant", "b", { weight: 0 }], ["user", "c"], ["assistant", "d"])], "alpaca", [{ instruction: "c", input: "", output: "d", history: [["a", "b"]] }], ["not kept 1: which answers are not trained"]],
    ["parts of answers to LLaMA-Factory v1", [chat(["user", "a"], ["assistant", "bcd", { train_detail: [{ begin_offset: 0, end_offset: 1, train: true }] }])], "llama-factory-v1",
      [{ messages: [{ role: "user", content: [{ type: "text", value: "a" }] }, { role: "assistant", content: [{ type: "text", value: "bcd" }], loss_weight: 1 }] }], ["not kept 1: which parts of an answer are trained"]],
    ["plain text to chat", [{ text: "a" }], "openai-chat", [], ["left out 1: text without a question and an answer"]],
    ["chat to plain text", [chat(["user", "a"], ["assistant", "b"])], "text", [], ["left out 1: conversations"]],
    ["preferences to chat", [{ prompt: "a", chosen: "b", rejected: "c" }], "openai-chat", [chat(["user", "a"], ["assistant", "b"])], ["not kept 1: rejected answers"]],
    ["preferences to OpenAI's", [{ prompt: "a", chosen: "b", rejected: "c" }], "openai-preference", [{ input: chat(["user", "a"]), preferred_output: [{ role: "assistant", content: "b" }], non_preferred_output: [{ role: "assistant", content: "c" }] }], []],
    ["rows with errors", [{ instruction: "a", output: "b" }, { instruction: "a", output: "" }], "flan", [{ inputs: "a", targets: "b" }], ["left out 1: rows that cannot be trained on"]],
    ["a system message to prompt and completion", [chat(["system", "s"], ["user", "a"], ["assistant", "b"]), chat(["user", "a"], ["assistant", "b"])], "prompt-completion",
      [{ prompt: [{ role: "system", content: "s" }, { role: "user", content: "a" }], completion: [{ role: "assistant", content: "b" }] }, { prompt: [{ role: "user", content: "a" }], completion: [{ role: "assistant", content: "b" }] }], []],
  ])("%s", (_, rows, name, written, losses) => {
    const conversion = convertDataset(parse(rows), name);
    expect(conversion.rows).toEqual(written);
    expect(lost(conversion)).toEqual(losses);
  });
});

const words = fc.string({ unit: fc.constantFrom("a", "é", "🙂", " ", "\n", '"', "{", ","), minLength: 1, maxLength: 8 }).map((text) => `x${text.replace(/\{\{/g, "")}x`);
const call = fc.record({ name: fc.constantFrom("f", "g"), arguments: fc.constantFrom({ x: 1 }, {}, { "y z": ["é"] }) }).map(({ name, arguments: given }) => ({ type: "function", function: { name, arguments: JSON.stringify(given) } }));
const answer = fc.record({ content: words, weight: fc.constantFrom(undefined, undefined, 0), reasoning_content: fc.option(words, { nil: undefined, freq: 4 }), part: fc.nat({ max: 6 }) }).map(({ part, ...message }) =>
  ({ role: "assistant", ...message, ...(part > 4 && message.weight === undefined ? { train_detail: [{ begin_offset: 0, end_offset: 1, train: true }] } : {}) }));
const turn = fc.oneof({ weight: 4, arbitrary: fc.tuple(words.map((content) => ({ role: "user", content })), answer) },
  { weight: 1, arbitrary: fc.tuple(words.map((content) => ({ role: "user", content })), call.map((one) => ({ role: "assistant", content: null, tool_calls: [one] })), words.map((content) => ({ role: "tool", content })), answer) });
const chatRows = fc.record({ system: fc.option(words), turns: fc.array(turn, { minLength: 1, maxLength: 3 }), tools: fc.option(fc.constant([{ type: "function", function: { name: "f", parameters: {} } }]), { nil: undefined, freq: 4 }) })
  .map(({ system, turns, tools }) => ({ messages: [...(system === null ? [] : [{ role: "system", content: system }]), ...turns.flat()], tools }));
const rowsOf: fc.Arbitrary<object[]> = fc.oneof(
  fc.array(chatRows, { minLength: 1, maxLength: 4 }), fc.array(fc.record({ instruction: words, input: fc.oneof(fc.constant(""), words), output: words }), { minLength: 1, maxLength: 4 }),
  fc.array(fc.record({ prompt: words, chosen: words, rejected: words }), { minLength: 1, maxLength: 3 }), fc.array(fc.record({ text: words }), { minLength: 1, maxLength: 3 }),
  fc.array(fc.record({ segments: fc.array(fc.record({ label: fc.boolean(), text: words }), { maxLength: 3 }).map((list) => [...list, { label: true, text: "x" }]) }), { minLength: 1, maxLength: 3 }));

/** A record without its places. */
const meaning = ({ records }: ParsedDataset): unknown => records.map(({ messages, tools, bare, alpaca, rejected }) => ({
  messages: messages.map(({ span: _, line: __, ...message }) => message), tools, bare, input: alpaca?.input ?? "", rejected: rejected?.map(({ role, content }) => ({ role, content })),
}));

describe("there and back", () => {
  test.each(targets.map(({ name }) => name))("%s: where nothing is listed as lost, nothing is", (name) => {
    let whole = 0;
    fc.assert(fc.property(rowsOf, (rows) => {
      const source = parse(rows);
      fc.pre(source.usable === source.rows && source.records.length === rows.length);
      const there = convertDataset(source, name);
      const again = parse(there.rows);
      // Whatever is written is read as what it was written as, without an error.
      if (there.rows.length > 0) expect([again.format, again.usable]).toEqual([name, there.rows.length]);
      if (there.losses.length > 0) return;
      whole++;
      expect(meaning(again)).toEqual(meaning(source));
      const back = convertDataset(again, source.format!);
      expect([back.losses, back.rows]).toEqual([[], convertDataset(source, source.format!).rows]);
    }), { numRuns: 500 });
    expect(whole).toBeGreaterThan(5);
  });

  test("what a format holds is kept by converting to it twice", () => {
    fc.assert(fc.property(rowsOf, fc.constantFrom(...targets.map(({ name }) => name)), (rows, name) => {
      const once = convertDataset(parse(rows), name);
      const twice = convertDataset(parse(once.rows), name);
      if (once.rows.length > 0) expect([twice.rows, twice.losses]).toEqual([once.rows, []]);
    }), { numRuns: 300 });
  });

  test("as JSON Lines, an array and a table", () => {
    fc.assert(fc.property(fc.array(fc.record({ instruction: words, output: words }), { minLength: 1 }), (rows) => {
      const { rows: written } = convertDataset(parse(rows), "dolly");
      const [lines, array, table] = (["jsonl", "json", "csv"] as const).map((container) => parseDataset(writeRows(written, container), { file: `a.${container}` }));
      expect([array!.container, table!.container]).toEqual(["json", "csv"]);
      const said = (parsed: ParsedDataset): unknown => parsed.records.map(({ messages }) => messages.map(({ content }) => content));
      expect(said(array!)).toEqual(said(lines!));
      expect(said(table!)).toEqual(said(lines!));
    }));
  });
});
