/** The types between a file and its rows. */
import { type JsonReading } from "../json/tree";
import { type Problem } from "../problem";

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
