/** The command that moves rows to an evaluation file: the selected ones, or some at random that share nothing with those that stay. The other file is written first; the source changes in one undo step. */
import { basename, dirname, extname, join } from "node:path";
import * as vscode from "vscode";
import { type ParsedDataset, rowSources } from "../../core/data/parse";
import { extractedText, type HoldOut } from "../../core/data/reshape/holdOut";
import { editsFor } from "../../core/data/reshape/rowEdits";
import { type HeldAmount } from "../../core/data/mixture/mix";
import { UserError } from "../../core/errors";
import { type Analysis } from "../../project/analysis";
import { addToEvaluation } from "../../project/evaluationFile";
import { configColumns } from "../dataset/datasetInfo";
import { withProgress } from "../report";
import { applyEdits, type Chosen, chosenRows } from "./chosenRows";
import { rowCount } from "./losses";

const TITLE = "Move Rows to Evaluation File";
const SEED = 42;

export const extractToEvaluation = async (analysis: Analysis): Promise<void> => {
  const chosen = chosenRows();
  if (!chosen) return;
  const { document, dataset } = chosen;
  if (document.uri.scheme !== "file") throw new UserError("BAD_ARGUMENT", "This dataset is no file yet, so there is no folder for an evaluation file.", "Save it first.");
  const rows = await askRows(chosen, analysis);
  if (!rows) return;
  if (rows.length === 0) throw new UserError("BAD_ARGUMENT", "No rows can be moved so that nothing alike stays behind.", "Ask for more rows, or select them yourself.");
  const target = await askEvaluationFile(document.uri, rows.length);
  if (!target) return;
  if (target.fsPath === document.uri.fsPath) throw new UserError("BAD_ARGUMENT", "These rows are in this file already.", "Choose another file.");
  if (vscode.workspace.textDocuments.some((each) => each.isDirty && each.uri.fsPath === target.fsPath)) throw new UserError("FILE_CHANGED", `${basename(target.fsPath)} has unsaved edits.`, "Save it first, then try again.");
  const takeBack = await addToEvaluation(target.fsPath, extractedText(dataset, rows));
  try {
    await applyEdits(chosen, editsFor(dataset, new Map(rows.map((row) => [row, []]))));
  } catch (error) {
    await takeBack();
    throw error;
  }
  const open = "Open Evaluation File";
  void vscode.window.showInformationMessage(`${rowCount(rows.length)} moved to ${vscode.workspace.asRelativePath(target)}. Save this file to take them out of it; undo brings them back here and leaves them there.`, open)
    .then((pressed) => { if (pressed === open) void vscode.window.showTextDocument(target); });
};

/** Undefined where the dialogue is left. */
const askRows = async ({ document, dataset, rows, several }: Chosen, analysis: Analysis): Promise<readonly number[] | undefined> => {
  const all = rowSources(dataset).length;
  const random = { label: "$(references) Rows at Random…", description: "by seed; nothing alike stays behind", detail: "A share, such as 10%, or a number of rows. Duplicates, near duplicates and equal questions go together." };
  const selected = { label: `$(list-selection) The ${several ? rowCount(rows.length) : "row"} of the ${several ? "selection" : "cursor"}`, detail: "Exactly these, whatever is like them." };
  const way = await vscode.window.showQuickPick(rows.length === 0 ? [random] : several ? [selected, random] : [random, selected], { title: TITLE, placeHolder: `Which of ${rowCount(all)}?` });
  if (way === selected) return rows;
  if (!way) return undefined;
  const wanted = await askHoldOut(dataset, all);
  if (!wanted) return undefined;
  const result = await withProgress("Looking for rows that are alike", (signal, report) =>
    analysis.holdOut({ path: document.uri.fsPath, ...(document.isDirty ? { text: document.getText() } : {}), ...configColumns(document.uri), ...wanted }, { signal, onProgress: (done) => report(`${Math.floor(done * 100)}%`) }));
  return result.rows;
};

const askHoldOut = async (dataset: ParsedDataset, all: number): Promise<HoldOut | undefined> => {
  const amount = await vscode.window.showInputBox({
    title: `${TITLE} (1/2)`, value: "10%", prompt: "How many? A share such as 10%, or a number of rows.",
    validateInput: (text) => amountOf(text, all) ? undefined : `Write a share from 1% to 50%, or a number of rows from 1 to ${Math.max(1, all - 1).toLocaleString("en")}.`,
  });
  if (amount === undefined) return undefined;
  const keys = groupKeys(dataset);
  const groupBy = keys.length === 0 ? [] : (await vscode.window.showQuickPick(keys.map((label) => ({ label })), { title: TITLE, canPickMany: true, placeHolder: "Do rows with an equal value here belong together? None is fine." }))?.map(({ label }) => label);
  if (!groupBy) return undefined;
  const seed = await vscode.window.showInputBox({ title: `${TITLE} (2/2)`, value: String(SEED), prompt: "The seed: the same one takes the same rows.", validateInput: (text) => /^\d{1,9}$/.test(text.trim()) ? undefined : "Write a whole number." });
  return seed === undefined ? undefined : { amount: amountOf(amount, all)!, seed: Number(seed), groupBy };
};

const amountOf = (text: string, all: number): HeldAmount | undefined => {
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text), rows = /^\s*(\d+)\s*$/.exec(text);
  if (share) return Number(share[1]) > 0 && Number(share[1]) <= 50 ? { share: Number(share[1]) / 100 } : undefined;
  return rows && Number(rows[1]) >= 1 && Number(rows[1]) < all ? { rows: Number(rows[1]) } : undefined;
};

/** Columns that are no part of the conversation, such as the document that questions are about. */
const groupKeys = (dataset: ParsedDataset): string[] => {
  const keys = dataset.problems.filter(({ code }) => code === "unknown-key").map(({ line, span }) => dataset.lines[line]!.text.slice(span.start, span.end).replace(/^"|"$/g, ""));
  return dataset.container === "csv" || dataset.container === "tsv" ? [] : [...new Set(keys)].slice(0, 20);
};

export const askEvaluationFile = async (source: vscode.Uri, count: number): Promise<vscode.Uri | undefined> => {
  const extension = extname(source.fsPath), table = /\.(csv|tsv)$/i.test(extension) ? extension : ".jsonl";
  const usual = vscode.Uri.file(join(dirname(source.fsPath), `${basename(source.fsPath, extension)}.eval${table}`));
  const exists = await vscode.workspace.fs.stat(usual).then(() => true, () => false);
  const here = { label: `$(file) ${basename(usual.fsPath)}`, description: exists ? "added at its end" : "a new file beside this one" }, other = { label: "$(folder-opened) Another File…" };
  const way = await vscode.window.showQuickPick([here, other], { title: `Move ${rowCount(count)} to an Evaluation File` });
  if (way === here) return usual;
  return way && vscode.window.showSaveDialog({ title: "Evaluation file", saveLabel: "Add Here", defaultUri: usual, filters: { [table.slice(1).toUpperCase()]: [table.slice(1)] } });
};
