/** Puts the starter's dataset and config into the person's folder, so that a first run is one press away. Overwrites nothing unasked. */
import * as vscode from "vscode";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { starterFolder } from "../project/project";
import { UserError } from "../core/errors";
import { pickFolder } from "./workspace";

const FILES = ["train.jsonl", "heldout.jsonl", "starter.tune.json"];
const FOLDER = "starter";

export const openStarterExample = async (): Promise<void> => {
  const root = await pickFolder("Where should the starter example go?");
  if (!root) return;
  const from = starterFolder();
  const missing = FILES.filter((name) => !existsSync(join(from, name)));
  if (missing.length > 0) throw new UserError("DATASET_NOT_FOUND", `The starter example is missing from this installation (${missing.join(", ")} in ${from}).`, "Install Tunesmith again.");
  const folder = vscode.Uri.joinPath(root, FOLDER);
  const target = (name: string): vscode.Uri => vscode.Uri.joinPath(folder, name);
  const same = async (name: string): Promise<boolean> => Buffer.from(await vscode.workspace.fs.readFile(target(name))).equals(await vscode.workspace.fs.readFile(vscode.Uri.file(join(from, name))));
  const existing = FILES.filter((name) => existsSync(target(name).fsPath));
  const changed = (await Promise.all(existing.map(async (name) => (await same(name)) ? [] : [name]))).flat();
  let keep = false;
  if (changed.length > 0) {
    const [replace, open] = ["Replace", "Keep Mine"];
    const answer = await vscode.window.showWarningMessage(`${FOLDER}/ already has ${changed.join(", ")}, with other content.`, { modal: true, detail: "Replacing brings the original example back." }, replace, open);
    if (answer === undefined) return;
    keep = answer === open;
  }
  for (const name of FILES) if (!(keep && existing.includes(name))) await vscode.workspace.fs.copy(vscode.Uri.file(join(from, name)), target(name), { overwrite: true });
  await vscode.window.showTextDocument(target("train.jsonl"), { preview: false });
  await vscode.window.showTextDocument(target("starter.tune.json"), { preview: false });
  const start = "Start Tuning Run";
  if (await vscode.window.showInformationMessage("The starter example is ready: a small dataset, and the config that tunes the embedded base on it.", start) === start) await vscode.commands.executeCommand("tunesmith.startRun", target("starter.tune.json"));
};
