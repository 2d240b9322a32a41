/** Owns the way from a file's text to records and problems: the parser that underlines a line is the parser that trains on it. Never throws. */
import { containerOf, cutRows } from "./rows/container";
import { type Container, type Cut, type RowSource } from "./rows/rowSource";
import { FileRemarks } from "./checks/fileRemarks";
import { chooseKind, kindOf, sameKind, type FormatKind } from "./formats/choose";
import { type RowFormat } from "./formats/format";
import { formatOf } from "./formats/formats";
import { mappedFormat, type Mapping } from "./formats/mapping";
import { joinMessages, type LinkedMessage } from "./formats/oasst";
import { splitLines, type Line } from "./rows/lines";
import { mixedRow, notAnObject, strangeFile, unknownRows } from "./checks/mixed";
import { placeProblem, placeRecords } from "./rows/place";
import { type Problem } from "./problem";
import { readSource, type FormatReading, type Reading } from "./rows/reading";
import { type DatasetRecord, type FormatName, type Message } from "./record";
import { duplicateRow } from "./checks/twins";
import { wholeFileProblem } from "./rows/wholeFile";

export interface ParsedDataset {
  /** The text that was parsed. */
  readonly text: string;
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

export interface ParseOptions {
  /** Read every row as this format instead of finding out. */
  readonly format?: FormatName;
  /** The file's name, which tells a JSON array or a table from JSON Lines; without it, JSON Lines. */
  readonly file?: string;
  /** Which columns hold what, as the user says (LLaMA-Factory's dataset_info.json). */
  readonly mapping?: Mapping;
}

/** What earlier parses found out of each row's text; kept beside the result so that the result stays plain. */
const memory = new WeakMap<ParsedDataset, { readonly key: string; readonly readings: ReadonlyMap<string, Reading> }>();

/** `previous` is an earlier result for almost the same text: rows whose text it knows are not read again. The result is the same with or without it. */
export const parseDataset = (text: string, options: ParseOptions = {}, previous?: ParsedDataset): ParsedDataset => {
  const lines = splitLines(text);
  const container = containerOf(options.file);
  const problems: Problem[] = [];
  const finish = (format: FormatName | undefined, formatReason: string, rows: number, found: Container = container, records: readonly DatasetRecord[] = [], usable = 0): ParsedDataset => {
    problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start || a.span.end - b.span.end);
    return { text, container: found, format, formatReason, lines, records, problems, rows, usable };
  };

  if (text.startsWith("\ufeff")) {
    const span = { start: 0, end: 1 };
    problems.push({
      code: "bom", severity: "warning", line: 0, span, message: "The file begins with a byte order mark, which many JSONL readers take for a broken first row.", fixable: true,
      fixes: [{ title: "Remove the byte order mark", code: "bom", preferred: true, edits: [{ line: 0, span, newText: "" }] }],
    });
  }
  if (!lines.some((line) => line.text.replace(/^\ufeff/, "").trim() !== "")) {
    problems.push({ code: "no-rows", severity: "warning", line: 0, span: { start: 0, end: 0 }, message: `The file has no rows yet. Every line holds one row, for example ${formatOf("alpaca").example}`, fixable: false, fixes: [] });
    return finish(undefined, "The file has no rows.", 0);
  }
  const whole = container === "jsonl" ? wholeFileProblem(text, lines) : undefined;
  if (whole) {
    problems.push(whole.problem);
    return finish(undefined, whole.reason, 0);
  }

  const forced = options.mapping ? mappedFormat(options.mapping) : options.format && options.format !== "mapped" ? formatOf(options.format) : undefined;
  const cut = cutRows(text, lines, container, isHeaderFor(options.mapping));
  problems.push(...cut.problems);
  const readings = readingsOf(cut, forced, JSON.stringify([options.format, options.mapping]), previous);
  const read = cut.rows.map((source) => ({ source, reading: readings.map.get(source.text)! }));
  const keep = (result: ParsedDataset): ParsedDataset => {
    memory.set(result, { key: readings.key, readings: readings.map });
    return result;
  };
  const place: PlaceProblems = (source, found) => {
    for (const problem of found) problems.push(cut.writesJson ? placeProblem(problem, source) : onlyRemovals(placeProblem(problem, source)));
  };

  const readable = read.filter(({ reading }) => reading.what === "object");
  if (readable.length === 0) {
    const strange = container === "jsonl" ? strangeFile(read.map(({ source, reading }) => ({ text: source.text, what: reading.what }))) : undefined;
    if (strange) {
      const first = cut.rows[0]!;
      const word = /\S+/.exec(first.text);
      const span = { start: word?.index ?? 0, end: Math.min((word?.index ?? 0) + (word?.[0].length ?? 0), (word?.index ?? 0) + 40) };
      problems.push({ code: "unknown-format", severity: "error", line: first.line, span, message: `${strange} Every line holds one row, for example ${formatOf("alpaca").example}`, fixable: false, fixes: [] });
      return keep(finish(undefined, strange, cut.rows.length, cut.container));
    }
  }
  for (const { source, reading } of read) place(source, [...reading.problems, ...notAnObject(reading)]);

