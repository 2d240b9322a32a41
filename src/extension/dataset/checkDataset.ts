/** The command that checks a dataset and says what was found; mends nothing without being told to. */
import * as vscode from "vscode";
import { fixesFor } from "../../core/data/editing/fixes";
import { type Analysis } from "../../project/analysis";
import { withProgress } from "../report";
import { findDatasets, isParquetName } from "../workspace";
import { configColumns } from "./datasetInfo";
import { datasetOf, datasetSummary, formatName, isDatasetDocument, isInstructionData, JSONL, takeAsDataset } from "./datasets";
import { type DatasetDiagnostics } from "./diagnostics";
import { type FileProblems } from "./fileProblems";
import { fixAllEdit } from "./quickFixes";
import { removeDuplicateRows } from "./removeDuplicates";

/** `given` from a menu; else the active editor's dataset; else the person chooses. */
export const checkDataset = async (diagnostics: DatasetDiagnostics, analysis: Analysis, given?: vscode.Uri): Promise<void> => {
  const file = given ?? activeDataset() ?? await pickDataset("Which dataset should be checked?");
  if (!file) return;
  if (file.scheme === "file" && (isParquetName(file) || (await vscode.workspace.fs.stat(file)).size > MOST_OPENED)) {
    await checkLarge(analysis, diagnostics, file);
    return;
  }
  const document = await openAsDataset(file);
  diagnostics.check(document);
  const dataset = datasetOf(document);
  const name = vscode.workspace.asRelativePath(file);
  if (!isInstructionData(dataset)) {
    const describe = "Describe Format…";
    if (await vscode.window.showWarningMessage(`${name} is not a dataset that Tunesmith knows. ${dataset.formatReason}`, ...(dataset.rows > 0 ? [describe] : [])) === describe) await vscode.commands.executeCommand("tunesmith.describeFormat", file);
    return;
  }
  const fixable = dataset.problems.filter((problem) => problem.fixable && fixesFor(dataset, problem).length > 0).length;
  const summary = `${name}: ${formatName(dataset)}, ${datasetSummary(dataset)}. ${dataset.usable === dataset.rows ? "Every row" : `${dataset.usable.toLocaleString("en")} of ${dataset.rows.toLocaleString("en")} rows`} can be trained on.`;
  if (dataset.problems.length === 0) {
    void vscode.window.showInformationMessage(summary);
    return;
  }
  const fix = `Fix ${fixable.toLocaleString("en")} Automatically`;
  const show = "Show Problems";
  const chosen = await vscode.window.showWarningMessage(summary, ...(fixable > 0 ? [fix, show] : [show]));
  if (chosen === show) await vscode.commands.executeCommand("workbench.actions.view.problems");
  if (chosen === fix) await vscode.workspace.applyEdit(fixAllEdit(document));
};

/** VS Code gives extensions no larger files. */
const MOST_OPENED = 48 * 2 ** 20;
const MOST_SHOWN = 200;

/** A file that no editor can hold, or that is no text, is read by the analysis process, in blocks; the Problems view shows the first of each kind. */
const checkLarge = async (analysis: Analysis, diagnostics: DatasetDiagnostics, file: vscode.Uri): Promise<void> => {
  const name = vscode.workspace.asRelativePath(file);
  const result = await withProgress(`Checking ${name}`, (signal, report) =>
    analysis.compare({ path: file.fsPath, everything: true, most: MOST_SHOWN, ...configColumns(file) }, { signal, onProgress: (done) => report(`${Math.floor(done * 100)}%`) }));
  diagnostics.showLarge(file, result.problems);
  const kinds = [...result.counts].sort((a, b) => b.count - a.count).slice(0, 4).map(({ code, count }) => `${code} ${count.toLocaleString("en")}`).join(", ");
  const show = "Show Problems";
  const chosen = await vscode.window.showInformationMessage(`${name}: ${result.usable.toLocaleString("en")} of ${result.rows.toLocaleString("en")} rows can be trained on. ${kinds ? `Most often: ${kinds}.` : "No problems."}`, ...(kinds ? [show] : []));
  if (chosen === show) await vscode.commands.executeCommand("workbench.actions.view.problems");
};

/** Of the given file, or the active editor's. */
export const removeDuplicates = async (problems: FileProblems, given?: vscode.Uri): Promise<void> => {
  const file = given ?? activeDataset();
  if (file) await removeDuplicateRows(problems, await openAsDataset(file));
  else void vscode.window.showInformationMessage("Open a dataset first: the command removes rows from the one in the editor.");
};

export const activeDataset = (): vscode.Uri | undefined => {
  const document = vscode.window.activeTextEditor?.document;
  return document && isDatasetDocument(document) ? document.uri : undefined;
};

const openAsDataset = async (file: vscode.Uri): Promise<vscode.TextDocument> => {
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  if (isDatasetDocument(document)) return document;
  takeAsDataset(file);
  return isDatasetDocument(document) ? document : vscode.languages.setTextDocumentLanguage(document, JSONL);
};

export const pickDataset = async (placeHolder: string): Promise<vscode.Uri | undefined> => {
  const files = await findDatasets();
  const items = files.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage("There is no .jsonl file in this workspace.");
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { placeHolder }))?.uri;
};
