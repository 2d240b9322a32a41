/** Splits, merges and renames the roles of rows chosen in a table: read in the table's thread, said and asked about as in the text editor, and done in one undo step. */
import * as vscode from "vscode";
import { MAPPED_ROLES } from "../../core/data/reshape/reshape";
import { type LineReshaping } from "../../core/data/reshape/reshapeLines";
import { acceptLosses, ROLE_WAYS, rowCount, said, sentences } from "../reshape/losses";
import { type PlannedRows, type TableDocument } from "./tableDocument";

interface Words { readonly label: string; readonly title: (plan: PlannedRows) => string; readonly button: string; readonly done: (plan: PlannedRows) => string; readonly nothing?: string }

export const splitTableRows = (document: TableDocument, rows: Uint32Array): Promise<void> => carryOut(document, "split", rows, {
  label: "Split rows", title: ({ from }) => `Split ${rowCount(from)} into single questions?`, button: "Split", done: ({ from, to }) => `${rowCount(from)} became ${rowCount(to)}. Undo puts them together again.`,
});

export const mergeTableRows = (document: TableDocument, rows: Uint32Array): Promise<void> => carryOut(document, "merge", rows, {
  label: "Merge rows", title: ({ from }) => `Merge ${rowCount(from)} into one conversation?`, button: "Merge", done: ({ from }) => `${rowCount(from)} are one conversation now. Undo takes it apart again.`,
});

export const normaliseTableRoles = async (document: TableDocument, rows: Uint32Array): Promise<void> => {
  if (document.table.kind.format === "mapped") return tell(MAPPED_ROLES.refusal);
  const way = await vscode.window.showQuickPick(ROLE_WAYS.map((each) => ({ ...each })), { title: `Normalise the Roles of ${rowCount(rows.length)}`, placeHolder: "Which words?" });
  if (!way) return;
  await carryOut(document, way.words === "format" ? "roles" : "plain-roles", rows, {
    label: "Normalise roles", title: () => "", button: "", nothing: "Every role is written so already.",
    done: ({ from, left }) => `The roles of ${rowCount(from)} were written anew.${left.length > 0 ? ` Left as they are: ${left.map(said).join("; ")}.` : ""}`,
  });
};

const carryOut = async (document: TableDocument, what: LineReshaping, rows: Uint32Array, { label, title, button, done, nothing }: Words): Promise<void> => {
  if (rows.length === 0) return;
  const plan = await document.reshape(what, rows);
  if (!plan) return;
  if ("refusal" in plan) return tell(plan.refusal);
  if (plan.rows.length === 0) return tell(sentences(nothing, plan.left) || "These rows are blank: there is nothing to change.");
  if (!await acceptLosses(plan, title(plan), button)) return;
  await document.applyReshaped(plan, label);
  document.tell(done(plan));
};

const tell = (message: string): void => { void vscode.window.showInformationMessage(message); };
