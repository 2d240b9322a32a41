/** The commands that take rows apart, put them together and name their roles: what is lost is said first, and one undo takes it back. */
import * as vscode from "vscode";
import { rowSources } from "../../core/data/parse";
import { mergeRowsOf, normaliseRoles, splitRowAt, splitRows, type Reshaped } from "../../core/data/reshape/reshape";
import { type Refusal } from "../../core/data/reshape/conversation";
import { applyEdits, type Chosen, chosenRows } from "./chosenRows";
import { acceptLosses, ROLE_WAYS, rowCount, said, sentences } from "./losses";

export const splitAtCursor = async (): Promise<void> => {
  const chosen = chosenRows();
  if (!chosen) return;
  if (!chosen.cursor) return tell("Put the cursor into a turn of a conversation: the second row begins with the question there.");
  await carryOut(chosen, splitRowAt(chosen.dataset, chosen.cursor.row, chosen.cursor.offset), { title: "Split this row in two?", button: "Split", done: () => "The row is two rows now." });
};

export const splitChosenRows = async (): Promise<void> => {
  const chosen = chosenRows();
  const rows = chosen && await scopeOf(chosen, "Split Rows into Single Questions");
  if (!chosen || !rows) return;
  const result = splitRows(chosen.dataset, rows);
  await carryOut(chosen, result, { title: `Split ${"from" in result ? rowCount(result.from) : ""} into single questions?`, button: "Split", done: ({ from, to }) => `${rowCount(from)} became ${rowCount(to)}.` });
};

export const mergeChosenRows = async (): Promise<void> => {
  const chosen = chosenRows();
  if (chosen) await carryOut(chosen, mergeRowsOf(chosen.dataset, chosen.rows), { title: `Merge ${rowCount(chosen.rows.length)} into one conversation?`, button: "Merge", done: ({ from }) => `${rowCount(from)} are one conversation now.` });
};

export const normaliseChosenRoles = async (): Promise<void> => {
  const chosen = chosenRows();
  const rows = chosen && await scopeOf(chosen, "Normalise Roles");
  if (!chosen || !rows) return;
  const ways = ROLE_WAYS.map((way): vscode.QuickPickItem & { result: Reshaped | Refusal } => {
    const result = normaliseRoles(chosen.dataset, rows, way.words);
    return { ...way, detail: "refusal" in result ? result.refusal : result.from === 0 ? "Nothing to change." : `${rowCount(result.from)} ${result.from === 1 ? "changes" : "change"}.`, result };
  });
  const way = await vscode.window.showQuickPick(ways, { title: "Normalise Roles", placeHolder: "Which words?" });
  if (way) await carryOut(chosen, way.result, { title: "", button: "", done: ({ from, left }) => `The roles of ${rowCount(from)} were written anew.${left.length > 0 ? ` Left as they are: ${left.map(said).join("; ")}.` : ""}`, nothing: "Every role is written so already." });
};

interface Words { readonly title: string; readonly button: string; readonly done: (result: Reshaped) => string; readonly nothing?: string }

/** Says what is lost, and asks; then changes the file in one step. */
const carryOut = async (chosen: Chosen, result: Reshaped | Refusal, { title, button, done, nothing }: Words): Promise<void> => {
  if ("refusal" in result) return tell(result.refusal);
  if (result.edits.length === 0) return tell(sentences(nothing, result.left));
  if (!await acceptLosses(result, title, button)) return;
  await applyEdits(chosen, result.edits);
  vscode.window.setStatusBarMessage(`$(check) ${done(result)}`, 8_000);
};

const tell = (message: string): void => { void vscode.window.showInformationMessage(message); };

/** The selected rows; with none selected the person chooses between the row of the cursor and all. */
const scopeOf = async ({ dataset, rows, several }: Chosen, title: string): Promise<readonly number[] | undefined> => {
  if (several) return rows;
  const all = rowSources(dataset).map((_, row) => row);
  if (all.length < 2) return all;
  const items: (vscode.QuickPickItem & { rows: readonly number[] })[] = [{ label: `All ${rowCount(all.length)}`, rows: all }, ...(rows.length > 0 ? [{ label: "The row of the cursor", rows }] : [])];
  return (await vscode.window.showQuickPick(items, { title, placeHolder: "Which rows?" }))?.rows;
};
