/** One row of a dataset as it stands in the buffer at this moment, without waiting for the whole file to be parsed. */
import type * as vscode from "vscode";
import { parseDataset } from "../../core/data/parse";
import { type Problem } from "../../core/data/problem";
import { type DatasetRecord } from "../../core/data/record";
import { parsedDatasetOf } from "../dataset/datasets";
import { rowAt } from "./readings";

export interface ReadLine {
  /** Undefined where the row cannot be trained on; the problems say why. */
  readonly record: DatasetRecord | undefined;
  readonly problems: readonly Problem[];
}

/** Where the file is parsed as it is, its own row, which knows the rest of the file; else the line for itself. */
export const readLine = (document: vscode.TextDocument, line: number): ReadLine => {
  const dataset = parsedDatasetOf(document);
  if (dataset) return { record: rowAt(dataset, line)?.record, problems: dataset.problems.filter((problem) => problem.line === line) };
  const own = parseDataset(document.lineAt(line).text);
  return { record: own.records[0], problems: own.problems };
};
