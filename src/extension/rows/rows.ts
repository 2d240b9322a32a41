/** Everything that shows what a row becomes when it is trained on: builds it, and closes it. */
import * as vscode from "vscode";
import { RowReader } from "../../project/rowReader";
import { isDatasetDocument } from "../dataset/datasets";
import { type DatasetDiagnostics } from "../dataset/diagnostics";
import { type Reporter } from "../report";
import { BaseDiagnostics } from "./baseDiagnostics";
import { Bases } from "./bases";
import { BaseStatus } from "./baseStatus";
import { RowHover } from "./hover";
import { RowPreview } from "./preview";
import { RowReadings } from "./readings";
import { RowCounts } from "./rowCounts";
import { type RunConfigs } from "./runConfigs";
import { toggleInEditor } from "./toggle";

export class Rows implements vscode.Disposable {
  readonly bases: Bases;
  private readonly preview: RowPreview;
  private readonly disposables: vscode.Disposable[];

  constructor(context: vscode.ExtensionContext, diagnostics: DatasetDiagnostics, configs: RunConfigs, reporter: Reporter) {
    // Shown in the status bar; a message for every keystroke would be too much.
    const logFailure = (error: unknown): void => reporter.log.warn(error instanceof Error ? error.message : String(error));
    const reader = new RowReader();
    this.bases = new Bases(context.workspaceState, configs);
    const readings = new RowReadings(reader, this.bases, diagnostics, logFailure);
    this.preview = new RowPreview(context.extensionUri, reader, this.bases, diagnostics, reporter);
    this.disposables = [
      this.preview, this.bases, readings, reader, new BaseDiagnostics(readings, this.bases), new BaseStatus(this.bases, readings), new RowCounts(readings), RowHover.register(reader, this.bases, readings),
    ];
  }

  async chooseBase(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document && isDatasetDocument(document)) return this.bases.choose(document);
    void vscode.window.showInformationMessage("Open a dataset first: every dataset has its own base for diagnostics.");
  }

  openPreview(given: unknown): Promise<void> { return this.preview.show(given); }

  /** In the preview, where it has the focus, else at the editor's cursor. */
  async toggleTraining(): Promise<void> {
    if (this.preview.isActive) return this.preview.toggle();
    const editor = vscode.window.activeTextEditor;
    if (editor) await toggleInEditor(editor);
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
