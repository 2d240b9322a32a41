/** The command that writes a dataset in another format: asks for it, shows what would be lost, writes a new file and opens it. */
import { basename, extname } from "node:path";
import * as vscode from "vscode";
import { convertDataset, targets, type Loss } from "../../core/data/convert/convert";
import { writeRows } from "../../core/data/convert/write";
import { titleOf } from "../../core/data/formats/formats";
import { parseDataset, type ParsedDataset } from "../../core/data/parse";
import { writeFileAtomic } from "../../node/files";
import { readDatasetFile } from "../../node/readDataset";
import { activeDataset, pickDataset } from "./checkDataset";

/** `given` from a menu; else the active editor's dataset; else the person chooses. */
export const convertDatasetFile = async (given?: vscode.Uri): Promise<void> => {
  const file = given ?? activeDataset() ?? await pickDataset("Which dataset should be converted?");
  if (!file) return;
  const name = vscode.workspace.asRelativePath(file);
  const parsed = await readParsed(file, name);
  if (parsed.usable === 0) {
    void vscode.window.showWarningMessage(`${name} has no row that can be converted. ${parsed.formatReason}`);
    return;
  }
  const conversions = targets.filter((target) => target.name !== parsed.format).map((target) => ({ target, conversion: convertDataset(parsed, target.name) }))
    .filter(({ conversion }) => conversion.rows.length > 0).sort((a, b) => a.conversion.losses.length - b.conversion.losses.length);
  const chosen = await vscode.window.showQuickPick(conversions.map(({ target, conversion }) => ({
    label: titleOf(target.name), description: target.name, detail: `${conversion.losses.length === 0 ? "Nothing is lost." : `${conversion.losses.length} ${conversion.losses.length === 1 ? "thing is" : "things are"} lost.`} Holds ${target.holds}.`, target, conversion,
  })), { title: `Convert ${name}`, placeHolder: `${titleOf(parsed.format!)} to which format?`, matchOnDescription: true });
  if (!chosen) return;
  const { target, conversion: { rows, losses } } = chosen;
  if (losses.length > 0) {
    const convert = "Convert Anyway";
    if (await vscode.window.showWarningMessage(`${titleOf(target.name)} cannot hold all of ${name}.`, { modal: true, detail: losses.map(told).join("\n") }, convert) !== convert) return;
  }
  const stem = basename(file.path.replace(/\.gz$/i, ""), extname(file.path.replace(/\.gz$/i, "")));
  const to = await vscode.window.showSaveDialog({ title: "Save the converted dataset", defaultUri: vscode.Uri.joinPath(file, "..", `${stem}.${target.name}.jsonl`), filters: { "JSON Lines": ["jsonl"], "JSON array": ["json"], ...(target.flat ? { CSV: ["csv"] } : {}) } });
  if (!to) return;
  const container = to.path.endsWith(".json") ? "json" : target.flat && to.path.endsWith(".csv") ? "csv" : "jsonl";
  await writeFileAtomic(to.fsPath, writeRows(rows, container));
  await vscode.window.showTextDocument(to, { preview: false });
};

const told = ({ what, records, line, leavesOut }: Loss): string =>
  `${leavesOut ? "Left out" : "Not kept"}: ${what.replaceAll("`", "")} (${records.toLocaleString("en")} ${records === 1 ? "record" : "records"}, first in line ${(line + 1).toLocaleString("en")})`;

/** The buffer where it has unsaved changes, else the file. */
const readParsed = async (file: vscode.Uri, name: string): Promise<ParsedDataset> => {
  const { text, options } = await readDatasetFile(file.fsPath, name);
  const open = vscode.workspace.textDocuments.find((document) => document.isDirty && document.uri.toString() === file.toString());
  return parseDataset(open?.getText() ?? text, options);
};
