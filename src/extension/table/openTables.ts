/** The tables that are open in this window, by their file: for who wants rows shown in one. */
import * as vscode from "vscode";
import { type TableDocument } from "./tableDocument";

const open = new Map<string, TableDocument>();
const opened = new vscode.EventEmitter<TableDocument>();

export const registerTable = (document: TableDocument): void => {
  const key = document.uri.toString();
  open.set(key, document);
  document.onDidClose(() => { if (open.get(key) === document) open.delete(key); });
  opened.fire(document);
};

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
