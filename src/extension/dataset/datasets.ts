/** What the parser says of each open dataset: parsed once a version, shared by everyone who asks; and which buffers are datasets at all. Reads buffers, never files. */
import { basename } from "node:path";
import * as vscode from "vscode";
import { titleOf } from "../../core/data/formats/formats";
import { type ParsedDataset, parseDataset, type ParseOptions } from "../../core/data/parse";
import { looksLikeRows, LOOKED_AT } from "../../core/data/rows/looksLikeRows";
import { datasetFiles } from "../settings";
import { parseOptionsOf } from "./datasetInfo";

export const JSONL = "jsonl";

/** Buffers that a person edits. The other schemes are old versions, diffs and previews: nothing there can be mended. */
export const jsonlSelector: vscode.DocumentSelector = [{ language: JSONL, scheme: "file" }, { language: JSONL, scheme: "untitled" }];
/** Every buffer that may be a dataset; of those that are not JSON Lines, `isDatasetDocument` says which are. */
export const datasetSelector: vscode.DocumentSelector = [...jsonlSelector as vscode.DocumentFilter[], { pattern: "**/*.{json,csv,tsv}", scheme: "file" }];

/** JSON files that are something else whatever they hold. */
const OTHER_FILES = /^(?:package(?:-lock)?|tsconfig.*|jsconfig.*|settings|keybindings|launch|tasks|dataset_info|config|tokenizer.*|.*\.(?:tune|mix|schema|mix\.lock))\.json$/i;

const known = new WeakMap<vscode.TextDocument, { version: number; look: number; is: boolean }>();
let look = 0;
/** What is said of files elsewhere, in settings or a dataset_info.json, has changed. */
export const lookAgain = (): void => { look++; };
const named = new Set<string>();

/** From now on the file is a dataset whatever it looks like: a person said so by checking it. */
export const takeAsDataset = (file: vscode.Uri): void => {
  named.add(file.toString());
  lookAgain();
};

export const isDatasetDocument = (document: vscode.TextDocument): boolean => {
  if (document.languageId === JSONL) return document.uri.scheme === "file" || document.uri.scheme === "untitled";
  if (document.uri.scheme !== "file" || !/\.(json|csv|tsv)$/i.test(document.uri.path)) return false;
  const found = known.get(document);
  if (found?.version === document.version && found.look === look) return found.is;
  const is = isOtherDataset(document);
  known.set(document, { version: document.version, look, is });
  return is;
};

/** By the setting, by a dataset_info.json that names it, or by how it begins. */
const isOtherDataset = (document: vscode.TextDocument): boolean => {
  if (named.has(document.uri.toString())) return true;
  const folder = vscode.workspace.getWorkspaceFolder(document.uri);
  const rule = Object.entries(datasetFiles(document)).find(([pattern]) => vscode.languages.match({ pattern: folder ? new vscode.RelativePattern(folder, pattern) : pattern }, document) > 0);
  if (rule) return rule[1];
  const name = basename(document.uri.path);
  if (OTHER_FILES.test(name)) return false;
  // A file that goes on being edited is not taken for something else at each keystroke.
  if (parsed.has(document)) return true;
  return parseOptionsOf(document).mapping !== undefined || looksLikeRows(beginningOf(document), name);
};

const beginningOf = (document: vscode.TextDocument): string => {
  let text = "";
  for (let line = 0; line < document.lineCount && text.length < LOOKED_AT; line++) text += `${document.lineAt(line).text.slice(0, LOOKED_AT)}\n`;
  return text.slice(0, LOOKED_AT);
};

const parsed = new WeakMap<vscode.TextDocument, { version: number; mapping: string; result: ParsedDataset }>();
const mappingKey = ({ mapping }: ParseOptions): string => mapping ? JSON.stringify(mapping) : "";

/** The parse of the buffer as it is now. */
export const datasetOf = (document: vscode.TextDocument): ParsedDataset => {
  const last = parsed.get(document);
  const options = parseOptionsOf(document);
  const mapping = mappingKey(options);
  if (last?.version === document.version && last.mapping === mapping) return last.result;
  // Rows that an edit did not touch are not read again.
  const result = parseDataset(document.getText(), options, last?.result);
  parsed.set(document, { version: document.version, mapping, result });
  return result;
};

/** The same, where it was parsed already: for what is asked at every move of the cursor and must not parse a large file each time. */
export const parsedDatasetOf = (document: vscode.TextDocument): ParsedDataset | undefined => {
  const last = parsed.get(document);
  return last?.version === document.version ? last.result : undefined;
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
