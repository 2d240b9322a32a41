/** Underlines what the chosen base makes of the rows, beside the parser's own problems, and offers their repairs. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import * as vscode from "vscode";
import { type Problem } from "../../core/data/problem";
import { problemsOfFile } from "../../core/text/lint";
import { datasetSelector, parsedDatasetOf } from "../dataset/datasets";
import { codeOf, rangeOf, SOURCE, Underlines } from "../dataset/underlines";
import { compatibleEdits } from "../positions";
import { baseDiagnosticsEnabled } from "../settings";
import { type Bases } from "./bases";
import { type RowReadings } from "./readings";

/** What a larger max_length would mend. */
const TOO_LONG: ReadonlySet<string> = new Set(["nothing-trained", "cut-off", "truncated"]);

export class BaseDiagnostics implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly underlines = new Underlines(`${SOURCE}-base`);
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly readings: RowReadings, private readonly bases: Bases) {
    this.disposables = [
      this.underlines, readings.onDidChange((document) => this.show(document)),
      vscode.workspace.onDidCloseTextDocument((document) => this.underlines.clear(document.uri)),
      vscode.languages.registerCodeActionsProvider(datasetSelector, this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    ];
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    const dataset = parsedDatasetOf(document);
    if (!dataset) return [];
    const raise = context.diagnostics.find((each) => each.source === SOURCE && TOO_LONG.has(codeOf(each)));
    return [...this.problems(document).filter(({ line, fixes }) => fixes.length > 0 && line >= range.start.line && line <= range.end.line).flatMap((problem) => {
      const place = rangeOf(document, problem);
      const diagnostic = context.diagnostics.find((each) => codeOf(each) === problem.code && each.range.isEqual(place));
      return !diagnostic ? [] : problem.fixes.map((fix) => {
        const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
        action.edit = new vscode.WorkspaceEdit();
        for (const edit of compatibleEdits(dataset.lines, [fix])) action.edit.replace(document.uri, new vscode.Range(document.positionAt(edit.start), document.positionAt(edit.end)), edit.newText);
        action.diagnostics = [diagnostic];
        action.isPreferred = fix.preferred;
        return action;
      });
    }), ...(raise ? this.raiseLength(document, raise) : [])];
  }

  /** The way to the limit that cuts rows off, where a run config sets it. */
  private raiseLength(document: vscode.TextDocument, diagnostic: vscode.Diagnostic): vscode.CodeAction[] {
    const base = this.bases.of(document), config = base.basis && base.config;
    if (!config) return [];
    const action = new vscode.CodeAction(`Raise max_length in ${basename(config.fsPath)}…`, vscode.CodeActionKind.QuickFix);
    action.command = { title: action.title, command: "vscode.open", arguments: [config, { selection: placeOf(config, "max_length") }] };
    action.diagnostics = [diagnostic];
    return [action];
  }

  private problems(document: vscode.TextDocument): Problem[] {
    return problemsOfFile(this.readings.all(document).flatMap(({ problems }) => problems));
  }

  private show(document: vscode.TextDocument): void {
    const dataset = parsedDatasetOf(document);
    // Edited since it was parsed: what is underlined moves with the text until the new readings come.
    if (dataset) this.underlines.show(document, baseDiagnosticsEnabled(document) ? this.problems(document) : []);
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}

/** Where a key stands in an open or saved file, as far as that can be seen at once; else its beginning. */
const placeOf = (file: vscode.Uri, key: string): vscode.Range => {
  const open = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file.toString());
  const text = open?.getText() ?? readFileSync(file.fsPath, "utf8"), at = text.indexOf(`"${key}"`);
  if (at < 0) return new vscode.Range(0, 0, 0, 0);
  const before = text.slice(0, at).split(/\r\n|\n|\r/), line = before.length - 1, column = before.at(-1)!.length;
  return new vscode.Range(line, column, line, column + key.length + 2);
};
