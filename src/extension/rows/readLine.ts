/** One row of a dataset as it stands in the buffer at this moment, without waiting for the whole file to be parsed. */
import type * as vscode from "vscode";
import { parseDataset, rowSources, type ParsedDataset } from "../../core/data/parse";
import { type Problem } from "../../core/data/problem";
import { type DatasetRecord } from "../../core/data/record";
import { datasetOf, JSONL, parsedDatasetOf } from "../dataset/datasets";
import { endOfRow, rowAtPlace, type RowSource } from "../../core/data/rows/rowSource";
import { rowText } from "../../core/data/rows/rowText";
import { rowsAt } from "./readings";

export interface ReadLine {
  /** Undefined where the row cannot be trained on; the problems say why. Its places are those of `text`. */
  readonly record: DatasetRecord | undefined;
  readonly text: string;
  /** The same record with its places in the file. */
  readonly inFile: DatasetRecord | undefined;
  /** How many conversations the row holds; `record` is the first. */
  readonly conversations: number;
  readonly problems: readonly Problem[];
}

/** Where the file is parsed as it is, its own row, which knows the rest of the file; else the line for itself. Rows that go over lines, or share one, are only known by the file. */
export const readLine = (document: vscode.TextDocument, line: number, column: number): ReadLine => {
  const dataset = parsedDatasetOf(document) ?? (isJsonLines(document) ? undefined : datasetOf(document));
  if (dataset) {
    const found = rowsAt(dataset, line, column), sources = rowSources(dataset), row = dataset.container === "jsonl" ? undefined : sources[rowAtPlace(sources, line, column) ?? -1];
    return { record: found[0]?.record, text: found[0]?.line ?? "", inFile: found[0]?.inFile, conversations: found.length, problems: dataset.problems.filter(({ line: at, span }) => row ? holds(row, at, span.start) : at === line) };
  }
  const own = parseDataset(document.lineAt(line).text);
  const [first] = own.records;
  return { record: first && rowText(first, own.lines).record, text: document.lineAt(line).text, inFile: first && { ...first, line }, conversations: own.records.length, problems: own.problems };
};

const holds = (row: RowSource, line: number, column: number): boolean => {
  const end = endOfRow(row);
  return (line > row.line || line === row.line && column >= row.column) && (line < end.line || line === end.line && column <= end.column);
};

const isJsonLines = ({ languageId }: vscode.TextDocument): boolean => languageId === JSONL;

/** Line and column, both from 0. */
export interface Begin { readonly line: number; readonly column: number }
/** Where a place's row stands among the rows: where it begins, and its number from 1. In JSON Lines every line is taken for a row, so that nothing need be parsed. */
export interface RowPlace extends Begin { readonly row: number; readonly rows: number; readonly previous: Begin | undefined; readonly next: Begin | undefined }

/** Undefined where the place belongs to no row. */
export const placeOfRow = (document: vscode.TextDocument, line: number, column: number): RowPlace | undefined => {
  if (!isJsonLines(document)) return placeIn(datasetOf(document), line, column);
  const isRow = (each: number): boolean => !document.lineAt(each).isEmptyOrWhitespace;
  if (!isRow(line)) return undefined;
  const towards = (by: 1 | -1): Begin | undefined => {
    for (let each = line + by; each >= 0 && each < document.lineCount; each += by) if (isRow(each)) return { line: each, column: 0 };
    return undefined;
  };
  let rows = document.lineCount;
  while (rows > 1 && !isRow(rows - 1)) rows--;
  return { line, column: 0, row: line + 1, rows, previous: towards(-1), next: towards(1) };
};

const placeIn = (dataset: ParsedDataset, line: number, column: number): RowPlace | undefined => {
  const sources = rowSources(dataset), at = rowAtPlace(sources, line, column);
  if (at === undefined) return undefined;
  const begin = (row: number): Begin | undefined => sources[row] && { line: sources[row].line, column: sources[row].column };
  return { ...begin(at)!, row: at + 1, rows: sources.length, previous: begin(at - 1), next: begin(at + 1) };
};