  const choice = forced ? { kind: { format: forced, signature: undefined, keys: [] }, reason: options.mapping ? options.mapping.reason : `Read as ${forced.title}, as asked.` } : chooseKind(readable.map(({ reading }) => reading.kind), read.length);
  if (!choice.kind || "shape" in choice.kind) {
    const first = readable.find(({ reading }) => sameKind(reading.kind, choice.kind));
    if (first) place(first.source, [unknownRows(first.reading, choice.kind, readable.length)]);
    return keep(finish(undefined, choice.reason, read.length, cut.container));
  }
  const found = readRows(read, choice.kind, forced !== undefined, cut, lines, problems, place);
  problems.push(...found.remarks.problems(readable.length));
  return keep(finish(choice.kind.format.name, choice.reason, read.length, cut.container, found.records, found.usable));
};

type PlaceProblems = (source: RowSource, problems: readonly Problem[]) => void;
interface ReadRow { readonly source: RowSource; readonly reading: Reading }

/** The reading of every row's text, taken over where an earlier parse under the same conditions has it. */
const readingsOf = (cut: Cut, forced: RowFormat | undefined, asked: string, previous: ParsedDataset | undefined): { key: string; map: Map<string, Reading> } => {
  const key = `${cut.key}${asked}`;
  const earlier = previous && memory.get(previous);
  const known = earlier?.key === key ? earlier.readings : undefined;
  const map = new Map<string, Reading>();
  for (const { text } of cut.rows) if (!map.has(text)) map.set(text, known?.get(text) ?? readSource(text, cut.read, forced));
  return { key, map };
};

/** Every row as its own format, or as the file's where it is none: problems, records, and the conversations that rows make together. */
const readRows = (read: readonly ReadRow[], kind: FormatKind, isForced: boolean, cut: Cut, lines: readonly Line[], problems: Problem[], place: PlaceProblems): { records: DatasetRecord[]; usable: number; remarks: FileRemarks } => {
  const remarks = new FileRemarks();
  const records: DatasetRecord[] = [];
  const linked: { node: LinkedMessage }[] = [];
  const twins = new Map<string, RowSource>();
  let usable = 0;
  read.forEach(({ source, reading }, index) => {
    if (reading.what !== "object") return;
    const own = reading.kind;
    if (own && !isForced && own !== kind) place(source, mixedRow(reading, own, kind));
    if (!(own && "shape" in own)) {
      const format = own?.format ?? kind.format;
      const result: FormatReading = reading.as(format, own?.signature);
      place(source, result.problems);
      remarks.add(source, result.unused, result.remarks);
      const broken = reading.problems.some(({ severity }) => severity === "error");
      if (!broken && result.records.length > 0) {
        const placed = placeRecords(result.records, source);
        if (result.link) linked.push({ node: { ...result.link, message: { ...placed[0]!.messages[0]!, line: placed[0]!.messages[0]!.line ?? source.line } } });
        else if (!format.links) {
          records.push(...placed);
          usable++;
        }
      }
    }
    const same = source.text.trim();
    const twin = twins.get(same);
    if (!twin) twins.set(same, source);
    else problems.push(duplicateRow(lines, cut.rows, index, twin.line, cut.container));
  });
  if (linked.length > 0) {
    const conversations = joinMessages(linked.map(({ node }) => node));
    const taken = new Set(conversations.flat().map(placeOf));
    const left = linked.filter(({ node }) => !taken.has(placeOf(node.message)));
    usable += linked.length - left.length;
    if (left[0]) problems.push(leftMessages(left[0].node.message, left.length));
    records.push(...conversations.map((messages) => joinedRecord(messages, kind.format.name)).sort((a, b) => a.line - b.line));
  }
  return { records, usable, remarks };
};

const leftMessages = ({ line, span }: Message, count: number): Problem => ({
  code: "left-out", severity: "information", line: line!, span, fixable: false, fixes: [], message: `Messages that no answer follows teach nothing and are left out (${count.toLocaleString("en-US")}).`,
});

const placeOf = ({ line, span }: Message): string => `${line}:${span.start}`;

/** Messages of several rows as one record, which counts as standing on the line of its last answer. */
const joinedRecord = (messages: readonly Message[], format: FormatName): DatasetRecord => {
  const line = messages.at(-1)!.line!;
  return { line, format, messages: messages.map((message) => message.line === line ? withoutLine(message) : message) };
};

const withoutLine = ({ line: _, ...message }: Message): Message => message;

/** Repairs of a table's rows: what they take out can go, what they write would be JSON. */
const onlyRemovals = (problem: Problem): Problem => {
  const fixes = problem.fixes.filter(({ edits }) => edits.every(({ newText }) => newText === ""));
  return { ...problem, fixes, fixable: fixes.some(({ preferred }) => preferred) };
};

const isHeaderFor = (mapping: Mapping | undefined) => (names: readonly string[]): boolean => {
  if (mapping) return mapping.columnNames.some((name) => names.includes(name));
  const entries = names.map((name, index) => ({ key: { kind: "string" as const, start: index, end: index, value: name }, value: { kind: "string" as const, start: index, end: index, value: "" } }));
  const kind = kindOf({ kind: "object", start: 0, end: 0, entries });
  return kind !== undefined;
};
