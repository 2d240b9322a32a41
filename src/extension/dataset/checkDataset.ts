/** The command that checks a dataset and says what was found; mends nothing without being told to. */
import * as vscode from "vscode";
import { fixesFor } from "../../core/data/fixes";
import { findDatasets } from "../workspace";
import { datasetOf, datasetSummary, formatName, isInstructionData, JSONL } from "./datasets";
import { type DatasetDiagnostics } from "./diagnostics";
import { fixAllEdit } from "./quickFixes";

/** `given` from a menu; else the active editor's dataset; else the person chooses. */
export const checkDataset = async (diagnostics: DatasetDiagnostics, given?: vscode.Uri): Promise<void> => {
  const file = given ?? activeDataset() ?? await pickDataset("Which dataset should be checked?");
  if (!file) return;
  const document = await openAsDataset(file);
  diagnostics.check(document);
  const dataset = datasetOf(document);
  const name = vscode.workspace.asRelativePath(file);
  if (!isInstructionData(dataset)) {
    void vscode.window.showWarningMessage(`${name} is not a dataset that Tunesmith knows. ${dataset.formatReason}`);
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

export const activeDataset = (): vscode.Uri | undefined => {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === JSONL ? document.uri : undefined;
};

const openAsDataset = async (file: vscode.Uri): Promise<vscode.TextDocument> => {
  const document = await vscode.workspace.openTextDocument(file);
  await vscode.window.showTextDocument(document);
  return document.languageId === JSONL ? document : vscode.languages.setTextDocumentLanguage(document, JSONL);
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
