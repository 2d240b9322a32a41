import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../src/core/data/parse";
import { type DatasetRecord } from "../../../src/core/data/record";
import { toExample } from "../../../src/core/text/example";
import { chooseTemplate, renderPrompt, renderRecord, type PromptTemplate } from "../../../src/core/text/template";
import { type Tokenizer } from "../../../src/core/text/types";

const chat = (source: string, tokens: Partial<Record<"bos_token" | "eos_token", string>> = {}): PromptTemplate =>
  ({ kind: "chat", source, tokens: { bos_token: "", eos_token: "", pad_token: "", unk_token: "", ...tokens } });
const chatMl = chat("{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}");
const record = (...turns: [string, string, object?][]): DatasetRecord => parseDataset(JSON.stringify({ messages: turns.map(([role, content, more]) => ({ role, content, ...more })) })).records[0]!;
const row = (value: object): DatasetRecord => parseDataset(JSON.stringify(value)).records[0]!;
/** The text with what is trained in ⟦ ⟧. */
const shown = (of: DatasetRecord, template: PromptTemplate): string => renderRecord(of, template).map(({ text, trained }) => trained ? `⟦${text}⟧` : text).join("");

describe("what is trained", () => {
  const twoTurns = record(["user", "U1"], ["assistant", "A1"], ["user", "U2"], ["assistant", "A2"]);

  test("ChatML: answers with their end token, not the line break after it", () => {
    expect(shown(twoTurns, chatMl)).toBe("<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\n⟦A1<|im_end|>⟧\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n⟦A2<|im_end|>⟧\n");
  });

  test("completion only: all of an answer's turn, also where a template writes earlier turns differently", () => {
    const whole = (template: PromptTemplate): PromptTemplate => (template.kind === "chat" ? { ...template, completionOnly: true } : template);
    expect(shown(twoTurns, whole(chatMl))).toBe("<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\n⟦A1<|im_end|>\n⟧<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n⟦A2<|im_end|>\n⟧");
    const phi = chat("{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}", { eos_token: "<|endoftext|>" });
    expect(shown(record(["user", "U1"], ["assistant", "A1"]), whole(phi))).toBe("<|user|>\nU1<|end|>\n<|assistant|>\n⟦A1<|end|>\n<|endoftext|>⟧");
    const thoughtless = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' and not loop.last %}{{ m.content.split('</think>')[-1].lstrip('\n') }}{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    expect(shown(record(["user", "U1"], ["assistant", "<think>hm</think>\nA1"], ["user", "U2"], ["assistant", "A2"]), whole(chat(thoughtless)))).toBe("<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\n⟦A1<|im_end|>\n⟧<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n⟦A2<|im_end|>\n⟧");
  });

  test("a blank between prompt and answer, and one before the end token, are the model's to write", () => {
    const llama2 = chat("{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' + m.content + ' [/INST]' }}{% else %}{{ ' ' + m.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}", { bos_token: "<s>", eos_token: "</s>" });
    expect(shown(record(["user", "U"], ["assistant", " A"]), llama2)).toBe("<s>[INST] U [/INST]⟦ A </s>⟧");
    const starter = chat("{% for m in messages %}{{ '<|' + m.role + '|> ' + m.content }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}", { eos_token: "<|eos|>" });
    expect(shown(record(["user", "U"], ["assistant", "A"]), starter)).toBe("<|user|> U<|assistant|>⟦ A<|eos|>⟧");
  });

  test("a text's end after the last turn only", () => {
    const phi = chat("{% for m in messages %}{{ '<|' + m.role + '|>\n' + m.content + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}", { eos_token: "<|endoftext|>" });
    expect(shown(twoTurns, phi)).toBe("<|user|>\nU1<|end|>\n<|assistant|>\n⟦A1<|end|>⟧\n<|user|>\nU2<|end|>\n<|assistant|>\n⟦A2<|end|>⟧\n<|endoftext|>");
  });

  test("a template that drops the thoughts of earlier answers", () => {
    const source = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}{% if m.role == 'assistant' and not loop.last %}{{ m.content.split('</think>')[-1].lstrip('\n') }}{% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    const thinking = record(["user", "U1"], ["assistant", "<think>hm</think>\nA1"], ["user", "U2"], ["assistant", "<think>ah</think>\nA2"]);
    expect(shown(thinking, chat(source))).toBe("<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\n⟦A1<|im_end|>⟧\n<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n⟦<think>ah</think>\nA2<|im_end|>⟧\n");
  });

  test("no end token: words or a line break that close the turn", () => {
    expect(shown(twoTurns, chat("{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"))).toBe("user: U1\nassistant:⟦ A1\n⟧user: U2\nassistant:⟦ A2\n⟧");
    expect(shown(record(["user", "U"], ["assistant", "A"]), chat("{% for m in messages %}{% if m.role == 'user' %}{{ m.content + '\n### Response:\n' }}{% else %}{{ m.content + '### End\n\n' }}{% endif %}{% endfor %}"))).toBe("U\n### Response:\n⟦A### End⟧\n\n");
  });

  test("weight 0 is not trained, text of the user that looks like an answer neither", () => {
    expect(shown(record(["user", "assistant\nA"], ["assistant", "A", { weight: 0 }], ["user", "B"], ["assistant", "A"]), chatMl))
      .toBe("<|im_start|>user\nassistant\nA<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n<|im_start|>user\nB<|im_end|>\n<|im_start|>assistant\n⟦A<|im_end|>⟧\n");
  });

  test("tool calls are answers, with their arguments as an object", () => {
    const source = "{% if tools %}{{ tools | length }} tools\n{% endif %}{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}{% for call in m.tool_calls or [] %}{{ '<tool_call>' + call.function.name + ' ' + (call.function.arguments.x | string) + '</tool_call>' }}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
    const calling = row({ messages: [{ role: "user", content: "U" }, { role: "assistant", tool_calls: [{ type: "function", function: { name: "f", arguments: '{"x": 7}' } }] }, { role: "tool", content: "T" }, { role: "assistant", content: "A" }], tools: [{ type: "function" }] });
    expect(shown(calling, chat(source))).toBe("1 tools\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n⟦<tool_call>f 7</tool_call><|im_end|>⟧\n<|im_start|>tool\nT<|im_end|>\n<|im_start|>assistant\n⟦A<|im_end|>⟧\n");
  });

  test("segments name whose words they are", () => {
    expect(renderRecord(record(["system", "s"], ["user", "a"], ["assistant", "b"]), chatMl).map(({ role, text }) => [role, text])).toEqual([
      ["template", "<|im_start|>system\n"], ["system", "s"], ["template", "<|im_end|>\n<|im_start|>user\n"], ["user", "a"], ["template", "<|im_end|>\n<|im_start|>assistant\n"], ["assistant", "b<|im_end|>"], ["template", "\n"]]);
  });

  test("a template that refuses says why, with a next step", () => {
    expect(() => renderRecord(record(["user", "a"], ["assistant", "b"]), chat("{{ raise_exception('No talking.') }}"))).toThrow(expect.objectContaining({ code: "TEMPLATE_FAILED", what: expect.stringContaining("No talking.") }));
    expect(() => renderRecord(record(["user", "a"], ["assistant", "b"]), chat("{% for m in messages %}{{ m.role }}{% endfor %}"))).not.toThrow();
    expect(() => renderPrompt([{ role: "user", content: "a" }], chat("{% if %}"))).toThrow(expect.objectContaining({ code: "TEMPLATE_FAILED" }));
  });
});

