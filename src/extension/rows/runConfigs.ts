/** The run configs of the workspace, as far as they say how a dataset's rows become tokens. Reads them again when one changes, unsaved edits included; reads none in Restricted Mode. */
import * as vscode from "vscode";
import { dirname, resolve } from "node:path";
import { isUserError } from "../../core/errors";
import { parseRunConfig } from "../../core/train/parseConfig";
import { type RunConfig } from "../../core/train/runConfig";
import { findConfigs, isConfigFile } from "../workspace";

export interface KnownConfig { readonly uri: vscode.Uri; readonly config: RunConfig }

export class RunConfigs implements vscode.Disposable {
  private all: readonly KnownConfig[] = [];
  private readFirst: () => void = () => {};
  /** Resolves when they have been read for the first time. */
  readonly known = new Promise<void>((resolve) => { this.readFirst = resolve; });
  private reading: ReturnType<typeof setTimeout> | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  /** Fires when any of them says something else. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly onFailure: (error: unknown) => void) {
    const watcher = vscode.workspace.createFileSystemWatcher("**/*.tune.json");
    const soon = (): void => this.schedule();
    this.disposables = [
      this.changed, watcher, watcher.onDidCreate(soon), watcher.onDidChange(soon), watcher.onDidDelete(soon),
      vscode.workspace.onDidChangeTextDocument(({ document }) => { if (isConfigFile(document.uri)) soon(); }),
      vscode.workspace.onDidGrantWorkspaceTrust(soon), vscode.workspace.onDidChangeWorkspaceFolders(soon),
    ];
    soon();
  }

  /** Those that train or evaluate on the file; the nearest first. */
  naming(file: vscode.Uri): readonly KnownConfig[] {
    const near = (uri: vscode.Uri): number => -uri.fsPath.length + (dirname(uri.fsPath) === dirname(file.fsPath) ? -10_000 : 0);
    return this.all.filter(({ uri, config }) => [config.data, config.eval].some((name) => name !== undefined && resolve(dirname(uri.fsPath), name) === file.fsPath))
      .sort((a, b) => near(a.uri) - near(b.uri) || (a.uri.fsPath < b.uri.fsPath ? -1 : 1));
  }

  at(path: string): KnownConfig | undefined { return this.all.find(({ uri }) => uri.fsPath === path); }

  private schedule(): void {
    clearTimeout(this.reading);
    this.reading = setTimeout(() => void this.read().catch(this.onFailure).finally(this.readFirst), 200);
  }

  private async read(): Promise<void> {
    const files = vscode.workspace.isTrusted ? await findConfigs() : [];
    const known = (await Promise.all(files.map(readOne))).filter((config) => config !== undefined);
    const same = JSON.stringify(known) === JSON.stringify(this.all);
    this.all = known;
    if (!same) this.changed.fire();
  }

  dispose(): void {
    clearTimeout(this.reading);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

/** Undefined for one that is not valid just now: its own editor says what is wrong with it. */
const readOne = async (uri: vscode.Uri): Promise<KnownConfig | undefined> => {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  try {
    return { uri, config: parseRunConfig(open?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)), uri.path) };
  } catch (error) {
    if (isUserError(error) || error instanceof vscode.FileSystemError) return undefined;
    throw error;
  }
};
