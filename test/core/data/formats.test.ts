/** Every format as its own sources write it: found out, read, and trained where its rule says. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDataset, type ParseOptions } from "../../../src/core/data/parse";
import { formatTable } from "../../../src/core/data/formats/formats";
import { type DatasetRecord, type FormatName } from "../../../src/core/data/record";

/** A record in one line: roles by letter, what is trained in ⟦ ⟧. */
const shown = ({ messages, tools }: DatasetRecord): string => [
  ...messages.map(({ role, content, trained, trainedParts, tool_calls, reasoning_content }) => {
    const marked = !trained ? content : trainedParts ? [...trainedParts].reverse().reduce((text, { start, end }) => `${text.slice(0, start)}⟦${text.slice(start, end)}⟧${text.slice(end)}`, content) : `⟦${content}⟧`;
    return `${role[0]!}:${reasoning_content === undefined ? "" : `(${reasoning_content})`}${marked}${tool_calls === undefined ? "" : JSON.stringify(tool_calls)}`;
  }),
  ...(tools === undefined ? [] : [`tools:${JSON.stringify(tools)}`]),
].join(" | ");

const read = (rows: readonly object[], options?: ParseOptions): { format: FormatName | undefined; records: string[]; problems: string[] } => {
  const { format, records, problems } = parseDataset(rows.map((row) => JSON.stringify(row)).join("\n"), options);
  return { format, records: records.map(shown), problems: problems.map(({ code, line }) => `${line + 1} ${code}`) };
};

const turns = (role: string, content: string, ...pairs: [string, string][]): object[] => pairs.map(([name, text]) => ({ [role]: name, [content]: text }));
const chat = (...pairs: [string, string][]): object[] => turns("role", "content", ...pairs);
const gpt = (...pairs: [string, string][]): object[] => turns("from", "value", ...pairs);
const call = { name: "f", arguments: { x: 1 } };
const asCall = '[{"type":"function","function":{"name":"f","arguments":"{\\"x\\":1}"}}]';

