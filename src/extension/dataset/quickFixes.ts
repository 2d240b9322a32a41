/** The parser's repairs as code actions: one problem, every problem of a kind, or the whole file. Edits touch only what they mend. */
import * as vscode from "vscode";
import { fixAll, fixesFor, type Fix } from "../../core/data/editing/fixes";
import { rowSources, type ParsedDataset } from "../../core/data/parse";
import { type Problem } from "../../core/data/problem";
import { rowAtPlace } from "../../core/data/rows/rowSource";
import { compatibleEdits, problemOffsets, smallestEdit } from "../positions";
import { datasetOf, datasetSelector, isDatasetDocument } from "./datasets";
import { parseOptionsOf } from "./datasetInfo";
import { codeOf, SOURCE } from "./underlines";

const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append(SOURCE);

/** An action whose edit is made when it is asked for: mending thousands of rows to show a menu would be waste. */
class LazyAction extends vscode.CodeAction {
  constructor(title: string, kind: vscode.CodeActionKind, readonly document: vscode.TextDocument, readonly fill: (document: vscode.TextDocument) => vscode.WorkspaceEdit) { super(title, kind); }
}

export class DatasetQuickFixes implements vscode.CodeActionProvider {
  static register(): vscode.Disposable {
    return vscode.languages.registerCodeActionsProvider(datasetSelector, new DatasetQuickFixes(), { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, FIX_ALL] });
  }

  provideCodeActions(document: vscode.TextDocument, _range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    if (context.only?.intersects(vscode.CodeActionKind.Source)) {
      if (!context.only.contains(FIX_ALL) && !FIX_ALL.contains(context.only)) return [];
      const action = new LazyAction("Fix all dataset problems", FIX_ALL, document, fixAllEdit);
      // Fixing on save asks for the edit at once; an action that changes nothing must not appear.
      action.edit = fixAllEdit(document);
      return action.edit.size > 0 ? [action] : [];
    }
    if (!isDatasetDocument(document)) return [];
    // An edited row is underlined before its file is parsed again, and the repair is wanted at once.
    const dataset = datasetOf(document);
    const actions = context.diagnostics.filter((diagnostic) => diagnostic.source === SOURCE).flatMap((diagnostic) => {
      const problem = problemAt(document, dataset, diagnostic);
      if (!problem) return [];
      const single = fixesFor(dataset, problem).map((fix) => {
        const action = new vscode.CodeAction(fix.title, vscode.CodeActionKind.QuickFix);
        action.edit = editOf(document, dataset, [fix]);
        action.diagnostics = [diagnostic];
        action.isPreferred = fix.preferred;
        return action;
      });
      return [...single, ...allOfKind(document, dataset, problem, diagnostic)];
    });
    // Two diagnostics on one row may offer the same repair of the whole row.
    return [...new Map(actions.map((action) => [`${action.title}\0${rowOf(dataset, action.diagnostics?.[0]?.range.start)}`, action])).values()];
  }

  resolveCodeAction(action: vscode.CodeAction): vscode.CodeAction {
    if (action instanceof LazyAction) action.edit ??= action.fill(action.document);
    return action;
  }
}

const rowOf = (dataset: ParsedDataset, place: vscode.Position | undefined): number | undefined => place && rowAtPlace(rowSources(dataset), place.line, place.character);

const problemAt = (document: vscode.TextDocument, dataset: ParsedDataset, diagnostic: vscode.Diagnostic): Problem | undefined => {
  const start = document.offsetAt(diagnostic.range.start);
  const end = document.offsetAt(diagnostic.range.end);
  return dataset.problems.find((problem) => {
    if (problem.code !== codeOf(diagnostic)) return false;
    const offsets = problemOffsets(dataset, problem);
    return offsets.start === start && offsets.end === end;
  });
};

const allOfKind = (document: vscode.TextDocument, dataset: ParsedDataset, problem: Problem, diagnostic: vscode.Diagnostic): vscode.CodeAction[] => {
  const alike = dataset.problems.filter(({ code, fixable }) => fixable && code === problem.code);
  if (alike.length < 2) return [];
  const action = new LazyAction(`Fix all ${alike.length.toLocaleString("en")} problems of this kind (${problem.code})`, vscode.CodeActionKind.QuickFix, document, (now) => {
    const current = datasetOf(now);
    const fixes = current.problems.filter(({ code, fixable }) => fixable && code === problem.code).flatMap((each) => fixesFor(current, each).filter(({ preferred }) => preferred).slice(0, 1));
    return editOf(now, current, fixes);
  });
  action.diagnostics = [diagnostic];
  return [action];
};

/** A fix that touches what an earlier one changes is left out: its problem is still there afterwards and can be fixed then. */
const editOf = (document: vscode.TextDocument, dataset: ParsedDataset, fixes: readonly Fix[]): vscode.WorkspaceEdit => {
  const edit = new vscode.WorkspaceEdit();
  for (const { start, end, newText } of compatibleEdits(dataset.lines, fixes)) edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), newText);
  return edit;
};

export const fixAllEdit = (document: vscode.TextDocument): vscode.WorkspaceEdit => {
  const edit = new vscode.WorkspaceEdit();
  const before = document.getText();
  const change = smallestEdit(before, fixAll(before, parseOptionsOf(document)).text);
  if (change) edit.replace(document.uri, new vscode.Range(document.positionAt(change.start), document.positionAt(change.end)), change.text);
  return edit;
};
