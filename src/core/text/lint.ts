/** Owns what can only be seen with a base's tokenizer and template: rows that the template refuses, that are cut off, or that leave nothing to train. */
import { spanWithin } from "../data/json";
import { type Problem, type ProblemCode, type Severity, type Span } from "../data/problem";
import { type DatasetRecord } from "../data/record";
import { isUserError } from "../errors";
import { toExample } from "./example";
import { type PromptTemplate } from "./template";
import { IGNORE_LABEL, type Example, type Tokenizer } from "./types";

/** Problems of one usable row with this base; `line` is its text. */
export const lintRecord = (record: DatasetRecord, line: string, template: PromptTemplate, tokenizer: Tokenizer, maxLength: number): Problem[] => {
  const answer = record.messages.find(({ trained }) => trained)!;
  const problem = (code: ProblemCode, severity: Severity, span: Span, message: string): Problem => ({ code, severity, message, line: record.line, span, fixable: false, fixes: [] });
  let example: Example;
  try {
    example = toExample(record, template, tokenizer, maxLength);
  } catch (error) {
    if (!isUserError(error)) throw error;
    return [problem("template-refused", "error", answer.span, `${error.what} ${error.next}`)];
  }
  const total = example.ids.length + example.truncated;
  const cut = `The row has ${total} tokens, and what is beyond ${maxLength} is cut off`;
  if (example.labels.every((label) => label === IGNORE_LABEL)) {
    return [problem("nothing-trained", "error", answer.span, example.truncated > 0 ? `${cut}: the whole answer. Shorten the question or raise max_length.` : "No token of this answer is trained: the tokenizer joins it with the prompt before it.")];
  }
  if (example.truncated === 0) return [];
  return [problem("cut-off", "warning", whereCut(record, line, example, tokenizer), `${cut} from here on, so the model never sees this answer end. Shorten the row or raise max_length.`)];
};

/** What no longer fits of the answer in which, or before which, the row is cut. */
const whereCut = (record: DatasetRecord, line: string, { segments, ids }: Example, tokenizer: Tokenizer): Span => {
  const offset = tokenizer.encodeWithOffsets(segments.map(({ text }) => text).join("")).starts[ids.length]!;
  const answers = record.messages.filter(({ role }) => role === "assistant");
  let number = -1;
  let end = 0;
  const segment = segments.find(({ role, text }) => {
    end += text.length;
    if (role === "assistant") number++;
    return role === "assistant" && end > offset;
  });
  const { content, span } = answers[number]!;
  if (!segment || line[span.start] !== '"') return span;
  const from = offset - (end - segment.text.length) - Math.max(0, segment.text.indexOf(content));
  const cut = spanWithin(line, { kind: "string", ...span, value: content }, Math.min(Math.max(0, from), content.length), content.length);
  // Where only the end token is lost, the closing quote stands for it.
  return cut.start < cut.end ? cut : { start: span.end - 1, end: span.end };
};
