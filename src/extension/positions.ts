/** From a problem's place in its row to offsets in the document, and back; pure, so that it can be tested without VS Code. */
import { type Fix, type Problem } from "../core/data/problem";
import { type ParsedDataset } from "../core/data/parse";

export interface Offsets { readonly start: number; readonly end: number }

/** Where the problem is underlined. An empty span still shows: it takes the character after it, or before it at the end of a row. */
export const problemOffsets = (parsed: Pick<ParsedDataset, "lines">, problem: Problem): Offsets => {
  const line = parsed.lines[problem.line];
  if (!line) return { start: 0, end: 0 };
  const { start, end } = shownSpan(line.text, problem.span);
  return { start: line.start + start, end: line.start + end };
};

/** The same within the problem's line. */
export const shownSpan = (line: string, span: Offsets): Offsets => {
  const clamp = (offset: number): number => Math.min(line.length, Math.max(0, offset));
  let start = clamp(span.start);
  let end = Math.max(start, clamp(span.end));
  if (start === end) {
    if (end < line.length) end++;
    else if (start > 0) start--;
  }
  return { start, end };
};

export interface PlacedEdit extends Offsets { readonly newText: string }

/** The edits of these fixes as offsets, in the order of the text. Of two fixes that touch each other the later is left out as a whole. */
export const compatibleEdits = (lines: ParsedDataset["lines"], fixes: readonly Fix[]): PlacedEdit[] => {
  const taken: PlacedEdit[] = [];
  // Edits come mostly in the order of the text, so that looking at the neighbours is enough to find an overlap.
  const place = (edit: PlacedEdit): number => {
    let low = 0;
    for (let high = taken.length; low < high;) {
      const middle = (low + high) >> 1;
      if (taken[middle]!.start < edit.start) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const clashes = (edit: PlacedEdit): boolean => {
    const at = place(edit);
    return (taken[at - 1]?.end ?? -1) > edit.start || (taken[at]?.start ?? Infinity) < edit.end || taken[at]?.start === edit.start;
  };
  for (const { edits } of fixes) {
    const placed = edits.flatMap(({ line: number, span, newText, wholeLine }): PlacedEdit[] => {
      const line = lines[number];
      return line ? [{ start: line.start + span.start, end: wholeLine ? lines[number + 1]?.start ?? line.end : line.start + span.end, newText }] : [];
    });
    if (placed.some(clashes)) continue;
    for (const edit of placed) taken.splice(place(edit), 0, edit);
  }
  return taken;
};

/** The smallest replacement that turns `before` into `after`; undefined where they are the same. Never splits a surrogate pair. */
export const smallestEdit = (before: string, after: string): { start: number; end: number; text: string } | undefined => {
  if (before === after) return undefined;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  if (head > 0 && isHighSurrogate(before.charCodeAt(head - 1))) head--;
  if (tail > 0 && isLowSurrogate(before.charCodeAt(before.length - tail))) tail--;
  return { start: head, end: before.length - tail, text: after.slice(head, after.length - tail) };
};

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;
