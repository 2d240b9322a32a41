/** The line between one table's page and its document: every request is checked and answered, every change is told. */
import * as vscode from "vscode";
import { isUserError } from "../../core/errors";
import { cellAt } from "../../core/data/table/cellEdit";
import { faultOf, leavesOf, readValue, textOf } from "../../core/data/table/rowCells";
import { isTableRequest, type TableRequest, type TableUpdate } from "../../protocol/table";
import { type Reporter } from "../report";
import { pageHtml, pageOptions } from "../webviewPage";
import { connectTable } from "./openTables";
import { mergeTableRows, normaliseTableRoles, splitTableRows } from "./reshapeTable";
import { askAction, copyRows, extractRows, moveToEvaluation, openInTextEditor } from "./tableActions";
import { counted, type TableDocument } from "./tableDocument";

/** Text of a row that reaches the page at once; more is edited in the text editor. */
const MOST_TEXT = 4 * 2 ** 20;

export const connectPage = (document: TableDocument, panel: vscode.WebviewPanel, extension: vscode.Uri, reporter: Reporter): void => {
  let ready = false;
  const tell = (update: TableUpdate): void => { if (ready) void panel.webview.postMessage(update); };

  const detail = async (generation: number, row: number): Promise<void> => {
    if (!document.has(generation, row)) return;
    const [line] = await document.table.lines([row]);
    const fault = faultOf(line!) ?? (line!.length > MOST_TEXT ? `The row has ${Math.round(line!.length / 2 ** 20)} MiB. Edit it in the text editor.` : null);
    const large = line!.length > MOST_TEXT;
    tell({
      type: "detail", generation, row, line: document.table.lineOnDisk(row) + 1, fault, problems: document.table.problems([line!])[0]!.slice(0, 50),
      leaves: large || faultOf(line!) !== undefined ? [] : leavesOf(readValue(line!)).map(({ path, label, text, kind }) => ({ path: [...path], label, text, kind })), raw: large ? "" : textOf(line!),
    });
  };
  /** A refusal belongs beside what was typed, not into a notification. */
  const edit = async (generation: number, row: number, work: () => Promise<void>): Promise<void> => {
    if (!document.has(generation, row)) return tell({ type: "edited", row, refused: "Another program changed the file meanwhile, and this row may be another now. Copy your text, close this field and open the row again." });
    try {
      await work();
      tell({ type: "edited", row, refused: null });
    } catch (error) {
      if (!isUserError(error)) throw error;
      tell({ type: "edited", row, refused: `${error.what} ${error.next}` });
    }
  };

  const handlers: { [T in TableRequest["type"]]: (request: Extract<TableRequest, { type: T }>) => unknown } = {
    ready: () => {
      ready = true;
      tell(document.state());
    },
    rows: async ({ version, from, to }) => {
      const rows = await document.rows(from, to);
      if (document.state().version === version) tell({ type: "rows", version, from, rows });
    },
    view: ({ view }) => document.show(view),
    cancel: () => document.cancel(),
    removeDuplicates: () => document.removeDuplicates(),
    cell: async ({ generation, row, column }) => document.has(generation, row) && tell({ type: "cell", row, column, cell: cellAt((await document.table.lines([row]))[0]!, [column]) ?? null }),
    detail: ({ generation, row }) => detail(generation, row),
    edit: ({ generation, row, path, text }) => edit(generation, row, () => document.editCell(row, path, text)),
    editLine: ({ generation, row, text }) => edit(generation, row, () => document.editLine(row, text)),
    openText: ({ generation, row }) => document.has(generation, row) && openInTextEditor(document, row),
    delete: ({ version, ranges }) => {
      const count = document.delete(document.rowsIn(version, ranges), (rows) => `Delete ${rows}`);
      if (count > 0) document.tell(`${counted(count)} deleted. Undo brings ${count === 1 ? "it" : "them"} back.`);
    },
    split: ({ version, ranges }) => splitTableRows(document, document.rowsIn(version, ranges)),
    merge: ({ version, ranges }) => mergeTableRows(document, document.rowsIn(version, ranges)),
    roles: ({ version, ranges }) => normaliseTableRoles(document, document.rowsIn(version, ranges)),
    evaluate: ({ version, ranges }) => moveToEvaluation(document, document.rowsIn(version, ranges)),
    actions: async ({ version, ranges }) => {
      const action = await askAction(document.rowsIn(version, ranges).length);
      // The table may be another by now: the page says anew which rows are selected.
      if (action) tell({ type: "act", action });
    },
    copyTo: ({ version, ranges }) => extractRows(document, document.rowsIn(version, ranges), false),
    moveTo: ({ version, ranges }) => extractRows(document, document.rowsIn(version, ranges), true),
    copy: ({ version, ranges }) => copyRows(document, document.rowsIn(version, ranges)),
  };

  panel.webview.options = pageOptions(extension);
  const listening = [
    panel.webview.onDidReceiveMessage((message: unknown) => {
      if (!isTableRequest(message)) return reporter.log.warn("The table sent a message of unknown shape.");
      void reporter.guard(() => (handlers[message.type] as (request: TableRequest) => unknown)(message));
    }),
    panel.onDidChangeViewState(() => { if (!panel.visible) ready = false; }),
    document.onDidChange(() => tell(document.state())),
    connectTable(document.uri, (action) => tell({ type: "act", action })),
    document.onDidTell((message) => tell({ type: "told", message })),
  ];
  panel.onDidDispose(() => vscode.Disposable.from(...listening).dispose());
  panel.webview.html = pageHtml(panel.webview, extension, "table", "Tunesmith Table");
};
