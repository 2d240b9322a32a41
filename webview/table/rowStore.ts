/** The rows that the page has of the view: asked for in pages as they come on screen, forgotten when the view is another. */
import { type TableRow } from "../../src/protocol/table";

const PAGE = 100;
const MOST_PAGES = 20;

export class RowStore {
  private readonly pages = new Map<number, readonly TableRow[]>();
  private readonly asked = new Set<number>();
  private version = 0;

  constructor(private readonly ask: (version: number, from: number, to: number) => void) {}

  /** The view is another: every row is asked for again, and until it comes the old one shows, so that nothing flickers. */
  refresh(version: number): void {
    this.version = version;
    this.asked.clear();
  }

  forget(): void { this.pages.clear(); }

  /** More rows came to the end: a page that was not full is asked for again. */
  grown(count: number): void {
    for (const [page, rows] of this.pages) if (rows.length < PAGE && page * PAGE + rows.length < count) this.asked.delete(page);
  }

  add(version: number, from: number, rows: readonly TableRow[]): void {
    if (version !== this.version) return;
    const page = from / PAGE;
    this.pages.delete(page);
    this.pages.set(page, rows);
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= MOST_PAGES) break;
      this.pages.delete(oldest);
      this.asked.delete(oldest);
    }
  }

  /** The row at a place of the view, if it is here; else it is asked for. */
  get(place: number, count: number): TableRow | undefined {
    const page = Math.floor(place / PAGE);
    if (!this.asked.has(page)) {
      this.asked.add(page);
      this.ask(this.version, page * PAGE, Math.min(count, (page + 1) * PAGE));
    }
    return this.pages.get(page)?.[place % PAGE];
  }
}
