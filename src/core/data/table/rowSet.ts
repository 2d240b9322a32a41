/** Sets of row numbers as bits, and lists of them as ranges; a million rows take 125 kB. */

export class RowSet {
  private bits = new Uint32Array(16);
  private count = 0;

  constructor(rows: Iterable<number> = []) { for (const row of rows) this.add(row); }

  get size(): number { return this.count; }

  has(row: number): boolean { return ((this.bits[row >>> 5] ?? 0) & (1 << (row & 31))) !== 0; }

  add(row: number): void {
    if (this.has(row)) return;
    const word = row >>> 5;
    if (word >= this.bits.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[word]! |= 1 << (row & 31);
    this.count++;
  }

  delete(row: number): void {
    if (!this.has(row)) return;
    this.bits[row >>> 5]! &= ~(1 << (row & 31));
    this.count--;
  }

  copy(): RowSet {
    const same = new RowSet();
    same.bits = this.bits.slice();
    same.count = this.count;
    return same;
  }

  /** Ascending. */
  toArray(): Uint32Array<ArrayBuffer> {
    const rows = new Uint32Array(this.count);
    let at = 0;
    for (let word = 0; word < this.bits.length; word++) {
      for (let rest = this.bits[word]!; rest !== 0; rest &= rest - 1) rows[at++] = (word << 5) + 31 - Math.clz32(rest & -rest);
    }
    return rows;
  }

  /** How many rows of the set stand before `row`. */
  rank(row: number): number {
    let before = 0;
    const last = Math.min(row >>> 5, this.bits.length);
    for (let word = 0; word < last; word++) before += ones(this.bits[word]!);
    return before + (last < this.bits.length ? ones(this.bits[last]! & ((1 << (row & 31)) - 1)) : 0);
  }
}

const ones = (word: number): number => {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return (((bits + (bits >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
};

/** Half-open. */
export type Range = readonly [from: number, to: number];

/** Ascending numbers as the fewest ranges. */
export const toRanges = (rows: ArrayLike<number>): Range[] => {
  const ranges: [number, number][] = [];
  for (let index = 0; index < rows.length; index++) {
    const last = ranges.at(-1);
    if (last && last[1] === rows[index]) last[1]++;
    else ranges.push([rows[index]!, rows[index]! + 1]);
  }
  return ranges;
};

export const fromRanges = (ranges: readonly Range[]): Uint32Array<ArrayBuffer> => {
  const rows = new Uint32Array(ranges.reduce((sum, [from, to]) => sum + Math.max(0, to - from), 0));
  let at = 0;
  for (const [from, to] of ranges) for (let row = from; row < to; row++) rows[at++] = row;
  return rows;
};