test.each<[string, FormatName, object[], string[], string[]?]>([
  ["Alpaca with an input", "alpaca", [{ instruction: "a", input: "b", output: "c" }], ["u:a\n\nb | a:⟦c⟧"]],
  ["Alpaca without one", "alpaca", [{ instruction: "a", output: "c" }], ["u:a | a:⟦c⟧"]],
  ["GPTeacher's response", "alpaca", [{ instruction: "a", input: "", response: "c" }], ["u:a | a:⟦c⟧"]],
  ["torchtune's text beside it", "alpaca", [{ instruction: "a", input: "", output: "c", text: "Below is" }], ["u:a | a:⟦c⟧"]],
  ["LLaMA-Factory's system and history", "alpaca", [{ instruction: "a", input: "", output: "c", system: "s", history: [["q", "r"]] }], ["s:s | u:q | a:⟦r⟧ | u:a | a:⟦c⟧"]],
  ["Dolly", "dolly", [{ instruction: "a", context: "b", response: "c", category: "closed_qa" }], ["u:a\n\nb | a:⟦c⟧"]],
  ["OpenOrca", "openorca", [{ id: "flan.1", system_prompt: "", question: "a", response: "c" }, { id: "flan.2", system_prompt: "s", question: "a", response: "c" }], ["u:a | a:⟦c⟧", "s:s | u:a | a:⟦c⟧"]],
  ["SlimOrca", "sharegpt", [{ conversations: [{ from: "system", value: "s", weight: null }, { from: "human", value: "a", weight: 0 }, { from: "gpt", value: "b", weight: 1 }] }], ["s:s | u:a | a:⟦b⟧"]],
  ["Evol-Instruct", "evol-instruct", [{ input: "a\r\nb", output: "c" }], ["u:a\r\nb | a:⟦c⟧"]],
  ["prompt and completion with GPT-3's end mark", "prompt-completion", [{ prompt: "a", completion: "c<|endoftext|>" }], ["u:a | a:⟦c⟧"], ["1 end-mark"]],
  ["conversational prompt and completion", "prompt-completion", [{ prompt: chat(["user", "a"], ["assistant", "b"], ["user", "c"]), completion: chat(["assistant", "d"]) }], ["u:a | a:b | u:c | a:⟦d⟧"]],
  ["GSM8K", "question-answer", [{ question: "a", answer: "<<1+1=2>>2\n#### 2" }], ["u:a | a:⟦<<1+1=2>>2\n#### 2⟧"]],
  ["Self-Instruct seeds", "self-instruct", [{ id: "1", name: "n", instruction: "a", instances: [{ input: "x", output: "1" }, { input: "y", output: "2" }], is_classification: false }], ["u:a\n\nx | a:⟦1⟧", "u:a\n\ny | a:⟦2⟧"]],
  ["Self-Instruct's fine-tuning form", "alpaca", [{ instruction: "a", input: "", output: "c", prompt: "a\n\n", completion: " c<|endoftext|>" }], ["u:a | a:⟦c⟧"], ["1 unknown-key", "1 unknown-key"]],
  ["Super-Natural Instructions", "natural-instructions", [{ Definition: ["a"], "Positive Examples": [], Instances: [{ id: "1", input: "x", output: ["1", "one"] }] }], ["u:a\n\nx | a:⟦1⟧"], ["1 left-out"]],
  ["Natural Instructions' older schema", "natural-instructions", [{ Definition: "a", "Positive Examples": [], Instances: [{ input: "x", output: "1" }] }], ["u:a\n\nx | a:⟦1⟧"]],
  ["FLAN rows", "flan", [{ inputs: "a", targets: "c", _task_source: "Flan2021", _task_name: "rte", _template_type: "zs_opt" }], ["u:a | a:⟦c⟧"]],
  ["ShareGPT with tools", "sharegpt", [{ conversations: gpt(["human", "a"], ["function_call", JSON.stringify(call)], ["observation", "{}"], ["gpt", "b"]), tools: JSON.stringify([{ name: "f" }]), system: "s" }],
    [`s:s | u:a | a:⟦⟧${asCall} | t:{} | a:⟦b⟧ | tools:[{"type":"function","function":{"name":"f"}}]`]],
  ["conversations written as OpenAI does", "openai-chat", [{ conversations: chat(["user", "a"], ["assistant", "b"]) }], ["u:a | a:⟦b⟧"]],
  ["OpenAI's legacy functions", "openai-chat", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: null, function_call: { name: "f", arguments: "{\"x\":1}" } }, { role: "function", name: "f", content: "1" }, { role: "assistant", content: "b" }], functions: [{ name: "f" }] }],
    [`u:a | a:⟦⟧${asCall} | t:1 | a:⟦b⟧ | tools:[{"type":"function","function":{"name":"f"}}]`]],
  ["Axolotl's train flags", "openai-chat", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "b", train: false }, { role: "user", content: "c" }, { role: "assistant", content: "d", train: true }] }], ["u:a | a:b | u:c | a:⟦d⟧"]],
  ["Axolotl's train_detail, in characters and with its end", "openai-chat", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "🙂 yes, no", train_detail: [{ begin_offset: 0, end_offset: 1, train: false }, { begin_offset: 2, end_offset: 4, train: true }, { begin_offset: 5, end_offset: 8, train: false }] }] }], ["u:a | a:🙂 ⟦yes⟧, no"]],
  ["Axolotl's flag on a part", "openai-chat", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: [{ type: "text", text: "think. ", train: false }, { type: "text", text: "say", train: true }] }] }], ["u:a | a:think. ⟦say⟧"]],
  ["Axolotl's segments", "axolotl-segments", [{ segments: [{ label: false, text: "<s>Q\n" }, { label: true, text: "A</s>" }] }], ["u:<s>Q\n | a:⟦A</s>⟧"]],
  ["Axolotl's oasst, camel, metharme and context pairs", "axolotl-pairs", [{ INSTRUCTION: "a", RESPONSE: "b" }], ["u:a | a:⟦b⟧"]],
  ["LLaMA-Factory v1", "llama-factory-v1", [{ messages: [{ role: "user", content: [{ type: "text", value: "a" }] }, { role: "assistant", content: [{ type: "text", value: "b" }], loss_weight: 0.0 }, { role: "user", content: [{ type: "text", value: "c" }] },
    { role: "assistant", content: [{ type: "reasoning", value: "hm" }, { type: "text", value: "d" }, { type: "tool_call", value: JSON.stringify(call) }], loss_weight: 0.5 }] }], [`u:a | a:b | u:c | a:(hm)⟦d⟧${asCall}`], ["1 train-flag"]],
  ["plain text", "text", [{ text: "Once." }], ["a:⟦Once.⟧"]],
  ["an OpenAssistant tree", "oasst-tree", [{ message_tree_id: "1", tree_state: "ready_for_export", prompt: { message_id: "1", text: "q", role: "prompter", replies: [
    { message_id: "2", parent_id: "1", text: "a1", role: "assistant", replies: [{ message_id: "3", text: "q1", role: "prompter", replies: [{ message_id: "4", text: "b1", role: "assistant", replies: [] }] }, { message_id: "5", text: "q2", role: "prompter", replies: [{ message_id: "6", text: "b2", role: "assistant" }] }] },
    { message_id: "7", text: "spam", role: "assistant", review_result: false, replies: [] }, { message_id: "8", text: "a2", role: "assistant", replies: [{ message_id: "9", text: "never answered", role: "prompter", replies: [] }] }] } }],
  ["u:q | a:⟦a1⟧ | u:q1 | a:⟦b1⟧", "u:q | a:a1 | u:q2 | a:⟦b2⟧", "u:q | a:⟦a2⟧"], ["1 left-out"]],
  ["an OpenAssistant thread", "oasst-thread", [{ thread_id: "1", thread: [{ message_id: "1", text: "q", role: "prompter" }, { message_id: "2", text: "a", role: "assistant" }, { message_id: "3", text: "bye", role: "prompter" }] }], ["u:q | a:⟦a⟧"]],
  ["OpenAssistant messages, answers first", "oasst-messages", [{ message_id: "2", parent_id: "1", text: "a", role: "assistant" }, { message_id: "1", parent_id: null, text: "q", role: "prompter" }, { message_id: "3", parent_id: "1", text: "b", role: "assistant" }, { message_id: "4", parent_id: "3", text: "end", role: "prompter" }],
    ["u:q | a:⟦a⟧", "u:q | a:⟦b⟧"], ["4 left-out"]],
  ["preference texts", "preference", [{ prompt: "a", chosen: "b", rejected: "c" }], ["u:a | a:⟦b⟧"], ["1 preference"]],
  ["preference conversations without a prompt", "preference", [{ chosen: chat(["user", "a"], ["assistant", "x"], ["user", "b"], ["assistant", "c"]), rejected: chat(["user", "a"], ["assistant", "x"], ["user", "b"], ["assistant", "d"]) }], ["u:a | a:x | u:b | a:⟦c⟧"], ["1 preference"]],
  ["LLaMA-Factory's ranking", "preference", [{ conversations: gpt(["human", "a"]), chosen: { from: "gpt", value: "b" }, rejected: { from: "gpt", value: "c" } }], ["u:a | a:⟦b⟧"], ["1 preference"]],
  ["OpenAI's preference", "openai-preference", [{ input: { messages: chat(["system", "s"], ["user", "a"]) }, preferred_output: chat(["assistant", "b"]), non_preferred_output: chat(["assistant", "c"]) }], ["s:s | u:a | a:⟦b⟧"], ["1 preference"]],
  ["GPT-4 comparisons", "comparison", [{ user_input: "a", completion_a: "b", completion_b: "c" }], ["u:a | a:⟦b⟧"], ["1 preference"]],
  ["KTO", "kto", [{ prompt: "a", completion: "b", label: false }, { prompt: "a", completion: "c", label: true }], ["u:a | a:⟦c⟧"], ["1 left-out"]],
])("%s", (_, format, rows, records, problems = []) => expect(read(rows)).toEqual({ format, records, problems }));

