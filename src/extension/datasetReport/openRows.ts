/** Shows the rows that stand behind a bar: in the table with a filter by line, or in the text editor with a list of places. */
import * as vscode from "vscode";
import { rowSources } from "../../core/data/parse";
import { datasetOf } from "../dataset/datasets";
import { showTable } from "../table/tableEditor";
import { TABLE, tableOf } from "../table/openTables";
import { isDatasetFile } from "../workspace";
import { fileOrder } from "../../protocol/table";

export type Place = "table" | "text";

/** Larger files have no text document, and so no list of places. */
const MOST_PEEKED = 48 * 2 ** 20;
const FIRST_MS = 20_000;

const isOpenAs = (test: (input: unknown) => boolean): boolean => vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => test(input)));

/** Where the person looks at the file already; a text editor where nowhere, for it takes every file. */
export const placeFor = (uri: vscode.Uri): Place => {
  if (uri.scheme !== "file" || !isDatasetFile(uri)) return "text";
  return isOpenAs((input) => input instanceof vscode.TabInputCustom && input.viewType === TABLE && input.uri.toString() === uri.toString()) || !isOpenAs((input) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString()) ? "table" : "text";
};

/** `lines` count from 0, in ascending order; with `areRows` they count rows, of which several stand on a line. Answers what is to be seen now, in a sentence. */
export const openRowsIn = async (place: Place, uri: vscode.Uri, lines: readonly number[], besides: vscode.ViewColumn | undefined, areRows = false): Promise<string> => {
  const column = columnOf(uri) ?? (besides === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One);
  const count = `${lines.length.toLocaleString("en")} ${areRows ? "row" : "line"}${lines.length === 1 ? "" : "s"}`;
  // The table shows the file on disk, and these lines may be those of a text that is not saved.
  const unsaved = vscode.workspace.textDocuments.some((document) => document.isDirty && document.uri.toString() === uri.toString());
  if (place === "table" && !unsaved && uri.scheme === "file" && isDatasetFile(uri)) {
    await showTable(uri, column);
    const table = await tableOf(uri, FIRST_MS);
    await table?.show({ ...fileOrder, filter: `line:${rangesOf(lines)}` });
    return `${count} shown in the table.`;
  }
  const places = areRows ? await placesOfRows(uri, lines) : lines.map((line) => new vscode.Position(line, 0));
  if (!places[0]) return "These rows are gone.";
  const range = new vscode.Range(places[0], places[0]);
  await vscode.commands.executeCommand("vscode.openWith", uri, "default", { viewColumn: column, selection: range });
  const large = uri.scheme === "file" && (await vscode.workspace.fs.stat(uri)).size > MOST_PEEKED;
  if (lines.length > 1 && !large) await vscode.commands.executeCommand("editor.action.goToLocations", uri, range.start, places.map((place) => new vscode.Location(uri, place)), "peek", "There are no such rows.");
  return lines.length === 1 || !large ? `${count} shown in the text editor.` : `The first of ${count} is shown: the file is too large for a list of places. Choose the table to see all.`;
};

const placesOfRows = async (uri: vscode.Uri, rows: readonly number[]): Promise<vscode.Position[]> => {
  const sources = rowSources(datasetOf(await vscode.workspace.openTextDocument(uri)));
  return rows.flatMap((row) => sources[row] ? [new vscode.Position(sources[row].line, sources[row].column)] : []);
};

const columnOf = (uri: vscode.Uri): vscode.ViewColumn | undefined =>
  vscode.window.tabGroups.all.find(({ tabs }) => tabs.some(({ input }) => (input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom) && input.uri.toString() === uri.toString()))?.viewColumn;

/** 0, 1, 2, 7 is "1-3,8": from 1, as the table counts. */
const rangesOf = (lines: readonly number[]): string => {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last && line === last[1] + 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([from, to]) => from === to ? String(from + 1) : `${from + 1}-${to + 1}`).join(",");
};
