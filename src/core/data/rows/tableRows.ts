/** Owns tables: CSV as RFC 4180 has it (quotes, line breaks inside cells), TSV as IANA has it (no quotes; FLAN writes `\n` for a line break). Strict, never throws. */
import { type Cut, type RowSource } from "./rowSource";
import { type Fault, type JsonEntry, type JsonReading, type JsonString } from "../json/tree";
import { type Line } from "./lines";
import { type Problem } from "../problem";

/** FLAN's chains of thought have no header row (flan/v2/cot_data). */
const FLAN_COLUMNS = ["question", "answer", "chain_of_thought"] as const;

interface Cells { readonly cells: readonly JsonString[]; readonly faults: readonly Fault[] }

export const cutTable = (lines: readonly Line[], kind: "csv" | "tsv", isHeader: (names: readonly string[]) => boolean): Pick<Cut, "rows" | "read" | "problems" | "key"> => {
  const sources = kind === "csv" ? csvRows(lines) : lines.filter((line) => line.text.trim() !== "").map(asSource);
  const [first] = sources;
  const cellsOf = (text: string, escaped = false): Cells => kind === "csv" ? csvCells(text) : { cells: tsvCells(text, escaped), faults: [] };
  const names = first ? cellsOf(first.text).cells.map(({ value }) => value.trim()) : [];
  const headless = kind === "tsv" && names.length === FLAN_COLUMNS.length && !isHeader(names);
  const columns: readonly string[] = headless ? FLAN_COLUMNS : names;
  const twice = columns.find((name, index) => columns.indexOf(name) !== index);
  const problems: Problem[] = headless || twice === undefined ? [] : [{
    code: "table-columns", severity: "error", line: first!.line, span: { start: 0, end: firstLine(first!.text).length }, fixable: false, fixes: [],
    message: `Two columns are called ${JSON.stringify(twice)}; give every column a name of its own.`,
  }];
  return {
    rows: headless ? sources : sources.slice(1), problems, key: JSON.stringify([kind, columns, headless]),
    read: (text) => rowOf(text, cellsOf(text, headless), columns),
  };
};

const firstLine = (text: string): string => /^[^\r\n]*/.exec(text)![0];

const asSource = ({ text, number }: Line): RowSource => ({ text: number === 0 ? text.replace(/^\ufeff/, " ") : text, line: number, column: 0 });

/** Rows, each as long as a quoted cell is open. A quote that nothing closes ends with its line, so that it hides no other row. */
const csvRows = (lines: readonly Line[]): RowSource[] => {
  const rows: RowSource[] = [];
  for (let number = 0; number < lines.length; number++) {
    const source = asSource(lines[number]!);
    if (source.text.trim() === "") continue;
    const last = hasOddQuotes(source.text) && csvCells(source.text).faults.some(({ message }) => message === UNCLOSED) ? closingLine(lines, number) : number;
    rows.push(last === number ? source : { ...source, text: [source.text, ...lines.slice(number + 1, last + 1).map(({ text }) => text)].join("\n") });
    number = last;
  }
  return rows;
};

/** The line on which a cell that is open at the end of line `from` is closed; `from` itself where it never is. */
const closingLine = (lines: readonly Line[], from: number): number => {
  // Only so many lines on: no cell is longer, and looking through a whole file for each stray quote would take forever.
  for (let number = from + 1; number < Math.min(lines.length, from + 2000); number++) if (hasOddQuotes(lines[number]!.text)) return number;
  return from;
};

/** Every quote inside a quoted cell is doubled, so an odd number of them leaves one open. */
const hasOddQuotes = (text: string): boolean => {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++;
  return count % 2 === 1;
};

const UNCLOSED = 'This cell is not closed: a cell that begins with a quote ends with one, and a quote inside it is written "".';

const csvCells = (text: string): Cells => {
  const cells: JsonString[] = [];
  const faults: Fault[] = [];
  for (let at = 0; ;) {
    const quoted = text[at] === '"';
    let end = quoted ? closingQuote(text, at) : nextComma(text, at);
    if (quoted && end < 0) {
      faults.push({ span: { start: at, end: at + 1 }, message: UNCLOSED });
      end = text.length;
    }
    const stop = quoted ? nextComma(text, end) : end;
    if (stop > end) faults.push({ span: { start: end, end: stop }, message: 'Text follows the closing quote of this cell. A quote inside a cell is written "".' });
    const value = text.slice(at, end);
    if (!quoted && value.includes('"')) faults.push({ span: { start: at + value.indexOf('"'), end: at + value.indexOf('"') + 1 }, message: "A cell with a quote in it stands in quotes, and the quote is doubled." });
    cells.push({ kind: "string", start: at, end: stop, value: quoted ? value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined).replaceAll('""', '"') : value, written: quoted ? "quoted" : "bare" });
    if (stop >= text.length) return { cells, faults };
    at = stop + 1;
  }
};

/** The offset after the quote that closes the one at `start`, or -1. */
const closingQuote = (text: string, start: number): number => {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 2)) if (text[at + 1] !== '"') return at + 1;
  return -1;
};

const nextComma = (text: string, from: number): number => {
  const at = text.indexOf(",", from);
  return at < 0 ? text.length : at;
};

const tsvCells = (text: string, escaped: boolean): JsonString[] => {
  let start = 0;
  return text.split("\t").map((cell): JsonString => {
    const node: JsonString = { kind: "string", start, end: start + cell.length, value: escaped ? cell.replaceAll("\\n", "\n") : cell, written: escaped ? "backslash" : "bare" };
    start = node.end + 1;
    return node;
  });
};

const rowOf = (text: string, { cells, faults }: Cells, columns: readonly string[]): JsonReading => {
  if (cells.length !== columns.length) {
    const extra = cells[columns.length];
    const span = extra ? { start: Math.max(0, extra.start - 1), end: text.length } : { start: 0, end: firstLine(text).length };
    return { value: undefined, faults: [...faults, { span, message: `This row has ${cells.length} ${cells.length === 1 ? "cell" : "cells"}, the table has ${columns.length} columns.`, code: "table-columns" }] };
  }
  const entries = cells.map((value, index): JsonEntry => ({ key: { kind: "string", start: value.start, end: value.end, value: columns[index]! }, value }));
  return { value: faults.length > 0 ? undefined : { kind: "object", start: 0, end: text.length, entries }, faults: faults.map((fault) => ({ ...fault, code: "table-syntax" as const })) };
};
