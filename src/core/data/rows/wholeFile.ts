/** Owns files that are not one row a line: a JSON array, one JSON object, rows over several lines. Says so once, and rewrites them as JSONL. */
import { grouped } from "../../grouped";
import { createScanner, SyntaxKind } from "jsonc-parser";
import { chooseKind, kindOf, type Kind } from "../formats/choose";
import { type JsonValue } from "../json/tree";
import { type Line } from "./lines";
import { readJson } from "../json/readJson";
import { readStrict } from "../json/readStrict";
import { type Fix, type Problem, type ProblemCode, type Span } from "../problem";

export interface WholeFile { readonly problem: Problem; readonly reason: string }

/** A problem for the whole file, where it cannot be read line by line; `lines` holds at least one row. */
export const wholeFileProblem = (text: string, lines: readonly Line[]): WholeFile | undefined => {
  const first = lines.find((line) => line.text.replace("\ufeff", "").trim() !== "")!;
  const offset = first.text.startsWith("\ufeff") ? 1 : 0;
  const opening = first.text.slice(offset).trimStart()[0];
  if (opening !== "[" && opening !== "{") return undefined;
  const start = first.text.indexOf(opening, offset);
  const tell = (code: ProblemCode, message: string, fixable: boolean, place: { line: number; span: Span } = { line: first.number, span: { start, end: start + 1 } }): Problem =>
    ({ code, severity: "error", message, ...place, fixable, fixes: [] });
  const opened = first.text.slice(start);
  const firstIsWhole = (readStrict(opened) ?? readJson(opened).value) !== undefined;
  // Several lines that are each a whole value are rows, even where a value is an array.
  const others = lines.some((line) => line.number > first.number && line.text.trim() !== "");
  if (firstIsWhole && (opening === "{" || others)) return undefined;

  const { values, fault } = readValues(text, first.start + start, opening === "[");
  const only = values.length === 1 ? values[0] : undefined;
  if (opening === "[") {
    const reason = "The file is one JSON array.";
    if (only?.kind === "array" && !fault) {
      const { items } = only;
      return { reason, problem: tell("array-file", `This file is one JSON array of ${grouped(items.length)} ${items.length === 1 ? "row" : "rows"}${kindText(chooseKind(items.map(kindOf)).kind)}. JSONL has one row on each line, without brackets and commas around them; an array is read as it is where the file is named .json.`, items.length > 0) };
    }
    if (!fault) return undefined;
    const line = lines.findLast((candidate) => candidate.start <= fault.offset)!;
    const column = Math.min(fault.offset - line.start, line.text.length);
    // Most likely JSONL whose first row is broken, unless the array goes on over the lines.
    if (values.length > 0 || line.number === first.number && others && !/^\[\s*$|^\[\s*\{/.test(first.text.slice(offset))) return undefined;
    return { reason, problem: tell("array-file", `This file begins as one JSON array, and the array is not complete JSON: ${fault.message} Mend that, then it can be rewritten as JSONL.`, false, { line: line.number, span: { start: Math.max(0, Math.min(column, line.text.length - 1)), end: Math.min(column + 1, line.text.length) } }) };
  }
  if (fault || values.length === 0) return undefined;
  if (only) {
    const kind = kindOf(only);
    const about = !kind && only.kind === "object" ? ` with ${only.entries.slice(0, 4).map(({ key }) => `\`${key.value}\``).join(", ")}` : kindText(kind);
    if (kind && "format" in kind) return { reason: "The file is one JSON object.", problem: tell("row-over-lines", `This file is one JSON object over several lines${about}. JSONL has one row on each line.`, true) };
    return { reason: "The file is one JSON object.", problem: tell("unknown-format", `This file is one JSON object${about}, not rows to train on.${kind ? ` ${kind.shape.advice}` : ""}`, false) };
  }
  return { reason: "The rows go over several lines.", problem: tell("row-over-lines", `This file holds ${grouped(values.length)} JSON values written over several lines. JSONL has one row on each line.`, true) };
};

const kindText = (kind: Kind): string => kind === undefined ? "" : "format" in kind ? ` (${kind.format.title})` : ` (${kind.shape.title})`;

/** Rewrites the file that `wholeFileProblem` complains of: every value's own characters, only line breaks and what stands around them go. */
export const rewriteAsJsonl = (text: string, lines: readonly Line[], code: ProblemCode): Fix | undefined => {
  const bom = text.startsWith("\ufeff") ? 1 : 0;
  const { values, fault } = readValues(text, text.search(/[^\s\ufeff]/), code === "array-file");
  const rows = code === "array-file" && values[0]?.kind === "array" ? values[0].items : values;
  if (fault || rows.length === 0) return undefined;
  const newText = rows.map((row) => onOneLine(text.slice(row.start, row.end))).join("\n");
  const last = lines.findLast((line) => line.text.trim() !== "")!;
  const edits = lines.slice(0, last.number + 1).map((line, index) => index === 0
    ? { line: 0, span: { start: bom, end: line.text.length }, newText }
    : { line: line.number, span: { start: 0, end: line.text.length }, newText: "", wholeLine: true as const });
  return { title: "Rewrite the file as JSONL", code, edits, preferred: true };
};

/** The JSON values that follow each other from `from` on, up to the first fault; `lenient` passes over faults inside a value that can be read nevertheless. */
const readValues = (text: string, from: number, lenient: boolean): { values: JsonValue[]; fault?: { offset: number; message: string } } => {
  const values: JsonValue[] = [];
  const scanner = createScanner(text, true);
  for (let at = from; ;) {
    scanner.setPosition(at);
    if (scanner.scan() === SyntaxKind.EOF) return { values };
    at = scanner.getTokenOffset();
    const end = valueEnd(text, at);
    const { value, faults } = readJson(text.slice(at, end));
    if (!value || faults.length > 0 && !lenient) return { values, fault: { offset: at + (faults.at(-1)?.span.start ?? 0), message: faults.at(-1)?.message ?? "It cannot be read." } };
    values.push(shift(value, at));
    at = end;
  }
};

/** The end of the bracketed value that opens at `start`, or of the text. */
const valueEnd = (text: string, start: number): number => {
  const scanner = createScanner(text, true);
  scanner.setPosition(start);
  for (let depth = 0; ;) {
    const kind = scanner.scan();
    if (kind === SyntaxKind.OpenBraceToken || kind === SyntaxKind.OpenBracketToken) depth++;
    else if (kind === SyntaxKind.CloseBraceToken || kind === SyntaxKind.CloseBracketToken) depth--;
    if (kind === SyntaxKind.EOF) return text.length;
    if (depth <= 0) return scanner.getPosition();
  }
};

const shift = (value: JsonValue, by: number): JsonValue => {
  if (by === 0) return value;
  const moved = { ...value, start: value.start + by, end: value.end + by };
  return moved.kind === "array" ? { ...moved, items: moved.items.map((item) => shift(item, by)) } : moved;
};

/** The same tokens with no line break between them: `, ` and `: ` where one was broken, nothing after a bracket. */
export const onOneLine = (source: string): string => {
  if (!/[\r\n]/.test(source)) return source;
  const scanner = createScanner(source, false);
  let line = "";
  let blank = "";
  for (let kind = scanner.scan(); kind !== SyntaxKind.EOF; kind = scanner.scan()) {
    const token = source.slice(scanner.getTokenOffset(), scanner.getPosition());
    if (kind === SyntaxKind.Trivia || kind === SyntaxKind.LineBreakTrivia) blank += token;
    else if (kind !== SyntaxKind.LineCommentTrivia && kind !== SyntaxKind.BlockCommentTrivia) {
      line += !/[\r\n]/.test(blank) ? blank : /[,:]$/.test(line) && kind !== SyntaxKind.CloseBraceToken && kind !== SyntaxKind.CloseBracketToken ? " " : "";
      line += token;
      blank = "";
    }
  }
  return line;
};
