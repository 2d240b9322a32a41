/** Owns a record as if its row stood on one line: for whoever looks at a row's text with spans, whatever the file's layout. */
import { type Line } from "./lines";
import { type Problem } from "../problem";
import { type DatasetRecord } from "../record";

export interface RowText {
  /** The record with all its spans in `text`. */
  readonly record: DatasetRecord;
  readonly text: string;
  /** A problem found in `text` where it stands in the file. */
  readonly back: (problem: Problem) => Problem;
}

/** Numbers of the lines that hold a record's beginning and its messages, in order. */
export const rowLines = ({ line: own, messages }: DatasetRecord): readonly number[] => [...new Set([own, ...messages.map(({ line = own }) => line)])].sort((a, b) => a - b);

/** `lines` are the file's. Of a row over several lines the text holds those with its messages, line breaks included. */
export const rowText = (record: DatasetRecord, lines: readonly Line[]): RowText => {
  const numbers = rowLines(record);
  if (numbers.length === 1) return { record, text: lines[record.line]!.text, back: (problem) => problem };
  const starts = new Map<number, number>();
  let text = "";
  for (const number of numbers) {
    starts.set(number, text.length);
    text += `${lines[number]!.text}\n`;
  }
  const place = (offset: number): { line: number; column: number } => {
    const line = numbers.findLast((number) => starts.get(number)! <= offset) ?? numbers[0]!;
    return { line, column: offset - starts.get(line)! };
  };
  const inFile = <T extends { readonly line: number; readonly span: Problem["span"] }>(item: T): T => {
    const { line, column } = place(item.span.start);
    return { ...item, line, span: { start: column, end: Math.min(lines[line]!.text.length, column + item.span.end - item.span.start) } };
  };
  return {
    text,
    record: {
      ...record,
      messages: record.messages.map(({ line = record.line, ...message }) => {
        const by = starts.get(line)!;
        return { ...message, span: { start: message.span.start + by, end: message.span.end + by } };
      }),
    },
    back: (problem) => ({ ...inFile(problem), fixes: problem.fixes.map((fix) => ({ ...fix, edits: fix.edits.map(inFile) })) }),
  };
};
