/** Owns a record as if its row stood on one line: for whoever looks at a row's text with spans, whatever the file's layout. */
import { type Line } from "./lines";
import { type Problem } from "./problem";
import { type DatasetRecord } from "./record";

export interface RowText {
  /** The record with all its spans in `text`. */
  readonly record: DatasetRecord;
  readonly text: string;
  /** A problem found in `text` where it stands in the file. */
  readonly back: (problem: Problem) => Problem;
}

/** `lines` are the file's. Of a row over several lines the text holds those with its messages, line breaks included. */
export const rowText = (record: DatasetRecord, lines: readonly Line[]): RowText => {
  const numbers = record.messages.map(({ line = record.line }) => line);
  const [first, last] = [Math.min(record.line, ...numbers), Math.max(record.line, ...numbers)];
  if (first === last) return { record, text: lines[record.line]!.text, back: (problem) => problem };
  const starts = new Map<number, number>();
  let text = "";
  for (const line of lines.slice(first, last + 1)) {
    starts.set(line.number, text.length);
    text += `${line.text}\n`;
  }
  const place = (offset: number): { line: number; column: number } => {
    let line = last;
    while (line > first && starts.get(line)! > offset) line--;
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
