/** What was changed in a table and is not in its file: rows with other bytes, and rows taken out. Rows keep their number for as long as the file is open, so that every edit can be undone after any other. */
import { RowSet } from "./rowSet";

/** A line's bytes without its line break; undefined: as they stand in the file. */
export type LineBytes = Uint8Array | undefined;

export interface RowChange { readonly row: number; readonly before: LineBytes; readonly after: LineBytes }

/** One step of undo. */
export interface TableEdit {
  readonly label: string;
  readonly changes: readonly RowChange[];
  /** Rows that this edit took out, ascending; none of them was out before. */
  readonly deleted: Uint32Array;
}

export class Overlay {
  readonly replaced = new Map<number, Uint8Array>();
  deleted = new RowSet();

  apply(edit: TableEdit): void {
    for (const { row, after } of edit.changes) this.set(row, after);
    for (const row of edit.deleted) this.deleted.add(row);
  }

  undo(edit: TableEdit): void {
    for (const row of edit.deleted) this.deleted.delete(row);
    for (const { row, before } of edit.changes) this.set(row, before);
  }

  copy(): Overlay {
    const same = new Overlay();
    for (const [row, bytes] of this.replaced) same.replaced.set(row, bytes);
    same.deleted = this.deleted.copy();
    return same;
  }

  /** Rows that the file has otherwise, ascending. */
  touched(): Uint32Array {
    const rows = new RowSet(this.replaced.keys());
    for (const row of this.deleted.toArray()) rows.add(row);
    return rows.toArray();
  }

  private set(row: number, bytes: LineBytes): void {
    if (bytes) this.replaced.set(row, bytes);
    else this.replaced.delete(row);
  }
}

/** The rows of a view in its order, without those taken out; undefined where it is every row of the file in order. */
export const liveRows = (view: Uint32Array | undefined, rows: number, deleted: RowSet): Uint32Array | undefined => {
  if (deleted.size === 0) return view;
  if (view) return view.filter((row) => !deleted.has(row));
  const live = new Uint32Array(Math.max(0, rows - deleted.size));
  let at = 0;
  for (let row = 0; row < rows && at < live.length; row++) if (!deleted.has(row)) live[at++] = row;
  return live;
};
