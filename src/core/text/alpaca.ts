/** Owns Stanford's instruction template, for bases without a chat template (tatsu-lab/stanford_alpaca, train.py): no line break after "### Response:". */
import { type DatasetRecord } from "../data/record";
import { type ChatMessage } from "./chat";
import { type Segment } from "./types";

export interface AlpacaTemplate {
  readonly kind: "alpaca";
  /** Written before the text, where the tokenizer puts a BOS token before any text; else "". */
  readonly bos: string;
  /** Ends every answer. */
  readonly eos: string;
}

const INTRO = "Below is an instruction that describes a task. Write a response that appropriately completes the request.";
const INTRO_WITH_INPUT = "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.";

const prompt = (instruction: string, input: string, intro = input === "" ? INTRO : INTRO_WITH_INPUT): string =>
  `${intro}\n\n### Instruction:\n${instruction}${input === "" ? "" : `\n\n### Input:\n${input}`}\n\n### Response:`;

export const renderAlpaca = (record: DatasetRecord, template: AlpacaTemplate): Segment[] => {
  if (record.alpaca && record.messages.length === 2) {
    const { instruction, input, output } = record.alpaca;
    return [{ role: "template", text: template.bos + prompt(instruction, input), trained: false }, { role: "assistant", text: output + template.eos, trained: true }];
  }
  return conversation(record.messages, template);
};

/** Up to where the model is to answer. */
export const renderAlpacaPrompt = (messages: readonly ChatMessage[], template: AlpacaTemplate): string =>
  conversation(messages, template).map(({ text }) => text).join("");

/** A conversation as instructions with responses; a system message takes the place of the introduction. */
const conversation = (messages: readonly ChatMessage[], { bos, eos }: AlpacaTemplate): Segment[] => {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content).join("\n\n");
  const segments: Segment[] = [];
  let asked: string[] = [];
  const ask = (): void => {
    const instruction = asked.join("\n\n");
    const first = segments.length === 0;
    segments.push({ role: "template", trained: false, text: first ? bos + prompt(instruction, "", system || INTRO) : `\n\n### Instruction:\n${instruction}\n\n### Response:` });
    asked = [];
  };
  for (const message of messages) {
    if (message.role === "assistant") {
      ask();
      segments.push({ role: "assistant", text: message.content + eos, trained: message.trained ?? false });
    } else if (message.role !== "system") asked.push(message.content);
  }
  if (asked.length > 0) ask();
  return segments;
};
