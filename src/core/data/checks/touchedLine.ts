/** Owns what can be said of a line of JSON Lines at once while the rest of its file waits for the next parse: what is wrong with the row by itself, as a row of its file's format. Never throws. */
import { contentOfAll, contentProblems } from "../content/contentProblems";
import { readingAs, type ParsedDataset } from "../parse";
import { type Problem, type ProblemCode } from "../problem";
import { readRow, rowsOfLines } from "../rows/container";
import { readSource } from "../rows/reading";
import { ownProblems, RowsTogether } from "../rows/rowsTogether";

/** Of a row's structure, as the parser tells them, and of its contents; each in the order of the line. */
export interface FoundProblems { readonly structure: readonly Problem[]; readonly contents: readonly Problem[] }

/** `file` is the last parse, in which line `line` (from 0) had another text. Undefined where a row alone cannot say: other containers, unknown formats, messages that make a conversation with other rows. */
const problemsOfLine = (file: ParsedDataset, line: number, text: string): FoundProblems | undefined => {
  const as = readingAs(file);
  if (!as || file.container !== "jsonl" || as.kind.format.links) return undefined;
  const structure: Problem[] = [];
  const [source] = rowsOfLines([{ number: line, start: 0, end: text.length, text }], true);
  if (!source) return { structure, contents: [] };
  const reading = readSource(source.text, readRow, as.isForced ? as.kind.format : undefined);
  ownProblems(reading, source, true, structure);
  const together = new RowsTogether(as.kind, structure, { isForced: as.isForced, writesJson: true });
  together.add(source, reading);
  structure.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  return { structure, contents: contentOfAll({ records: together.records, lines: [] }, (record) => contentProblems(record, () => text)) };
};

/** What the whole file says at one of its rows. It stays until the file is read again. */
const OF_THE_FILE: ReadonlySet<ProblemCode> = new Set<ProblemCode>(["bom", "unknown-key", "left-out", "end-mark", "preference", "train-flag"]);

/** The file's problems as they will be after edits inside of lines: those of `touched` lines, by their new texts, are found anew, all others stay. Undefined where only the whole file can say. */
export const problemsAfterTyping = (file: ParsedDataset, found: FoundProblems, touched: ReadonlyMap<number, string>): FoundProblems | undefined => {
  let { structure, contents } = found;
  for (const [line, text] of touched) {
    const own = problemsOfLine(file, line, text);
    if (!own) return undefined;
    const kept = file.problems.filter((problem) => problem.line === line && OF_THE_FILE.has(problem.code) && !own.structure.some(({ code }) => code === problem.code));
    structure = replaced(structure, line, [...own.structure, ...kept]);
    contents = replaced(contents, line, own.contents);
  }
  return { structure, contents };
};

/** `problems` are in the order of the lines. */
const replaced = (problems: readonly Problem[], line: number, own: readonly Problem[]): readonly Problem[] => {
  const first = problems.findIndex((problem) => problem.line >= line), from = first < 0 ? problems.length : first;
  const rest = problems.slice(from);
  return [...problems.slice(0, from), ...own, ...rest.filter((problem) => problem.line !== line)];
};
