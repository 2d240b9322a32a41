/** Opens the dataset of a run: the person's own file where that will do, else the run's copy of the bytes that it trained on. */
import * as vscode from "vscode";
import { resolve } from "node:path";
import { fileBlobId } from "../../node/files";
import { type Project } from "../../project/project";
import { datasetCopy, type Run } from "../../project/runs";

export const openRunDataset = async (project: Project, run: Run): Promise<void> => {
  const original = originalOf(project, run);
  // The file may have been moved since; the run keeps the bytes that it trained on.
  await vscode.window.showTextDocument(await exists(original) ? original : copyOf(run));
};

/** Selects a line, counted from 1 as the run counted it: in the original only while that is unchanged, for else the line may be another. */
export const openRunRow = async (project: Project, run: Run, row: number): Promise<void> => {
  const original = originalOf(project, run), file = await isUnchanged(original, run) ? original : copyOf(run);
  const document = await vscode.workspace.openTextDocument(file), { range } = document.lineAt(Math.min(row, document.lineCount) - 1);
  // Beside the run: whoever looks at one line after the other keeps its view.
  const editor = await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, selection: new vscode.Range(range.start, range.start) });
  editor.revealRange(range, vscode.TextEditorRevealType.InCenter);
};

const originalOf = (project: Project, run: Run): vscode.Uri => vscode.Uri.file(resolve(project.root, run.manifest.data.path));
const copyOf = (run: Run): vscode.Uri => vscode.Uri.file(datasetCopy(run.folder, run.manifest.data, "data"));
const exists = (file: vscode.Uri): Thenable<boolean> => vscode.workspace.fs.stat(file).then(() => true, () => false);

const isUnchanged = async (file: vscode.Uri, run: Run): Promise<boolean> => {
  const edited = vscode.workspace.textDocuments.some((document) => document.isDirty && document.uri.toString() === file.toString());
  return !edited && await exists(file) && await fileBlobId(file.fsPath) === run.manifest.data.blob;
};
