/** The commands about rows: on those selected in the table where one is active, else on those of the text editor. */
import * as vscode from "vscode";
import { type Analysis } from "../../project/analysis";
import { actInTable } from "../table/openTables";

/** By name, without the extension's prefix. */
export const rowCommands = (analysis: Analysis): Record<string, () => unknown> => ({
  splitRow: async () => (await import("./reshapeRows")).splitAtCursor(),
  splitRows: async () => actInTable("split") || (await import("./reshapeRows")).splitChosenRows(),
  mergeRows: async () => actInTable("merge") || (await import("./reshapeRows")).mergeChosenRows(),
  normaliseRoles: async () => actInTable("roles") || (await import("./reshapeRows")).normaliseChosenRoles(),
  extractRows: async () => actInTable("evaluate") || (await import("./extractRows")).extractToEvaluation(analysis),
  rowActions: () => inTable("actions"), deleteTableRows: () => inTable("delete"), copyTableRows: () => inTable("copy"),
  copyRowsToFile: () => inTable("copyTo"), moveRowsToFile: () => inTable("moveTo"),
});

const inTable = (action: Parameters<typeof actInTable>[0]): void => {
  if (!actInTable(action)) void vscode.window.showInformationMessage("Open a dataset as a table first: the command works on the rows selected there.");
};
