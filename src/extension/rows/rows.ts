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
import { RowReadings } from "./readings";
import { RowCounts } from "./rowCounts";
import { RunConfigs } from "./runConfigs";

export class Rows implements vscode.Disposable {
  private readonly bases: Bases;
  private readonly disposables: vscode.Disposable[];

  constructor(context: vscode.ExtensionContext, diagnostics: DatasetDiagnostics, reporter: Reporter) {
    // Shown in the status bar; a message for every keystroke would be too much.
    const logFailure = (error: unknown): void => reporter.log.warn(error instanceof Error ? error.message : String(error));
    const reader = new RowReader();
    const configs = new RunConfigs(logFailure);
    this.bases = new Bases(context.workspaceState, configs);
    const readings = new RowReadings(reader, this.bases, diagnostics, logFailure);
    this.disposables = [
      configs, this.bases, readings, reader, new BaseDiagnostics(readings), new BaseStatus(this.bases, readings), new RowCounts(readings), RowHover.register(reader, this.bases, readings),
    ];
  }

  async chooseBase(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    if (document && isDatasetDocument(document)) return this.bases.choose(document);
    void vscode.window.showInformationMessage("Open a dataset first: every dataset has its own base for diagnostics.");
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
