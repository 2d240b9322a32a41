/** Offers the reshaping of rows as refactorings, where the light bulb and Refactor… are asked for: only what can be done with these rows. */
import * as vscode from "vscode";
import { rowSources } from "../../core/data/parse";
import { conversationOf } from "../../core/data/reshape/conversation";
import { roleChanges } from "../../core/data/reshape/roleNames";
import { splitAtTurn, splitIntoSingle } from "../../core/data/reshape/splitRow";
import { datasetSelector, parsedDatasetOf } from "../dataset/datasets";
import { rowsOf } from "./chosenRows";

const REWRITE = vscode.CodeActionKind.RefactorRewrite.append("tunesmith");
const MOVE = vscode.CodeActionKind.RefactorMove.append("tunesmith");
/** So many rows are looked into to see whether there is something to do. */
const LOOKED_INTO = 20;

export class RowRefactorings implements vscode.CodeActionProvider {
  static register(): vscode.Disposable {
    return vscode.languages.registerCodeActionsProvider(datasetSelector, new RowRefactorings(), { providedCodeActionKinds: [REWRITE, MOVE] });
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, { only, triggerKind }: vscode.CodeActionContext): vscode.CodeAction[] {
    const dataset = parsedDatasetOf(document);
    // At every move of the cursor only what it may be in the midst of; the rest when it is asked for.
    if (!dataset?.format || only && !only.intersects(vscode.CodeActionKind.Refactor) || !only && triggerKind === vscode.CodeActionTriggerKind.Automatic) return [];
    const { rows, cursor, several } = rowsOf(document, [range]);
    const texts = rows.slice(0, LOOKED_INTO).map((row) => rowSources(dataset)[row]!.text);
    const can = (result: object): boolean => !("refusal" in result);
    const isTable = dataset.container === "csv" || dataset.container === "tsv";
    const action = (title: string, kind: vscode.CodeActionKind, command: string): vscode.CodeAction => Object.assign(new vscode.CodeAction(title, kind), { command: { title, command: `tunesmith.${command}` } });
    return [
      ...(!isTable && !several && cursor && can(splitAtTurn(texts[0] ?? "", cursor.offset)) ? [action("Split row at this turn", REWRITE, "splitRow")] : []),
      ...(!isTable && texts.some((text) => can(splitIntoSingle(text))) ? [action(several ? "Split rows into single questions" : "Split rows into single questions…", REWRITE, "splitRows")] : []),
      ...(!isTable && several && texts.every((text) => can(conversationOf(text))) ? [action("Merge rows into one conversation", REWRITE, "mergeRows")] : []),
      ...(!isTable && texts.some((text) => roleChanges(text, "plain").changes.length > 0 || roleChanges(text, "format").changes.length > 0) ? [action("Normalise roles…", REWRITE, "normaliseRoles")] : []),
      ...(rows.length > 0 ? [action(several ? "Move rows to evaluation file…" : "Move row to evaluation file…", MOVE, "extractRows")] : []),
    ].filter(({ kind }) => !only || only.contains(kind!));
  }
}
