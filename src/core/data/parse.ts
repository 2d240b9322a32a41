/** Owns the way from a file's text to records and problems: the parser that underlines a line is the parser that trains on it. Never throws. */
import { containerOf, cutRows } from "./rows/container";
import { type Container, type Cut, type RowSource } from "./rows/rowSource";
import { KindTally, kindOf, sameKind, type FormatKind } from "./formats/choose";
import { type RowFormat } from "./formats/format";
import { formatOf } from "./formats/formats";
import { mappedFormat, type Mapping } from "./formats/mapping";
import { splitLines, type Line } from "./rows/lines";
import { strangeFile, unknownRows } from "./checks/mixed";
import { type Problem } from "./problem";
import { isSuspicious, readSource, type Reading } from "./rows/reading";
import { ownProblems, placeAll, RowsTogether } from "./rows/rowsTogether";
import { type DatasetRecord, type FormatName } from "./record";
import { duplicateRow } from "./checks/twins";
import { wholeFileProblem } from "./rows/wholeFile";

/** What a part of a file says, or all of it. */
export interface ParsedRows {
  /** How rows lie in the file. */
  readonly container: Container;
  /** What the rows are read as; undefined where they are nothing that can be trained on. */
  readonly format: FormatName | undefined;
  /** Why that format, in a sentence. */
  readonly formatReason: string;
  readonly lines: readonly Line[];
  /** What can be trained on: of rows without a problem of severity error, one record each, or several where a row holds several conversations. */
  readonly records: readonly DatasetRecord[];
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Rows of the file: lines that are not blank, elements of an array, rows of a table below its header. */
  readonly rows: number;
  /** Rows that can be trained on. */
  readonly usable: number;
}

export interface ParsedDataset extends ParsedRows {
  /** The text that was parsed. */
  readonly text: string;
}

export interface ParseOptions {
  /** Read every row as this format instead of finding out. */
  readonly format?: FormatName;
  /** The file's name, which tells a JSON array or a table from JSON Lines; without it, JSON Lines. */
  readonly file?: string;
  /** Which columns hold what, as the user says (LLaMA-Factory's dataset_info.json). */
  readonly mapping?: Mapping;
}

/** What earlier parses found out of each row's text; kept beside the result so that the result stays plain. */
const memory = new WeakMap<ParsedRows, Readings>();

/** Every row's own text and where it begins, in the order of the file; none where the file is no rows. */
export const rowSources = (parsed: ParsedRows): readonly RowSource[] => memory.get(parsed)?.rows ?? [];

/** What the rows were taken for, and whether somebody said so; undefined where they are nothing that can be trained on. */
export const readingAs = (parsed: ParsedDataset): ReadAs | undefined => memory.get(parsed)?.as;

interface ReadAs { readonly kind: FormatKind; readonly isForced: boolean }
interface Readings { readonly key: string; readonly rows: readonly RowSource[]; readonly readings: readonly Reading[]; readonly as?: ReadAs }

/** `previous` is an earlier result for almost the same text: rows whose text it knows are not read again. The result is the same with or without it. */
export const parseDataset = (text: string, options: ParseOptions = {}, previous?: ParsedDataset): ParsedDataset => {
  const lines = splitLines(text, previous?.lines);
  const container = containerOf(options.file);
  const problems: Problem[] = [];
  const finish = (format: FormatName | undefined, formatReason: string, rows: number, found: Container = container, records: readonly DatasetRecord[] = [], usable = 0): ParsedDataset => {
    problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start || a.span.end - b.span.end);
    return { text, container: found, format, formatReason, lines, records, problems, rows, usable };
  };

  if (text.startsWith("\ufeff")) problems.push(bomProblem());
  if (!lines.some((line) => line.text.replace(/^\ufeff/, "").trim() !== "")) {
    problems.push({ code: "no-rows", severity: "warning", line: 0, span: { start: 0, end: 0 }, message: `The file has no rows yet. Every line holds one row, for example ${formatOf("alpaca").example}`, fixable: false, fixes: [] });
    return finish(undefined, "The file has no rows.", 0);
  }
  const whole = container === "jsonl" ? wholeFileProblem(text, lines) : undefined;
  if (whole) {
    problems.push(whole.problem);
    return finish(undefined, whole.reason, 0);
  }

  const forced = forcedFormat(options);
  const cut = cutRows(text, lines, container, isHeaderFor(options.mapping));
  const { rows, writesJson } = cut;
  for (const problem of cut.problems) problems.push(problem);
  const known = readingsOf(text, cut, forced?.kind.format, JSON.stringify([options.format, options.mapping]), previous);
  const { readings } = known;
  const keep = (result: ParsedDataset, kind?: FormatKind): ParsedDataset => {
    memory.set(result, kind ? { ...known, as: { kind, isForced: forced !== undefined } } : known);
    return result;
  };

  const tally = new KindTally();
  let readable = 0;
  for (const { what, kind } of readings) {
    if (what !== "object") continue;
    readable++;
    tally.add(kind);
  }
  if (readable === 0) {
    const strange = container === "jsonl" ? strangeFile(rows.map(({ text: own }, index) => ({ text: own, what: readings[index]!.what }))) : undefined;
    if (strange) {
      const first = rows[0]!;
      const word = /\S+/.exec(first.text);
      const span = { start: word?.index ?? 0, end: Math.min((word?.index ?? 0) + (word?.[0].length ?? 0), (word?.index ?? 0) + 40) };
      problems.push({ code: "unknown-format", severity: "error", line: first.line, span, message: `${strange} Every line holds one row, for example ${formatOf("alpaca").example}`, fixable: false, fixes: [] });
      return keep(finish(undefined, strange, rows.length, cut.container));
    }
  }
  rows.forEach((source, index) => ownProblems(readings[index]!, source, writesJson, problems));

  const choice = forced ?? tally.choice(rows.length);
  if (!choice.kind || "shape" in choice.kind) {
    const first = readings.findIndex(({ what, kind }) => what === "object" && sameKind(kind, choice.kind));
    if (first >= 0) placeAll([unknownRows(readings[first]!, choice.kind, readable)], rows[first]!, writesJson, problems);
    return keep(finish(undefined, choice.reason, rows.length, cut.container));
  }
  const together = new RowsTogether(choice.kind, problems, { isForced: forced !== undefined, writesJson });
  const twins = new Map<string, RowSource>();
  rows.forEach((source, index) => {
    const reading = readings[index]!;
    together.add(source, reading);
    if (reading.what !== "object") return;
    const twin = twins.get(reading.trimmed);
    if (twin === undefined) twins.set(reading.trimmed, source);
    else problems.push(duplicateRow(lines, rows, index, twin, cut.container));
  });
  together.join();
  for (const problem of together.remarks.problems(readable)) problems.push(problem);
  return keep(finish(choice.kind.format.name, choice.reason, rows.length, cut.container, together.records, together.usable), choice.kind);
};

