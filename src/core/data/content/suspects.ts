/** Owns the list of rows that may have a twin, in typed arrays: where every question has several answers it is as long as the file. */
import { doubled } from "../../doubled";

export interface Suspect {
  readonly row: number;
  /** Rows that came before and may be nearly the same. */
  readonly twins: readonly number[];
  /** Where none of those is: the row that asked the same and was answered otherwise; `short` where both answers are a few words. */
  readonly otherwise?: { readonly asked: number; readonly short: boolean };
}

/** Numbers a row: itself; twice the row that asked the same and 1 where the answers are short, or -1; how many twins there are, and they. */
const [HEAD, MOST] = [3, 4];
const STRIDE = HEAD + MOST;

export class Suspects {
  private numbers = new Int32Array(STRIDE * 64);
  size = 0;

  /** At most four twins. */
  add(row: number, twins: readonly number[], otherwise?: Suspect["otherwise"]): void {
    if ((this.size + 1) * STRIDE > this.numbers.length) this.numbers = doubled(this.numbers);
    const at = this.size++ * STRIDE;
    this.numbers.set([row, otherwise ? otherwise.asked * 2 + (otherwise.short ? 1 : 0) : -1, twins.length, ...twins], at);
  }

  at(index: number): Suspect {
    const at = index * STRIDE, [row = 0, asked = -1, count = 0] = this.numbers.subarray(at, at + HEAD);
    return { row, twins: [...this.numbers.subarray(at + HEAD, at + HEAD + count)], ...(asked >= 0 && { otherwise: { asked: asked >> 1, short: (asked & 1) === 1 } }) };
  }
}
