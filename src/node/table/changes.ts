/** The unsaved edits of a table apart from it: for a backup, and for putting them on a file that another program changed. Rows are matched by their bytes, never by place alone. */
import { type TableEdit } from "../../core/data/table/overlay";
import { RowSet, toRanges, fromRanges, type Range } from "../../core/data/table/rowSet";
import { fingerprintOf, type ScanJob, type ScanResult, type ScanSource } from "./scan";
import { type FileStamp, sameStamp } from "./snapshot";
import { type TableFile } from "./tableFile";

/** More deleted rows than this are not fingerprinted: on a changed file they stay. */
const MOST_FINGERPRINTS = 200_000;

export type Scan = (source: ScanSource, job: ScanJob) => Promise<ScanResult>;

/** `added`: lines that were put after it. `gone`: it is deleted, and what was put after it stays. */
interface ChangedRow { readonly row: number; readonly was: string; readonly line: string; readonly added?: readonly string[]; readonly gone?: boolean }

/** Against the file as it is on disk. Rows are its line numbers from 0; bytes in base64. */
export interface Changes {
  readonly version: 1;
  /** The file that the rows' numbers are about. */
  readonly stamp: FileStamp | undefined;
  readonly replaced: readonly ChangedRow[];
  readonly deleted: readonly Range[];
  /** One for each deleted row in order; empty where it is not known. None at all where there are too many. */
  readonly fingerprints: readonly string[];
}

/** Whether rows that the file on disk no longer has are back in the table (an undo past a save), or have new ones after them: only a whole copy holds those. */
export const needsWholeCopy = (table: TableFile): boolean => {
  const { overlay, saved } = table;
  return saved.deleted.toArray().some((row) => !overlay.deleted.has(row) && (row < table.rows || overlay.added.has(row)))
    || [...table.rowsBetween].some(([row, added]) => !table.isOnDisk(row) && added.some((each) => !table.isOnDisk(each)));
};

/** The lines that were put after each row of the file on disk and are not in it. */
const newLines = (table: TableFile): Map<number, Uint8Array[]> => {
  const { overlay } = table, found = new Map<number, Uint8Array[]>();
  for (const [row, added] of table.rowsBetween) {
    let home = row;
    for (const each of added) {
      if (table.isOnDisk(each)) home = each;
      else if (overlay.added.has(each) && !overlay.deleted.has(each)) found.set(home, [...found.get(home) ?? [], overlay.line(each)!]);
    }
  }
  return found;
};

/** Fingerprints these rows of the file, for `changesOf` to find once another program has written over it. Called after every deletion. */
export const rememberRows = async (table: TableFile, rows: Uint32Array, scan: Scan): Promise<void> => {
  const missing = rows.filter((row) => row < table.rows && !table.fingerprints.has(row));
  if (missing.length === 0 || missing.length > MOST_FINGERPRINTS || !await table.snapshot.intact()) return;
  const { fingerprints } = await scan({ ...table.source(), replaced: new Map() }, { kind: "fingerprints", rows: missing });
  if (await table.snapshot.intact()) missing.forEach((row, index) => table.fingerprints.set(row, fingerprints![index]!));
};

/** The edits since the last save. Rows that came back are not among them. */
export const changesOf = async (table: TableFile, scan: Scan): Promise<Changes> => {
  await table.indexed;
  const { overlay, saved } = table;
  const added = newLines(table);
  const isOut = (row: number): boolean => overlay.deleted.has(row) || row >= table.rows && !overlay.added.has(row);
  const rows = table.inOrder(Uint32Array.from(new Set([...overlay.replaced.keys(), ...saved.replaced.keys(), ...added.keys()])))
    .filter((row) => table.isOnDisk(row) && (added.has(row) || !isOut(row) && overlay.line(row) !== saved.line(row)));
  const undone = [...saved.added.keys()].filter((row) => !overlay.added.has(row));
  const deletedRows = table.inOrder(undone.length === 0 ? overlay.deleted.toArray() : Uint32Array.from([...overlay.deleted.toArray(), ...undone])).filter((row) => table.isOnDisk(row) && !added.has(row));
  const replaced: ChangedRow[] = [];
  for (const row of rows) {
    const was = saved.line(row) ?? table.originals.get(row) ?? (await table.fileLines([row]))[0]!;
    const line = isOut(row) ? was : overlay.line(row) ?? (row < table.rows ? table.originals.get(row) ?? (await table.fileLines([row]))[0]! : was);
    replaced.push({ row: table.lineOnDisk(row), was: base64(was), line: base64(line), ...(added.has(row) && { added: added.get(row)!.map(base64) }), ...(isOut(row) && { gone: true }) });
  }
  await rememberRows(table, deletedRows, scan);
  const fingerprints = deletedRows.length > MOST_FINGERPRINTS ? [] : Array.from(deletedRows, (row) => { const line = saved.line(row); return line ? fingerprintOf(line) : table.fingerprints.get(row) ?? ""; });
  return { version: 1, stamp: table.stamp, replaced, deleted: toRanges(Array.from(deletedRows, (row) => table.lineOnDisk(row))), fingerprints };
};

