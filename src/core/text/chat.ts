/** Owns chat templates (Jinja, as in tokenizer_config.json): rendering a conversation, and finding where each answer stands in the result. */
import { type Message } from "../data/record";
import { UserError } from "../errors";
import { renderTemplate } from "./jinja";

export interface ChatTemplate {
  readonly kind: "chat";
  readonly source: string;
  readonly tokens: Readonly<Record<"bos_token" | "eos_token" | "pad_token" | "unk_token", string>>;
  /** Whether the tokenizer puts a BOS token before plain text. */
  readonly addsBos?: boolean;
  /** Tokens that can end a turn; left out, whatever looks like `<|end|>`, `</s>` or `[/END]`. */
  readonly specialTokens?: readonly string[];
  /** An answer goes to the end of its turn, with whatever the template writes there, instead of to its end token. */
  readonly completionOnly?: boolean;
}

export type ChatMessage = Pick<Message, "role" | "content"> & Partial<Omit<Message, "role" | "content">>;

/** The conversation as text. Throws TEMPLATE_FAILED where the template refuses it. */
export const renderChat = (messages: readonly ChatMessage[], { source, tokens }: ChatTemplate, addGenerationPrompt: boolean, tools?: unknown): string => {
  try {
    // `{% generation %}`, which marks answers for transformers, is passed over by the parser; raise_exception and strftime_now are built in.
    return renderTemplate(source, { messages: messages.map(forTemplate), ...tokens, add_generation_prompt: addGenerationPrompt, ...(tools !== undefined ? { tools } : {}) });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/[.\s]+$/, "") : String(cause);
    throw new UserError("TEMPLATE_FAILED", `The base's chat template refuses this conversation: ${why}.`, 'Change its roles or their order, or use the template "alpaca".', { cause });
  }
};

const forTemplate = ({ role, content, name, tool_calls, tool_call_id, reasoning_content }: ChatMessage): Record<string, unknown> => ({
  role, content,
  ...(name !== undefined ? { name } : {}), ...(tool_call_id !== undefined ? { tool_call_id } : {}), ...(reasoning_content !== undefined ? { reasoning_content } : {}),
  ...(tool_calls !== undefined ? { tool_calls: Array.isArray(tool_calls) ? tool_calls.map(withArguments) : tool_calls } : {}),
});

/** OpenAI writes a call's arguments as a string with JSON in it; templates expect the object. */
const withArguments = (call: unknown): unknown => {
  if (typeof call !== "object" || call === null || !("function" in call)) return call;
  const called = call.function as { arguments?: unknown };
  if (typeof called?.arguments !== "string") return call;
  try {
    return { ...call, function: { ...called, arguments: JSON.parse(called.arguments) as unknown } };
  } catch (error) {
    if (error instanceof SyntaxError) return call;
    throw error;
  }
};

/** Half-open, in UTF-16 units of the rendered text. */
export interface AnswerSpan { readonly start: number; readonly end: number }

/**
 * Where each assistant message stands in `full`, the rendered conversation: what the model is to write when it is asked, from the end of the
 * generation prompt to its end token. Blanks after the end token are not part of it (with `completionOnly` all of the turn's text is); a blank between prompt and answer is.
 *
 * An ordinary template only ever appends, so the text up to message i is the beginning of the whole and marks the span. Where a template
 * writes earlier turns differently once later ones follow (it drops thoughts, or ends only the last turn with the text's end token),
 * the conversation is rendered once more with a mark in place of every answer, and the text between the marks is looked up in the whole.
 * Throws TEMPLATE_FAILED where that fails too: training on a guess would be worse.
 */
export const answerSpans = (full: string, messages: readonly ChatMessage[], template: ChatTemplate, tools?: unknown): ReadonlyMap<number, AnswerSpan> => {
  const spans = new Map<number, AnswerSpan>();
  let marked: ReadonlyMap<number, AnswerSpan> | undefined;
  let from = 0;
  messages.forEach((message, index) => {
    if (message.role !== "assistant") return;
    const prompt = attempt(() => renderChat(messages.slice(0, index), template, true, tools));
    const through = index === messages.length - 1 ? full : attempt(() => renderChat(messages.slice(0, index + 1), template, false, tools));
    let span: AnswerSpan;
    if (prompt !== undefined && through !== undefined && prompt.length >= from && full.startsWith(prompt) && full.startsWith(through)) {
      span = { start: prompt.length, end: prompt.length + turnEnd(full.slice(prompt.length, through.length), message, template) };
    } else {
      marked ??= betweenMarks(full, messages, template, tools);
      const content = marked.get(index)!;
      const start = prompt !== undefined && prompt.length >= from && prompt.length <= content.start && full.startsWith(prompt) ? prompt.length : answerStart(full.slice(from, content.start), messages.slice(0, index), template, tools) + from;
      span = { start, end: content.end + afterContent(full, content.end, through, message, template) };
    }
    spans.set(index, span);
    from = span.end;
  });
  return spans;
};

const attempt = (render: () => string): string | undefined => {
  try {
    return render();
  } catch (error) {
    // A template may refuse a part of a conversation that it takes as a whole.
    if (error instanceof UserError) return undefined;
    throw error;
  }
};

const LOOKS_SPECIAL = /<[|｜]?[^<>\s]{1,40}>|\[\/?[A-Z_]{2,30}\]/;

