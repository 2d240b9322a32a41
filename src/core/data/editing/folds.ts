/** What can be folded in a JSON Lines file: blocks of rows with a blank line between them, and rows that are written over several lines. */
import { splitLines } from "../rows/lines";

/** Lines from 0, both included. */
export interface Fold { readonly start: number; readonly end: number; readonly kind: "block" | "row" }

export const foldsOf = (text: string): Fold[] => {
  const lines = splitLines(text);
  const folds: Fold[] = [];
  const open: number[] = [];
  let block: number | undefined, last = 0;
  const endBlock = (): void => {
    if (block !== undefined && last > block) folds.push({ start: block, end: last, kind: "block" });
    block = undefined;
  };
  const blocks = lines.some((line, index) => line.text.trim() === "" && index < lines.length - 1);
  for (const { number, text: line } of lines) {
    const row = line.trim();
    if (row === "") {
      if (open.length === 0) endBlock();
      continue;
    }
    if (blocks && open.length === 0) block ??= number;
    last = number;
    // A whole row on its line is the rule, and needs no look inside.
    if (open.length === 0 && row.startsWith("{") && row.endsWith("}")) continue;
    for (let at = 0; at < line.length; at++) {
      const character = line[at];
      if (character === '"') {
        for (at++; at < line.length && line[at] !== '"'; at++) if (line[at] === "\\") at++;
      } else if (character === "{" || character === "[") open.push(number);
      else if (character === "}" || character === "]") {
        const start = open.pop();
        if (start !== undefined && number - 1 > start) folds.push({ start, end: number - 1, kind: "row" });
      }
    }
  }
  endBlock();
  return folds.sort((a, b) => a.start - b.start || b.end - a.end);
};
