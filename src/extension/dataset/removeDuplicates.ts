/** The command that removes rows which say the same as an earlier one: asks how much alike is the same, and changes the file in one step that one undo takes back. */
import * as vscode from "vscode";
import { type RowPlace } from "../../core/data/editing/removeRows";
import { type Problem } from "../../core/data/problem";
import { withProgress } from "../report";
import { datasetOf } from "./datasets";
import { type FileProblems } from "./fileProblems";
import { removalEdit } from "./removeRows";

interface Choice extends vscode.QuickPickItem { readonly rows: readonly RowPlace[] }

export const removeDuplicateRows = async (problems: FileProblems, document: vscode.TextDocument): Promise<void> => {
  const found = await withProgress("Comparing rows", (signal) => problems.compare(document, signal));
  const { version } = document;
  const placesOf = (all: readonly Problem[], ...codes: string[]): RowPlace[] =>
    [...new Map(all.filter(({ code }) => codes.includes(code)).map(({ line, span: { start: column } }) => [`${line}:${column}`, { line, column }])).values()];
  const all = [...datasetOf(document).problems, ...found];
  const same = placesOf(all, "duplicate-row", "duplicate-conversation");
  const near = placesOf(all, "duplicate-row", "duplicate-conversation", "near-duplicate");
  if (near.length === 0) {
    void vscode.window.showInformationMessage("No row says the same as an earlier one.");
    return;
  }
  const rows = (count: number): string => `${count.toLocaleString("en")} row${count === 1 ? "" : "s"}`;
  const choices: Choice[] = [
    ...(same.length > 0 ? [{ label: `Remove ${rows(same.length)}`, detail: "The same conversation as an earlier row, whatever the JSON.", rows: same }] : []),
    ...(near.length > same.length ? [{ label: `Remove ${rows(near.length)}`, detail: `Also the ${rows(near.length - same.length)} that nearly repeat an earlier one. Look at some of them first: the Problems view leads to each.`, rows: near }] : []),
  ];
  const chosen = await vscode.window.showQuickPick(choices, { title: "Remove Duplicate Rows", placeHolder: "The first of each stays" });
  if (!chosen) return;
  if (document.version !== version) {
    void vscode.window.showWarningMessage("The file was edited in the meantime. Remove the duplicates again.");
    return;
  }
  await vscode.workspace.applyEdit(removalEdit(document, chosen.rows));
  void vscode.window.showInformationMessage(`${rows(chosen.rows.length)} removed. Undo brings them back.`);
};
