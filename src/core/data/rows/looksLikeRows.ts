/** Owns the guess, from its beginning alone, whether a .json, .csv or .tsv file holds instruction data: most such files are something else and are to be left in peace. */
import { kindOf } from "../formats/choose";
import { parseDataset } from "../parse";
import { cutRows, readRow } from "./container";
import { splitLines } from "./lines";
import { type FormatName } from "../record";

/** So much of the file is looked at. */
export const LOOKED_AT = 32_768;

/** Keys that many other files have too: such files are datasets only where somebody says so. */
const COMMON: ReadonlySet<FormatName> = new Set(["text", "evol-instruct"]);
/** Of a task of Natural Instructions, which is one object a file. */
const TASK = ["Definition", "Positive Examples"];

/** `beginning` holds the first LOOKED_AT characters, or the whole file. */
export const looksLikeRows = (beginning: string, file: string): boolean => {
  if (/\.(csv|tsv)$/i.test(file)) return looksLikeTable(beginning, file);
  const first = /[^\s\ufeff]/.exec(beginning);
  if (!first || first[0] !== "[" && first[0] !== "{") return false;
  const { rows } = cutRows(beginning, splitLines(beginning), "json", () => false);
  const value = rows[0] && readRow(rows[0].text).value;
  const kind = value && kindOf(value);
  const isKnown = kind !== undefined && "format" in kind && !COMMON.has(kind.format.name) && kind.signature !== undefined;
  if (first[0] === "[") return isKnown || !value && /^\[\s*\{[^{}[\]]{0,2000}"(?:messages|conversations)"\s*:\s*\[\s*\{\s*"(?:role|from)"/.test(beginning.slice(first.index));
  // One object is most often a setting of some program; several, one after the other, are rows.
  return isKnown && rows.length > 1 || TASK.every((key) => beginning.includes(JSON.stringify(key)));
};

const looksLikeTable = (beginning: string, file: string): boolean => {
  // A few rows are enough; the last of them may be cut off.
  const lines = beginning.split(/(?<=\n)/).slice(0, 40);
  const { format } = parseDataset((beginning.length >= LOOKED_AT && lines.length > 1 ? lines.slice(0, -1) : lines).join(""), { file });
  return format !== undefined && !COMMON.has(format);
};
