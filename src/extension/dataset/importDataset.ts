/** The command that brings a Parquet file in: asks which parts and where to, writes JSON Lines beside it with progress and cancel, and opens them. */
import { basename, dirname, join } from "node:path";
import * as vscode from "vscode";
import { isUserError } from "../../core/errors";
import { shardOf, shardsOf } from "../../node/parquet/importRows";
import { type Analysis } from "../../project/analysis";
import { withProgress } from "../report";
import { findParquet } from "../workspace";

/** `given` from a menu or the file's page; else the person chooses. */
export const importDatasetFile = async (analysis: Analysis, given?: vscode.Uri): Promise<void> => {
  const file = given ?? await pickParquet();
  if (!file) return;
  const parts = await askParts(file);
  if (!parts) return;
  const name = basename(file.fsPath), stem = parts.all ? name.replace(/-\d+-of-\d+(\.\w+)?$/, "") : name.replace(/\.parquet$/i, "");
  const to = await vscode.window.showSaveDialog({ title: "Import Dataset", saveLabel: "Import", defaultUri: vscode.Uri.file(join(dirname(file.fsPath), `${stem}.jsonl`)), filters: { "JSON Lines": ["jsonl"] } });
  if (!to) return;
  const write = (force: boolean): Thenable<Awaited<ReturnType<Analysis["importRows"]>>> => withProgress(`Importing ${name}`, (signal, report) =>
    analysis.importRows({ path: file.fsPath, shards: parts.all, to: to.fsPath, force }, { signal, onProgress: (done) => report(`${Math.floor(done * 100)}%`) }));
  let result = await write(false);
  if (!result.written) {
    const anyway = "Import Anyway";
    if (await vscode.window.showWarningMessage(`JSON Lines cannot hold all of ${name}.`, { modal: true, detail: result.losses.join("\n").replaceAll("`", "") }, anyway) !== anyway) return;
    result = await write(true);
  }
  const table = "Open as Table", open = "Open";
  const chosen = await vscode.window.showInformationMessage([`${result.rows.toLocaleString("en")} rows of ${parts.all ? `the ${shardOf(file.fsPath)?.of ?? 1} parts` : name} are in ${basename(to.fsPath)}.`, ...result.notes].join(" ").replaceAll("`", ""), open, table);
  if (chosen === open) await vscode.window.showTextDocument(to, { preview: false });
  if (chosen === table) await vscode.commands.executeCommand("tunesmith.openAsTable", to);
};

const pickParquet = async (): Promise<vscode.Uri | undefined> => {
  const browse = { label: "$(folder-opened) Browse…", uri: undefined };
  const files = (await findParquet()).map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  const chosen = files.length === 0 ? browse : await vscode.window.showQuickPick([...files, browse], { title: "Import Dataset", placeHolder: "Which Parquet file?" });
  return chosen === browse ? (await vscode.window.showOpenDialog({ title: "Import Dataset", openLabel: "Import", filters: { Parquet: ["parquet"] } }))?.[0] : chosen?.uri;
};

/** A part of a set is asked about; undefined where the person turned away. */
const askParts = async (file: vscode.Uri): Promise<{ all: boolean } | undefined> => {
  const shard = shardOf(file.fsPath);
  if (!shard) return { all: false };
  let missing: string | undefined;
  try {
    await shardsOf(file.fsPath);
  } catch (error) {
    if (!isUserError(error)) throw error;
    missing = error.what;
  }
  const only = { label: `Only part ${shard.number} of ${shard.of}`, detail: missing, all: false };
  return vscode.window.showQuickPick(missing === undefined ? [{ label: `All ${shard.of} parts`, detail: "Their rows in order, in one file.", all: true }, only] : [only], { title: `${basename(file.fsPath)} is a part of a set`, placeHolder: "What should be imported?" });
};
