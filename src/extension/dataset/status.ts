/** What the active editor's dataset is, in the status bar: its format, rows and problems; also the context key that shows the dataset's buttons. */
import * as vscode from "vscode";
import { type DatasetDiagnostics } from "./diagnostics";
import { datasetSummary, formatName, isDatasetDocument, isInstructionData, parsedDatasetOf } from "./datasets";

/** True while the active editor shows an instruction dataset; `when` clauses in package.json use it. */
const CONTEXT_KEY = "tunesmith.activeEditorIsDataset";

export class DatasetStatus implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("tunesmith.dataset", vscode.StatusBarAlignment.Right, 100);
  private readonly disposables: vscode.Disposable[];
  private shownKey = false;

  constructor(diagnostics: DatasetDiagnostics) {
    this.item.name = "Dataset (Tunesmith)";
    this.item.command = "tunesmith.checkDataset";
    this.disposables = [
      this.item,
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      diagnostics.onDidCheck((document) => { if (document === vscode.window.activeTextEditor?.document) this.show(); }),
    ];
    this.show();
  }

  private show(): void {
    const document = vscode.window.activeTextEditor?.document;
    const dataset = document && isDatasetDocument(document) ? parsedDatasetOf(document) : undefined;
    const known = dataset !== undefined && isInstructionData(dataset);
    if (known !== this.shownKey) {
      this.shownKey = known;
      void vscode.commands.executeCommand("setContext", CONTEXT_KEY, known);
    }
    if (!dataset || !known) return this.item.hide();
    const errors = dataset.problems.some(({ severity }) => severity === "error");
    const warnings = dataset.problems.some(({ severity }) => severity === "warning");
    this.item.text = `$(${errors ? "error" : warnings ? "warning" : "pass"}) ${formatName(dataset)}: ${datasetSummary(dataset)}`;
    const left = dataset.rows - dataset.usable;
    this.item.tooltip = new vscode.MarkdownString(`**${formatName(dataset)} dataset**\n\n${dataset.formatReason}\n\n${dataset.usable.toLocaleString("en")} of ${dataset.rows.toLocaleString("en")} rows can be trained on${left > 0 ? `; a run leaves out the other ${left.toLocaleString("en")}` : ""}.`);
    this.item.accessibilityInformation = { label: `${formatName(dataset)} dataset, ${datasetSummary(dataset)}, ${dataset.usable} rows usable`, role: "button" };
    this.item.show();
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
