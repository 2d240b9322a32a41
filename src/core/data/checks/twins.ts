/** Owns rows that come twice, letter by letter. */
import { endOfRow, type Container, type RowSource } from "../rows/rowSource";
import { splitLines, type Line } from "../rows/lines";
import { type Edit, type Problem } from "../problem";

/** Where a row begins. */
type Begin = Pick<RowSource, "line" | "column">;

/** `rows[index]` is the same as the row `twin` before it. */
export const duplicateRow = (lines: readonly Line[], rows: readonly RowSource[], index: number, twin: Begin, container: Container): Problem => {
  const row = rows[index]!;
  const edits = container === "json" ? afterRowBefore(lines, rows, index) : splitLines(row.text).map((own): Edit => wholeLine(lines, row.line + own.number));
  return { ...sameTextAs(twin, row), fixes: [{ title: "Remove this row", code: "duplicate-row", preferred: true, edits }] };
};

/** Without its fix. */
export const sameTextAs = (twin: Begin, { line, column, text }: RowSource): Problem => {
  const [first = ""] = text.split(/[\r\n]/, 1);
  return {
    code: "duplicate-row", severity: "warning", line, span: { start: column + Math.max(0, first.search(/\S/)), end: column + first.trimEnd().length },
    message: `The same row as ${twin.line === line && twin.column !== column ? `at column ${twin.column + 1} of this line` : `line ${twin.line + 1}`}; it counts twice in training.`, fixable: true, fixes: [],
    related: { line: twin.line, span: { start: twin.column, end: twin.column }, message: "the same row" },
  };
};

const wholeLine = (lines: readonly Line[], line: number): Edit => ({ line, span: { start: 0, end: lines[line]!.text.length }, newText: "", wholeLine: true });

/** From the end of the row before to the end of this one, so that the comma between them goes too. A twin is never the first row. */
const afterRowBefore = (lines: readonly Line[], rows: readonly RowSource[], index: number): Edit[] => {
  const [from, to] = [endOfRow(rows[index - 1]!), endOfRow(rows[index]!)];
  if (from.line === to.line) return [{ line: from.line, span: { start: from.column, end: to.column }, newText: "" }];
  const between = Array.from({ length: to.line - from.line }, (_, number) => from.line + 1 + number);
  const rest = lines[to.line]!.text.slice(to.column);
  // What follows the row on its last line moves up to the end of the row before.
  return [{ line: from.line, span: { start: from.column, end: lines[from.line]!.text.length }, newText: rest }, ...between.map((line) => wholeLine(lines, line))];
};
