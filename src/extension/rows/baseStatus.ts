/** Names the base that the active dataset is looked at with, in the status bar; a click chooses another. */
import * as vscode from "vscode";
import { isDatasetDocument, isInstructionData, parsedDatasetOf } from "../dataset/datasets";
import { baseDiagnosticsEnabled } from "../settings";
import { type Bases } from "./bases";
import { MOST_ROWS, type RowReadings } from "./readings";

export class BaseStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("tunesmith.base", vscode.StatusBarAlignment.Right, 99.9);
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly bases: Bases, private readonly readings: RowReadings) {
    this.item.name = "Base for Diagnostics (Tunesmith)";
    this.item.command = "tunesmith.chooseBase";
    this.disposables = [
      this.item, vscode.window.onDidChangeActiveTextEditor(() => this.show()), bases.onDidChange(() => this.show()),
      readings.onDidChange((document) => { if (document === vscode.window.activeTextEditor?.document) this.show(); }),
    ];
    this.show();
  }

  private show(): void {
    const document = vscode.window.activeTextEditor?.document;
    const dataset = document && isDatasetDocument(document) ? parsedDatasetOf(document) : undefined;
    if (!document || !dataset || !isInstructionData(dataset) || !baseDiagnosticsEnabled(document)) return this.item.hide();
    const base = this.bases.of(document);
    const failure = this.readings.failureOf(document);
    const wrong = base.basis === undefined || failure !== undefined;
    this.item.text = `$(${wrong ? "warning" : "beaker"}) ${base.label}`;
    const long = dataset.rows > MOST_ROWS ? `\n\nOf a file this long only the rows that are seen are read with the base; \`tunesmith check --base\` reads all.` : "";
    const settings = base.basis ? `, max_length ${base.basis.maxLength}` : "";
    this.item.tooltip = new vscode.MarkdownString(`Rows are looked at as **${base.label}** would see them${settings}: ${failure ?? base.why}${long}\n\nClick to choose another base.`);
    this.item.backgroundColor = wrong ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    this.item.accessibilityInformation = { label: `Base for diagnostics: ${base.label}${wrong ? `, cannot be used: ${failure ?? base.why}` : ""}`, role: "button" };
    this.item.show();
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
