/** Owns the way from a record to the text that the model sees, cut into segments that say what is trained. */
import { type DatasetRecord } from "../data/record";
import { UserError } from "../errors";
import { answerSegments } from "./answer";
import { renderAlpaca, renderAlpacaPrompt, type AlpacaTemplate } from "./alpaca";
import { answerSpans, renderChat, type ChatMessage, type ChatTemplate } from "./chat";
import { type Segment, type Tokenizer } from "./types";

/** `chat`: the base's own Jinja template. `alpaca`: Stanford's instruction template, for bases without one. */
export type PromptTemplate = ChatTemplate | AlpacaTemplate;

/** The template of that name; without a name, the chat template where there is one. `completionOnly`: an answer is all of its turn's text, not only that up to its end token. Throws TEMPLATE_FAILED for a name that cannot be had. */
export const chooseTemplate = (tokenizer: Tokenizer, name?: string, completionOnly = false): PromptTemplate => {
  const { chatTemplate: source, bosToken = "", eosToken = "", padToken = "", unkToken = "", specialTokens } = tokenizer;
  if (name === "alpaca" || name === undefined && source === undefined) return { kind: "alpaca", bos: tokenizer.addsBos ? bosToken : "", eos: eosToken };
  if (name !== undefined && name !== "chat") throw new UserError("TEMPLATE_FAILED", `There is no template "${name}".`, 'Use "chat" or "alpaca".');
  if (source === undefined) throw new UserError("TEMPLATE_FAILED", "This base has no chat template.", 'Use the template "alpaca", or an instruct version of the base.');
  return { kind: "chat", source, addsBos: tokenizer.addsBos, tokens: { bos_token: bosToken, eos_token: eosToken, pad_token: padToken, unk_token: unkToken }, ...(specialTokens ? { specialTokens } : {}), ...(completionOnly && { completionOnly }) };
};

/** The record's whole text as segments in order; an answer's segment goes from the generation prompt to its end token. Throws TEMPLATE_FAILED. */
export const renderRecord = (record: DatasetRecord, template: PromptTemplate): Segment[] => {
  if (record.bare) return renderBare(record, template);
  if (template.kind === "alpaca") return renderAlpaca(record, template);
  const full = renderChat(record.messages, template, false, record.tools);
  const answers = answerSpans(full, record.messages, template, record.tools);
  const segments: Segment[] = [];
  let at = 0;
  const push = (role: Segment["role"], end: number, trained = false): void => {
    if (end > at) segments.push({ role, text: full.slice(at, end), trained });
    at = Math.max(at, end);
  };
  record.messages.forEach((message, index) => {
    const answer = answers.get(index);
    if (answer) {
      push("template", answer.start);
      if (answer.end > at) segments.push(...answerSegments(full.slice(at, answer.end), message));
      at = Math.max(at, answer.end);
      return;
    }
    // Only for show: where what was asked stands between the template's own words.
    const next = [...answers].find(([number]) => number > index)?.[1].start ?? full.length;
    const found = findWords(full.slice(at, next), message.content.trim());
    if (found < 0) return;
    push("template", at + found);
    push(message.role, at + message.content.trim().length);
  });
  push("template", full.length);
  return segments;
};

/** Texts that no template is applied to: a whole text gets the base's BOS and end token, as in pre-training; marked pieces bring their own. */
const renderBare = ({ messages, bare }: DatasetRecord, template: PromptTemplate): Segment[] => {
  const pieces = messages.map(({ role, content, trained }): Segment => ({ role, text: content, trained }));
  if (bare === "pieces") return pieces.filter(({ text }) => text !== "");
  const [bos, eos] = template.kind === "alpaca" ? [template.bos, template.eos] : [template.addsBos ? template.tokens.bos_token : "", template.tokens.eos_token];
  const ended = pieces.map((piece, index) => index === pieces.length - 1 ? { ...piece, text: piece.text + eos } : piece);
  return [{ role: "template" as const, text: bos, trained: false }, ...ended].filter(({ text }) => text !== "");
};

/** The first place of `words` that is not inside a longer word, so that "a" is not found in "<|start|>". */
const findWords = (text: string, words: string): number => {
  if (words === "") return -1;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const joins = (a: string | undefined, b: string | undefined): boolean => /\w/.test(a ?? "") && /\w/.test(b ?? "");
    if (!joins(text[at - 1], words[0]) && !joins(words.at(-1), text[at + words.length])) return at;
  }
  return -1;
};

/** The text of a conversation up to where the assistant is to answer. Throws TEMPLATE_FAILED. */
export const renderPrompt = (messages: readonly ChatMessage[], template: PromptTemplate, tools?: unknown): string =>
  template.kind === "chat" ? renderChat(messages, template, true, tools) : renderAlpacaPrompt(messages, template);
