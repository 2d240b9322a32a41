/** Which rows a reshaping command means: those that the selection touches, and how its edits are made in one undo step. */
import * as vscode from "vscode";
import { type ParsedDataset, rowSources } from "../../core/data/parse";

import { rowsBetween, type TextEdit } from "../../core/data/reshape/rowEdits";
import { rowAtPlace } from "../../core/data/rows/rowSource";
import { UserError } from "../../core/errors";
import { datasetOf, isDatasetDocument, isInstructionData } from "../dataset/datasets";

export interface Chosen {
  readonly document: vscode.TextDocument;
  readonly dataset: ParsedDataset;
  /** Rows that the selection touches, by number from 0. */
  readonly rows: readonly number[];
  /** Whether more than one line is selected. */
  readonly several: boolean;
  /** The row of the cursor, and its offset in the row's text. */
  readonly cursor: { readonly row: number; readonly offset: number } | undefined;
}

/** Of the active editor, and the file that a menu names where it is that editor's. Says so where there is no dataset. */
export const chosenRows = (): Chosen | undefined => {
  const editor = vscode.window.activeTextEditor;
  if (!editor || !isDatasetDocument(editor.document) || !isInstructionData(datasetOf(editor.document)) && rowSources(datasetOf(editor.document)).length === 0) {
    void vscode.window.showInformationMessage("Open a dataset first: the command works on the rows of the one in the editor.");
    return undefined;
  }
  return rowsOf(editor.document, editor.selections);
};

export const rowsOf = (document: vscode.TextDocument, selections: readonly vscode.Range[]): Chosen => {
  const dataset = datasetOf(document), sources = rowSources(dataset);
  const rows = [...new Set(selections.flatMap(({ start, end }) => {
    // A selection of whole lines ends at the beginning of the line after them.
    const to = end.line > start.line && end.character === 0 ? end.line - 1 : end.line;
    if (start.line === to && sources.filter(({ line }) => line === to).length > 1) return [rowAtPlace(sources, start.line, start.character), rowAtPlace(sources, to, end.character)].filter((row) => row !== undefined);
    return rowsBetween(dataset, start.line, to);
  }))].sort((a, b) => a - b);
  const [first] = selections, at = first && rowAtPlace(sources, first.start.line, first.start.character);
  const cursor = at === undefined ? undefined : { row: at, offset: document.offsetAt(first!.start) - document.offsetAt(new vscode.Position(sources[at]!.line, sources[at]!.column)) };
  return { document, dataset, rows, several: rows.length > 1, cursor };
};

/** Throws FILE_CHANGED where the text is another than the one that the edits were made for. */
export const applyEdits = async ({ document, dataset }: Pick<Chosen, "document" | "dataset">, edits: readonly TextEdit[]): Promise<void> => {
  const edit = new vscode.WorkspaceEdit();
  for (const { start, end, newText } of edits) edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), newText);
  if (datasetOf(document) !== dataset || !await vscode.workspace.applyEdit(edit)) throw new UserError("FILE_CHANGED", "The file was edited in the meantime.", "Do it again: nothing was changed.");
};