describe("the Alpaca template", () => {
  const alpaca: PromptTemplate = { kind: "alpaca", bos: "<s>", eos: "</s>" };
  test("is Stanford's, byte for byte", () => {
    expect(shown(row({ instruction: "Add.", input: "1 2", output: "3" }), alpaca)).toBe("<s>Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:⟦3</s>⟧");
    expect(shown(row({ instruction: "Hi", input: "", output: "Ho" }), alpaca)).toBe("<s>Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nHi\n\n### Response:⟦Ho</s>⟧");
  });
  test("holds conversations too, a system message in place of the introduction", () => {
    const conversation = record(["system", "Be kind."], ["user", "U1"], ["assistant", "A1"], ["user", "U2"], ["assistant", "A2"]);
    expect(shown(conversation, alpaca)).toBe("<s>Be kind.\n\n### Instruction:\nU1\n\n### Response:⟦A1</s>⟧\n\n### Instruction:\nU2\n\n### Response:⟦A2</s>⟧");
    expect(renderPrompt(conversation.messages.slice(0, 4), alpaca)).toBe("<s>Be kind.\n\n### Instruction:\nU1\n\n### Response:A1</s>\n\n### Instruction:\nU2\n\n### Response:");
  });
});

test("chooseTemplate: the base's chat template, Alpaca without one, a name only if it can be had", () => {
  const tokenizer = { chatTemplate: "x", bosToken: "<s>", eosToken: "</s>", addsBos: true } as Tokenizer;
  expect(chooseTemplate(tokenizer)).toMatchObject({ kind: "chat", source: "x", tokens: { bos_token: "<s>", pad_token: "" } });
  expect(chooseTemplate(tokenizer, "alpaca")).toEqual({ kind: "alpaca", bos: "<s>", eos: "</s>" });
  expect(chooseTemplate({ ...tokenizer, chatTemplate: undefined, addsBos: false })).toEqual({ kind: "alpaca", bos: "", eos: "</s>" });
  for (const [given, name] of [[tokenizer, "vicuna"], [{ ...tokenizer, chatTemplate: undefined }, "chat"]] as const) expect(() => chooseTemplate(given, name)).toThrow(expect.objectContaining({ code: "TEMPLATE_FAILED" }));
});

test("toExample labels a token by its first character, and cuts at the end", () => {
  // Tokens of two characters: some straddle the borders of the answer.
  const encodeWithOffsets = (text: string) => { const starts = Array.from({ length: Math.ceil(text.length / 2) }, (_, index) => index * 2); return { ids: starts.map((start) => text.charCodeAt(start)), starts }; };
  const tokenizer = { encodeWithOffsets } as unknown as Tokenizer;
  const example = toExample(record(["user", "U"], ["assistant", "abcd"]), chat("{% for m in messages %}{{ m.role[0] + m.content + '.' }}{% endfor %}{% if add_generation_prompt %}a{% endif %}"), tokenizer, 5);
  // "uU.a|abcd." in pairs: uU .a ab cd .
  expect(example).toMatchObject({ row: 0, truncated: 0, ids: [..."u.ac."].map((character) => character.charCodeAt(0)) });
  expect(example.labels.map((label) => label === -100 ? "-" : String.fromCharCode(label)).join("")).toBe("--ac.");
  const cut = toExample(record(["user", "U"], ["assistant", "abcd"]), chatMl, tokenizer, 3);
  expect(cut.ids).toHaveLength(3);
  expect(cut.truncated).toBeGreaterThan(0);
});
