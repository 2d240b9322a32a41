/** Owns on which line of the file on disk a row stands, after saves that took rows out of it and put others in. */
import { flattened, type Overlay } from "./overlay";

export class DiskLines {
  /** Rows of the file with added rows after them, ascending, and how many lines those make before and with each. */
  private readonly anchors: number[] = [];
  private readonly sums: number[] = [];
  private readonly places = new Map<number, { readonly anchor: number; readonly before: number }>();

  /** `saved`: what the file on disk has of the edits. */
  constructor(private readonly saved: Overlay, readonly fileRows: number) {
    const between = flattened(saved.added.values(), fileRows);
    let sum = 0;
    for (const anchor of [...between.keys()].sort((a, b) => a - b)) {
      let before = 0;
      for (const row of between.get(anchor)!) {
        this.places.set(row, { anchor, before });
        if (!saved.deleted.has(row)) before++;
      }
      this.anchors.push(anchor);
      this.sums.push(sum += before);
    }
  }

  /** Whether the file on disk has the row. */
  has(row: number): boolean { return !this.saved.deleted.has(row) && (row < this.fileRows || this.places.has(row)); }

  /** Line number from 0. Of a row that the file has not, that of the row which stands there now; of an added one that was never saved, undefined. */
  of(row: number): number | undefined {
    if (row < this.fileRows) return row - this.saved.deleted.rank(row) + this.addedBefore(row);
    const place = this.places.get(row);
    return place && this.of(place.anchor)! + (this.has(place.anchor) ? 1 : 0) + place.before;
  }

  private addedBefore(row: number): number {
    let low = 0;
    for (let high = this.anchors.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.anchors[middle]! < row) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.sums[low - 1]!;
  }
}
