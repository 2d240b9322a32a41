/** The command that switches the training of answers on and off by their row's own flag, in one undo step. */
import * as vscode from "vscode";
import { toggleTraining } from "../../core/data/editing/trainFlag";
import { isDatasetDocument } from "../dataset/datasets";

export interface LineRange { readonly line: number; readonly start: number; readonly end: number }

/** `message` says what was done, or why nothing was. */
export const applyToggle = async (document: vscode.TextDocument, ranges: readonly LineRange[]): Promise<{ done: boolean; message: string }> => {
  const edit = new vscode.WorkspaceEdit();
  const done = { on: 0, off: 0 };
  let refusal: string | undefined;
  for (const { line, ...at } of ranges) {
    const result = toggleTraining(document.lineAt(line).text, at);
    if ("refusal" in result) {
      refusal ??= result.refusal;
      continue;
    }
    for (const { span, newText } of result.changes) edit.replace(document.uri, new vscode.Range(line, span.start, line, span.end), newText);
    done[result.trained ? "on" : "off"] += result.turns;
  }
  if (edit.size === 0) return { done: false, message: refusal ?? "Put the cursor into an answer." };
  if (!await vscode.workspace.applyEdit(edit)) return { done: false, message: "The row has just changed. Try again." };
  const said = (count: number, words: string): string[] => count === 0 ? [] : [`${count === 1 ? "One answer is" : `${count} answers are`} ${words}`];
  return { done: true, message: `${[...said(done.off, "no longer trained on"), ...said(done.on, "trained on again")].join(", ")}.` };
};

export const toggleInEditor = async (editor: vscode.TextEditor): Promise<void> => {
  const { document } = editor;
  const ranges = editor.selections.flatMap(({ start, end }) => Array.from({ length: end.line - start.line + 1 }, (_, index): LineRange => {
    const line = start.line + index;
    return { line, start: line === start.line ? start.character : 0, end: line === end.line ? end.character : document.lineAt(line).text.length };
  }).filter(({ line }) => !document.lineAt(line).isEmptyOrWhitespace));
  const { done, message } = isDatasetDocument(document) ? await applyToggle(document, ranges) : { done: false, message: "Open a dataset (.jsonl) first." };
  if (done) vscode.window.setStatusBarMessage(`$(check) ${message}`, 5_000);
  else void vscode.window.showInformationMessage(message);
};
