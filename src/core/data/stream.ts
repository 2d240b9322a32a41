/** Owns the parse of JSON Lines that come in blocks: the same problems as parse.ts has of the whole text, in memory that grows by some 20 bytes a row. Never throws. */
import { bomProblem, forcedFormat, type ParsedRows, type ParseOptions } from "./parse";
import { FileRemarks } from "./checks/fileRemarks";
import { unknownRows } from "./checks/mixed";
import { sameTextAs } from "./checks/twins";
import { KindTally, sameKind, type Choice, type Kind } from "./formats/choose";
import { type Problem } from "./problem";
import { type DatasetRecord } from "./record";
import { readRow, rowsOfLines } from "./rows/container";
import { FirstRows, hashOf, type Hash } from "./rows/firstRows";
import { linesOfBytes, splitLines, utf8Length, type Decode, type Line } from "./rows/lines";
import { readSource, type Reading } from "./rows/reading";
import { ownProblems, placeAll, RowsTogether } from "./rows/rowsTogether";
import { type RowSource } from "./rows/rowSource";

export interface StreamedBlock extends ParsedRows {
  /** The byte offset in the block of every line's start, and of the block's end. */
  readonly starts: readonly number[];
}

export class DatasetStream {
  private readonly tally = new KindTally();
  private readonly twins = new FirstRows();
  private readonly remarks: FileRemarks;
  /** The first row of each kind. */
  private readonly firsts: { readonly reading: Reading; readonly source: RowSource }[] = [];
  private readonly forced;
  private rows = 0;
  private readable = 0;
  /** Whether some rows can only be read together with rows of other blocks: then the file must be parsed as a whole. */
  goesOverRows = false;

  /** `kind` is what the rows are taken for as they come; `choice` says in the end whether that was right. `most` places of each thing that is told of the whole file are kept. */
  constructor(private readonly kind: Kind, options: ParseOptions, most: number) {
    this.remarks = new FileRemarks(most);
    this.forced = forcedFormat(options);
  }

  /** The next whole lines in UTF-8, the first of which is `firstLine` of the file (from 0). The result's lines count from there; twins may stand in earlier blocks. */
  block(bytes: Uint8Array, decode: Decode, firstLine: number): StreamedBlock {
    const { lines, starts } = linesOfBytes(bytes, decode);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const problems: Problem[] = firstLine === 0 && lines[0]!.text.startsWith("\ufeff") ? [bomProblem()] : [];
    const rows = rowsOfLines(lines, firstLine === 0);
    const kind = this.forced?.kind ?? this.kind;
    const together = kind && "format" in kind ? new RowsTogether(kind, problems, { isForced: this.forced !== undefined, writesJson: true, remarks: this.remarks }) : undefined;
    for (const source of rows) {
      const reading = readSource(source.text, readRow, this.forced?.kind.format);
      ownProblems(reading, source, true, problems);
      if (reading.what !== "object") continue;
      this.readable++;
      this.tally.add(reading.kind);
      if (!this.firsts.some((first) => sameKind(first.reading.kind, reading.kind))) this.firsts.push({ reading, source: inFile(source, firstLine) });
      if (!together) continue;
      together.add(source, reading, firstLine);
      const line = lines[source.line]!;
      const twin = this.twins.first(trimmedHash(line.text, view, starts[source.line]!, starts[source.line + 1]! - ((lines[source.line + 1]?.start ?? line.end) - line.end)), firstLine + source.line);
      if (twin !== undefined) problems.push(sameTextAs({ line: twin, column: 0 }, source));
    }
    if (together?.goesOverRows) this.goesOverRows = true;
    this.rows += rows.length;
    problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start || a.span.end - b.span.end);
    return { ...this.result(problems, rows.length, lines, together?.records, together?.usable), starts };
  }

  /** What is only known when every block was there, with the lines of the whole file; it has no rows. */
  end(): ParsedRows {
    const problems: Problem[] = [];
    const { kind } = this.choice;
    if (kind && "format" in kind) problems.push(...this.remarks.problems(this.readable));
    else {
      const first = this.firsts.find(({ reading }) => sameKind(reading.kind, kind));
      if (first) placeAll([unknownRows(first.reading, kind, this.readable)], first.source, true, problems);
    }
    return this.result(problems, 0, splitLines(""));
  }

  /** What the rows so far are. */
  get choice(): Choice { return this.forced ?? this.tally.choice(this.rows); }

  private result(problems: readonly Problem[], rows: number, lines: readonly Line[], records: readonly DatasetRecord[] = [], usable = 0): ParsedRows {
    const { kind, reason } = this.choice;
    return { container: "jsonl", format: kind && "format" in kind ? kind.format.name : undefined, formatReason: reason, lines, records, problems, rows, usable };
  }
}

/** The records of one row by itself, on line `line`; a row of no known kind is read as `kind`. */
export const recordsOfRow = (text: string, line: number, kind: Kind, options: ParseOptions): readonly DatasetRecord[] => {
  const together = forcedFormat(options)?.kind ?? kind;
  if (!together || !("format" in together)) return [];
  const rows = new RowsTogether(together, [], { isForced: true, writesJson: true });
  for (const source of rowsOfLines(splitLines(text), line === 0)) rows.add({ ...source, line }, readSource(source.text, readRow, forcedFormat(options)?.kind.format));
  return rows.records;
};

const inFile = (source: RowSource, firstLine: number): RowSource => ({ ...source, line: firstLine + source.line });

const isBlank = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at);
  return code <= 32 || code > 127 && text[at]!.trim() === "";
};

/** Of a line's text without the blanks around it; [first, last) are its bytes. */
const trimmedHash = (text: string, bytes: DataView, first: number, last: number): Hash => {
  let start = 0, end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return hashOf(bytes, first + utf8Length(text, 0, start), last - utf8Length(text, end, text.length));
};