describe("what is wrong in them", () => {
  test.each<[string, object[], string[]]>([
    ["a role that ShareGPT does not have", [{ conversations: gpt(["human", "a"], ["narrator", "b"]) }], ["1 unknown-role"]],
    ["a call that is no JSON", [{ conversations: gpt(["human", "a"], ["function_call", "f(1)"], ["gpt", "b"]) }], ["1 wrong-type", "1 role-order"]],
    ["an id that no call has", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] }, { role: "tool", tool_call_id: "2", content: "x" }, { role: "assistant", content: "b" }] }], ["1 tool-call-id"]],
    ["train_detail beyond the text", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "abc", train_detail: [{ begin_offset: 0, end_offset: 3, train: true }] }] }], ["1 train-flag"]],
    ["training switched on for a question", [{ messages: [{ role: "user", content: "a", train: true }, { role: "assistant", content: "abc" }] }], ["1 train-flag"]],
    ["nothing switched on", [{ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "abc", train_detail: [] }] }], ["1 no-assistant"]],
    ["a segment without a label", [{ segments: [{ text: "a" }] }], ["1 wrong-type"]],
    ["segments that are never trained", [{ segments: [{ label: false, text: "a" }] }], ["1 no-assistant"]],
    ["an instance without an answer", [{ instruction: "a", instances: [{ input: "b", output: "" }] }], ["1 empty-output"]],
    ["a tree of nothing but questions", [{ message_tree_id: "1", prompt: { message_id: "1", text: "q", role: "prompter", replies: [] } }], ["1 no-assistant"]],
    ["a Dolly row among Alpaca rows", [{ instruction: "a", output: "b" }, { instruction: "c", output: "d" }, { instruction: "e", context: "", response: "f", category: "open_qa" }], ["3 mixed-format"]],
    ["pictures among chats", [{ messages: chat(["user", "a"], ["assistant", "b"]) }, { messages: chat(["user", "a"], ["assistant", "c"]) }, { messages: chat(["user", "<image>"], ["assistant", "c"]), images: ["a.png"] }], ["3 mixed-format"]],
  ])("%s", (_, rows, problems) => expect(read(rows).problems).toEqual(problems));

  test("each row says what it looks like", () => {
    const { problems } = parseDataset([{ instruction: "a", output: "b" }, { instruction: "a", output: "c" }, { question: "q", answer: "r" }, { prompt: "p", chosen: "c", rejected: "r" }].map((row) => JSON.stringify(row)).join("\n"));
    expect(problems.filter(({ code }) => code === "mixed-format").map(({ message }) => message.split(".")[0])).toEqual(["This row is Questions with answers (GSM8K), the others are Alpaca", "This row is Preference pairs, the others are Alpaca"]);
  });
});

