/** Owns a record as if its row stood on one line: for whoever looks at a row's text with spans, whatever the file's layout. */
import { type Line } from "./lines";
import { rowSources, type ParsedRows } from "../parse";
import { placeInFile, RowPlaces } from "./place";
import { type Edit, type Problem, type Span } from "../problem";
import { type DatasetRecord } from "../record";
import { linesOfRow, rowAtPlace, type RowSource } from "./rowSource";

export interface RowText {
  /** The record with all its spans in `text`. */
  readonly record: DatasetRecord;
  readonly text: string;
  /** A problem found in `text` where it stands in the file. */
  readonly back: (problem: Problem) => Problem;
}

/** Numbers of the rows that hold a record's messages, in order: one, but for conversations over several rows. */
export const rowsOfRecord = (rows: readonly RowSource[], { line: own, messages }: DatasetRecord): readonly number[] =>
  [...new Set(messages.map(({ line = own, span }) => rowAtPlace(rows, line, span.start)))].filter((row) => row !== undefined).sort((a, b) => a - b);

/** The row that a record counts to: its own, or that of its last answer. */
export const rowOfRecord = (rows: readonly RowSource[], { line, format, messages }: DatasetRecord): number | undefined => {
  const { line: at = line, span } = messages.at(format === "oasst-messages" ? -1 : 0) ?? {};
  return rowAtPlace(rows, at, span?.start);
};

/** Of a record of this file. Elements of an array are looked at by themselves, for many may stand on one line. */
export const rowTextIn = (file: ParsedRows, record: DatasetRecord): RowText => {
  if (file.container !== "json") return rowText(record, file.lines);
  const sources = rowSources(file);
  return textOfRows(record, rowsOfRecord(sources, record).map((row) => sources[row]!));
};

/** A row of the joined text, and where in the text it begins. */
interface Part { readonly source: RowSource; readonly start: number; readonly lines: readonly Line[]; readonly places: RowPlaces }

const textOfRows = (record: DatasetRecord, sources: readonly RowSource[]): RowText => {
  let text = "";
  const parts = sources.map((source): Part => {
    const start = text.length;
    text += `${start > 0 ? "\n" : ""}${source.text}`;
    const from = start > 0 ? start + 1 : 0;
    const lines = linesOfRow(source);
    return { source, start: from, lines, places: new RowPlaces(source.text, lines) };
  });
  const offset = (line: number, column: number): number => {
    const { source, start, lines } = parts.findLast(({ source: { line: first, column: from } }) => first < line || first === line && from <= column) ?? parts[0]!;
    return start + (lines[line - source.line] ?? lines.at(-1)!).start + column - (line === source.line ? source.column : 0);
  };
  const partAt = (at: number): Part => parts.findLast(({ start }) => start <= at) ?? parts[0]!;
  const within = ({ start, source }: Part, span: Span): Span => ({ start: span.start - start, end: Math.min(source.text.length, span.end - start) });
  const back = (problem: Problem): Problem => {
    const part = partAt(problem.span.start);
    return {
      ...problem, ...placeInFile(part.places.of(within(part, problem.span)), part.source),
      fixes: problem.fixes.map((fix) => ({
        ...fix, edits: fix.edits.flatMap(({ span, newText }): Edit[] => {
          const owner = partAt(span.start);
          return owner.places.edits({ span: within(owner, span), newText }).map((edit) => ({ ...edit, ...placeInFile(edit, owner.source) }));
        }),
      })),
    };
  };
  return {
    text, back,
    record: {
      ...record,
      messages: record.messages.map(({ line = record.line, ...message }) => {
        const start = offset(line, message.span.start);
        return { ...message, span: { start, end: start + message.span.end - message.span.start } };
      }),
    },
  };
};

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
