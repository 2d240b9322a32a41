/** What dataset_info.json files beside open datasets say of their columns: read when first asked for, again when they change. */
import { basename } from "node:path";
import * as vscode from "vscode";
import { mappingFrom } from "../../core/data/formats/mapping";
import { type ParseOptions } from "../../core/data/parse";
import { DATASET_INFO } from "../../node/readDataset";

/** By folder; undefined while it is read, "" where there is none. */
const texts = new Map<string, string | undefined>();
const told = new Set<string>();
const changed = new vscode.EventEmitter<void>();

/** Fires after a file was read that a dataset may be described by. */
export const onDidChangeDatasetInfo = changed.event;

/** What the parser must know of the document beside its text. */
export const parseOptionsOf = (document: vscode.TextDocument): ParseOptions => {
  if (document.uri.scheme !== "file") return {};
  const file = basename(document.uri.path);
  const folder = vscode.Uri.joinPath(document.uri, "..");
  const key = folder.toString();
  if (!texts.has(key)) void read(folder);
  const text = texts.get(key);
  if (!text) return { file };
  const { mapping, problem } = mappingFrom(text, file);
  if (problem !== undefined && !told.has(problem)) {
    told.add(problem);
    void vscode.window.showWarningMessage(`${file} is read without its column names. ${problem}`);
  }
  return mapping ? { file, mapping } : { file };
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
  return vscode.Disposable.from(watcher, changed, watcher.onDidCreate(again), watcher.onDidChange(again), watcher.onDidDelete(again));
};