/** What every row is read as because the caller says so; undefined where it is to be found out. */
export const forcedFormat = ({ mapping, format }: ParseOptions): { readonly kind: FormatKind; readonly reason: string } | undefined => {
  const forced = mapping ? mappedFormat(mapping) : format && format !== "mapped" ? formatOf(format) : undefined;
  return forced && { kind: { format: forced, signature: undefined, keys: [] }, reason: mapping ? mapping.reason : `Read as ${forced.title}, as asked.` };
};

export const bomProblem = (): Problem => {
  const span = { start: 0, end: 1 };
  return {
    code: "bom", severity: "warning", line: 0, span, message: "The file begins with a byte order mark, which many JSONL readers take for a broken first row.", fixable: true,
    fixes: [{ title: "Remove the byte order mark", code: "bom", preferred: true, edits: [{ line: 0, span, newText: "" }] }],
  };
};

/** The reading of every row's text, taken over where an earlier parse under the same conditions has it: at the beginning and the end as long as the rows are the same, between by their text. */
const readingsOf = (text: string, cut: Cut, forced: RowFormat | undefined, asked: string, previous: ParsedDataset | undefined): Readings => {
  const key = `${cut.key}${asked}`;
  const { rows } = cut;
  const earlier = previous && memory.get(previous);
  // Where few rows are read anew, each is looked at by itself.
  const suspicious = earlier || isSuspicious(text) ? undefined : false;
  const readings: Reading[] = [];
  if (earlier?.key !== key) {
    for (const row of rows) readings.push(readSource(row.text, cut.read, forced, suspicious));
    return { key, rows, readings };
  }
  const [before, most] = [earlier.rows, Math.min(earlier.rows.length, rows.length)];
  let [head, tail] = [0, 0];
  while (head < most && before[head]!.text === rows[head]!.text) head++;
  while (tail < most - head && before[before.length - 1 - tail]!.text === rows[rows.length - 1 - tail]!.text) tail++;
  const known = new Map<string, Reading>();
  for (let index = head; index < before.length - tail; index++) known.set(before[index]!.text, earlier.readings[index]!);
  for (let index = 0; index < rows.length; index++) {
    readings.push(index < head ? earlier.readings[index]! : index >= rows.length - tail ? earlier.readings[index + before.length - rows.length]!
      : known.get(rows[index]!.text) ?? readSource(copyOf(rows[index]!.text), cut.read, forced, suspicious));
  }
  return { key, rows, readings };
};

/** A row's text by itself: cut out of a file's text it would keep all of that, and with every edited row another one. */
const copyOf = (text: string): string => ` ${text}`.slice(1);

const isHeaderFor = (mapping: Mapping | undefined) => (names: readonly string[]): boolean => {
  if (mapping) return mapping.columnNames.some((name) => names.includes(name));
  const entries = names.map((name, index) => ({ key: { kind: "string" as const, start: index, end: index, value: name }, value: { kind: "string" as const, start: index, end: index, value: "" } }));
  const kind = kindOf({ kind: "object", start: 0, end: 0, entries });
  return kind !== undefined;
};
