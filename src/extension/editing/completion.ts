/** Completion inside datasets of JSON, a row a line or an array of rows: rows, keys, turns, roles. */
import * as vscode from "vscode";
import { completionsInArray } from "../../core/data/editing/arrayCompletions";
import { type Completion, type Completions, completionsAt } from "../../core/data/editing/completions";
import { formatNames } from "../../core/data/formats/formats";
import { rowSources, type ParsedDataset } from "../../core/data/parse";
import { lastRowFrom } from "../../core/data/rows/rowSource";
import { datasetOf, datasetSelector, isDatasetDocument, JSONL, parsedDatasetOf } from "../dataset/datasets";

const kinds: Record<Completion["kind"], vscode.CompletionItemKind> = {
  row: vscode.CompletionItemKind.Snippet, turn: vscode.CompletionItemKind.Snippet, key: vscode.CompletionItemKind.Property, value: vscode.CompletionItemKind.EnumMember,
};

export class DatasetCompletion implements vscode.CompletionItemProvider {
  /** The format that the file had when it was last parsed: while a key is typed its row is none. */
  private readonly formats = new WeakMap<vscode.TextDocument, string>();

  static register(): vscode.Disposable { return vscode.languages.registerCompletionItemProvider(datasetSelector, new DatasetCompletion(), '"', "{", "["); }

  provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] | undefined {
    if (!isDatasetDocument(document)) return undefined;
    // Elements of an array are only known by the file as it is now.
    const dataset = document.languageId === JSONL ? parsedDatasetOf(document) : datasetOf(document), format = dataset?.format;
    if (format !== undefined) this.formats.set(document, format);
    const known = this.formats.get(document), line = document.lineAt(position.line).text;
    const found = document.languageId === JSONL || dataset?.container === "jsonl" ? completionsAt(line, position.character, formatNames, known) : dataset?.container === "json" ? inArray(dataset, position, document.offsetAt(position), known) : undefined;
    if (!found) return undefined;
    const begin = document.languageId === JSONL || dataset?.container === "jsonl" ? document.offsetAt(new vscode.Position(position.line, 0)) : 0;
    const range = new vscode.Range(document.positionAt(begin + found.replace.start), document.positionAt(begin + found.replace.end));
    const opened = document.getText(range).startsWith('"');
    return found.items.map(({ label, detail, snippet, kind, likely }, index) => {
      const item = new vscode.CompletionItem(label, kinds[kind]);
      item.detail = detail;
      item.insertText = new vscode.SnippetString(snippet);
      item.range = range;
      // What is typed is compared with the text from the opening quote on.
      item.filterText = opened ? `"${label}"` : label;
      item.sortText = `${likely ? 0 : 1}${String(index).padStart(3, "0")}`;
      if (likely && index === 0) item.preselect = true;
      return item;
    });
  }
}

const inArray = (dataset: ParsedDataset, { line, character }: vscode.Position, offset: number, known: string | undefined): Completions | undefined => {
  const sources = rowSources(dataset), row = sources[lastRowFrom(sources, line, character)];
  return completionsInArray(dataset.text, row && { text: row.text, start: dataset.lines[row.line]!.start + row.column }, offset, formatNames, known);
};
