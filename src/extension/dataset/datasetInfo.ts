/** What run configs, dataset_info.json files beside open datasets, and the folder's settings say of their columns: read when first asked for, again when they change. */
import { basename, posix } from "node:path";
import * as vscode from "vscode";
import { mappingFrom, mappingFromSetting, MAPPINGS_SETTING, type FoundMapping } from "../../core/data/formats/mappingSources";
import { type Mapping } from "../../core/data/formats/mapping";
import { type ParseOptions } from "../../core/data/parse";
import { DATASET_INFO } from "../../node/readDataset";
import { folderMappings } from "../settings";

/** By folder; undefined while it is read, "" where there is none. */
const texts = new Map<string, string | undefined>();
const told = new Set<string>();
const changed = new vscode.EventEmitter<void>();

/** Fires after a file was read that a dataset may be described by. */
export const onDidChangeDatasetInfo = changed.event;

/** Where the run configs' descriptions come from. */
export interface ConfigColumns {
  columnsOf(uri: vscode.Uri): FoundMapping;
  /** They have been read. */
  readonly known: Promise<void>;
  readonly onDidChange: vscode.Event<void>;
}
let configs: ConfigColumns | undefined;

/** Follows what run configs say of columns from here on. */
export const readColumnsFrom = (given: ConfigColumns): vscode.Disposable => {
  configs = given;
  const said = (): string => JSON.stringify(vscode.workspace.textDocuments.map(({ uri }) => given.columnsOf(uri)));
  let before = said();
  return given.onDidChange(() => {
    const now = said();
    if (now !== before) changed.fire();
    before = now;
  });
};

/** What a run config says of the file's columns, for what reads the file elsewhere: it goes before all that stands beside the file. */
export const configColumns = (uri: vscode.Uri): { readonly mapping?: Mapping } => {
  const mapping = configs?.columnsOf(uri).mapping;
  return mapping ? { mapping } : {};
};
/** The same for a window that has only just opened. */
export const configColumnsSoon = async (uri: vscode.Uri): Promise<Mapping | undefined> => {
  await configs?.known;
  return configColumns(uri).mapping;
};

/** What the parser must know of the document beside its text. A run config goes before a dataset_info.json beside it, and that before the folder's settings, as everywhere. */
export const parseOptionsOf = (document: vscode.TextDocument): ParseOptions => {
  if (document.uri.scheme !== "file") return {};
  const file = basename(document.uri.path);
  const folder = vscode.Uri.joinPath(document.uri, "..");
  const key = folder.toString();
  if (!texts.has(key)) void read(folder);
  const text = texts.get(key);
  const said = configs?.columnsOf(document.uri) ?? {};
  const beside = said.mapping === undefined && text ? mappingFrom(text, file) : {};
  const { mapping, problem } = said.mapping ? said : beside.mapping ?? beside.problem ? beside : fromSettings(document.uri);
  const why = problem ?? (mapping ? undefined : said.problem);
  if (why !== undefined && !told.has(why)) {
    told.add(why);
    void vscode.window.showWarningMessage(`${file} is read without its column names. ${why}`);
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
