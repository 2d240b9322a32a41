/** Owns what the report keeps of every row: numbers in typed arrays, words as numbers, so that a million rows take some 15 MB; and counts of what rows have in common. */
import { doubled } from "../../doubled";

/** Whole numbers of up to 32 bits, one a row, in as few bytes as the largest needs. */
export class Column {
  private values: Uint8Array | Uint16Array | Uint32Array = new Uint8Array(1024);
  /** The largest that there is room for. */
  private most = 0xff;
  length = 0;

  push(value: number): void {
    if (this.length === this.values.length) this.values = doubled(this.values);
    if (value > this.most) [this.values, this.most] = value > 0xffff ? [new Uint32Array(this.values), 0xffffffff] : [new Uint16Array(this.values), 0xffff];
    this.values[this.length++] = value;
  }

  /** Zeros for the rows that went by before the first value. */
  fillTo(length: number): void { while (this.length < length) this.push(0); }
  at(row: number): number { return this.values[row] ?? 0; }
  /** A copy of all. */
  view(): Uint32Array { return new Uint32Array(this.values.subarray(0, this.length)); }
}

/** Words by number, from 1; 0 stands for none. Of more than `most` words the later ones are one, the last. */
export class Names {
  private readonly numbers = new Map<string, number>();
  private readonly words: string[] = [""];

  constructor(private readonly most = 50_000, private readonly rest = "other") {}

  numberOf(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    if (this.words.length > this.most) return this.words[this.most + 1] === undefined ? this.words.push(this.rest) - 1 : this.most + 1;
    this.numbers.set(word, this.words.length);
    return this.words.push(word) - 1;
  }

  word(number: number): string { return this.words[number] ?? ""; }
  get size(): number { return this.words.length - 1; }
}

/** Rows that have something in common. */
export interface Slice {
  readonly label: string;
  readonly count: number;
  /** Their lines from 0, the first ones in the order of the file, each once. */
  readonly lines: readonly number[];
}

/** Lines that are kept of a slice: more are not looked through by hand. */
export const MOST_LINES = 1000;

/** Counts and first lines by a row's number, of those that `of` gives one (not 0). */
export class Tally {
  private readonly found = new Map<number, { count: number; lines: number[] }>();

  add(key: number, line: number, count = 1): void {
    const known = this.found.get(key);
    const slice = known ?? { count: 0, lines: [] };
    if (!known) this.found.set(key, slice);
    slice.count += count;
    if (slice.lines.length < MOST_LINES && slice.lines.at(-1) !== line) slice.lines.push(line);
  }

  /** The most frequent first; of equals the one that came first in the file. */
  slices(label: (key: number) => string): (Slice & { readonly key: number })[] {
    return [...this.found].map(([key, slice]) => ({ key, label: label(key), ...slice })).sort((a, b) => b.count - a.count || a.lines[0]! - b.lines[0]!);
  }

  get size(): number { return this.found.size; }
}
