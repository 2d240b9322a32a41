/** Owns Stanford's instruction template, for bases without a chat template (tatsu-lab/stanford_alpaca, train.py): no line break after "### Response:". */
import { type DatasetRecord } from "../data/record";
import { answerSegments } from "./answer";
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

/** The prompt in pieces, so that what the user wrote can be told from the template's words; pieces without text are left out. */
const prompt = (before: string, instruction: readonly Segment[], input: string): Segment[] => [
  words(`${before}\n\n### Instruction:\n`), ...instruction,
  ...(input === "" ? [] : [words("\n\n### Input:\n"), said("user", input)]),
  words("\n\n### Response:"),
];
const words = (text: string): Segment => ({ role: "template", text, trained: false });
const said = (role: Segment["role"], text: string): Segment => ({ role, text, trained: false });
const filled = (segments: readonly Segment[]): Segment[] => segments.filter(({ text }) => text !== "");

export const renderAlpaca = (record: DatasetRecord, template: AlpacaTemplate): Segment[] => {
  if (record.alpaca && record.messages.length === 2) {
    const { instruction, input, output } = record.alpaca;
    const intro = template.bos + (input === "" ? INTRO : INTRO_WITH_INPUT);
    return filled([...prompt(intro, [said("user", instruction)], input), ...answerSegments(output + template.eos, record.messages[1]!)]);
  }
  return conversation(record.messages, template);
};

/** Up to where the model is to answer. */
export const renderAlpacaPrompt = (messages: readonly ChatMessage[], template: AlpacaTemplate): string =>
  conversation(messages, template).map(({ text }) => text).join("");

/** A conversation as instructions with responses; a system message takes the place of the introduction. */
const conversation = (messages: readonly ChatMessage[], { bos, eos }: AlpacaTemplate): Segment[] => {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => said("system", content));
  const segments: Segment[] = [];
  let asked: Segment[] = [];
  const ask = (): void => {
    const instruction = joined(asked);
    if (segments.length > 0) segments.push(...prompt("", instruction, ""));
    else if (system.some(({ text }) => text !== "")) segments.push(words(bos), ...joined(system), ...prompt("", instruction, ""));
    else segments.push(...prompt(bos + INTRO, instruction, ""));
    asked = [];
  };
  for (const message of messages) {
    if (message.role === "assistant") {
      ask();
      segments.push(...answerSegments(message.content + eos, message));
    } else if (message.role !== "system") asked.push(said(message.role, message.content));
  }
  if (asked.length > 0) ask();
  return filled(segments);
};

const joined = (pieces: readonly Segment[]): Segment[] => pieces.flatMap((piece, index) => index === 0 ? [piece] : [words("\n\n"), piece]);
