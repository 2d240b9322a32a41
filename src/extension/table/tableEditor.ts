/** The custom editor of VS Code around tables: opens, saves, reverts and backs them up, and hands their edits to VS Code's undo. Owns the documents' lives, not what is in them. */
import * as vscode from "vscode";
import { readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { UserError } from "../../core/errors";
import { changesOf, needsWholeCopy, parseChanges, type Changes } from "../../node/table/changes";
import { type TableFile } from "../../node/table/tableFile";
import { type WriteOptions } from "../../node/table/writeRows";
import { pickDataset } from "../dataset/checkDataset";
import { type Reporter, withProgress } from "../report";
import { isDatasetFile, saveIfDirty } from "../workspace";
import { askBeforeSaving, noticeChanges, reload } from "./externalChange";
import { openTableFile } from "./openTableFile";
import { registerTable, TABLE } from "./openTables";
import { scanIn, type RunScan } from "./scans";
import { TableDocument } from "./tableDocument";
import { connectPage } from "./tablePanel";

/** Saving a larger file shows its progress and can be cancelled. */
const SHOWN_SAVE = 32 * 2 ** 20;
/** What a backup holds beside its list of edits where that cannot say it all. */
const WHOLE = ".rows";

export class TableEditor implements vscode.CustomEditorProvider<TableDocument> {
  private readonly edits = new vscode.EventEmitter<vscode.CustomDocumentEditEvent<TableDocument>>();
  readonly onDidChangeCustomDocument = this.edits.event;
  private readonly runScan: RunScan;

  private constructor(private readonly extension: vscode.Uri, private readonly reporter: Reporter) {
    this.runScan = scanIn(extension.fsPath);
  }

  static register(extension: vscode.Uri, reporter: Reporter): vscode.Disposable {
    const editor = new TableEditor(extension, reporter);
    return vscode.window.registerCustomEditorProvider(TABLE, editor, { supportsMultipleEditorsPerDocument: false, webviewOptions: { retainContextWhenHidden: false, enableFindWidget: false } });
  }

  async openCustomDocument(uri: vscode.Uri, { backupId }: vscode.CustomDocumentOpenContext): Promise<TableDocument> {
    if (uri.scheme !== "file") throw new UserError("DATASET_UNREADABLE", "The table opens files on disk only.", "Open the file itself, from the Explorer.");
    const opening: { document?: TableDocument } = {};
    const progress = throttled(() => opening.document?.progressed());
    const logFailure = (error: unknown): void => this.reporter.log.error(error instanceof Error ? error : String(error));
    const { file, changes } = await this.openFile(uri, backupId, progress);
    const document = opening.document = new TableDocument(uri, file, this.runScan, logFailure);
    document.onDidEdit(({ label, undo, redo }) => this.edits.fire({ document, label, undo: () => void this.reporter.guard(undo), redo: () => void this.reporter.guard(redo) }));
    file.indexed.catch((error) => this.reporter.show(error));
    if (changes) await reload(document, changes, file);
    noticeChanges(document, this.reporter);
    registerTable(document);
    return document;
  }

  /** The file with the edits of a backup, or without. */
  private async openFile(uri: vscode.Uri, backupId: string | undefined, progress: () => void): Promise<{ file: TableFile; changes?: Changes }> {
    if (backupId === undefined) return { file: await openTableFile(uri, progress) };
    const place = vscode.Uri.parse(backupId).fsPath;
    const kept = await readFile(place, "utf8");
    if (kept === WHOLE) return { file: await openTableFile(uri, progress, `${place}${WHOLE}`) };
    const changes = parseChanges(kept);
    if (!changes) throw new UserError("DATASET_UNREADABLE", `The unsaved edits of ${basename(uri.fsPath)} could not be read back.`, "Revert the file to open it as it is on disk.");
    return { file: await openTableFile(uri, progress), changes };
  }

  resolveCustomEditor(document: TableDocument, panel: vscode.WebviewPanel): void { connectPage(document, panel, this.extension, this.reporter); }

  async saveCustomDocument(document: TableDocument, token: vscode.CancellationToken): Promise<void> {
    if (!await askBeforeSaving(document, this.reporter)) throw new vscode.CancellationError();
    document.saving = true;
    try {
      await this.write(document, `Saving ${basename(document.uri.fsPath)}`, token, (options) => document.table.save(options));
    } finally {
      document.saving = false;
    }
    document.moved(); // rows are no longer marked as edited, and lines count anew
  }

  async saveCustomDocumentAs(document: TableDocument, destination: vscode.Uri, token: vscode.CancellationToken): Promise<void> {
    if (destination.scheme !== "file") throw new UserError("WRITE_FAILED", "The table is saved to files on disk only.", "Choose a folder of this machine.");
    if (destination.fsPath === document.uri.fsPath) return this.saveCustomDocument(document, token);
    if (await document.table.diskState() === "rewritten") throw new UserError("FILE_CHANGED", `${basename(document.uri.fsPath)} was written over by another program while it was open here.`, "Save it: you are asked how your edits go with what it holds now.");
    await this.write(document, `Saving ${basename(destination.fsPath)}`, token, (options) => document.table.saveTo(destination.fsPath, options));
  }

  private async write(document: TableDocument, title: string, token: vscode.CancellationToken, work: (options: WriteOptions) => Promise<void>): Promise<void> {
    if (document.table.size < SHOWN_SAVE) return work({});
    const controller = new AbortController();
    const listening = token.onCancellationRequested(() => controller.abort());
    try {
      await withProgress(title, async (signal, report) => {
        let shown = -1;
        await work({
          signal: AbortSignal.any([signal, controller.signal]),
          report: (bytes) => {
            const percent = Math.floor((100 * bytes) / document.table.size);
            if (percent !== shown) report(`${shown = percent}%`);
          },
        });
      });
    } finally {
      listening.dispose();
    }
  }

  /** Back to what the file holds. */
  async revertCustomDocument(document: TableDocument): Promise<void> {
    if (await document.table.diskState() === "same" && document.table.snapshot.path === document.uri.fsPath) {
      document.table.overlay = document.table.saved.copy();
      document.moved();
      return;
    }
    await document.replace(await openTableFile(document.uri, throttled(() => document.progressed())));
  }

  async backupCustomDocument(document: TableDocument, { destination }: vscode.CustomDocumentBackupContext, token: vscode.CancellationToken): Promise<vscode.CustomDocumentBackup> {
    const place = destination.fsPath, whole = `${place}${WHOLE}`;
    const controller = new AbortController();
    token.onCancellationRequested(() => controller.abort());
    await vscode.workspace.fs.createDirectory(vscode.Uri.file(dirname(place)));
    // A table that was read from a copy, or that has rows again that its file has not, is kept as a whole.
    if (document.table.snapshot.path !== document.uri.fsPath || needsWholeCopy(document.table)) {
      await document.table.saveTo(whole, { signal: controller.signal });
      await writeFile(place, WHOLE);
    } else await writeFile(place, JSON.stringify(await changesOf(document.table, document.scan)));
    return {
      id: destination.toString(),
      delete: () => void Promise.all([place, whole].map((path) => rm(path, { force: true }))).catch((error) => this.reporter.log.warn(`A backup was left behind: ${String(error)}`)),
    };
  }
}

/** At most ten times a second, and once more after the last. */
const throttled = (act: () => void): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => { timer ??= setTimeout(() => { timer = undefined; act(); }, 100); };
};

