/** From a record to the text that the model sees, cut into segments that say what is trained. */
import { Template } from "@huggingface/jinja";
import { type DatasetRecord, type Role } from "../data/record";
import { UserError } from "../errors";
import { type Segment, type Tokenizer } from "./types";

/** `chat`: the base's own Jinja template. `alpaca`: Stanford's instruction template, for bases without one. */
export type PromptTemplate =
  | { readonly kind: "chat"; readonly source: string; readonly tokens: Readonly<Record<"bos_token" | "eos_token" | "pad_token" | "unk_token", string>> }
  | { readonly kind: "alpaca"; readonly bos: string; readonly eos: string };

export interface ChatMessage { readonly role: Role; readonly content: string }

/** The template of that name; without a name, the chat template where there is one. Throws TEMPLATE_FAILED for a name that cannot be had. */
export function chooseTemplate(tokenizer: Tokenizer, name?: string): PromptTemplate {
  const { chatTemplate: source, bosToken = "", eosToken = "", padToken = "", unkToken = "" } = tokenizer;
  if (name === "alpaca" || (name === undefined && source === undefined)) return { kind: "alpaca", bos: tokenizer.addsBos ? bosToken : "", eos: eosToken };
  if (name !== undefined && name !== "chat") throw new UserError("TEMPLATE_FAILED", `There is no template "${name}".`, 'Use "chat" or "alpaca".');
  if (source === undefined) throw new UserError("TEMPLATE_FAILED", "This base has no chat template.", 'Use "template": "alpaca", or an instruct version of the base.');
  return { kind: "chat", source, tokens: { bos_token: bosToken, eos_token: eosToken, pad_token: padToken, unk_token: unkToken } };
}

/** The record's whole text as segments in order. Throws TEMPLATE_FAILED where the template refuses the conversation. */
export function renderRecord(record: DatasetRecord, template: PromptTemplate): Segment[] {
  if (template.kind === "alpaca") return renderAlpaca(record, template);
  const messages = record.messages.map(({ role, content }) => ({ role, content }));
  const full = renderChat(messages, template, false, record.tools), segments: Segment[] = [];
  let at = 0;
  const push = (role: Segment["role"], end: number, trained: boolean): void => {
    if (end > at) segments.push({ role, text: full.slice(at, end), trained });
    at = Math.max(at, end);
  };
  record.messages.forEach((message, i) => {
    if (message.role === "assistant") {
      const [start, end] = assistantSpan(full, at, messages, i, template, record.tools);
      push("template", start, false);
      push("assistant", end, message.trained);
      return;
    }
    const start = full.indexOf(message.content.trim(), at);
    if (message.content.trim() === "" || start < 0) return;
    push("template", start, false);
    push(message.role, start + message.content.trim().length, false);
  });
  push("template", full.length, false);
  return segments;
}

/** The text of a conversation up to where the assistant is to answer. */
export function renderPrompt(messages: readonly ChatMessage[], template: PromptTemplate): string {
  if (template.kind === "chat") return renderChat(messages, template, true, undefined);
  return template.bos + alpacaPrompt(messages.filter(({ role }) => role !== "assistant").map(({ content }) => content).join("\n\n"), "");
}

/**
 * Where the answer of assistant message i stands in the full text: from the end of the generation prompt to the end of its turn, without trailing blanks,
 * so that the end token is learned and a newline after it is not. Some templates rewrite earlier turns when later ones follow; then the answer is looked up by its content.
 */
function assistantSpan(full: string, from: number, messages: readonly ChatMessage[], i: number, template: PromptTemplate & { kind: "chat" }, tools: unknown): [number, number] {
  const before = tryRender(messages.slice(0, i), template, true, tools), through = tryRender(messages.slice(0, i + 1), template, false, tools)?.trimEnd();
  const content = messages[i]!.content.trim();
  const found = Math.max(full.indexOf(content, from), from);
  const start = before !== undefined && full.startsWith(before) && before.length >= from ? before.length : found;
  const contentEnd = found + content.length;
  const end = through !== undefined && full.startsWith(through) && through.length >= contentEnd ? through.length : contentEnd + (full.startsWith(template.tokens.eos_token, contentEnd) ? template.tokens.eos_token.length : 0);
  return [start, end];
}

const tryRender = (messages: readonly ChatMessage[], template: PromptTemplate & { kind: "chat" }, generationPrompt: boolean, tools: unknown): string | undefined => {
  try {
    return renderChat(messages, template, generationPrompt, tools);
  } catch (error) {
    // A template may refuse a part of a conversation that it takes as a whole.
    if (error instanceof UserError) return undefined;
    throw error;
  }
};

const parsed = new Map<string, Template>();

function renderChat(messages: readonly ChatMessage[], { source, tokens }: PromptTemplate & { kind: "chat" }, generationPrompt: boolean, tools: unknown): string {
  try {
    // `{% generation %}` marks the answer for transformers' own mask and renders nothing itself.
    const template = parsed.get(source) ?? new Template(source.replace(/\{%-?\s*(end)?generation\s*-?%\}/g, ""));
    parsed.set(source, template);
    return template.render({ messages, ...tokens, add_generation_prompt: generationPrompt, ...(tools !== undefined && { tools }) });
  } catch (cause) {
    throw new UserError("TEMPLATE_FAILED", `The base's chat template refuses this conversation: ${cause instanceof Error ? cause.message : String(cause)}.`, "Change the roles or their order, or choose another template.", { cause });
  }
}

/** tatsu-lab/stanford_alpaca train.py: no newline after "### Response:". */
function alpacaPrompt(instruction: string, input: string): string {
  const intro = input === "" ? "Below is an instruction that describes a task. Write a response that appropriately completes the request."
    : "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.";
  return `${intro}\n\n### Instruction:\n${instruction}${input === "" ? "" : `\n\n### Input:\n${input}`}\n\n### Response:`;
}

function renderAlpaca(record: DatasetRecord, { bos, eos }: PromptTemplate & { kind: "alpaca" }): Segment[] {
  if (record.alpaca) {
    const { instruction, input, output } = record.alpaca;
    return [{ role: "template", text: bos + alpacaPrompt(instruction, input), trained: false }, { role: "assistant", text: output + eos, trained: true }];
  }
  const system = record.messages.filter(({ role }) => role === "system").map(({ content }) => content).join("\n\n");
  const turns = record.messages.filter(({ role }) => role !== "system");
  return turns.flatMap((message, i): Segment[] => {
    if (message.role === "assistant") return [{ role: "assistant", text: message.content + eos, trained: message.trained }];
    const prompt = alpacaPrompt(i === 0 && system !== "" ? `${system}\n\n${message.content}` : message.content, "");
    return [{ role: "template", text: i === 0 ? bos + prompt : `\n\n${prompt}`, trained: false }];
  });
}
