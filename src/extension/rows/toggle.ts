/** The command that switches the training of answers on and off by their row's own flag, in one undo step. */
import * as vscode from "vscode";
import { rowSources } from "../../core/data/parse";
import { type Span } from "../../core/data/problem";
import { endOfRow, rowAtPlace } from "../../core/data/rows/rowSource";
import { toggleTraining } from "../../core/data/editing/trainFlag";
import { datasetOf, isDatasetDocument, JSONL } from "../dataset/datasets";

export interface LineRange { readonly line: number; readonly start: number; readonly end: number }

/** `message` says what was done, or why nothing was. */
export const applyToggle = async (document: vscode.TextDocument, ranges: readonly LineRange[]): Promise<{ done: boolean; message: string }> => {
  const edit = new vscode.WorkspaceEdit();
  const done = { on: 0, off: 0 };
  let refusal: string | undefined;
  for (const { begin, text, at } of rowsOf(document, ranges)) {
    const result = toggleTraining(text, at);
    if ("refusal" in result) {
      refusal ??= result.refusal;
      continue;
    }
    for (const { span, newText } of result.changes) edit.replace(document.uri, new vscode.Range(document.positionAt(begin + span.start), document.positionAt(begin + span.end)), newText);
    done[result.trained ? "on" : "off"] += result.turns;
  }
  if (edit.size === 0) return { done: false, message: refusal ?? "Put the cursor into an answer." };
  if (!await vscode.workspace.applyEdit(edit)) return { done: false, message: "The row has just changed. Try again." };
  const said = (count: number, words: string): string[] => count === 0 ? [] : [`${count === 1 ? "One answer is" : `${count} answers are`} ${words}`];
  return { done: true, message: `${[...said(done.off, "no longer trained on"), ...said(done.on, "trained on again")].join(", ")}.` };
};

interface TouchedRow { readonly begin: number; readonly text: string; readonly at: Span }

/** The rows that the ranges touch, each with what of its text is touched. A row of JSON Lines is its line, and need not be looked for. */
const rowsOf = (document: vscode.TextDocument, ranges: readonly LineRange[]): TouchedRow[] => {
  if (document.languageId === JSONL) return ranges.map(({ line, ...at }) => ({ begin: document.offsetAt(new vscode.Position(line, 0)), text: document.lineAt(line).text, at }));
  const sources = rowSources(datasetOf(document)), touched = new Map<number, TouchedRow>();
  for (const { line, start, end } of ranges) {
    const row = rowAtPlace(sources, line, start);
    if (row === undefined) continue;
    const source = sources[row]!, last = endOfRow(source), begin = document.offsetAt(new vscode.Position(source.line, source.column));
    const at = { start: document.offsetAt(new vscode.Position(line, start)) - begin, end: document.offsetAt(new vscode.Position(line, end)) - begin }, known = touched.get(row)?.at ?? at;
    touched.set(row, { begin, text: document.getText(new vscode.Range(source.line, source.column, last.line, last.column)), at: { start: Math.min(known.start, at.start), end: Math.max(known.end, at.end) } });
  }
  return [...touched.values()];
};

export const toggleInEditor = async (editor: vscode.TextEditor): Promise<void> => {
  const { document } = editor;
  const ranges = editor.selections.flatMap(({ start, end }) => Array.from({ length: end.line - start.line + 1 }, (_, index): LineRange => {
    const line = start.line + index;
    return { line, start: line === start.line ? start.character : 0, end: line === end.line ? end.character : document.lineAt(line).text.length };
  }).filter(({ line }) => !document.lineAt(line).isEmptyOrWhitespace));
  const { done, message } = isDatasetDocument(document) ? await applyToggle(document, ranges) : { done: false, message: "Open a dataset first." };
  if (done) vscode.window.setStatusBarMessage(`$(check) ${message}`, 5_000);
  else void vscode.window.showInformationMessage(message);
};
