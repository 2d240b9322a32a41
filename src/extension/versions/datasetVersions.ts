/** A dataset's versions in the editor: save one, look through them, compare one with now. git does the keeping. */
import * as vscode from "vscode";
import { basename, dirname } from "node:path";
import { exec } from "../../node/git";
import { datasetLog, repositoryRoot, saveDataset } from "../../project/versions";
import { activeDataset } from "../dataset/checkDataset";
import { withProgress } from "../report";
import { findDatasets, mayRun, saveIfDirty } from "../workspace";

/** Read-only documents with the bytes of a git object: tunesmith-version:/name?{folder, blob}. */
const VERSION_SCHEME = "tunesmith-version";

export const versionContent: vscode.TextDocumentContentProvider = {
  provideTextDocumentContent: async (uri) => {
    const { folder, blob } = JSON.parse(uri.query) as { folder: string; blob: string };
    return exec(folder, ["cat-file", "blob", blob]);
  },
};

export const saveDatasetVersion = async (given?: vscode.Uri): Promise<void> => {
  if (!await mayRun()) return;
  const file = given ?? activeDataset() ?? await pick("Which dataset should be saved as a version?");
  if (!file || !await saveIfDirty(file)) return;
  const name = basename(file.fsPath);
  // Asked before the message is typed: a person should not write one in vain.
  await repositoryRoot(dirname(file.fsPath));
  const message = await vscode.window.showInputBox({ title: `Save a Version of ${name}`, prompt: "What changed? It becomes the message of a git commit of just this file.", value: `Update ${name}`, validateInput: (text) => text.trim() === "" ? "A version needs a few words." : undefined });
  if (message === undefined) return;
  const { saved, commit, added, removed } = await withProgress(`Saving a version of ${name}`, () => saveDataset(dirname(file.fsPath), file.fsPath, message.trim()));
  const history = "Show History";
  const words = saved ? `${name} is saved as version ${commit.slice(0, 8)}: ${rows(added, "added")}, ${rows(removed, "removed")}.` : `${name} has not changed since version ${commit.slice(0, 8)}.`;
  if (await vscode.window.showInformationMessage(words, history) === history) await showDatasetHistory(file);
};

const rows = (count: number, what: string): string => `${count.toLocaleString("en")} ${count === 1 ? "row" : "rows"} ${what}`;

export const showDatasetHistory = async (given?: vscode.Uri): Promise<void> => {
  if (!await mayRun()) return;
  const file = given ?? activeDataset() ?? await pick("Whose history?");
  if (!file) return;
  const folder = dirname(file.fsPath);
  const versions = await datasetLog(folder, file.fsPath);
  const name = basename(file.fsPath);
  if (versions.length === 0) {
    const save = "Save a Version";
    if (await vscode.window.showInformationMessage(`${name} has no version yet.`, save) === save) await saveDatasetVersion(file);
    return;
  }
  const items = versions.map((version) => ({
    label: version.message, description: `${version.commit.slice(0, 8)} · +${version.added} −${version.removed}`, detail: `${new Date(version.time).toLocaleString()} · ${version.author}`, version,
  }));
  const chosen = await vscode.window.showQuickPick(items, { title: `History of ${name}`, placeHolder: "Choose a version to compare it with the file as it is now", matchOnDescription: true, matchOnDetail: true });
  if (!chosen) return;
  const { blob, commit } = chosen.version;
  const old = vscode.Uri.from({ scheme: VERSION_SCHEME, path: `/${name}`, query: JSON.stringify({ folder, blob }) });
  await vscode.commands.executeCommand("vscode.diff", old, file, `${name} (${commit.slice(0, 8)} ↔ now)`);
};

const pick = async (placeHolder: string): Promise<vscode.Uri | undefined> => {
  const items = (await findDatasets()).map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  if (items.length === 0) void vscode.window.showInformationMessage("There is no .jsonl file in this workspace.");
  return (items.length > 0 ? await vscode.window.showQuickPick(items, { placeHolder }) : undefined)?.uri;
};
