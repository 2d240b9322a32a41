/** Owns the question whether a row was there before, by 64-bit hashes in typed arrays: a file may have millions of rows. */
import { doubled } from "../../doubled";

/** 64 bits of a hash as two numbers of 32, with or without their sign. */
export interface Hash { readonly low: number; readonly high: number }

/** Spreads the bits of a hash (MurmurHash3's finish). */
export const mix = (hash: number): number => {
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b);
  hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35);
  return (hash ^ hash >>> 16) >>> 0;
};

/** Of the bytes [start, end): four at a time into two hashes, side by side. */
export const hashOf = (bytes: DataView, start: number, end: number): Hash => {
  // As signed numbers from the beginning on: or the loop would work in floating point, in twice the time.
  let low = 0x811c9dc5 | 0;
  let high = 0x9747b28c | 0;
  let at = start;
  for (const last = end - 4; at <= last; at = at + 4 | 0) {
    const word = bytes.getInt32(at, true);
    low = Math.imul(low ^ word, 0x85ebca6b);
    low = low << 13 | low >>> 19;
    high = Math.imul((high ^ word) + low | 0, 0xc2b2ae35);
    high = high << 15 | high >>> 17;
  }
  for (; at < end; at++) {
    const byte = bytes.getUint8(at);
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul((high ^ byte) + low | 0, 0x85ebca6b);
  }
  return { low: mix(low ^ end - start) | 0, high: mix(high) | 0 };
};

/** From 64-bit hashes to the first row that had each, in typed arrays. */
export class FirstRows {
  private table = new Int32Array(4096);
  private lows = new Int32Array(1024);
  private highs = new Int32Array(1024);
  private rows = new Int32Array(1024);
  private size = 0;

  /** The first row with this hash; with `row` it is kept where there is none. */
  first(hash: Hash, row?: number): number | undefined {
    const low = hash.low | 0, high = hash.high | 0;
    let slot = low & this.table.length - 1;
    for (; this.table[slot] !== 0; slot = slot + 1 & this.table.length - 1) {
      const entry = this.table[slot]! - 1;
      if (this.lows[entry] === low && this.highs[entry] === high) return this.rows[entry];
    }
    if (row === undefined) return undefined;
    if (this.size === this.rows.length) [this.lows, this.highs, this.rows] = [doubled(this.lows), doubled(this.highs), doubled(this.rows)];
    this.lows[this.size] = low;
    this.highs[this.size] = high;
    this.rows[this.size] = row;
    this.table[slot] = ++this.size;
    if (this.size * 2 > this.table.length) this.rehash();
    return undefined;
  }

  private rehash(): void {
    this.table = new Int32Array(this.table.length * 2);
    for (let entry = 0; entry < this.size; entry++) {
      let slot = this.lows[entry]! & this.table.length - 1;
      while (this.table[slot] !== 0) slot = slot + 1 & this.table.length - 1;
      this.table[slot] = entry + 1;
    }
  }
}

