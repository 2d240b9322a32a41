/** Owns what can only be seen with a base's tokenizer and template: rows that it refuses, cuts off, or reads otherwise than they were meant. One implementation for `check --base` and the editor. */
import { type Problem, type ProblemCode, type Severity, type Span } from "../data/problem";
import { type DatasetRecord } from "../data/record";
import { isUserError, type UserError } from "../errors";
import { type EncodedRow, encodeRecord } from "./example";
import { mapRow, type RowMap } from "./rowMap";
import { specialsOf } from "./specialTokens";
import { type PromptTemplate, renderRecord } from "./template";
import { IGNORE_LABEL, type Tokenizer } from "./types";

/** How rows are turned into tokens: everything of a base and a run config that matters for it. */
export interface Basis {
  readonly template: PromptTemplate;
  readonly tokenizer: Tokenizer;
  /** In tokens. */
  readonly maxLength: number;
}

export interface RowReading {
  /** Undefined where the template refuses the row. */
  readonly encoded: EncodedRow | undefined;
  /** How many tokens fit, and how many of those are trained. */
  readonly kept: number;
  readonly trained: number;
  readonly problems: readonly Problem[];
}

/** Of these the first row of a file speaks for all: they come from the base, not from the row. */
const ONCE_A_FILE: ReadonlySet<ProblemCode> = new Set(["end-not-trained"]);

export const isToldOnce = (code: ProblemCode): boolean => ONCE_A_FILE.has(code);

/** Problems of many rows as one file shows them, in their order. */
export const problemsOfFile = (problems: readonly Problem[]): Problem[] => {
  const told = new Set<ProblemCode>();
  return problems.filter(({ code }) => !ONCE_A_FILE.has(code) || !told.has(code) && told.add(code));
};

/** One usable row with this base; `line` is its text. */
export const readRow = (record: DatasetRecord, line: string, basis: Basis): RowReading => {
  const { template, tokenizer, maxLength } = basis;
  const problem = (code: ProblemCode, severity: Severity, span: Span, message: string, removable?: string): Problem => ({
    code, severity, message, line: record.line, span, fixable: false,
    fixes: removable === undefined ? [] : [{ title: `Remove ${removable}`, code, preferred: false, edits: [{ line: record.line, span, newText: "" }] }],
  });
  let encoded: EncodedRow;
  try {
    encoded = encodeRecord(record, template, tokenizer);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { encoded: undefined, kept: 0, trained: 0, problems: [problem("template-refused", "error", refusedAt(record, template, error), `${error.what} ${error.next}`)] };
  }
  let mapped: RowMap | undefined;
  const map = (): RowMap => (mapped ??= mapRow(encoded.segments, record, line));
  const kept = Math.min(encoded.ids.length, maxLength);
  const trained = encoded.labels.slice(0, kept).filter((label) => label !== IGNORE_LABEL).length;
  const problems = [
    ...cutOff(record, encoded, map, kept, trained, problem), ...boundaries(encoded, map, kept, tokenizer, problem), ...ends(record, encoded, kept, trained, tokenizer, problem),
    ...doubleBos(encoded, map, tokenizer, problem), ...markedWords(record, encoded, map, tokenizer, problem),
  ];
  return { encoded, kept, trained, problems: problems.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end) };
};

export const lintRecord = (record: DatasetRecord, line: string, basis: Basis): readonly Problem[] => readRow(record, line, basis).problems;

type Report = (code: ProblemCode, severity: Severity, span: Span, message: string, removable?: string) => Problem;
const counted = (count: number, one: string): string => `${count.toLocaleString("en-US")} ${one}${count === 1 ? "" : "s"}`;
const firstAnswer = (record: DatasetRecord): Span => (record.messages.find(({ trained }) => trained) ?? record.messages.at(-1)!).span;

/** The first message with which the conversation is refused for the same reason. */
const refusedAt = (record: DatasetRecord, template: PromptTemplate, { what }: UserError): Span => {
  const refuses = (messages: DatasetRecord["messages"]): boolean => {
    try {
      renderRecord({ ...record, messages }, template);
      return false;
    } catch (error) {
      if (!isUserError(error)) throw error;
      return error.what === what;
    }
  };
  const guilty = record.messages.length < 2 ? -1 : record.messages.findIndex((_, index) => refuses(record.messages.slice(0, index + 1)));
  // Where even the first message is refused, that may be for want of the others.
  return guilty > 0 || record.messages[0]?.role === "system" && guilty === 0 ? record.messages[guilty]!.span : firstAnswer(record);
};

const cutOff = (record: DatasetRecord, { text, ids, starts, labels }: EncodedRow, map: () => RowMap, kept: number, trained: number, problem: Report): Problem[] => {
  const beyond = ids.length - kept;
  const cut = `The row has ${counted(ids.length, "token")}, and what is beyond ${kept.toLocaleString("en-US")} is cut off`;
  if (trained === 0) {
    if (beyond > 0) return [problem("nothing-trained", "error", firstAnswer(record), `${cut}: the whole answer. Shorten the question or raise max_length.`)];
    return [problem("nothing-trained", "error", firstAnswer(record), "No token of this answer is trained: the tokenizer joins it with the prompt before it.")];
  }
  if (beyond === 0) return [];
  const span = map().spanOf(starts[kept]!, text.length);
  const lost = labels.slice(kept).filter((label) => label !== IGNORE_LABEL).length;
  if (lost === 0) return [problem("truncated", "information", span, `${cut} from here on: ${counted(beyond, "token")}, none of them trained.`)];
  return [problem("cut-off", "warning", span, `${cut} from here on: ${counted(beyond, "token")}, ${lost === beyond ? "all" : `${lost.toLocaleString("en-US")} of them`} trained, so the model never sees this answer end. Shorten the row or raise max_length.`)];
};

