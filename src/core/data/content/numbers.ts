/** Owns a list of numbers that is filled again for each row. */
import { doubled } from "../../doubled";

/** Numbers of 32 bits that come one by one, in memory that is used again and again: a list of its own for each row would cost more than what is done with it. */
export class Numbers {
  list = new Int32Array(256);
  size = 0;

  /** Makes room for so many more. */
  reserve(more: number): void {
    while (this.list.length < this.size + more) this.list = doubled(this.list);
  }

  push(number: number): void {
    if (this.size === this.list.length) this.list = doubled(this.list);
    this.list[this.size++] = number;
  }

  /** What was put in, good until the next change. */
  get all(): Int32Array { return this.list.subarray(0, this.size); }
}
