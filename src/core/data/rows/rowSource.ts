/** What stands between a file and its rows: where each row begins and ends. */
import { type JsonReading } from "../json/tree";
import { type Problem } from "../problem";
import { splitLines } from "./lines";

/** How rows lie in a file. `json` is one array, one object, or several values over lines. */
export type Container = "jsonl" | "json" | "csv" | "tsv";

/** One row's own text, and where in the file it begins. */
export interface RowSource { readonly text: string; readonly line: number; readonly column: number }

export interface Cut {
  readonly container: Container;
  readonly rows: readonly RowSource[];
  /** Reads one row's text. */
  readonly read: (text: string) => JsonReading;
  /** What is wrong between the rows. */
  readonly problems: readonly Problem[];
  /** Whatever the reading of a row depends on beside its text. */
  readonly key: string;
  /** Whether repairs that write JSON fit into the rows. */
  readonly writesJson: boolean;
}

/** The place after a row's last character; line and column from 0. */
export const endOfRow = ({ line, column, text }: RowSource): { line: number; column: number } => {
  const own = splitLines(text);
  return { line: line + own.length - 1, column: own.length === 1 ? column + text.length : own.at(-1)!.text.length };
};