/** A token that begins in the prompt and ends in the answer is not trained, and stands for other tokens than those of the prompt alone. */
const boundaries = ({ text, segments, ids, starts }: EncodedRow, map: () => RowMap, kept: number, tokenizer: Tokenizer, problem: Report): Problem[] => {
  const problems: Problem[] = [];
  let offset = 0, t = 0;
  for (const segment of segments) {
    const boundary = offset;
    offset += segment.text.length;
    if (!segment.trained || boundary === 0 || segment.continues) continue;
    while (t < starts.length && starts[t]! < boundary) t++;
    if (t === 0 || t > kept || starts[t] === boundary) continue;
    const end = starts[t] ?? text.length;
    const tail = text.slice(boundary, end);
    // Blanks that no token has are only passed over.
    if (tail.trim() === "" && !/\s$/.test(tokenizer.decode([ids[t - 1]!]))) continue;
    problems.push(problem("boundary-merge", "warning", map().spanOf(boundary, end),
      `The beginning of this answer, ${JSON.stringify(tail)}, makes one token with the end of the prompt, ${JSON.stringify(text.slice(starts[t - 1], end))}: it is not trained, and when the model is asked it sees other tokens there. Begin the answer differently, or use another template.`));
  }
  return problems;
};

/** A model stops by an end token; one that it never learned to write it will not write. */
const ends = (record: DatasetRecord, { ids, labels }: EncodedRow, kept: number, trained: number, tokenizer: Tokenizer, problem: Report): Problem[] => {
  if (trained === 0 || kept < ids.length) return [];
  const { ids: special } = specialsOf(tokenizer);
  if (labels.some((label) => label !== IGNORE_LABEL && special.has(label))) return [];
  return [problem("end-not-trained", "warning", { start: firstAnswer(record).end - 1, end: firstAnswer(record).end },
    `No end token is trained after this answer, so a model tuned on such rows would not know when to stop. ${record.bare === "pieces" ? `Segments are taken as they stand: write ${tokenizer.eosToken ?? "an end token"} at the end of the last one that is trained.` : 'This is the base\'s doing and told once: use the template "alpaca", or a base whose tokenizer names an eos_token.'}`)];
};

const doubleBos = ({ text, ids, starts }: EncodedRow, map: () => RowMap, { bosId, eosId, bosToken }: Tokenizer, problem: Report): Problem[] => {
  if (bosId === undefined) return [];
  // Where one token both begins and ends texts, an end before a beginning is no slip.
  const second = ids.findIndex((id, index) => index > 0 && id === bosId && ids[index - 1] === bosId && (bosId !== eosId || index === 1));
  if (second < 0) return [];
  return [problem("double-bos", "warning", map().spanOf(starts[second]!, starts[second + 1] ?? text.length), `Two ${bosToken ?? "BOS"} tokens stand here in a row: the template writes one already. Models have never seen that in training; remove the one in the text.`)];
};

/** Stand-ins for pictures, sound and film in what is asked, as LLaVA, Qwen-VL, LLaMA-Factory and others write them. (`<img>` is HTML.) */
const MEDIA = /<\|?(?:image|video|audio)(?:_pad|_placeholder|_soft_token)?(?:_?\d+)?\|?>|<\|vision_(?:start|end)\|>|\[IMG\]/g;

/** Control tokens, and marks for what a text model cannot see, among the words of the row. */
const markedWords = (record: DatasetRecord, encoded: EncodedRow, map: () => RowMap, tokenizer: Tokenizer, problem: Report): Problem[] => {
  const { pattern, ids: special } = specialsOf(tokenizer);
  const has = (words: RegExp): boolean => record.messages.some(({ content }) => content.search(words) >= 0);
  const isAsked = (offset: number): boolean => record.messages[map().messageAt(offset) ?? -1]?.role !== "assistant";
  const problems: Problem[] = [];
  const { text, ids, starts } = encoded;
  const marks = new Set<number>();
  if (has(MEDIA)) {
    for (const match of text.matchAll(MEDIA)) {
      if (!map().isWritten(match.index, match.index + match[0].length) || !isAsked(match.index)) continue;
      marks.add(match.index);
      problems.push(problem("image-placeholder", "warning", map().spanOf(match.index, match.index + match[0].length), `${match[0]} stands for something to be seen or heard, and this base reads text only: it learns the mark as a word. Leave such rows out.`));
    }
  }
  // Segments are to bring their own control tokens.
  if (pattern && record.bare !== "pieces" && has(pattern)) {
    ids.forEach((id, t) => {
      const name = special.get(id);
      if (name === undefined || marks.has(starts[t]!) || !text.startsWith(name, starts[t]) || !map().isWritten(starts[t]!, starts[t]! + name.length)) return;
      problems.push(problem("special-token", "warning", map().spanOf(starts[t]!, starts[t]! + name.length), `${name} is a control token of this base: inside the text it is read as one, not as these characters, and can end or open a turn where none is.`, name));
    });
  }
  return problems;
};