test("every format of the table reads its own example, once its dots are filled in", () => {
  for (const { name, example } of formatTable) {
    // Lists that the example only hints at are filled in by hand above.
    if (/\[…\]/.test(example)) continue;
    let number = 0;
    const parsed = parseDataset(example.replace(/…/g, () => `text ${++number}`));
    if (name === "oasst-messages") expect(parsed.format).toBe(name);
    else expect([name, parsed.format, parsed.usable, parsed.problems.filter(({ severity }) => severity === "error")]).toEqual([name, name, 1, []]);
  }
});

test("a format that is asked for is read by the names that the rows have of it", () => {
  expect(read([{ instruction: "a", response: "b" }], { format: "alpaca" })).toEqual({ format: "alpaca", records: ["u:a | a:⟦b⟧"], problems: [] });
  expect(read([{ messages: [{ role: "user", content: "a" }] }], { format: "dolly" })).toEqual({ format: "dolly", records: [], problems: ["1 missing-key", "1 missing-key", "1 unknown-key"] });
});

describe("a mapping", () => {
  const base = { name: "mine", formatting: "alpaca", ranking: false, tags: {}, columnNames: ["q", "a"], reason: "dataset_info.json says so." } as const;
  test("names columns", () => {
    expect(read([{ q: "a", m: "b", a: "c", s: "s" }], { mapping: { ...base, columns: { prompt: "q", query: "m", response: "a", system: "s" } } })).toEqual({ format: "mapped", records: ["s:s | u:a\n\nb | a:⟦c⟧"], problems: [] });
  });
  test("names roles", () => {
    const mapping = { ...base, formatting: "sharegpt" as const, columns: { messages: "dialog" }, tags: { role_tag: "who", content_tag: "says", user_tag: "me", assistant_tag: "it" } };
    expect(read([{ dialog: turns("who", "says", ["me", "a"], ["it", "b"]) }], { mapping })).toEqual({ format: "mapped", records: ["u:a | a:⟦b⟧"], problems: [] });
  });
  test("names ranked answers and plain text", () => {
    expect(read([{ q: "a", good: "b", bad: "c" }], { mapping: { ...base, ranking: true, columns: { prompt: "q", chosen: "good", rejected: "bad" } } }).records).toEqual(["u:a | a:⟦b⟧"]);
    expect(read([{ text: "a" }], { mapping: { ...base, columns: { prompt: "text" } } }).records).toEqual(["a:⟦a⟧"]);
  });
});

test("docs/datasets.md has every format with its mask and source", () => {
  const page = readFileSync(resolve(__dirname, "../../../docs/datasets.md"), "utf8").replaceAll("\\|", "|");
  for (const { name, title, mask, source } of formatTable) {
    expect(page).toContain(`| \`${name}\` | ${title} | `);
    expect(page).toContain(`${mask} | ${source} |`);
  }
});
