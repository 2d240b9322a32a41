/** The outline of a dataset, a row each with its first words and its turns below it, and the folding of blocks of rows and of rows written over several lines. */
import * as vscode from "vscode";
import { setTimeout as delay } from "node:timers/promises";
import { foldsOf } from "../../core/data/editing/folds";
import { rowSources, type ParsedDataset } from "../../core/data/parse";
import { type DatasetRecord, type Message } from "../../core/data/record";
import { endOfRow } from "../../core/data/rows/rowSource";
import { rowOfRecord } from "../../core/data/rows/rowText";
import { datasetOf, datasetSelector, isDatasetDocument, isInstructionData, jsonlSelector } from "../dataset/datasets";

/** VS Code draws every symbol that it is given; of longer files the outline shows the beginning. */
const MOST_ROWS = 2_000;
/** With so many rows nobody unfolds one to find a turn. */
const MOST_WITH_TURNS = 500;
const MOST_WORDS = 60;
/** Folding looks at every character. */
const MOST_CHARACTERS = 20_000_000;
/** VS Code asks after every keystroke: in long files an answer comes when the hands rest, and none for what is typed over. */
const LONG_LINES = 1_000;
const REST_MS = 800;

const rested = async (document: vscode.TextDocument, token: vscode.CancellationToken): Promise<boolean> => {
  if (document.lineCount > LONG_LINES && isDatasetDocument(document)) await delay(REST_MS);
  return !token.isCancellationRequested;
};

export class DatasetOutline implements vscode.DocumentSymbolProvider, vscode.FoldingRangeProvider {
  static register(): vscode.Disposable {
    const outline = new DatasetOutline();
    return vscode.Disposable.from(vscode.languages.registerDocumentSymbolProvider(datasetSelector, outline, { label: "Dataset Rows" }), vscode.languages.registerFoldingRangeProvider(jsonlSelector, outline));
  }

  async provideDocumentSymbols(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.DocumentSymbol[]> {
    if (!await rested(document, token)) return [];
    if (!isDatasetDocument(document)) return [];
    const dataset = datasetOf(document);
    if (!isInstructionData(dataset)) return [];
    const { records } = dataset, sources = rowSources(dataset);
    const shown = records.slice(0, MOST_ROWS).flatMap((record) => {
      const number = rowOfRecord(sources, record), row = rangeOf(dataset, number, record, document);
      const first = record.messages.find(({ role }) => role !== "system") ?? record.messages[0];
      if (!first) return [];
      const symbol = new vscode.DocumentSymbol(beginning(first.content) || "(empty)", `row ${((dataset.container === "jsonl" ? record.line : number ?? record.line) + 1).toLocaleString("en")}${record.messages.length > 2 ? `, ${record.messages.length} turns` : ""}`, vscode.SymbolKind.Object, row, inRow(row, record, first));
      if (records.length <= MOST_WITH_TURNS) symbol.children = record.messages.map((message) => new vscode.DocumentSymbol(beginning(message.content) || "(empty)", message.role, vscode.SymbolKind.String, inRow(row, record, message), inRow(row, record, message)));
      return [symbol];
    });
    if (records.length > MOST_ROWS) {
      const last = document.lineAt(records[MOST_ROWS]!.line).range;
      shown.push(new vscode.DocumentSymbol(`${(records.length - MOST_ROWS).toLocaleString("en")} more rows`, "", vscode.SymbolKind.Null, last, last));
    }
    return shown;
  }

  async provideFoldingRanges(document: vscode.TextDocument, _context: vscode.FoldingContext, token: vscode.CancellationToken): Promise<vscode.FoldingRange[]> {
    if (!await rested(document, token)) return [];
    const text = document.getText();
    return text.length > MOST_CHARACTERS ? [] : foldsOf(text).map(({ start, end, kind }) => new vscode.FoldingRange(start, end, kind === "block" ? vscode.FoldingRangeKind.Region : undefined));
  }
}

const beginning = (text: string): string => {
  const words = text.slice(0, MOST_WORDS * 2).replace(/\s+/g, " ").trim();
  return words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS).trimEnd()}…` : words;
};

/** All lines of the row. */
const rangeOf = (dataset: ParsedDataset, number: number | undefined, { line }: DatasetRecord, document: vscode.TextDocument): vscode.Range => {
  const row = dataset.container === "jsonl" || number === undefined ? undefined : rowSources(dataset)[number];
  if (!row) return document.lineAt(line).range;
  const end = endOfRow(row);
  return new vscode.Range(row.line, row.column, end.line, end.column);
};

/** Where the message stands; the row's beginning where it stands elsewhere. */
const inRow = (row: vscode.Range, record: DatasetRecord, { span, line = record.line }: Message): vscode.Range => {
  const place = new vscode.Range(line, span.start, line, span.end);
  return row.contains(place) ? place : new vscode.Range(row.start, row.start);
};
