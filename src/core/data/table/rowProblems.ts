/** Asks the dataset's own parser about some rows of a file, as it would see them in the whole file. */
import { type Mapping } from "../formats/mapping";
import { parseDataset } from "../parse";
import { type Problem } from "../problem";
import { type FormatName } from "../record";
import { isBlank, MOST_LINE_BYTES, textOf } from "./rowCells";
import { isRowProblem } from "./view";

/** What the file is, found out from its first rows. */
export interface FileKind {
  readonly format: FormatName | undefined;
  readonly reason: string;
  /** A sound row: set before others, the parser sees that it is a file of rows whatever they are. */
  readonly sound: string | undefined;
  /** Which columns hold what, where the user says it. */
  readonly mapping?: Mapping | undefined;
}

export type RowProblem = Pick<Problem, "code" | "severity" | "message">;

export const fileKind = (lines: readonly Uint8Array[], mapping?: Mapping): FileKind => {
  const texts = lines.filter((line) => line.length <= MOST_LINE_BYTES).map(textOf);
  const { format, formatReason, records } = parseDataset(texts.join("\n"), mapping ? { mapping } : {});
  return { format, reason: formatReason, sound: records[0] && texts[records[0].line], mapping };
};

/** The problems of each line. Nothing is said of what the format of a file is needed for, where it has none. */
export const problemsOf = (lines: readonly Uint8Array[], kind: FileKind): RowProblem[][] => {
  const found: RowProblem[][] = lines.map(() => []);
  const { format, sound } = kind;
  if (format === undefined || sound === undefined) return found;
  // A blank line would be left out, and is no row; a line too long to be taken apart says so itself.
  const texts = lines.map((line) => line.length > MOST_LINE_BYTES || isBlank(line) ? "" : textOf(line).replace(/[\r\n]/g, " "));
  const text = [sound, ...texts].join("\n");
  const own = parseDataset(text, kind.mapping ? { mapping: kind.mapping } : {});
  // Where most of these rows are of another format than most of the file, the file's counts.
  const parsed = own.format === format ? own : parseDataset(text, { format });
  for (const problem of parsed.problems) {
    if (problem.line > 0 && isRowProblem(problem)) found[problem.line - 1]?.push({ code: problem.code, severity: problem.severity, message: problem.message });
  }
  return found;
};
