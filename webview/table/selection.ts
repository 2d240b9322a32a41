/** Which rows of the view are selected, as ranges, so that all of a million rows are one. Pure. */
import { type TableRange } from "../../src/protocol/table";

export class Selection {
  private spans: TableRange[] = [];

  get ranges(): readonly TableRange[] { return this.spans; }
  get count(): number { return this.spans.reduce((sum, { from, to }) => sum + to - from, 0); }
  has(row: number): boolean { return this.spans.some(({ from, to }) => row >= from && row < to); }

  clear(): void { this.spans = []; }
  /** Only the rows between the two, both included. */
  only(a: number, b = a): void { this.spans = [{ from: Math.min(a, b), to: Math.max(a, b) + 1 }]; }
  all(count: number): void { this.spans = count > 0 ? [{ from: 0, to: count }] : []; }

  /** These too, both included. */
  add(a: number, b = a): void {
    const added = { from: Math.min(a, b), to: Math.max(a, b) + 1 };
    const apart = this.spans.filter(({ from, to }) => to < added.from || from > added.to);
    const touching = this.spans.filter((span) => !apart.includes(span));
    const joined = touching.reduce((sum, { from, to }) => ({ from: Math.min(sum.from, from), to: Math.max(sum.to, to) }), added);
    this.spans = [...apart, joined].sort((x, y) => x.from - y.from);
  }

  toggle(row: number): void {
    if (!this.has(row)) return this.add(row);
    this.spans = this.spans.flatMap(({ from, to }) => row < from || row >= to ? [{ from, to }] : [{ from, to: row }, { from: row + 1, to }].filter((part) => part.to > part.from));
  }

  /** The view has only so many rows now. */
  limit(count: number): void { this.spans = this.spans.flatMap(({ from, to }) => from < count ? [{ from, to: Math.min(to, count) }] : []); }
}
