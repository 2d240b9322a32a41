/** Owns putting other rows in the place of a file's rows, or none: as edits of the file's text that leave everything else as it is, whatever the layout of the file. */
import { removalOfRows } from "../editing/removeRows";
import { type Span } from "../problem";
import { rowSources, type ParsedDataset } from "../parse";
import { lineBreakOf } from "../rows/lines";
import { endOfRow, type RowSource } from "../rows/rowSource";

/** Replaces the characters [start, end) of a text. */
export interface TextEdit extends Span { readonly newText: string }

/** Rows by their number from 0, each with the texts that take its place; none takes the row out. */
export type RowChanges = ReadonlyMap<number, readonly string[]>;

/** Where each row stands in the file's text, in order. */
const rowSpans = (parsed: ParsedDataset): Span[] => rowSources(parsed).map((source, row) => {
  const end = endOfRow(source);
  return { start: parsed.lines[source.line]!.start + source.column + (hasMark(parsed, row) ? 1 : 0), end: parsed.lines[end.line]!.start + end.column };
});

/** A row after the file's byte order mark has a blank in its place, which is none of its own. */
const hasMark = (parsed: ParsedDataset, row: number): boolean => {
  const { line, column, text } = rowSources(parsed)[row]!;
  return line === 0 && column === 0 && parsed.text.startsWith("\ufeff") && text.startsWith(" ");
};

/** The rows that lie in lines [from, to], both included, by number. */
export const rowsBetween = (parsed: ParsedDataset, from: number, to: number): number[] =>
  rowSources(parsed).flatMap((source, row) => source.line <= to && endOfRow(source).line >= from ? [row] : []);

/** In the order of the text; no two overlap. */
export const editsFor = (parsed: ParsedDataset, changes: RowChanges): TextEdit[] => {
  const spans = rowSpans(parsed), { text } = parsed, sources = rowSources(parsed);
  const isArray = parsed.container === "json" && /^[\s\ufeff]*\[/.test(text);
  const edits: TextEdit[] = [], gone: RowSource[] = [];
  for (const [row, texts] of changes) {
    if (texts.length === 0) {
      gone.push(sources[row]!);
      continue;
    }
    const own = hasMark(parsed, row) ? texts.map((each) => each.replace(/^ /, "")) : texts;
    const edit = smallest({ ...spans[row]!, newText: own.join(between(parsed, spans, row, isArray)) }, text);
    if (edit) edits.push(edit);
  }
  return [...edits, ...removalOfRows(parsed, gone).map((removal) => ({ ...removal, newText: "" }))].sort((a, b) => a.start - b.start);
};

export const withEdits = (text: string, edits: readonly TextEdit[]): string => {
  let result = "", from = 0;
  for (const { start, end, newText } of edits) {
    result += text.slice(from, start) + newText;
    from = end;
  }
  return result + text.slice(from);
};

/** What stands between two rows of the file: as beside this row, else as most files have it. */
const between = ({ text }: ParsedDataset, spans: readonly Span[], row: number, isArray: boolean): string => {
  const [before, own, after] = [spans[row - 1], spans[row]!, spans[row + 1]];
  const gap = after ? text.slice(own.end, after.start) : before ? text.slice(before.end, own.start) : undefined;
  if (isArray) return gap && /^\s*,\s*$/.test(gap) ? gap : `,${/^\s*\[(\s*)/.exec(text)?.[1] || " "}`;
  return lineBreakOf(text);
};

/** Without what is the same at both ends, so that the cursor and marks in the rest of a row stay where they are. */
const smallest = ({ start, end, newText }: TextEdit, text: string): TextEdit | undefined => {
  let head = 0, tail = 0;
  const length = end - start, most = Math.min(length, newText.length);
  while (head < most && text.charCodeAt(start + head) === newText.charCodeAt(head)) head++;
  while (tail < most - head && text.charCodeAt(end - 1 - tail) === newText.charCodeAt(newText.length - 1 - tail)) tail++;
  // Never between the halves of a character.
  if (head > 0 && /[\ud800-\udbff]/.test(newText[head - 1] ?? "")) head--;
  if (tail > 0 && /[\udc00-\udfff]/.test(newText[newText.length - tail] ?? "")) tail--;
  return head + tail === length && head + tail === newText.length ? undefined : { start: start + head, end: end - tail, newText: newText.slice(head, newText.length - tail) };
};
