/** The tables that are open in this window, by their file: for who wants rows shown in one, or something done with the rows selected in it. */
import * as vscode from "vscode";
import { type TableAction } from "../../protocol/table";
import { type TableDocument } from "./tableDocument";

export const TABLE = "tunesmith.table";

const open = new Map<string, TableDocument>();
const opened = new vscode.EventEmitter<TableDocument>();

export const registerTable = (document: TableDocument): void => {
  const key = document.uri.toString();
  open.set(key, document);
  // Another order or a save is no edit.
  const content = (): readonly unknown[] => [document.table, document.table.overlay, document.table.edits];
  let known = content();
  document.onDidChange(() => {
    const now = content();
    if (now.some((each, index) => each !== known[index])) edited.fire(document.uri);
    known = now;
  });
  document.onDidClose(() => { if (open.get(key) === document) open.delete(key); });
  opened.fire(document);
};

/** The file's table, where one is open. */
export const openTable = (uri: vscode.Uri): TableDocument | undefined => open.get(uri.toString());

const edited = new vscode.EventEmitter<vscode.Uri>();
/** Rows of this file's table are others than before. */
export const onDidEditTable = edited.event;

/** The file's table, once it is open; undefined where it is not after `milliseconds`. */
export const tableOf = (uri: vscode.Uri, milliseconds: number): Promise<TableDocument | undefined> => {
  const known = open.get(uri.toString());
  if (known) return Promise.resolve(known);
  return new Promise((settle) => {
    const end = (document?: TableDocument): void => {
      clearTimeout(timer);
      listening.dispose();
      settle(document);
    };
    const timer = setTimeout(end, milliseconds);
    const listening = opened.event((document) => { if (document.uri.toString() === uri.toString()) end(document); });
  });
};

const pages = new Map<string, (action: TableAction) => void>();

export const connectTable = (uri: vscode.Uri, act: (action: TableAction) => void): vscode.Disposable => {
  pages.set(uri.toString(), act);
  return new vscode.Disposable(() => { if (pages.get(uri.toString()) === act) pages.delete(uri.toString()); });
};

/** Does this with the rows selected in the active tab; false where that is no table. */
export const actInTable = (action: TableAction): boolean => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const act = input instanceof vscode.TabInputCustom && input.viewType === TABLE ? pages.get(input.uri.toString()) : undefined;
  act?.(action);
  return act !== undefined;
};
