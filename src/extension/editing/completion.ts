/** Completion inside JSON Lines datasets: rows, keys, turns, roles. */
import * as vscode from "vscode";
import { type Completion, completionsAt } from "../../core/data/editing/completions";
import { formatNames } from "../../core/data/formats/formats";
import { jsonlSelector, parsedDatasetOf } from "../dataset/datasets";

const kinds: Record<Completion["kind"], vscode.CompletionItemKind> = {
  row: vscode.CompletionItemKind.Snippet, turn: vscode.CompletionItemKind.Snippet, key: vscode.CompletionItemKind.Property, value: vscode.CompletionItemKind.EnumMember,
};

export class DatasetCompletion implements vscode.CompletionItemProvider {
  /** The format that the file had when it was last parsed: while a key is typed its row is none. */
  private readonly formats = new WeakMap<vscode.TextDocument, string>();

  static register(): vscode.Disposable { return vscode.languages.registerCompletionItemProvider(jsonlSelector, new DatasetCompletion(), '"', "{", "["); }

  provideCompletionItems(document: vscode.TextDocument, position: vscode.Position): vscode.CompletionItem[] | undefined {
    const format = parsedDatasetOf(document)?.format;
    if (format !== undefined) this.formats.set(document, format);
    const line = document.lineAt(position.line).text;
    const found = completionsAt(line, position.character, formatNames, this.formats.get(document));
    if (!found) return undefined;
    const range = new vscode.Range(position.line, found.replace.start, position.line, found.replace.end);
    const opened = line[found.replace.start] === '"';
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