/** Templates live as long as their base, and ask for each row. */
const specialPatterns = new WeakMap<ChatTemplate, RegExp>();
const specialPattern = (template: ChatTemplate): RegExp => {
  let pattern = specialPatterns.get(template);
  if (!pattern) specialPatterns.set(template, pattern = specialPatternOf(template));
  return pattern;
};

const specialPatternOf = ({ specialTokens, tokens }: ChatTemplate): RegExp => {
  const known = [...(specialTokens ?? []), tokens.eos_token].filter((token) => token !== "");
  return specialTokens === undefined ? LOOKS_SPECIAL : new RegExp(known.sort((a, b) => b.length - a.length).map((token) => token.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|") || "(?!)");
};

/** The forms in which a template may have written the content. */
const forms = ({ content }: ChatMessage): string[] => [content, content.trimStart(), content.trimEnd(), content.trim()];

/** Length of the answer within `turn`, its text from the generation prompt to the next message. */
const turnEnd = (turn: string, message: ChatMessage, template: ChatTemplate): number => {
  if (template.completionOnly) return turn.length;
  const form = forms(message).find((text) => turn.startsWith(text)) ?? forms(message).find((text) => turn.includes(text));
  if (message.tool_calls !== undefined || form === undefined) {
    // The calls, or a content that the template changed, may hold special tokens of their own: the last one ends the turn.
    const last = [...turn.matchAll(new RegExp(specialPattern(template), "g"))].at(-1);
    return last ? last.index + last[0].length : turn.trimEnd().length;
  }
  const contentEnd = (turn.startsWith(form) ? 0 : turn.indexOf(form)) + form.length;
  return contentEnd + endTokenEnd(turn.slice(contentEnd), template);
};

/** Length of what ends the turn, at the beginning of the text that follows a content. */
const endTokenEnd = (suffix: string, template: ChatTemplate): number => {
  const token = specialPattern(template).exec(suffix);
  if (token) return token.index + token[0].length;
  // Without an end token, words such as "### End" or a bare line break are all that tells that the turn is over.
  return suffix.trim() === "" ? suffix.length : suffix.trimEnd().length;
};

/** As endTokenEnd, where the text after the content runs on into the next message: as far as the turn's own text (`through`) goes along, else to the first special token. */
const afterContent = (full: string, contentEnd: number, through: string | undefined, message: ChatMessage, template: ChatTemplate): number => {
  const form = forms(message).find((text) => text !== "" && through?.includes(text));
  const suffix = form === undefined ? undefined : through!.slice(through!.lastIndexOf(form) + form.length);
  if (suffix !== undefined && full.startsWith(suffix, contentEnd)) return template.completionOnly ? suffix.length : endTokenEnd(suffix, template);
  const token = specialPattern(template).exec(full.slice(contentEnd, contentEnd + 200));
  return token ? token.index + token[0].length : 0;
};

/** Where the answer begins within `before`, the text between the last answer and this content: behind the generation prompt's header, if that is there. */
const answerStart = (before: string, earlier: readonly ChatMessage[], template: ChatTemplate, tools: unknown): number => {
  const [prompt, plain] = [attempt(() => renderChat(earlier, template, true, tools)), attempt(() => renderChat(earlier, template, false, tools))];
  const header = prompt !== undefined && plain !== undefined && prompt.startsWith(plain) ? prompt.slice(plain.length) : "";
  const at = header === "" ? -1 : before.lastIndexOf(header);
  return at < 0 ? before.length : at + header.length;
};

/** Characters of a private use area, which no text has. */
const mark = (index: number): string => `\uE0F0${index}\uE0F1`;

/** Where each answer's content stands: the text between the marks, looked up in order. */
const betweenMarks = (full: string, messages: readonly ChatMessage[], template: ChatTemplate, tools: unknown): ReadonlyMap<number, AnswerSpan> => {
  const failed = (): UserError => new UserError("TEMPLATE_FAILED", "The base's chat template changes the answers so that they cannot be found again in its text.", 'Split the conversation so that only the last message is an answer, or use the template "alpaca".');
  const answers = messages.flatMap((message, index) => message.role === "assistant" ? [index] : []);
  const text = attempt(() => renderChat(messages.map((message, index) => message.role === "assistant" ? { ...message, content: mark(index) } : message), template, false, tools));
  const spans = new Map<number, AnswerSpan>();
  let rest = text ?? "";
  let at = 0;
  const pieces = answers.map((index) => {
    const cut = rest.indexOf(mark(index));
    if (cut < 0) throw failed();
    const piece = rest.slice(0, cut);
    rest = rest.slice(cut + mark(index).length);
    return piece;
  });
  if (!full.startsWith(pieces[0] ?? "")) throw failed();
  at = pieces[0]?.length ?? 0;
  answers.forEach((index, number) => {
    const next = pieces[number + 1] ?? rest;
    const whole = forms(messages[index]!).find((form) => full.startsWith(form + next, at));
    const end = whole !== undefined ? at + whole.length : number === answers.length - 1 ? (full.endsWith(next) ? full.length - next.length : -1) : full.indexOf(next, at);
    if (end < at) throw failed();
    spans.set(index, { start: at, end });
    at = end + next.length;
  });
  return spans;
};
