/** Owns the way from a file's text to records and problems: the parser that underlines a line is the parser that trains on it. Never throws. */
import { type JsonEntry, type JsonObject, type JsonValue, type Repair } from "./json";
import { entrySpans, removalOf } from "./keys";
import { splitLines, type Line } from "./lines";
import { type Fix, type Problem, type ProblemCode, type Severity, type Span } from "./problem";
import { readJson } from "./readJson";
import { type DatasetRecord, type FormatName } from "./record";
import { chooseKind, formats, kindOf, type Kind } from "./formats/formats";
import { type Row, type RowFormat } from "./formats/format";
import { wholeFileProblem } from "./wholeFile";

export interface ParsedDataset {
  /** The text that was parsed. */
  readonly text: string;
  /** What the rows are read as; undefined where they are nothing that can be trained on. */
  readonly format: FormatName | undefined;
  /** Why that format, in a sentence. */
  readonly formatReason: string;
  readonly lines: readonly Line[];
  /** The rows that can be trained on: those without a problem of severity error. */
  readonly records: readonly DatasetRecord[];
  /** In the order of the file. */
  readonly problems: readonly Problem[];
  /** Lines that are not blank. */
  readonly rows: number;
  /** Rows that can be trained on. */
  readonly usable: number;
}

export interface ParseOptions {
  /** Read every row as this format instead of finding out. */
  readonly format?: FormatName;
}

interface ReadRow { readonly line: Line; readonly offset: number; readonly value: JsonValue | undefined; readonly kind: Kind }

export const parseDataset = (text: string, options: ParseOptions = {}): ParsedDataset => {
  const lines = splitLines(text);
  const problems: Problem[] = [];
  const broken = new Set<number>();
  const report = (line: number, code: ProblemCode, severity: Severity, span: Span, message: string, repairs: readonly (Repair | undefined)[] = []): void => {
    const fixes = repairs.filter((repair) => repair !== undefined).map((repair) => toFix(line, code, repair));
    problems.push({ code, severity, message, line, span: { start: span.start, end: span.end }, fixable: fixes.some((fix) => fix.preferred), fixes });
    if (severity === "error") broken.add(line);
  };
  const done = (format: FormatName | undefined, formatReason: string, rows: number, records: DatasetRecord[] = []): ParsedDataset => {
    const usable = records.filter((record) => !broken.has(record.line));
    problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start || a.span.end - b.span.end);
    return { text, format, formatReason, lines, records: usable, problems, rows, usable: usable.length };
  };

  if (text.startsWith("\ufeff")) {
    const span = { start: 0, end: 1 };
    report(0, "bom", "warning", span, "The file begins with a byte order mark, which many JSONL readers take for a broken first row.", [{ title: "Remove the byte order mark", changes: [{ span, newText: "" }], preferred: true }]);
  }
  const filled = lines.filter((line) => line.text.replace(/^\ufeff/, "").trim() !== "");
  if (filled.length === 0) {
    report(0, "no-rows", "warning", { start: 0, end: 0 }, "The file has no rows yet. Every line holds one row, for example " + formats.alpaca.example);
    return done(undefined, "The file has no rows.", 0);
  }
  const whole = wholeFileProblem(text, lines);
  if (whole) {
    problems.push(whole.problem);
    return done(undefined, whole.reason, 0);
  }

  const rows = filled.map((line): ReadRow => {
    // A byte order mark stands before the first row; spans count it.
    const offset = line.number === 0 && text.startsWith("\ufeff") ? 1 : 0;
    const { value, faults } = readJson(offset ? ` ${line.text.slice(1)}` : line.text);
    for (const fault of faults) report(line.number, "json-syntax", "error", fault.span, fault.message, [fault.repair]);
    return { line, offset, value, kind: value && kindOf(value) };
  });
  const readable = rows.filter((row) => row.value?.kind === "object");
  if (readable.length === 0) {
    const strange = strangeFile(rows);
    if (strange) {
      const { line } = rows[0]!;
      problems.length = text.startsWith("\ufeff") ? 1 : 0;
      report(line.number, "unknown-format", "error", firstWord(line), `${strange} Every line holds one row, for example ${formats.alpaca.example}`);
      return done(undefined, strange, rows.length);
    }
  }

  const choice = options.format ? { kind: { format: formats[options.format], key: "" }, reason: `Read as ${formats[options.format].title}, as asked.` } : chooseKind(readable.map((row) => row.kind), rows.length);
  if (!choice.kind || "shape" in choice.kind) {
    for (const row of rows) reportNotObject(row, report);
    const first = readable.find((row) => row.kind === choice.kind || choice.kind === undefined || row.kind && "shape" in row.kind && row.kind.shape === (choice.kind as { shape: unknown }).shape);
    if (first) reportUnknown(first, choice.kind, readable, report);
    return done(undefined, choice.reason, rows.length);
  }

  const format = choice.kind.format;
  const unused = new UnusedKeys();
  const records: DatasetRecord[] = [];
  const twins = new Map<string, number>();
  for (const row of rows) {
    if (!reportNotObject(row, report)) continue;
    const object = row.value as JsonObject;
    duplicateKeys(row.line.number, object, report);
    const own = options.format ? { format, key: "" } : row.kind;
    const readAs = own && "format" in own ? own.format : format;
    if (own !== undefined && ("shape" in own || own.format !== format)) mixed(row, own, format, report);
    if (!(own && "shape" in own)) {
      const record = readAs.read(rowOf(row, object, report, unused));
      if (record) records.push(record);
    }
    const same = row.line.text.slice(row.offset).trim();
    const twin = twins.get(same);
    if (twin === undefined) twins.set(same, row.line.number);
    else {
      report(row.line.number, "duplicate-row", "warning", { start: row.offset + row.line.text.slice(row.offset).search(/\S/), end: row.line.text.trimEnd().length }, `The same row as line ${twin + 1}; it counts twice in training.`);
      const last = problems.pop()!;
      problems.push({ ...last, fixable: true, fixes: [{ title: "Remove this row", code: last.code, preferred: true, edits: [{ line: last.line, span: { start: 0, end: row.line.text.length }, newText: "", wholeLine: true }] }] });
    }
  }
  unused.report(readable.length, report);
  return done(format.name, choice.reason, rows.length, records);
};

