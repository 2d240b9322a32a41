/** Taking rows out of a dataset in the editor: the edit, and the offer to do it for any problem that would be gone with its row. */
import * as vscode from "vscode";
import { goesWithItsRow, removalOfRows, type RowPlace } from "../../core/data/editing/removeRows";
import { rowSources } from "../../core/data/parse";
import { isProblemCode } from "../../core/data/problem";
import { rowAtPlace } from "../../core/data/rows/rowSource";
import { datasetOf, datasetSelector, isDatasetDocument } from "./datasets";
import { codeOf, SOURCE } from "./underlines";

/** The rows that hold these places, gone with their line breaks or commas; one edit, one undo step. */
export const removalEdit = (document: vscode.TextDocument, places: readonly RowPlace[]): vscode.WorkspaceEdit => {
  const edit = new vscode.WorkspaceEdit();
  for (const { start, end } of removalOfRows(datasetOf(document), places)) edit.delete(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)));
  return edit;
};

const placeOf = ({ range }: vscode.Diagnostic): RowPlace => ({ line: range.start.line, column: range.start.character });

/** Rows that say what another row says have removals of their own, which know their twin. */
const OF_TWO_ROWS: ReadonlySet<string> = new Set(["duplicate-row", "duplicate-conversation", "near-duplicate", "eval-leak"]);

const concernsItsRow = (diagnostic: vscode.Diagnostic): boolean => {
  const code = codeOf(diagnostic);
  const severity = diagnostic.severity <= vscode.DiagnosticSeverity.Warning ? "warning" : "information";
  return diagnostic.source === SOURCE && isProblemCode(code) && !OF_TWO_ROWS.has(code) && goesWithItsRow({ code, severity });
};

class RemovalAction extends vscode.CodeAction {
  constructor(title: string, readonly document: vscode.TextDocument, readonly diagnostic: vscode.Diagnostic, readonly places: () => RowPlace[]) {
    super(title, vscode.CodeActionKind.QuickFix);
    this.diagnostics = [diagnostic];
  }
}

/** "Remove this row" under every problem that is the row's own, and "Remove all … rows" where several have it. */
export class RowRemovals implements vscode.CodeActionProvider<vscode.CodeAction> {
  static register(): vscode.Disposable {
    return vscode.languages.registerCodeActionsProvider(datasetSelector, new RowRemovals(), { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] });
  }

  provideCodeActions(document: vscode.TextDocument, _range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    if (context.only && !context.only.contains(vscode.CodeActionKind.QuickFix) || !isDatasetDocument(document)) return [];
    const offered = new Set<string>(), sources = rowSources(datasetOf(document));
    return context.diagnostics.filter(concernsItsRow).flatMap((diagnostic) => {
      const code = codeOf(diagnostic);
      const alike = vscode.languages.getDiagnostics(document.uri).filter((each) => codeOf(each) === code && concernsItsRow(each));
      const rows = new Set(alike.map(({ range: { start } }) => rowAtPlace(sources, start.line, start.character))).size;
      const actions = [new RemovalAction("Remove this row", document, diagnostic, () => [placeOf(diagnostic)])];
      if (rows > 1) actions.push(new RemovalAction(`Remove all ${rows.toLocaleString("en")} rows with this problem (${code})`, document, diagnostic, () => alike.map(placeOf)));
      // Several problems on one row offer its removal once.
      return actions.filter(({ title }) => !offered.has(title) && offered.add(title));
    });
  }

  resolveCodeAction(action: vscode.CodeAction): vscode.CodeAction {
    if (action instanceof RemovalAction) action.edit ??= removalEdit(action.document, action.places());
    return action;
  }
}
