/** Owns the way from offsets in a row's own text to lines and columns: first in the row, then in the file. */
import { type RowSource } from "./rowSource";
import { type Change, type Repair } from "../json/tree";
import { splitLines } from "./lines";
import { type Edit, type Fix, type Problem, type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord, type Message } from "../record";

export interface Place { readonly line: number; readonly span: Span }

/** Places within one row, whose first line has the number 0. What would go over a line's end stops there. */
export class RowPlaces {
  private readonly lines;

  constructor(text: string) {
    this.lines = text.includes("\n") || text.includes("\r") ? splitLines(text) : undefined;
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

  message(message: Message): Message {
    const { line, span } = this.of(message.span);
    return line === 0 ? message : { ...message, span, line };
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

const placed = new WeakMap<readonly DatasetRecord[], { readonly line: number; readonly column: number; readonly records: readonly DatasetRecord[] }>();

/** The records of one row where the row stands; the same objects again as long as it stays there. */
export const placeRecords = (records: readonly DatasetRecord[], { line, column }: Source): readonly DatasetRecord[] => {
  const known = placed.get(records);
  if (known?.line === line && known.column === column) return known.records;
  const result = records.map((record) => placeRecord(record, { line, column }));
  placed.set(records, { line, column, records: result });
  return result;
};

/** A row's record has line 0, and its messages have lines only where they stand further down. */
const placeRecord = (record: DatasetRecord, source: Source): DatasetRecord => {
  if (source.line === 0 && source.column === 0) return record;
  const move = <T extends { readonly line?: number; readonly span: Span }>(item: T): T =>
    item.line === undefined ? source.column === 0 ? item : { ...item, span: shifted(item.span, source.column) } : { ...item, line: item.line + source.line };
  return {
    ...record, line: record.line + source.line,
    messages: source.column === 0 && !record.messages.some(({ line }) => line !== undefined) ? record.messages : record.messages.map(move),
    ...(record.rejected ? { rejected: record.rejected.map(move) } : {}),
  };
};