type ReportLine = (line: number, code: ProblemCode, severity: Severity, span: Span, message: string, repairs?: readonly (Repair | undefined)[]) => void;

const toFix = (line: number, code: ProblemCode, repair: Repair): Fix =>
  ({ title: repair.title, code, preferred: repair.preferred, edits: repair.changes.map(({ span, newText }) => ({ line, span, newText })) });

const rowOf = (row: ReadRow, object: JsonObject, report: ReportLine, unused: UnusedKeys): Row => ({
  line: row.line.number, text: row.line.text, object,
  report: (code, severity, span, message, ...repairs) => report(row.line.number, code, severity, span, message, repairs),
  unused: (entry, where) => unused.add(row.line.number, entry, where),
});

const firstWord = (line: Line): Span => {
  const found = /[^\s\ufeff]+/.exec(line.text);
  return found ? { start: found.index, end: Math.min(found.index + found[0].length, found.index + 40) } : { start: 0, end: line.text.length };
};

/** False for a row that is JSON but not an object, and for one that could not be read at all. */
const reportNotObject = ({ line, value }: ReadRow, report: ReportLine): boolean => {
  if (value && value.kind !== "object") report(line.number, "not-an-object", "error", { start: value.start, end: value.end }, `A row is a JSON object in braces, not ${value.kind === "array" ? "an array" : value.kind === "null" ? "null" : `a ${value.kind}`}.`);
  return value?.kind === "object";
};

