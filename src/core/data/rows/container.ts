/** Owns the cut of a file into rows: a line each, elements of a JSON array, JSON values one after the other, or rows of a table. */
import { type JsonReading } from "../json/tree";
import { type Line } from "./lines";
import { type Problem, type ProblemCode, type Span } from "../problem";
import { readJson } from "../json/readJson";
import { readStrict } from "../json/readStrict";
import { type Container, type Cut, type RowSource } from "./rowSource";
import { cutTable } from "./tableRows";

/** By the name of the file; `.gz` is passed over. */
export const containerOf = (file: string | undefined): Container => {
  const name = (file ?? "").toLowerCase().replace(/\.gz$/, "");
  return name.endsWith(".json") ? "json" : name.endsWith(".csv") ? "csv" : name.endsWith(".tsv") ? "tsv" : "jsonl";
};

/** The fast reader where the text is JSON, else the one that says what is wrong. `hasControls` as readStrict takes it. */
export const readRow = (text: string, hasControls?: boolean): JsonReading => {
  const value = readStrict(text, hasControls);
  return value ? { value, faults: [] } : readJson(text);
};

/** `lines` holds at least one row. `isHeader` says whether the names of a table's first row are column names of a known format. */
export const cutRows = (text: string, lines: readonly Line[], container: Container, isHeader: (names: readonly string[]) => boolean): Cut => {
  if (container === "csv" || container === "tsv") return { ...cutTable(lines, container, isHeader), container, writesJson: false };
  const values = container === "json" ? cutJson(text, lines) : undefined;
  const common = { read: readRow, key: "json", writesJson: true };
  if (values) return { ...common, container, ...values };
  return { ...common, container: "jsonl", rows: rowsOfLines(lines, true), problems: [] };
};

/** A row a line, where it is not blank. A byte order mark may stand before the first one of a file; spans count it. */
export const rowsOfLines = (lines: readonly Line[], beginFile: boolean): RowSource[] => {
  const rows: RowSource[] = [];
  for (const { number, text } of lines) {
    if (text.trim() !== "") rows.push({ text: beginFile && number === 0 && text.startsWith("\ufeff") ? ` ${text.slice(1)}` : text, line: number, column: 0 });
  }
  return rows;
};

const BLANKS = /[\s\ufeff]*/y;
const PLAIN = /[^"{}[\]]*/y;
const IN_STRING = /[^"\\\r\n]*/y;

/** Undefined where the file is rather a row a line. */
const cutJson = (text: string, lines: readonly Line[]): Pick<Cut, "rows" | "problems"> | undefined => {
  const blanks = (from: number): number => {
    BLANKS.lastIndex = from;
    BLANKS.test(text);
    return BLANKS.lastIndex;
  };
  const begin = blanks(0);
  const isArray = text[begin] === "[";
  if (!isArray && text[begin] !== "{") return undefined;
  const first = lines.find((line) => line.end > begin)!;
  const others = lines.some((line) => line.number > first.number && line.text.trim() !== "");
  if (others && readStrict(first.text.slice(begin - first.start))) return undefined;

  const rows: RowSource[] = [];
  const problems: Problem[] = [];
  let number = first.number;
  const placeOf = (offset: number): { line: number; column: number } => {
    while (number + 1 < lines.length && lines[number + 1]!.start <= offset) number++;
    return { line: number, column: Math.min(offset - lines[number]!.start, lines[number]!.text.length) };
  };
  const tell = (offset: number, message: string): void => {
    const { line, column } = placeOf(Math.min(offset, Math.max(0, text.trimEnd().length - 1)));
    problems.push(problemAt("json-syntax", line, { start: column, end: Math.min(column + 1, lines[line]!.text.length) }, message));
  };
  const indent = isArray ? /^\n?[\r\n]*([ \t]+)\{/.exec(text.slice(begin + 1))?.[1] : undefined;
  const restart = indent === undefined ? undefined : `\n${indent}{`;
  const add = (from: number): number => {
    let end = endOfValue(text, from);
    if (restart !== undefined && text.indexOf(restart, from) >= 0 && text.indexOf(restart, from) < end && !readStrict(text.slice(from, end))) end = text.indexOf(restart, from) + 1;
    const row = text.slice(from, end).trimEnd();
    rows.push({ text: row, ...placeOf(from) });
    return end;
  };

  let at = isArray ? blanks(begin + 1) : begin;
  if (!isArray) {
    for (; at < text.length; at = blanks(at)) at = add(at);
    return { rows, problems };
  }
  for (let comma = true; ;) {
    if (at >= text.length) {
      tell(text.length, "The array ends before its closing ]. Was the file cut off?");
      break;
    }
    if (text[at] === "]") {
      const after = blanks(at + 1);
      if (after < text.length) tell(after, "The array is complete before this text.");
      break;
    }
    if (text[at] === ",") {
      if (comma) tell(at, "This comma has no row before it.");
      comma = true;
      at = blanks(at + 1);
      if (text[at] === "]") tell(at, "No row follows the last comma.");
      continue;
    }
    if (!comma) tell(at, "A comma is missing before this row.");
    comma = false;
    // What opens with neither bracket nor quote goes to the next comma or line.
    at = blanks(add(at));
  }
  return { rows, problems };
};

const problemAt = (code: ProblemCode, line: number, span: Span, message: string): Problem => ({ code, severity: "error", message, line, span, fixable: false, fixes: [] });

/** The end of the value that begins at `from`: after its closing bracket, or before the next comma, bracket or line where it has none. */
const endOfValue = (text: string, from: number): number => {
  const opening = text[from];
  if (opening !== "{" && opening !== "[" && opening !== '"') {
    const stop = /[,\]\r\n]/g;
    stop.lastIndex = from + 1;
    return stop.exec(text)?.index ?? text.length;
  }
  let depth = 0;
  for (let at = from; at < text.length;) {
    PLAIN.lastIndex = at;
    PLAIN.test(text);
    at = PLAIN.lastIndex;
    const character = text[at];
    at++;
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === "{" || character === "[") depth++;
    else depth--;
    if (depth <= 0) return Math.min(at, text.length);
  }
  return text.length;
};

/** After the closing quote of the string whose text begins at `from`. One that is not closed ends with its line, so that it hides no other row. */
const endOfString = (text: string, from: number): number => {
  for (let at = from; ;) {
    IN_STRING.lastIndex = at;
    IN_STRING.test(text);
    at = IN_STRING.lastIndex;
    if (text[at] !== "\\" || /[\r\n]/.test(text[at + 1] ?? "\n")) return text[at] === '"' ? at + 1 : at;
    at += 2;
  }
};
