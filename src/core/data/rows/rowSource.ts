/** What stands between a file and its rows: where each row begins and ends. */
import { type JsonReading } from "../json/tree";
import { type Problem } from "../problem";
import { type Line, splitLines } from "./lines";

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

/** The lines of a row's own text. One row may hold thousands of conversations, each of which asks for them: those of the last row are remembered. */
export const linesOfRow = ((): ((row: RowSource) => readonly Line[]) => {
  let last: RowSource | undefined, lines: readonly Line[] = [];
  return (row) => {
    if (row !== last) [last, lines] = [row, splitLines(row.text)];
    return lines;
  };
})();

/** The place after a row's last character; line and column from 0. */
export const endOfRow = (row: RowSource): { line: number; column: number } => {
  const own = linesOfRow(row), { line, column, text } = row;
  return { line: line + own.length - 1, column: own.length === 1 ? column + text.length : own.at(-1)!.text.length };
};

/** The number of the last row that begins at or before the place, or -1; `rows` in the order of the file. */
export const lastRowFrom = (rows: readonly RowSource[], line: number, column: number): number => {
  let low = -1;
  for (let high = rows.length - 1; low < high;) {
    const middle = (low + high + 1) >> 1;
    const row = rows[middle]!;
    if (row.line < line || row.line === line && row.column <= column) low = middle;
    else high = middle - 1;
  }
  return low;
};

/** The number of the row that holds the place, or undefined where none does; `rows` in the order of the file. */
export const rowAtPlace = (rows: readonly RowSource[], line: number, column = Infinity): number | undefined => {
  let low = lastRowFrom(rows, line, column);
  // Before the first row of its line the place belongs to that one.
  if (rows[low + 1]?.line === line && (low < 0 || endOfRow(rows[low]!).line < line)) low++;
  const row = rows[low];
  return row && endOfRow(row).line >= line ? low : undefined;
};