/** What a file without a single object probably is; undefined where the rows' own problems say it better. */
const strangeFile = (rows: readonly ReadRow[]): string | undefined => {
  const values = rows.filter((row) => row.value);
  if (rows.length > 1 && values.length === rows.length && values.every((row) => row.value!.kind === "string")) return "Every line is only a piece of text, without question and answer.";
  if (rows.some((row) => /^\s*[{[]/.test(row.line.text.slice(row.offset)))) return undefined;
  const header = rows[0]!.line.text;
  const table = rows.length > 1 && /\t/.test(header) ? "a table with tabs (TSV)" : rows.length > 1 && /,/.test(header) && /instruction|prompt|question|output|response|answer/i.test(header) ? "a table with commas (CSV)" : undefined;
  return values.length === 0 || table ? `This does not look like JSONL${table ? ` but like ${table}` : ""}.` : undefined;
};

const reportUnknown = (first: ReadRow, kind: Kind, readable: readonly ReadRow[], report: ReportLine): void => {
  const object = first.value as JsonObject;
  if (!kind || !("shape" in kind)) {
    const names = object.entries.slice(0, 4).map(({ key }) => `\`${key.value}\``).join(", ");
    report(first.line.number, "unknown-format", "error", object.entries[0]?.key ?? { start: object.start, end: object.end },
      `${names ? `Rows with ${names} are` : "An empty row is"} no format that Tunesmith trains on. Write Alpaca, ${formats.alpaca.example}, or OpenAI chat, ${formats["openai-chat"].example}`);
    return;
  }
  const { shape } = kind;
  const key = object.entries.find((entry) => entry.key.value === shape.keys[0])!.key;
  const others = readable.length > 1 ? ` The whole file of ${readable.length.toLocaleString("en-US")} rows is left out.` : "";
  report(first.line.number, "unknown-format", "error", key, `This looks like ${shape.title}, which Tunesmith does not train on as it is. ${shape.advice}${others}`, [shape.repair?.(object)]);
};

const mixed = (row: ReadRow, own: NonNullable<Kind>, format: RowFormat, report: ReportLine): void => {
  const key = "shape" in own ? own.shape.keys[0]! : own.key;
  const span = (row.value as JsonObject).entries.find((entry) => entry.key.value === key)!.key;
  if ("shape" in own) {
    report(row.line.number, "mixed-format", "error", span, `This row looks like ${own.shape.title}, the others are ${format.title}. ${own.shape.advice}`, [own.shape.repair?.(row.value as JsonObject)]);
  } else report(row.line.number, "mixed-format", "warning", span, `This row is ${own.format.title}, the others are ${format.title}. It is trained on, but most tools refuse a file with both.`);
};

const duplicateKeys = (line: number, value: JsonValue, report: ReportLine): void => {
  if (value.kind === "array") for (const item of value.items) duplicateKeys(line, item, report);
  if (value.kind !== "object") return;
  const last = new Map(value.entries.map(({ key }, index) => [key.value, index]));
  value.entries.forEach(({ key }, index) => {
    const winner = last.get(key.value)!;
    if (last.size < value.entries.length && winner !== index) {
      report(line, "duplicate-key", "warning", key, `\`${key.value}\` comes again at column ${value.entries[winner]!.key.start + 1}; the last one counts, this one is ignored.`,
        [{ title: "Remove the one that is ignored", changes: [removalOf(entrySpans(value), index)], preferred: true }]);
    }
    duplicateKeys(line, value.entries[index]!.value, report);
  });
};

/** Keys that no format uses. One that most rows have is a column of the dataset and told once; one in a few rows is probably a slip and told each time. */
class UnusedKeys {
  private readonly found = new Map<string, { line: number; entry: JsonEntry; where: string }[]>();

  add(line: number, entry: JsonEntry, where: string): void {
    const places = this.found.get(entry.key.value);
    if (places) places.push({ line, entry, where });
    else this.found.set(entry.key.value, [{ line, entry, where }]);
  }

  report(rows: number, report: ReportLine): void {
    for (const [key, places] of this.found) {
      const count = new Set(places.map(({ line }) => line)).size;
      const column = count * 2 >= rows;
      for (const { line, entry, where } of column ? places.slice(0, 1) : places) {
        if (column) report(line, "unknown-key", "information", entry.key, `\`${key}\` is not used in ${where} and is left out of training${rows > 1 ? `; ${count === rows ? "every row has" : `${count.toLocaleString("en-US")} rows have`} it` : ""}.`);
        else report(line, "unknown-key", "warning", entry.key, `\`${key}\` is not used in ${where} and is left out of training; only ${count.toLocaleString("en-US")} of ${rows.toLocaleString("en-US")} rows ${count === 1 ? "has" : "have"} it.`);
      }
    }
  }
}
