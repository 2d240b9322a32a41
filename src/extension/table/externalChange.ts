/** What happens when another program changes a file that is open as a table: it is noticed, unsaved edits are put on the new file where their rows still are, and what has no place any more is shown, never dropped. */
import * as vscode from "vscode";
import { basename, dirname } from "node:path";
import { changesOf, placeChanges, type Changes } from "../../node/table/changes";
import { type TableFile } from "../../node/table/tableFile";
import { type Reporter } from "../report";
import { openTableFile } from "./openTableFile";
import { counted, type TableDocument } from "./tableDocument";

const KEEP = "Keep My Edits", DISCARD = "Discard My Edits", OVERWRITE = "Overwrite It";

/** Watches until the document is closed. */
export const noticeChanges = (document: TableDocument, reporter: Reporter): void => {
  const { fsPath } = document.uri;
  // Characters that mean something in a pattern match any; the file is told by its path.
  const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(dirname(fsPath)), basename(fsPath).replace(/[[\]{}*?!,]/g, "?")));
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asking = false;
  const look = async (): Promise<void> => {
    if (asking || document.saving) return;
    const state = await document.table.diskState();
    // A save that has begun meanwhile asks for itself.
    if (state === "same" || state === "gone" || document.saving) return;
    if (!document.table.dirty) {
      await document.replace(await openTableFile(document.uri, () => document.progressed()));
      return document.tell("Another program changed the file; this is what it holds now.");
    }
    asking = true;
    try {
      const chosen = await vscode.window.showWarningMessage(`${basename(fsPath)} was changed by another program while it has unsaved edits here.`, ...(document.table.fromCopy ? [] : [KEEP]), DISCARD);
      if (document.saving || await document.table.diskState() === "same") return;
      if (chosen === KEEP) await carryOver(document);
      if (chosen === DISCARD) await vscode.commands.executeCommand("workbench.action.files.revert", document.uri);
    } finally {
      asking = false;
    }
  };
  const soon = (uri?: vscode.Uri): void => {
    if (uri && uri.fsPath !== fsPath) return;
    clearTimeout(timer);
    timer = setTimeout(() => void reporter.guard(look), 300);
  };
  const listening = vscode.Disposable.from(watcher, watcher.onDidChange(soon), watcher.onDidCreate(soon), vscode.window.onDidChangeWindowState(({ focused }) => { if (focused) soon(); }));
  document.onDidClose(() => {
    clearTimeout(timer);
    listening.dispose();
  });
};

/** False where saving should not go on. */
export const askBeforeSaving = async (document: TableDocument, reporter: Reporter): Promise<boolean> => {
  const state = await document.table.diskState();
  if (state === "same" || state === "gone") return true;
  reporter.log.info(`${document.uri.fsPath} was ${state} while it was open as a table.`);
  // A file that was written over in place cannot be written as it was: its old rows are gone.
  const keeps = !document.table.fromCopy;
  const ways = [...(keeps ? [KEEP] : []), ...(state === "replaced" || !keeps ? [OVERWRITE] : [])];
  const chosen = await vscode.window.showWarningMessage(`${basename(document.uri.fsPath)} was changed by another program while it was open here.`, { modal: true, detail: [keeps && `"${KEEP}" puts your edits on the file as it is now.`, ways.includes(OVERWRITE) && `"${OVERWRITE}" loses what the other program wrote.`].filter(Boolean).join(" ") }, ...ways);
  if (chosen === KEEP) await carryOver(document);
  return chosen !== undefined;
};

/** Opens the file anew and puts the unsaved edits on it. */
const carryOver = async (document: TableDocument): Promise<void> => {
  const changes = await changesOf(document.table, document.scan);
  await reload(document, changes, await openTableFile(document.uri, () => document.progressed()));
};

/** Puts the changes on a file that was just opened, and that file into the document. */
export const reload = async (document: TableDocument, changes: Changes, file: TableFile): Promise<void> => {
  const { edit, homeless, undeleted } = await placeChanges(changes, file, document.scan);
  for (const { row } of edit.changes) await file.lineToEdit(row);
  file.apply(edit);
  if (document.table === file) document.moved();
  else await document.replace(file);
  if (homeless.length > 0) {
    const text = await vscode.workspace.openTextDocument({ language: "jsonl", content: `${homeless.map((line) => Buffer.from(line).toString("utf8")).join("\n")}\n` });
    await vscode.window.showTextDocument(text, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    void vscode.window.showWarningMessage(`${counted(homeless.length)} that you edited ${homeless.length === 1 ? "is" : "are"} no longer in ${basename(document.uri.fsPath)}. Your text of ${homeless.length === 1 ? "it" : "them"} is in the new editor.`);
  }
  if (undeleted > 0) void vscode.window.showWarningMessage(`${counted(undeleted)} that you removed could not be found again in ${basename(document.uri.fsPath)} as it is now, and ${undeleted === 1 ? "was" : "were"} not removed from it.`);
};
