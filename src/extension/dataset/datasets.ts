/** What the parser says of each open dataset: parsed once a version, shared by everyone who asks. Reads buffers, never files. */
import * as vscode from "vscode";
import { titleOf } from "../../core/data/formats/formats";
import { type ParsedDataset, parseDataset, type ParseOptions } from "../../core/data/parse";
import { parseOptionsOf } from "./datasetInfo";

export const JSONL = "jsonl";

/** Buffers that a person edits. The other schemes are old versions, diffs and previews: nothing there can be mended. */
export const datasetSelector: vscode.DocumentSelector = [{ language: JSONL, scheme: "file" }, { language: JSONL, scheme: "untitled" }];

export const isDatasetDocument = (document: vscode.TextDocument): boolean => vscode.languages.match(datasetSelector, document) > 0;

const parsed = new WeakMap<vscode.TextDocument, { version: number; mapping: string; result: ParsedDataset }>();
const mappingKey = ({ mapping }: ParseOptions): string => mapping ? JSON.stringify(mapping) : "";

/** The parse of the buffer as it is now. */
export const datasetOf = (document: vscode.TextDocument): ParsedDataset => {
  const known = parsed.get(document);
  const options = parseOptionsOf(document);
  const mapping = mappingKey(options);
  if (known?.version === document.version && known.mapping === mapping) return known.result;
  // Rows that an edit did not touch are not read again.
  const result = parseDataset(document.getText(), options, known?.result);
  parsed.set(document, { version: document.version, mapping, result });
  return result;
};

/** The same, where it was parsed already: for what is asked at every move of the cursor and must not parse a large file each time. */
export const parsedDatasetOf = (document: vscode.TextDocument): ParsedDataset | undefined => {
  const known = parsed.get(document);
  return known?.version === document.version ? known.result : undefined;
};

/** Whether the buffer is an instruction dataset at all: other JSON Lines files are left alone. */
export const isInstructionData = (dataset: ParsedDataset): boolean => dataset.format !== undefined;

export const formatName = (dataset: ParsedDataset): string => dataset.format === undefined ? "JSON Lines" : titleOf(dataset.format);

const plural = (count: number, one: string): string => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;

/** "412 rows, 2 errors, 1 warning" */
export const datasetSummary = (dataset: ParsedDataset): string => {
  const count = (severity: string): number => dataset.problems.filter((problem) => problem.severity === severity).length;
  const [errors, warnings, notes] = [count("error"), count("warning"), count("information")];
  return [plural(dataset.rows, "row"), ...(errors ? [plural(errors, "error")] : []), ...(warnings ? [plural(warnings, "warning")] : []), ...(notes ? [plural(notes, "note")] : [])].join(", ");
};
