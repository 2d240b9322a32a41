/** Into which part of a file's underlined problems a line belongs, and which lines were edited; pure, so that it can be tested without VS Code. */

/** The part of the lines that were edited last. */
export const TOUCHED_PART = 0;
const LINES_TOGETHER = 32;
const OTHERS = 16;
export const FILE_PARTS = 1 + OTHERS;

/** Neighbours lie together, and the rows of a long file in equal parts. What belongs to no line, -1, stands with the edited lines. */
export const partOf = (line: number): number => line < 0 ? TOUCHED_PART : 1 + Math.floor(line / LINES_TOGETHER) % OTHERS;

/** A change of a text, as VS Code tells it. */
export interface Change { readonly range: { readonly start: { readonly line: number }; readonly end: { readonly line: number } }; readonly text: string }

/** Whether the change leaves every line at its number. */
export const staysInLine = ({ range: { start, end }, text }: Change): boolean => start.line === end.line && !/[\r\n]/.test(text);

/** So many lines, at most, lie in the part of the edited ones. */
const MOST_LINES = 16;

export class Touched {
  private readonly lines = new Set<number>();
  /** Whether lines came or went since it was told. */
  all = false;
  /** Whether anything was edited since it was told. */
  since = false;

  has(line: number): boolean { return this.lines.has(line); }

  add(changes: readonly Change[]): void {
    this.since = true;
    if (changes.every(staysInLine)) {
      for (const { range: { start: { line } } } of changes) {
        this.lines.delete(line);
        this.lines.add(line);
      }
      if (this.lines.size <= MOST_LINES) return;
    }
    this.all = true;
    this.lines.clear();
  }

  told(): void {
    this.all = false;
    this.since = false;
  }
}
