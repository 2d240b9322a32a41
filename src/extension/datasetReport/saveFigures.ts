/** Saves what a report shows where the person says: one figure as a picture or its numbers, or all of it into a folder. */
import * as vscode from "vscode";
import { basename } from "node:path";
import { type DatasetReport } from "../../core/data/report/datasetReport";
import { figureCsv } from "../../core/data/report/reportFigures";
import { reportJson } from "../../core/data/report/reportJson";
import { figureFile } from "../../core/figure/drawFigure";
import { type Figure } from "../../core/figure/figure";

const nameOf = (dataset: vscode.Uri, figure: string, ending: string): string => `${basename(dataset.path).replace(/(?:\.gz)?$/i, "").replace(/\.\w+$/, "")}-${figure}.${ending}`;

const ask = (dataset: vscode.Uri, figure: string, ending: string, kind: string): Thenable<vscode.Uri | undefined> => vscode.window.showSaveDialog({
  title: `Save as ${kind}`, filters: { [kind]: [ending] },
  ...(dataset.scheme === "file" && { defaultUri: vscode.Uri.joinPath(dataset, "..", nameOf(dataset, figure, ending)) }),
});

const write = async (target: vscode.Uri, content: string | Uint8Array): Promise<string> => {
  await vscode.workspace.fs.writeFile(target, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return vscode.workspace.asRelativePath(target);
};

/** Each answers where it was saved; undefined where the person thought better of it. */
export const saveFigure = async (dataset: vscode.Uri, figure: Figure, as: "svg" | "csv"): Promise<string | undefined> => {
  const target = await ask(dataset, figure.id, as, as.toUpperCase());
  return target && write(target, as === "svg" ? figureFile(figure) : figureCsv(figure));
};

export const savePicture = async (dataset: vscode.Uri, figure: string, png: string): Promise<string | undefined> => {
  const target = await ask(dataset, figure.replace(/[^\w-]/g, ""), "png", "PNG");
  return target && write(target, Buffer.from(png, "base64"));
};

/** Every figure as SVG and CSV, and the whole as JSON. */
export const saveEverything = async (dataset: vscode.Uri, report: DatasetReport, figures: readonly Figure[]): Promise<string | undefined> => {
  const [folder] = await vscode.window.showOpenDialog({ title: "Folder for the report", openLabel: "Save Here", canSelectFolders: true, canSelectFiles: false, ...(dataset.scheme === "file" && { defaultUri: vscode.Uri.joinPath(dataset, "..") }) }) ?? [];
  if (!folder) return undefined;
  for (const figure of figures) {
    await write(vscode.Uri.joinPath(folder, nameOf(dataset, figure.id, "svg")), figureFile(figure));
    await write(vscode.Uri.joinPath(folder, nameOf(dataset, figure.id, "csv")), figureCsv(figure));
  }
  await write(vscode.Uri.joinPath(folder, nameOf(dataset, "report", "json")), `${JSON.stringify(reportJson(vscode.workspace.asRelativePath(dataset), report), null, 1)}\n`);
  return `${figures.length} figures as SVG and CSV, and all numbers as JSON, in ${vscode.workspace.asRelativePath(folder)}`;
};
