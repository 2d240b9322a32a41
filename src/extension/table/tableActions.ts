/** What is done with chosen rows of a table beyond the table itself: another file, the clipboard, the text editor. */
import * as vscode from "vscode";
import { basename } from "node:path";
import { UserError } from "../../core/errors";
import { appendLines } from "../../node/table/writeRows";
import { askEvaluationFile } from "../reshape/extractRows";
import { withProgress } from "../report";
import { findDatasets } from "../workspace";
import { counted, type TableDocument } from "./tableDocument";

/** What can be done with rows, for who does not know the buttons; answers none where the list is left. */
export const askAction = async (count: number): Promise<RowAction | undefined> => {
  const items = ACTIONS.filter(({ least = 1 }) => count >= least).map(({ icon, label, detail, action }) => ({ label: `$(${icon}) ${label}`, detail, action }));
  return (await vscode.window.showQuickPick(items, { title: count === 1 ? "This Row" : counted(count).replace("row", "Row"), placeHolder: `What to do with ${count === 1 ? "it" : "them"}? One undo takes back what changes this table`, matchOnDetail: true }))?.action;
};

export type RowAction = "split" | "merge" | "roles" | "evaluate" | "copyTo" | "moveTo" | "copy" | "delete";
const ACTIONS: readonly { readonly icon: string; readonly label: string; readonly detail: string; readonly action: RowAction; readonly least?: number }[] = [
  { icon: "split-vertical", label: "Split into Single Questions…", detail: "One row for each question with its answer", action: "split" },
  { icon: "merge", label: "Merge into One Conversation", detail: "Their turns one after the other, in the first row's place", action: "merge", least: 2 },
  { icon: "person", label: "Normalise Roles…", detail: "bot, User and the like become the words of the format, or user and assistant", action: "roles" },
  { icon: "beaker", label: "Move to Evaluation File…", detail: "To the end of the evaluation file beside this one, and out of this one", action: "evaluate" },
  { icon: "go-to-file", label: "Move to File…", detail: "To the end of another file, and out of this one", action: "moveTo" },
  { icon: "files", label: "Copy to File…", detail: "To the end of another file", action: "copyTo" },
  { icon: "copy", label: "Copy as JSON Lines", detail: "To the clipboard", action: "copy" },
  { icon: "trash", label: "Delete", detail: "Out of this table", action: "delete" },
];

/** Rows read at once. */
const AT_ONCE = 500;
const MOST_CLIPBOARD = 20 * 2 ** 20;

async function* linesIn(document: TableDocument, rows: Uint32Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < rows.length; at += AT_ONCE) yield* await document.table.lines([...rows.subarray(at, at + AT_ONCE)]);
}

/** Adds the rows to another file, at its end; `move`: and takes them out of this one. */
export const extractRows = async (document: TableDocument, rows: Uint32Array, move: boolean, ask: typeof askTarget = askTarget): Promise<void> => {
  if (rows.length === 0) return;
  const target = await ask(document, rows.length, move);
  if (!target) return;
  if (target.fsPath === document.uri.fsPath) throw new UserError("BAD_ARGUMENT", "These rows are in this file already.", "Choose another file.");
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.fsPath === target.fsPath);
  if (open?.isDirty) throw new UserError("FILE_CHANGED", `${basename(target.fsPath)} has unsaved edits in a text editor.`, "Save it first, then try again.");
  // Rows taken out meanwhile keep their bytes, so that what was chosen is what is written.
  await withProgress(`${move ? "Moving" : "Copying"} ${counted(rows.length)} to ${basename(target.fsPath)}`, (signal) => appendLines(target.fsPath, linesIn(document, rows), { signal }));
  if (move) document.delete(rows, (count) => `Move ${count} to ${basename(target.fsPath)}`);
  document.tell(`${counted(rows.length)} added to the end of ${vscode.workspace.asRelativePath(target)}.${move ? " Save this table to take them out of its file." : ""}`);
};

/** The same with the file that the text editor's command moves them to, beside this one. */
export const moveToEvaluation = (document: TableDocument, rows: Uint32Array): Promise<void> => extractRows(document, rows, true, ({ uri }, count) => askEvaluationFile(uri, count));

const askTarget = async (document: TableDocument, count: number, move: boolean): Promise<vscode.Uri | undefined> => {
  const files = (await findDatasets()).filter(({ fsPath }) => fsPath !== document.uri.fsPath);
  const items: (vscode.QuickPickItem & { uri?: vscode.Uri })[] = [
    { label: "$(new-file) New File…" },
    ...files.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), description: "added at its end", uri })),
  ];
  const chosen = await vscode.window.showQuickPick(items, { title: `${move ? "Move" : "Copy"} ${counted(count)} to Another File`, placeHolder: "An evaluation file, for example" });
  if (!chosen) return undefined;
  const folder = vscode.Uri.joinPath(document.uri, "..");
  return chosen.uri ?? vscode.window.showSaveDialog({ title: "File for the rows", saveLabel: move ? "Move Here" : "Copy Here", defaultUri: vscode.Uri.joinPath(folder, `${basename(document.uri.fsPath).replace(/\.\w+$/, "")}.eval.jsonl`), filters: { "JSON Lines": ["jsonl", "ndjson"] } });
};

/** The rows' own text, one on each line. */
export const copyRows = async (document: TableDocument, rows: Uint32Array): Promise<void> => {
  const lines: Uint8Array[] = [];
  let bytes = 0;
  for await (const line of linesIn(document, rows)) {
    bytes += line.length + 1;
    if (bytes > MOST_CLIPBOARD) throw new UserError("BAD_ARGUMENT", `These rows are more than ${MOST_CLIPBOARD / 2 ** 20} MiB.`, "Copy them to another file instead.");
    lines.push(line);
  }
  await vscode.env.clipboard.writeText(lines.map((line) => `${Buffer.from(line).toString("utf8")}\n`).join(""));
  document.tell(`${counted(rows.length)} copied.`);
};

/** Shows the row's line of the file on disk; large files open there too, for VS Code's own editor needs no copy in the extension host. */
export const openInTextEditor = async (document: TableDocument, row: number): Promise<void> => {
  const line = document.table.lineOnDisk(row);
  await vscode.commands.executeCommand("vscode.openWith", document.uri, "default", { viewColumn: vscode.ViewColumn.Beside, selection: new vscode.Range(line, 0, line, 0) });
};
