/** Which rows are on screen. A browser's elements end at some tens of millions of pixels, so a long table scrolls a shorter one in proportion and keeps its own exact place. Pure. */

export const ROW_HEIGHT = 26;
const MOST_PIXELS = 8_000_000;

export class Viewport {
  /** The topmost row, with its part that is above the edge. */
  first = 0;
  rows = 0;
  /** Pixels for rows, without the heading. */
  height = 0;

  /** Whole rows that fit. */
  get page(): number { return Math.max(1, Math.floor(this.height / ROW_HEIGHT)); }
  private get last(): number { return Math.max(0, this.rows - this.height / ROW_HEIGHT); }
  /** Pixels that the scroll bar runs over. */
  get pixels(): number { return Math.min(this.rows * ROW_HEIGHT, MOST_PIXELS); }
  /** Whether the scroll bar moves by less than the rows do: then the wheel must not be left to the browser. */
  get squeezed(): boolean { return this.rows * ROW_HEIGHT > MOST_PIXELS; }

  private get perRow(): number { return this.last > 0 ? Math.max(0, this.pixels - this.height) / this.last : ROW_HEIGHT; }
  get scrollTop(): number { return this.first * this.perRow; }
  set scrollTop(pixels: number) { this.moveTo(this.perRow > 0 ? pixels / this.perRow : 0); }

  moveTo(first: number): void { this.first = Math.min(Math.max(0, first), this.last); }
  moveBy(pixels: number): void { this.moveTo(this.first + pixels / ROW_HEIGHT); }

  /** Moves no more than is needed for the row to be seen whole. */
  reveal(row: number): void {
    if (row < this.first) this.moveTo(row);
    else if (row + 1 > this.first + this.height / ROW_HEIGHT) this.moveTo(row + 1 - this.height / ROW_HEIGHT);
  }

  /** Half-open, with those that are only partly on screen. */
  get visible(): { from: number; to: number } {
    return { from: Math.floor(this.first), to: Math.min(this.rows, Math.ceil(this.first + this.height / ROW_HEIGHT) + 1) };
  }
}
