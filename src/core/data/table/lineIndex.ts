/** Owns where the lines of a file begin, found in bytes as they come and kept sparsely, so that the index of any file fits in memory. Same cut as lines.ts: after \r\n, \n or \r. */
import { doubled } from "../../doubled";

const LF = 10, CR = 13;
/** A block ends with the line that makes it this long, so that reading one line never reads much more than it. */
const BLOCK_BYTES = 128 * 1024;
const BLOCK_ROWS = 256;

/** Finds line breaks in consecutive pieces of a file; a \r\n may be cut between two pieces. */
export class LineBreaks {
  private afterReturn = false;

  /** Calls `begin` with the file offset at which each next line begins. `at` is the offset of the piece. */
  scan(piece: Uint8Array, at: number, begin: (offset: number) => void): void {
    if (piece.length === 0) return;
    let from = 0;
    if (this.afterReturn) {
      from = piece[0] === LF ? 1 : 0;
      begin(at + from);
      this.afterReturn = false;
    }
    let feed = piece.indexOf(LF, from), carriage = piece.indexOf(CR, from);
    while (feed >= 0 || carriage >= 0) {
      if (carriage < 0 || (feed >= 0 && feed < carriage)) {
        begin(at + feed + 1);
        feed = piece.indexOf(LF, feed + 1);
        continue;
      }
      if (carriage === piece.length - 1) {
        this.afterReturn = true;
        return;
      }
      const pair = piece[carriage + 1] === LF;
      begin(at + carriage + (pair ? 2 : 1));
      if (pair) feed = piece.indexOf(LF, carriage + 2);
      carriage = piece.indexOf(CR, carriage + 1);
    }
  }

  /** The file ended at `size`. */
  end(size: number, begin: (offset: number) => void): void {
    if (this.afterReturn) begin(size);
    this.afterReturn = false;
  }
}

/** Where a line lies in some bytes: [start, end) without its line break, which goes on to `next`. */
export interface LineSpan { readonly start: number; readonly end: number; readonly next: number }

const span = (bytes: Uint8Array, start: number, next: number): LineSpan => {
  let end = next;
  if (end > start && bytes[end - 1] === LF) end--;
  if (end > start && bytes[end - 1] === CR) end--;
  return { start, end, next };
};

/** The lines of bytes that begin at a line's beginning and end with a line's end or the file's. */
export const linesOf = (bytes: Uint8Array): LineSpan[] => {
  const found: LineSpan[] = [];
  const breaks = new LineBreaks();
  let start = 0;
  const begin = (next: number): void => {
    found.push(span(bytes, start, next));
    start = next;
  };
  breaks.scan(bytes, 0, begin);
  breaks.end(bytes.length, begin);
  if (start < bytes.length) found.push({ start, end: bytes.length, next: bytes.length });
  return found;
};

/** Consecutive lines: rows [firstRow, firstRow + rows) in bytes [start, end) of the file. */
export interface Block { readonly firstRow: number; readonly rows: number; readonly start: number; readonly end: number }

/** A row is a line of the file; what stands after the last line break is one only if it is not empty. Rows count from 0. */
export class LineIndex {
  private offsets = new Float64Array(64);
  private firsts = new Float64Array(64);
  private count = 1;
  private begun = 0;
  private lastBegin = 0;
  private finished = false;
  private readonly breaks = new LineBreaks();
  /** How far the file has been read. */
  bytes = 0;

  /** Rows whose end is known. */
  get rows(): number { return this.begun; }
  get done(): boolean { return this.finished; }
  get blocks(): number { return this.count - (this.finished && this.firsts[this.count - 1] === this.begun ? 1 : 0); }
  /** What the index holds, in bytes. */
  get memory(): number { return this.offsets.byteLength + this.firsts.byteLength; }

  /** The next bytes of the file. */
  add(piece: Uint8Array): void {
    this.breaks.scan(piece, this.bytes, this.begin);
    this.bytes += piece.length;
  }

  /** The file ends here. */
  finish(): void {
    this.breaks.end(this.bytes, this.begin);
    if (this.lastBegin < this.bytes) this.begun++;
    this.finished = true;
  }

  private readonly begin = (offset: number): void => {
    this.begun++;
    this.lastBegin = offset;
    const last = this.count - 1;
    if (offset - this.offsets[last]! < BLOCK_BYTES && this.begun - this.firsts[last]! < BLOCK_ROWS) return;
    if (this.count === this.offsets.length) {
      this.offsets = doubled(this.offsets);
      this.firsts = doubled(this.firsts);
    }
    this.offsets[this.count] = offset;
    this.firsts[this.count++] = this.begun;
  };

  block(number: number): Block {
    const last = number + 1 >= this.count;
    return {
      firstRow: this.firsts[number]!, rows: (last ? this.begun : this.firsts[number + 1]!) - this.firsts[number]!,
      start: this.offsets[number]!, end: last ? (this.finished ? this.bytes : this.lastBegin) : this.offsets[number + 1]!,
    };
  }

  /** The number of the block that holds a row. Throws where there is no such row. */
  blockOf(row: number): number {
    if (!(row >= 0 && row < this.begun)) throw new RangeError(`row ${row} of ${this.begun}`);
    let low = 0;
    for (let high = this.count - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if (this.firsts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