export interface Placed {
  readonly edit: TableEdit;
  /** Edited rows that the file no longer holds as they were. */
  readonly homeless: readonly Uint8Array[];
  /** Deletions that were not carried over. */
  readonly undeleted: number;
}

/** The same edits on a table that was just opened: as they are where the file is the same, else each on the row that is still as it was. */
export const placeChanges = async (changes: Changes, table: TableFile, scan: Scan): Promise<Placed> => {
  await table.indexed;
  const deleted = fromRanges(changes.deleted);
  const edit = (places: (number | undefined)[], out: Iterable<number>): TableEdit => {
    const placed = changes.replaced.flatMap((change, index) => { const row = places[index]; return row === undefined ? [] : [{ ...change, row }]; });
    return {
      label: "Edits carried over", deleted: new RowSet([...out, ...placed.filter(({ gone }) => gone).map(({ row }) => row)]).toArray(),
      changes: placed.flatMap(({ row, was, line }) => was === line ? [] : [{ row, before: undefined, after: bytesOf(line) }]),
      added: placed.flatMap(({ row, added = [] }) => table.adding(row, added.map(bytesOf))),
    };
  };
  if (changes.stamp && sameStamp(changes.stamp, table.snapshot.stamp)) return { edit: edit(changes.replaced.map(({ row }) => row), deleted), homeless: [], undeleted: 0 };

  const places: (number | undefined)[] = changes.replaced.map(() => undefined);
  const taken = new RowSet();
  // Most rows still stand where they stood.
  for (const [index, { row, was }] of changes.replaced.entries()) {
    if (row >= table.rows) continue;
    const [line] = await table.fileLines([row]);
    if (base64(line!) === was) {
      places[index] = row;
      taken.add(row);
    }
  }
  const seekers = changes.replaced.flatMap((_, index) => places[index] === undefined ? [index] : []);
  const fingerprints = [...seekers.map((index) => fingerprintOf(bytesOf(changes.replaced[index]!.was))), ...changes.fingerprints];
  const { rows: pairs } = fingerprints.length > 0 ? await scan(table.source(), { kind: "locate", fingerprints }) : { rows: new Uint32Array() };
  const out = new RowSet();
  for (let at = 0; at < pairs.length; at += 2) {
    const [place, row] = [pairs[at]!, pairs[at + 1]!];
    if (taken.has(row)) continue;
    taken.add(row);
    if (place < seekers.length) places[seekers[place]!] = row;
    else out.add(row);
  }
  return {
    edit: edit(places, out.toArray()), undeleted: deleted.length - out.size,
    homeless: changes.replaced.filter((_, index) => places[index] === undefined).flatMap(({ line, gone, added = [] }) => [...(gone ? [] : [line]), ...added]).map(bytesOf),
  };
};

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "base64"));

/** The changes that a backup holds; undefined where it holds none that this version wrote. */
export const parseChanges = (text: string): Changes | undefined => {
  try {
    const read = JSON.parse(text) as Partial<Changes> | null;
    return read?.version === 1 && Array.isArray(read.replaced) && Array.isArray(read.deleted) && Array.isArray(read.fingerprints) ? read as Changes : undefined;
  } catch {
    return undefined; // A backup that was cut off; the caller says so.
  }
};
