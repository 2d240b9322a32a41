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
/** After those so many bins of the question alone and of the answer alone: rows that share a long answer need not be read again to tell their questions apart. */
const HALF_BINS = 16;
/** Questions or answers that agree in fewer bins are not alike: of those with likeness 0.75 one in ten million has fewer. */
const LEAST_OF_HALF = 3;
const STRIDE = BINS + 2 * HALF_BINS;
/** Signatures lie in pieces of so many rows, which need no copy when they become more. */
const ROWS_A_PIECE_BITS = 12;
/** Each band's table is in parts, by the first bits of the hash, that grow one at a time: no row takes long, however many there are. */
const PART_BITS = 6;
const SMALLEST_PART = 16;

/** The signature of the row that is looked for. */
const signature = new Uint8Array(STRIDE);
const least = new Int32Array(BINS);
const EMPTY = 0x7fffffff;

/** Numbers [from, to) of a list in 2 ** `bits` bins, which are written from `into` on. */
const binned = ({ list }: Numbers, from: number, to: number, bits: number, into: number): void => {
  const bins = 1 << bits, rest = 32 - bits, mask = (1 << rest) - 1;
  least.fill(EMPTY);
  for (let at = from; at < to; at++) {
    const pair = list[at]!, bin = pair >>> rest, value = pair & mask;
    if (value < least[bin]!) least[bin] = value;
  }
  for (let bin = 0; bin < bins; bin++) {
    let distance = 0;
    while (least[bin + distance & bins - 1] === EMPTY) distance++;
    signature[into + bin] = mix(least[bin + distance & bins - 1]! + Math.imul(distance, 0x9e3779b9));
  }
};

/** What is too short is all zeros. */
const half = (pairs: Numbers, from: number, to: number, into: number): void => {
  if (to - from < FEWEST) signature.fill(0, into, into + HALF_BINS);
  else {
    binned(pairs, from, to, 4, into);
    signature[into] ||= 1;
  }
};

/** Numbers from `answered` on are the answer's. */
const makeSignature = (pairs: Numbers, answered: number): boolean => {
  if (pairs.size < FEWEST) return false;
  binned(pairs, 0, pairs.size, 6, 0);
  half(pairs, 0, answered, BINS);
  half(pairs, answered, pairs.size, BINS + HALF_BINS);
  return true;
};

const NONE: readonly number[] = [];

/** Memory a row: 96 bytes of signature, and about 130 in the tables. */
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

  /** The rows added before that are probably like this one, the likeliest first, at most `most`; pairs from `answered` on are those of its answer. `add` keeps the row for later ones. Rows are numbered from 0 in the order of adding. */
  look(pairs: Numbers, answered: number, leastLike: number, most: number, add: boolean): readonly number[] {
    this.hasSignature = makeSignature(pairs, answered);
    const row = this.rows;
    if (add) this.skip();
    if (!this.hasSignature) return NONE;
    if (add) this.pieceOf(row).set(signature, startOf(row));
    this.found = 0;
    for (let band = 0; band < BANDS; band++) this.probe(band, row, add);
    if (this.found === 0) return NONE;
    const found = new Set(this.candidates.subarray(0, this.found));
    return [...found].map((candidate) => ({ candidate, same: this.same(candidate) })).filter(({ candidate, same }) => same >= leastLike * BINS && this.areHalvesAlike(candidate))
      .sort((a, b) => b.same - a.same || a.candidate - b.candidate).slice(0, most).map(({ candidate }) => candidate);
  }

  /** A row that is not to be found, but has its number. */
  skip(): void {
    if ((this.rows & (1 << ROWS_A_PIECE_BITS) - 1) === 0) this.pieces.push(new Uint8Array(STRIDE << ROWS_A_PIECE_BITS));
    this.rows++;
  }

  /** Whether a row may be like the one that was looked for last, by `leastLike` in all and by its question and answer; true where one of them is too short to tell. */
  mayBeAlike(row: number, leastLike: number): boolean {
    const piece = this.pieceOf(row), start = startOf(row);
    return !this.hasSignature || piece.subarray(start, start + BINS).every((bin) => bin === 0) || this.same(row) >= leastLike * BINS && this.areHalvesAlike(row);
  }

  private areHalvesAlike(row: number): boolean {
    const piece = this.pieceOf(row), start = startOf(row);
    for (let half = BINS; half < STRIDE; half += HALF_BINS) {
      if (piece[start + half] === 0 || signature[half] === 0) continue;
      let count = 0;
      for (let bin = half; bin < half + HALF_BINS; bin++) if (piece[start + bin] === signature[bin]) count++;
      if (count < LEAST_OF_HALF) return false;
    }
    return true;
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

const startOf = (row: number): number => (row & (1 << ROWS_A_PIECE_BITS) - 1) * STRIDE;

const bandHash = (bytes: Uint8Array, from: number): number => {
  let hash = 0x811c9dc5;
  for (let at = from; at < from + WIDTH; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix(hash);
};

const sameBand = (bytes: Uint8Array, at: number, from: number): boolean => {
  for (let bin = 0; bin < WIDTH; bin++) if (bytes[at + bin] !== signature[from + bin]) return false;
  return true;
};
