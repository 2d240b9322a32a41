/** Which project a file or command belongs to, and whether this window may run anything; owns no state. */
import * as vscode from "vscode";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { findProject, type Project } from "../project/project";

/** The project of each open folder, each once. Folders that are not on disk have none. */
export const openProjects = (): Project[] => {
  const projects = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file").map(({ uri }) => findProject(uri.fsPath));
  return [...new Map(projects.map((project) => [project.root, project])).values()];
};

/** The project that a file's runs belong to: its workspace folder's, else its own folder's. */
export const projectOf = (file: vscode.Uri): Project => findProject(vscode.workspace.getWorkspaceFolder(file)?.uri.fsPath ?? dirname(file.fsPath));

/** The folder to work in; asks where there are several. Offers to open one where there is none; undefined then. */
export const pickFolder = async (placeHolder: string): Promise<vscode.Uri | undefined> => {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) return (await vscode.window.showWorkspaceFolderPick({ placeHolder }))?.uri;
  if (folders[0]) return folders[0].uri;
  const open = "Open Folder";
  if (await vscode.window.showInformationMessage("Tunesmith keeps runs and datasets in a folder of yours. Open one first.", open) === open) await vscode.commands.executeCommand("vscode.openFolder");
  return undefined;
};

/** Whether runs, the playground and git may be used; says so where they may not. The `when` clauses hide most ways here. */
export const mayRun = async (): Promise<boolean> => {
  if (vscode.workspace.isTrusted) return true;
  const manage = "Manage Workspace Trust";
  if (await vscode.window.showWarningMessage("Nothing runs in Restricted Mode. Trust this workspace to tune and to ask models.", manage) === manage) await vscode.commands.executeCommand("workbench.trust.manage");
  return vscode.workspace.isTrusted;
};

export const isConfigFile = (uri: vscode.Uri): boolean => uri.path.endsWith(".tune.json");
export const isMixtureFile = (uri: vscode.Uri): boolean => uri.path.endsWith(".mix.json");
export const isDatasetFile = (uri: vscode.Uri): boolean => /\.(jsonl|ndjson)$/i.test(uri.path);

export const isParquetName = (uri: vscode.Uri): boolean => /\.parquet$/i.test(uri.path);

const SKIPPED = "**/{node_modules,.git,.tunesmith,dist,out,.venv,venv}/**";

export const findDatasets = (token?: vscode.CancellationToken): Thenable<vscode.Uri[]> => vscode.workspace.findFiles("**/*.{jsonl,ndjson}", SKIPPED, 200, token);
export const findParquet = (token?: vscode.CancellationToken): Thenable<vscode.Uri[]> => vscode.workspace.findFiles("**/*.parquet", SKIPPED, 200, token);
export const findConfigs = (token?: vscode.CancellationToken): Thenable<vscode.Uri[]> => vscode.workspace.findFiles("**/*.tune.json", SKIPPED, 100, token);

export const findMixtures = (token?: vscode.CancellationToken): Thenable<vscode.Uri[]> => vscode.workspace.findFiles("**/*.mix.json", SKIPPED, 100, token);

/** Bases in the workspace: GGUF files, and Hugging Face folders, where config.json and the weights lie together. */
export const findBases = async (token?: vscode.CancellationToken): Promise<string[]> => {
  const [configs, ggufs] = await Promise.all([vscode.workspace.findFiles("**/config.json", SKIPPED, 200, token), vscode.workspace.findFiles("**/*.gguf", SKIPPED, 50, token)]);
  return [...configs.map(({ fsPath }) => dirname(fsPath)).filter(isBase), ...ggufs.map(({ fsPath }) => fsPath)].sort();
};

export const isBase = (path: string): boolean =>
  /\.gguf$/i.test(path) ? existsSync(path) : existsSync(join(path, "config.json")) && ["model.safetensors", "model.safetensors.index.json"].some((name) => existsSync(join(path, name)));

/** The dialogs of some systems open either files or folders, hence two ways. */
export const browseBase = async (kind: "folder" | "gguf"): Promise<string | undefined> =>
  (await vscode.window.showOpenDialog(kind === "folder"
    ? { title: "Base: a Hugging Face folder", openLabel: "Use as Base", canSelectFolders: true, canSelectFiles: false }
    : { title: "Base: a GGUF file", openLabel: "Use as Base", filters: { "GGUF models": ["gguf"] } }))?.[0]?.fsPath;

/** Saves the file's unsaved edits, as starting a debugger does: what is seen is what is trained on. False where saving was refused. */
export const saveIfDirty = async (file: vscode.Uri): Promise<boolean> => {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file.toString());
  return !document?.isDirty || await document.save();
};
