/** Owns taking whole rows out of a file, however rows lie in it, so that every other row keeps its bytes. */
import { type ParsedDataset } from "../parse";
import { type Problem } from "../problem";
import { cutRows } from "../rows/container";
import { endOfRow, lastRowFrom, type Container, type RowSource } from "../rows/rowSource";

/** Half-open range of the file's text, in UTF-16 units. */
export interface Removal { readonly start: number; readonly end: number }
/** Line and column, both from 0. */
export interface RowPlace { readonly line: number; readonly column: number }
type File = Pick<ParsedDataset, "text" | "lines" | "container">;

/** Problems of the file as a whole: taking a row out mends none of them. */
const OF_THE_FILE: ReadonlySet<string> = new Set(["array-file", "row-over-lines", "bom", "no-rows", "unknown-format", "unknown-key", "left-out"]);

/** Whether the problem would be gone with its row. */
export const goesWithItsRow = ({ code, severity }: Pick<Problem, "code" | "severity">): boolean => severity !== "information" && !OF_THE_FILE.has(code);

/** What to take out for the rows that hold these places, in the order of the text; neighbouring rows are one range. Places in no row are passed over. */
export const removalOfRows = (file: File, places: readonly RowPlace[]): Removal[] => {
  const { text, lines, container } = file;
  const rows: readonly RowSource[] = cutRows(text, lines, container, () => false).rows;
  const taken = [...new Set(places.map((place) => rowAt(rows, place)))].filter((index) => index >= 0).sort((a, b) => a - b);
  const removals: Removal[] = [];
  for (let from = 0, to = 0; from < taken.length; from = to + 1) {
    for (to = from; taken[to + 1] === taken[to]! + 1;) to++;
    removals.push(rangeOf(file, rows, taken[from]!, taken[to]!, container));
  }
  return removals;
};

/** Stricter than rowAtPlace: what stands between two rows, such as a comma too many, is in neither and takes none along. -1 where no row has the place. */
const rowAt = (rows: readonly RowSource[], { line, column }: RowPlace): number => {
  const found = lastRowFrom(rows, line, column);
  if (found < 0) return -1;
  const end = endOfRow(rows[found]!);
  return end.line > line || end.line === line && end.column >= column ? found : -1;
};

const rangeOf = ({ text, lines }: File, rows: readonly RowSource[], first: number, last: number, container: Container): Removal => {
  const [from, to] = [rows[first]!, endOfRow(rows[last]!)];
  if (container !== "json") {
    const next = lines[to.line + 1];
    // The last row goes with the line break before it where none follows it. A byte order mark is the file's, not the row's.
    const start = next ? lines[from.line]!.start : lines[from.line - 1]?.end ?? 0;
    return { start: start === 0 && text.startsWith("\ufeff") ? 1 : start, end: next?.start ?? lines[to.line]!.end };
  }
  const offset = ({ line, column }: RowPlace): number => lines[line]!.start + column;
  // With a row goes one comma: the one before it, or the one after it where it is the first.
  const [before, after] = [rows[first - 1], rows[last + 1]];
  if (before) return { start: offset(endOfRow(before)), end: offset(to) };
  return { start: offset(from), end: after ? offset(after) : offset(to) };
};
