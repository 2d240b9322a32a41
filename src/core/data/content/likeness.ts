/** Owns how much alike two rows are by the pairs of words that they share, and which pairs the whole file shares. */
import { type Features } from "./words";

/** How often each pair of words comes in a sample of rows, so that what a whole file shares is not taken for likeness. A sketch: it may count too many, never too few. */
export class Shared {
  private readonly counts = new Uint16Array(1 << 20);
  private rows = 0;

  count({ pairs: { list, size } }: Features): void {
    this.rows++;
    const seen = marksFor(size);
    for (let at = 0; at < size; at++) {
      const slot = list[at]! & this.counts.length - 1;
      if (seen.mark(list[at]!, 1) === 0 && this.counts[slot]! < 0xffff) this.counts[slot]!++;
    }
  }

  /** A pair in more rows than this is the file's and not the row's. */
  private get limit(): number { return Math.max(10, this.rows * 0.01); }

  isShared(pair: number): boolean { return this.counts[pair & this.counts.length - 1]! > this.limit; }

  /** 1 for a pair of a few rows' own, much less for one that many share: an instruction that all have is longer than what differs. */
  weight(pair: number): number { return Math.min(1, this.limit / Math.max(1, this.counts[pair & this.counts.length - 1]!)) ** 2; }
}

/** Weighted Jaccard likeness of two lists as sets: 1 the same, 0 nothing in common; two empty ones are the same. */
export const likeness = (a: ArrayLike<number>, b: ArrayLike<number>, weight: (pair: number) => number = () => 1): number => {
  if (a.length === 0 && b.length === 0) return 1;
  const seen = marksFor(a.length + b.length);
  let [both, all] = [0, 0];
  for (let at = 0; at < a.length; at++) if (seen.mark(a[at]!, 1) === 0) all += weight(a[at]!);
  for (let at = 0; at < b.length; at++) {
    const pair = b[at]!;
    const before = seen.mark(pair, 2);
    if (before === 1) both += weight(pair);
    else if (before === 0) all += weight(pair);
  }
  return both / all;
};

/** Which of two lists had a number last: a table with open addresses that is used again and again, for a Set costs ten times as much. */
class Marks {
  private readonly numbers: Int32Array;
  /** The mark, and above it the use that set it. */
  private readonly marks: Int32Array;
  private use = 0;

  constructor(readonly size: number) {
    this.numbers = new Int32Array(size);
    this.marks = new Int32Array(size);
  }

  clear(): this {
    if (++this.use === 2 ** 28) {
      this.use = 1;
      this.marks.fill(0);
    }
    return this;
  }

  /** Sets the number's mark; the one that it had, or 0. */
  mark(number: number, mark: 1 | 2): number {
    let slot = number & this.size - 1;
    while (this.marks[slot]! >> 2 === this.use && this.numbers[slot] !== (number | 0)) slot = slot + 1 & this.size - 1;
    const before = this.marks[slot]! >> 2 === this.use ? this.marks[slot]! & 3 : 0;
    this.numbers[slot] = number;
    this.marks[slot] = this.use << 2 | mark;
    return before;
  }
}

let marks = new Marks(4096);
const marksFor = (count: number): Marks => {
  while (marks.size < count * 2) marks = new Marks(marks.size * 2);
  return marks.clear();
};
