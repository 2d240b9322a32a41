/** Owns the repairs of a dataset as minimal edits: which there are for a problem, applying them, and repairing all that can be repaired. */
import { lineBreakOf, splitLines } from "../rows/lines";
import { parseDataset, type ParsedDataset, type ParseOptions } from "../parse";
import { type Edit, type Fix, type Problem } from "../problem";
import { rewriteAsJsonl } from "../rows/wholeFile";

export { type Edit, type Fix } from "../problem";

/** Every repair of `problem`, the best first. Those that concern the whole file are worked out only here. */
export const fixesFor = (parsed: ParsedDataset, problem: Problem): Fix[] => {
  if (problem.code === "array-file" || problem.code === "row-over-lines") {
    const fix = problem.fixable ? rewriteAsJsonl(parsed.text, parsed.lines, problem.code) : undefined;
    return fix ? [fix] : [];
  }
  return [...problem.fixes].sort((a, b) => Number(b.preferred) - Number(a.preferred));
};

interface Place { readonly start: number; readonly end: number; readonly newText: string }

/** `text` with the edits of `fixes` made. A fix that touches what an earlier one in the list changes is left out whole. */
export const applyFixes = (text: string, fixes: readonly Fix[]): string => applied(text, fixes).text;

/** Repairs everything that has a preferred fix, again until nothing is left to repair: doing it twice changes nothing more. */
export const fixAll = (text: string, options?: ParseOptions): { text: string; applied: number } => {
  let count = 0;
  // Mending the syntax of a row uncovers its other problems, so it takes a few rounds; the limit only guards against two fixes that undo each other.
  for (let round = 0; round < 200; round++) {
    const parsed = parseDataset(text, options);
    const fixes = parsed.problems.flatMap((problem) => problem.fixable ? fixesFor(parsed, problem).filter((fix) => fix.preferred).slice(0, 1) : []);
    const result = applied(text, fixes);
    if (result.count === 0 || result.text === text) break;
    count += result.count;
    text = result.text;
  }
  return { text, applied: count };
};

const applied = (text: string, fixes: readonly Fix[]): { text: string; count: number } => {
  const lines = splitLines(text);
  const lineBreak = lineBreakOf(text);
  const place = ({ line: number, span, newText, wholeLine }: Edit): Place => {
    const line = lines[number]!;
    return { start: line.start + span.start, end: wholeLine ? lines[number + 1]?.start ?? line.end : line.start + span.end, newText: newText.replaceAll("\n", lineBreak) };
  };
  const taken = new Map<number, Place[]>();
  let count = 0;
  for (const { edits } of fixes) {
    const places = edits.map((edit) => ({ line: edit.line, place: place(edit) }));
    if (places.some(({ line, place: one }) => taken.get(line)?.some((other) => overlap(one, other)))) continue;
    for (const { line, place: one } of places) {
      const onLine = taken.get(line);
      if (onLine) onLine.push(one);
      else taken.set(line, [one]);
    }
    count++;
  }
  let result = "";
  let from = 0;
  for (const { start, end, newText } of [...taken.values()].flat().sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(from, start) + newText;
    from = end;
  }
  return { text: result + text.slice(from), count };
};

/** Two changes that begin at one place count as overlapping: their order would be a guess. */
const overlap = (a: Place, b: Place): boolean => a.start === b.start || a.start < b.end && b.start < a.end;
