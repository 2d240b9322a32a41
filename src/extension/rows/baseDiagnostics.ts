/** Underlines what the chosen base makes of the rows, beside the parser's own problems, and offers their repairs. */
import * as vscode from "vscode";
import { type Problem } from "../../core/data/problem";
import { problemsOfFile } from "../../core/text/lint";
import { datasetSelector, parsedDatasetOf } from "../dataset/datasets";
import { codeOf, rangeOf, SOURCE, Underlines } from "../dataset/underlines";
import { compatibleEdits } from "../positions";
import { baseDiagnosticsEnabled } from "../settings";
import { type RowReadings } from "./readings";

export class BaseDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly underlines = new Underlines(`${SOURCE}-base`);
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly readings: RowReadings) {
    this.disposables = [
      this.underlines, readings.onDidChange((document) => this.show(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.underlines.clear(document.uri)),
      vscode.languages.registerCodeActionsProvider(datasetSelector, this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    ];
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    const dataset = parsedDatasetOf(document);
    if (!dataset) return [];
    return this.problems(document).filter(({ line, fixes }) => fixes.length > 0 && line >= range.start.line && line <= range.end.line).flatMap((problem) => {
      const place = rangeOf(document, dataset, problem);
      const diagnostic = context.diagnostics.find((each) => codeOf(each) === problem.code && each.range.isEqual(place));
      return !diagnostic ? [] : problem.fixes.map((fix) => {
        const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
        action.edit = new vscode.WorkspaceEdit();
        for (const edit of compatibleEdits(dataset.lines, [fix])) action.edit.replace(document.uri, new vscode.Range(document.positionAt(edit.start), document.positionAt(edit.end)), edit.newText);
        action.diagnostics = [diagnostic];
        action.isPreferred = fix.preferred;
        return action;
      });
    });
  }

  private problems(document: vscode.TextDocument): Problem[] {
    return problemsOfFile(this.readings.all(document).flatMap(({ problems }) => problems));
  }

  private show(document: vscode.TextDocument): void {
    const dataset = parsedDatasetOf(document);
    // Edited since it was parsed: what is underlined moves with the text until the new readings come.
    if (dataset) this.underlines.show(document, dataset, baseDiagnosticsEnabled(document) ? this.problems(document) : []);
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
