/** What dataset_info.json files beside open datasets, and the folder's settings, say of their columns: read when first asked for, again when they change. */
import { basename, posix } from "node:path";
import * as vscode from "vscode";
import { mappingFrom, mappingFromSetting, MAPPINGS_SETTING, type FoundMapping } from "../../core/data/formats/mappingSources";
import { type ParseOptions } from "../../core/data/parse";
import { DATASET_INFO } from "../../node/readDataset";
import { folderMappings } from "../settings";

/** By folder; undefined while it is read, "" where there is none. */
const texts = new Map<string, string | undefined>();
const told = new Set<string>();
const changed = new vscode.EventEmitter<void>();

/** Fires after a file was read that a dataset may be described by. */
export const onDidChangeDatasetInfo = changed.event;

/** What the parser must know of the document beside its text. A dataset_info.json beside it goes before the folder's settings, as everywhere. */
export const parseOptionsOf = (document: vscode.TextDocument): ParseOptions => {
  if (document.uri.scheme !== "file") return {};
  const file = basename(document.uri.path);
  const folder = vscode.Uri.joinPath(document.uri, "..");
  const key = folder.toString();
  if (!texts.has(key)) void read(folder);
  const text = texts.get(key);
  const beside = text ? mappingFrom(text, file) : {};
  const { mapping, problem } = beside.mapping ?? beside.problem ? beside : fromSettings(document.uri);
  if (problem !== undefined && !told.has(problem)) {
    told.add(problem);
    void vscode.window.showWarningMessage(`${file} is read without its column names. ${problem}`);
  }
  return mapping ? { file, mapping } : { file };
};

const fromSettings = (uri: vscode.Uri): FoundMapping => {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  return folder ? mappingFromSetting(folderMappings(folder), posix.relative(folder.uri.path, uri.path)) : {};
};

const read = async (folder: vscode.Uri): Promise<void> => {
  const before = texts.get(folder.toString()) ?? "";
  texts.set(folder.toString(), before);
  let text = "";
  try {
    text = new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, DATASET_INFO)));
  } catch (error) {
    // Most folders have none.
    if (!(error instanceof vscode.FileSystemError)) throw error;
  }
  texts.set(folder.toString(), text);
  if (text !== before) changed.fire();
};

/** Follows changes of such files from here on. */
export const watchDatasetInfo = (): vscode.Disposable => {
  const watcher = vscode.workspace.createFileSystemWatcher(`**/${DATASET_INFO}`);
  const again = (uri: vscode.Uri): void => { void read(vscode.Uri.joinPath(uri, "..")); };
  const settings = vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(MAPPINGS_SETTING)) changed.fire(); });
  return vscode.Disposable.from(watcher, changed, settings, watcher.onDidCreate(again), watcher.onDidChange(again), watcher.onDidDelete(again));
};
