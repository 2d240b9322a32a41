/** Owns the way from offsets in a row's own text to lines and columns: first in the row, then in the file. */
import { type RowSource } from "./rowSource";
import { type Change, type Repair } from "../json/tree";
import { type Line, splitLines } from "./lines";
import { type Edit, type Fix, type Problem, type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord, type FormatName, type Message } from "../record";

export interface Place { readonly line: number; readonly span: Span }

/** Places within one row, whose first line has the number 0. What would go over a line's end stops there. */
export class RowPlaces {
  private readonly lines;

  /** `lines` of the text, where they are known. */
  constructor(text: string, lines?: readonly Line[]) {
    this.lines = text.includes("\n") || text.includes("\r") ? lines ?? splitLines(text) : undefined;
  }

  of(span: Span): Place {
    if (!this.lines) return { line: 0, span: { start: span.start, end: span.end } };
    const line = this.lineAt(span.start);
    const { start, end, text } = this.lines[line]!;
    return { line, span: { start: Math.min(span.start - start, text.length), end: Math.max(Math.min(span.start - start, text.length), Math.min(span.end, end) - start) } };
  }

  /** One edit a line; a change over lines leaves one line break behind. */
  edits({ span, newText }: Change): Edit[] {
    const [first, last] = this.lines ? [this.lineAt(span.start), this.lineAt(span.end)] : [0, 0];
    if (first === last) {
      const { start } = this.lines?.[first] ?? { start: 0 };
      return [{ line: first, span: { start: span.start - start, end: span.end - start }, newText }];
    }
    const lines = this.lines!;
    return [
      { line: first, span: { start: span.start - lines[first]!.start, end: lines[first]!.text.length }, newText },
      ...lines.slice(first + 1, last).map((line): Edit => ({ line: line.number, span: { start: 0, end: line.text.length }, newText: "", wholeLine: true })),
      { line: last, span: { start: 0, end: span.end - lines[last]!.start }, newText: "" },
    ];
  }

  fix(code: ProblemCode, { title, preferred, changes }: Repair): Fix {
    return { title, code, preferred, edits: changes.flatMap((change) => this.edits(change)) };
  }

  problem(code: ProblemCode, severity: Severity, span: Span, message: string, repairs: readonly (Repair | undefined)[]): Problem {
    const fixes = repairs.filter((repair) => repair !== undefined).map((repair) => this.fix(code, repair));
    return { code, severity, message, ...this.of(span), fixable: fixes.some((fix) => fix.preferred), fixes };
  }

  /** Messages further down than the row's first line say so. */
  messages(messages: readonly Message[]): readonly Message[] {
    if (!this.lines) return messages;
    return messages.map((message) => {
      const { line, span } = this.of(message.span);
      return { ...message, span, ...(line > 0 && { line }) };
    });
  }

  private lineAt(offset: number): number {
    const lines = this.lines!;
    let low = 0;
    for (let high = lines.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

type Source = Pick<RowSource, "line" | "column">;

const shifted = ({ start, end }: Span, by: number): Span => ({ start: start + by, end: end + by });
/** A place of the row as a place of the file: only the row's first line begins somewhere inside its line. */
const inFile = <T extends { readonly line: number; readonly span: Span }>(place: T, { line, column }: Source): T =>
  ({ ...place, line: line + place.line, span: place.line === 0 && column > 0 ? shifted(place.span, column) : place.span });

export const placeInFile = inFile<Place>;

export const placeProblem = (problem: Problem, source: Source): Problem =>
  source.line === 0 && source.column === 0 ? problem : { ...inFile(problem, source), fixes: problem.fixes.map((fix) => ({ ...fix, edits: fix.edits.map((edit) => inFile(edit, source)) })) };

/** What a row's records are before it is known where the row stands: its messages have lines only where they stand further down. */
export interface Unplaced {
  readonly format: FormatName;
  readonly found: readonly Omit<DatasetRecord, "line" | "format" | "part">[];
  /** The records as they were placed last. */
  placed?: { readonly line: number; readonly column: number; readonly records: readonly DatasetRecord[] };
}

const origins = new WeakMap<readonly Message[], readonly Message[]>();

/** What stays the same of a record wherever its row stands, as long as the row says the same: for whoever keeps what was found out of it. */
export const originOf = ({ messages }: DatasetRecord): object => origins.get(messages) ?? messages;

/** The records of one row where the row stands; the same objects again as long as it stays there. */
export const placeRecords = (row: Unplaced, { line, column }: Source): readonly DatasetRecord[] => {
  const known = row.placed;
  if (known?.line === line && known.column === column) return known.records;
  const { found, format } = row;
  const single = found.length === 1 ? found[0]! : undefined;
  const records = single && !single.rejected && column === 0 && (line === 0 || stays(single.messages)) ? [{ line, format, ...single }]
    : found.map((record, part): DatasetRecord => ({
      line, ...(found.length > 1 ? { part } : {}), format, ...record,
      messages: placeMessages(record.messages, line, column),
      ...(record.rejected ? { rejected: placeMessages(record.rejected, line, column) } : {}),
    }));
  row.placed = { line, column, records };
  return records;
};

const stays = (messages: readonly Message[]): boolean => messages.every(({ line }) => line === undefined);

const placeMessages = (messages: readonly Message[], line: number, column: number): readonly Message[] => {
  if (column === 0 && (line === 0 || stays(messages))) return messages;
  const placed = messages.map((message) => message.line === undefined ? column === 0 ? message : { ...message, span: shifted(message.span, column) } : { ...message, line: message.line + line });
  origins.set(placed, messages);
  return placed;
};