/** Opens a file as a table: a menu's, the active editor's, or one that the person chooses. */
export const openAsTable = async (given?: vscode.Uri): Promise<void> => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const active = input instanceof vscode.TabInputText && isDatasetFile(input.uri) ? input.uri : undefined;
  const uri = given ?? active ?? await pickDataset("Which dataset should be opened as a table?");
  if (!uri) return;
  if (!isDatasetFile(uri)) throw new UserError("DATASET_UNREADABLE", `${basename(uri.path)} is no JSON Lines file.`, "The table opens files with one JSON row on each line: .jsonl or .ndjson.");
  // The table shows what is on the disk.
  if (!await saveIfDirty(uri)) return;
  await showTable(uri);
};

/** `uri` without unsaved edits in a text editor, for the table shows what is on the disk. */
export const showTable = async (uri: vscode.Uri, column?: vscode.ViewColumn): Promise<void> => {
  await vscode.commands.executeCommand("vscode.openWith", uri, TABLE, column);
  // Editors of one file share VS Code's undo: beside a text editor, undo in the table would at times undo what the text editor read anew.
  const beside = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).filter((tab) => tab.input instanceof vscode.TabInputText && tab.input.uri.toString() === uri.toString() && !tab.isDirty);
  await vscode.window.tabGroups.close(beside, true);
};

