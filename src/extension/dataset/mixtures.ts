/** The command that builds the mixture of a *.mix.json, with progress and cancel, and says what came of it. */
import { basename } from "node:path";
import * as vscode from "vscode";
import { type MixLock } from "../../core/data/mixture/mixLock";
import { type Analysis } from "../../project/analysis";
import { mixFiles } from "../../project/mixtures";
import { withProgress } from "../report";
import { findMixtures, isMixtureFile, mayRun, saveIfDirty } from "../workspace";

const EXAMPLE = `{
  // Which datasets, and in what proportions. Build it with the play button above.
  "sources": [
    { "file": "first.jsonl" },
    { "file": "second.jsonl", "weight": 2 }
  ],
  "cap": 3000
}
`;

/** `given` from a menu; else the active editor's mixture; else the person chooses one or begins one. */
export const buildMixtureHere = async (analysis: Analysis, given?: vscode.Uri): Promise<void> => {
  if (!await mayRun()) return;
  const active = vscode.window.activeTextEditor?.document.uri;
  const file = given ?? (active && isMixtureFile(active) ? active : await pickMixture());
  if (!file || !await saveIfDirty(file)) return;
  const lock = await withProgress(`Building ${basename(file.fsPath)}`, (signal, report) => analysis.mix(file.fsPath, { signal, onProgress: (done) => report(`looking for rows that are alike, ${Math.floor(done * 100)}%`) }));
  await tell(file, lock);
};

const tell = async (file: vscode.Uri, { files, duplicates, nearDuplicates, losses, tasks }: MixLock): Promise<void> => {
  const [train, held] = files, left = losses.filter(({ leftOut }) => leftOut).reduce((total, { rows }) => total + rows, 0);
  const parts = [
    `${train!.rows.toLocaleString("en")} rows of ${tasks.length} ${tasks.length === 1 ? "task" : "tasks"} to train on in ${train!.file}`,
    held ? `${held.rows.toLocaleString("en")} to evaluate on in ${held.file}` : "none held out",
    ...(duplicates + nearDuplicates > 0 ? [`${(duplicates + nearDuplicates).toLocaleString("en")} left out that come again`] : []),
    ...(left > 0 ? [`${left.toLocaleString("en")} left out that the format cannot hold`] : []),
  ];
  const open = "Open Training File", start = "Start Tuning Run", training = vscode.Uri.file(mixFiles(file.fsPath).train);
  const chosen = await vscode.window.showInformationMessage(`${parts.join("; ")}.`, open, start);
  if (chosen === open) await vscode.window.showTextDocument(training);
  if (chosen === start) await vscode.commands.executeCommand("tunesmith.startRun", training);
};

const pickMixture = async (): Promise<vscode.Uri | undefined> => {
  const files = await findMixtures(), fresh = { label: "$(new-file) New Mixture…", uri: undefined };
  const chosen = await vscode.window.showQuickPick([...files.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri })), fresh], { placeHolder: "Which mixture should be built?" });
  if (chosen !== fresh) return chosen?.uri;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({ title: "New Mixture", ...(folder && { defaultUri: vscode.Uri.joinPath(folder, "mixture.mix.json") }), filters: { Mixture: ["mix.json"] } });
  if (!target) return undefined;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(EXAMPLE));
  await vscode.window.showTextDocument(target);
  return undefined; // It is to be filled in before it can be built.
};
