/** Owns the search for rows that are nearly the same, in time close to linear: one-permutation MinHash (Li, Owen, Zhang 2012) with rotation (Shrivastava, Li 2014), banded for locality-sensitive hashing. Deterministic. */
import { mix } from "../rows/firstRows";
import { type Numbers } from "./numbers";

/** Bins of a signature, one byte each: likeness is estimated to about 0.05. */
const BINS = 64;
/** 12 bands of 5 bins: of two rows with likeness 0.8 99% are found, with 0.7 89%. */
const [BANDS, WIDTH] = [12, 5];
/** Rows with the same band that are kept and compared: more would make a file of one repeated row quadratic. */
const KEPT = 4;
/** A text with fewer pairs than this is compared by its exact words alone. */
const FEWEST = 4;
/** Signatures lie in pieces of so many rows, which need no copy when they become more. */
const ROWS_A_PIECE_BITS = 12;
/** Each band's table is in parts, by the first bits of the hash, that grow one at a time: no row takes long, however many there are. */
const PART_BITS = 6;
const SMALLEST_PART = 16;

/** The signature of the row that is looked for. */
const signature = new Uint8Array(BINS);
const least = new Int32Array(BINS);
const EMPTY = 0x7fffffff;

const makeSignature = ({ list, size }: Numbers): boolean => {
  if (size < FEWEST) return false;
  least.fill(EMPTY);
  for (let at = 0; at < size; at++) {
    const pair = list[at]!, bin = pair >>> 26, value = pair & 0x3ffffff;
    if (value < least[bin]!) least[bin] = value;
  }
  for (let bin = 0; bin < BINS; bin++) {
    let distance = 0;
    while (least[bin + distance & BINS - 1] === EMPTY) distance++;
    signature[bin] = mix(least[bin + distance & BINS - 1]! + Math.imul(distance, 0x9e3779b9));
  }
  return true;
};

const NONE: readonly number[] = [];

/** Memory a row: 64 bytes of signature, and about 130 in the tables. */
export class NearIndex {
  private readonly pieces: Uint8Array[] = [];
  private rows = 0;
  /** By band and part a hash table with open addresses: row + 1, or 0. */
  private readonly parts: (Int32Array | undefined)[] = new Array<undefined>(BANDS << PART_BITS).fill(undefined);
  private readonly filled = new Int32Array(BANDS << PART_BITS);
  private readonly candidates = new Int32Array(BANDS * KEPT);
  private found = 0;
  /** Whether the row that was looked for last had enough pairs. */
  private hasSignature = false;

  /** The rows added before that are probably like this one, the likeliest first, at most `most`; `add` keeps the row for later ones. Rows are numbered from 0 in the order of adding. */
  look(pairs: Numbers, leastLike: number, most: number, add: boolean): readonly number[] {
    this.hasSignature = makeSignature(pairs);
    const row = this.rows;
    if (add) this.skip();
    if (!this.hasSignature) return NONE;
    if (add) this.pieceOf(row).set(signature, startOf(row));
    this.found = 0;
    for (let band = 0; band < BANDS; band++) this.probe(band, row, add);
    if (this.found === 0) return NONE;
    const found = new Set(this.candidates.subarray(0, this.found));
    return [...found].map((candidate) => ({ candidate, same: this.same(candidate) })).filter(({ same }) => same >= leastLike * BINS)
      .sort((a, b) => b.same - a.same || a.candidate - b.candidate).slice(0, most).map(({ candidate }) => candidate);
  }

  /** A row that is not to be found, but has its number. */
  skip(): void {
    if ((this.rows & (1 << ROWS_A_PIECE_BITS) - 1) === 0) this.pieces.push(new Uint8Array(BINS << ROWS_A_PIECE_BITS));
    this.rows++;
  }

  /** An estimate of how much alike a row is to the one that was looked for last; undefined where one of them is too short for it. */
  estimate(row: number): number | undefined {
    const piece = this.pieceOf(row), start = startOf(row);
    return this.hasSignature && piece.subarray(start, start + BINS).some((bin) => bin !== 0) ? this.same(row) / BINS : undefined;
  }

  private pieceOf(row: number): Uint8Array { return this.pieces[row >>> ROWS_A_PIECE_BITS]!; }

  private same(row: number): number {
    const piece = this.pieceOf(row);
    let count = 0;
    for (let bin = 0, at = startOf(row); bin < BINS; bin++, at++) if (piece[at] === signature[bin]) count++;
    return count;
  }

  private probe(band: number, row: number, add: boolean): void {
    const from = band * WIDTH, hash = bandHash(signature, from), part = band << PART_BITS | hash >>> 32 - PART_BITS;
    const table = this.parts[part] ??= new Int32Array(SMALLEST_PART), last = table.length - 1;
    let kept = 0;
    let slot = hash & last;
    for (; table[slot] !== 0; slot = slot + 1 & last) {
      const other = table[slot]! - 1;
      if (!sameBand(this.pieceOf(other), startOf(other) + from, from)) continue;
      this.candidates[this.found++] = other;
      if (++kept === KEPT) return;
    }
    if (!add) return;
    table[slot] = row + 1;
    if (++this.filled[part]! * 2 > table.length) this.grow(part, from);
  }

  private grow(part: number, from: number): void {
    const old = this.parts[part]!;
    const table = this.parts[part] = new Int32Array(old.length * 2);
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = bandHash(this.pieceOf(entry - 1), startOf(entry - 1) + from) & table.length - 1;
      while (table[slot] !== 0) slot = slot + 1 & table.length - 1;
      table[slot] = entry;
    }
  }
}

const startOf = (row: number): number => (row & (1 << ROWS_A_PIECE_BITS) - 1) * BINS;

const bandHash = (bytes: Uint8Array, from: number): number => {
  let hash = 0x811c9dc5;
  for (let at = from; at < from + WIDTH; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix(hash);
};

const sameBand = (bytes: Uint8Array, at: number, from: number): boolean => {
  for (let bin = 0; bin < WIDTH; bin++) if (bytes[at + bin] !== signature[from + bin]) return false;
  return true;
};
