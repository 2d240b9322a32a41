/** What was changed in a table and is not in its file: rows with other bytes, rows taken out, and rows that were added. Rows keep their number for as long as the file is open, so that every edit can be undone after any other. */
import { RowSet } from "./rowSet";

/** A line's bytes without its line break; undefined: as they stand in the file. */
export type LineBytes = Uint8Array | undefined;

export interface RowChange { readonly row: number; readonly before: LineBytes; readonly after: LineBytes }

/** A row that the file has not, right after another one (of the file, or added itself). Its number is larger than any of the file's and never given to another. */
export interface AddedRow { readonly row: number; readonly after: number; readonly line: Uint8Array }

/** One step of undo. */
export interface TableEdit {
  readonly label: string;
  readonly changes: readonly RowChange[];
  /** Rows that this edit took out, ascending; none of them was out before. */
  readonly deleted: Uint32Array;
  readonly added?: readonly AddedRow[];
}

export class Overlay {
  readonly replaced = new Map<number, Uint8Array>();
  readonly added = new Map<number, AddedRow>();
  deleted = new RowSet();

  /** The row's bytes where they are not those of the file. */
  line(row: number): LineBytes { return this.replaced.get(row) ?? this.added.get(row)?.line; }

  apply(edit: TableEdit): void {
    for (const one of edit.added ?? []) this.added.set(one.row, one);
    for (const { row, after } of edit.changes) this.set(row, after);
    for (const row of edit.deleted) this.deleted.add(row);
  }

  undo(edit: TableEdit): void {
    for (const row of edit.deleted) this.deleted.delete(row);
    for (const { row, before } of edit.changes) this.set(row, before);
    for (const { row } of edit.added ?? []) this.added.delete(row);
  }

  copy(): Overlay {
    const same = new Overlay();
    for (const [row, bytes] of this.replaced) same.replaced.set(row, bytes);
    for (const [row, one] of this.added) same.added.set(row, one);
    same.deleted = this.deleted.copy();
    return same;
  }

  /** Rows of the file that a save writes otherwise, or something after them, ascending. */
  touched(fileRows: number): Uint32Array {
    const rows = new RowSet();
    for (const row of this.replaced.keys()) if (row < fileRows) rows.add(row);
    for (const row of this.deleted.toArray()) if (row < fileRows) rows.add(row);
    for (const row of flattened(this.added.values(), fileRows).keys()) rows.add(row);
    return rows.toArray();
  }

  private set(row: number, bytes: LineBytes): void {
    if (bytes) this.replaced.set(row, bytes);
    else this.replaced.delete(row);
  }
}

/** The rows that were added right after each row. The newest of them stand first: they pushed the others on. */
export const followersOf = (added: Iterable<AddedRow>): ReadonlyMap<number, readonly number[]> => {
  const followers = new Map<number, number[]>();
  for (const { row, after } of added) followers.set(after, [...followers.get(after) ?? [], row]);
  for (const rows of followers.values()) rows.sort((a, b) => a - b);
  return followers;
};

/** Everything that was added after `row`, in its order. */
export function* rowsAfter(followers: ReadonlyMap<number, readonly number[]>, row: number): Generator<number> {
  const waiting = [...followers.get(row) ?? []];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    waiting.push(...followers.get(next) ?? []);
  }
}

/** The added rows between each row of the file and the next, in their order. */
export const flattened = (added: Iterable<AddedRow>, fileRows: number): Map<number, number[]> => {
  const followers = followersOf(added);
  return new Map([...followers.keys()].filter((row) => row < fileRows).map((row) => [row, [...rowsAfter(followers, row)]]));
};

/**
 * The rows of a view in its order, without those taken out; undefined where it is every row of the file in order.
 * `known`: the rows that `view` was made of have smaller numbers; those that were added since stand after the row that they were added to.
 */
export const liveRows = (view: Uint32Array | undefined, rows: number, overlay: Pick<Overlay, "deleted" | "added">, known = 0): Uint32Array | undefined => {
  const { deleted, added } = overlay;
  const fresh = [...added.values()].filter(({ row }) => view === undefined || row >= known);
  if (deleted.size === 0 && fresh.length === 0) return view?.some((row) => row >= rows && !added.has(row)) ? view.filter((row) => row < rows || added.has(row)) : view;
  const followers = followersOf(fresh);
  const live = new Uint32Array((view?.length ?? rows) + fresh.length);
  let at = 0;
  const take = (row: number): void => { if (!deleted.has(row) && (row < rows || added.has(row))) live[at++] = row; };
  for (let place = 0; place < (view?.length ?? rows); place++) {
    const row = view ? view[place]! : place;
    take(row);
    if (followers.has(row)) for (const next of rowsAfter(followers, row)) take(next);
  }
  return live.slice(0, at);
};
