/** Owns the search for rows that are nearly the same, in time close to linear: one-permutation MinHash (Li, Owen, Zhang 2012) with rotation (Shrivastava, Li 2014), banded for locality-sensitive hashing. Deterministic. */
import { doubled } from "../../doubled";
import { mix } from "../rows/firstRows";

/** Bins of a signature, one byte each: likeness is estimated to about 0.05. */
const BINS = 64;
/** 12 bands of 5 bins: of two rows with likeness 0.8 99% are found, with 0.7 89%. */
const [BANDS, WIDTH] = [12, 5];
/** Rows with the same band that are kept and compared: more would make a file of one repeated row quadratic. */
const KEPT = 4;
/** A text with fewer pairs than this is compared by its exact words alone. */
const FEWEST = 4;

const signatureOf = (pairs: readonly number[]): Uint8Array | undefined => {
  if (pairs.length < FEWEST) return undefined;
  const least = new Uint32Array(BINS).fill(0xffffffff);
  for (const pair of pairs) {
    const bin = pair >>> 26, value = pair & 0x3ffffff;
    if (value < least[bin]!) least[bin] = value;
  }
  const signature = new Uint8Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    let distance = 0;
    while (least[(bin + distance) % BINS] === 0xffffffff) distance++;
    signature[bin] = mix(least[(bin + distance) % BINS]! + Math.imul(distance, 0x9e3779b9));
  }
  return signature;
};

/** Memory a row: 64 bytes of signature, and about 100 in the tables. */
export class NearIndex {
  private signatures = new Uint8Array(BINS * 1024);
  private rows = 0;
  /** For each band a hash table with open addresses: row + 1, or 0. */
  private tables = Array.from({ length: BANDS }, () => new Int32Array(4096));
  private readonly filled = new Int32Array(BANDS);

  /** The rows added before that are probably like this one, the likeliest first, at most `most`; `add` keeps the row for later ones. Rows are numbered from 0 in the order of adding. */
  look(pairs: readonly number[], least: number, most: number, add: boolean): number[] {
    const signature = signatureOf(pairs);
    const row = this.rows;
    if (add) {
      this.rows++;
      if (this.signatures.length < this.rows * BINS) this.signatures = doubled(this.signatures);
    }
    if (!signature) return [];
    if (add) this.signatures.set(signature, row * BINS);
    const candidates = new Set<number>();
    for (let band = 0; band < BANDS; band++) this.probe(band, signature, row, add, candidates);
    return [...candidates].map((candidate) => ({ candidate, same: this.same(candidate, signature) })).filter(({ same }) => same >= least * BINS)
      .sort((a, b) => b.same - a.same || a.candidate - b.candidate).slice(0, most).map(({ candidate }) => candidate);
  }

  private same(row: number, signature: Uint8Array): number {
    let count = 0;
    for (let bin = 0, at = row * BINS; bin < BINS; bin++, at++) if (this.signatures[at] === signature[bin]) count++;
    return count;
  }

  private probe(band: number, signature: Uint8Array, row: number, add: boolean, candidates: Set<number>): void {
    const table = this.tables[band]!;
    const from = band * WIDTH;
    let kept = 0;
    let slot = bandHash(signature, from) & table.length - 1;
    for (; table[slot] !== 0; slot = slot + 1 & table.length - 1) {
      const other = table[slot]! - 1;
      if (!sameBand(this.signatures, other * BINS + from, signature, from)) continue;
      candidates.add(other);
      if (++kept === KEPT) return;
    }
    if (!add) return;
    table[slot] = row + 1;
    if (++this.filled[band]! * 2 > table.length) this.grow(band);
  }

  private grow(band: number): void {
    const old = this.tables[band]!;
    const table = this.tables[band] = new Int32Array(old.length * 2);
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = bandHash(this.signatures, (entry - 1) * BINS + band * WIDTH) & table.length - 1;
      while (table[slot] !== 0) slot = slot + 1 & table.length - 1;
      table[slot] = entry;
    }
  }
}

const bandHash = (bytes: Uint8Array, from: number): number => {
  let hash = 0x811c9dc5;
  for (let at = from; at < from + WIDTH; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return mix(hash);
};

const sameBand = (a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean => {
  for (let at = 0; at < WIDTH; at++) if (a[atA + at] !== b[atB + at]) return false;
  return true;
};
