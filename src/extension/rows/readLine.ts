/** One row of a dataset as it stands in the buffer at this moment, without waiting for the whole file to be parsed. */
import type * as vscode from "vscode";
import { parseDataset } from "../../core/data/parse";
import { type Problem } from "../../core/data/problem";
import { type DatasetRecord } from "../../core/data/record";
import { parsedDatasetOf } from "../dataset/datasets";
import { rowText } from "../../core/data/rows/rowText";
import { rowsAt } from "./readings";

export interface ReadLine {
  /** Undefined where the row cannot be trained on; the problems say why. Its places are those of `text`. */
  readonly record: DatasetRecord | undefined;
  readonly text: string;
  /** The same record with its places in the file. */
  readonly inFile: DatasetRecord | undefined;
  /** How many conversations the row holds; `record` is the first. */
  readonly conversations: number;
  readonly problems: readonly Problem[];
}

/** Where the file is parsed as it is, its own row, which knows the rest of the file; else the line for itself. */
export const readLine = (document: vscode.TextDocument, line: number): ReadLine => {
  const dataset = parsedDatasetOf(document);
  if (dataset) {
    const found = rowsAt(dataset, line);
    return { record: found[0]?.record, text: found[0]?.line ?? "", inFile: found[0]?.inFile, conversations: found.length, problems: dataset.problems.filter((problem) => problem.line === line) };
  }
  const own = parseDataset(document.lineAt(line).text);
  const [first] = own.records;
  return { record: first && rowText(first, own.lines).record, text: document.lineAt(line).text, inFile: first && { ...first, line }, conversations: own.records.length, problems: own.problems };
};
