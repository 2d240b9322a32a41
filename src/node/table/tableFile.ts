/** A dataset that is open as a table: the file as it was opened, the index of its lines, and the edits over it. Rows keep their number until the file is opened anew, also over a save. */
import { type Mapping } from "../../core/data/formats/mapping";
import { type FileKind, fileKind, problemsOf, type RowProblem } from "../../core/data/table/rowProblems";
import { LineIndex, linesOf } from "../../core/data/table/lineIndex";
import { DiskLines } from "../../core/data/table/diskLines";
import { type AddedRow, flattened, liveRows, Overlay, type TableEdit } from "../../core/data/table/overlay";
import { columnsOf } from "../../core/data/table/rowCells";
import { isUserError } from "../../core/errors";
import { datasetOptions } from "../readDataset";
import { type ScanSource } from "./scan";
import { type FileStamp, sameStamp, Snapshot, stampOf } from "./snapshot";
import { type Rows, writeTable, type WriteOptions } from "./writeRows";

const PIECE = 2 << 20;
/** Rows that tell what the file is. */
const SAMPLE = 200;
/** Bytes of blocks that are kept, so that scrolling back reads nothing. */
const CACHE_BYTES = 16 << 20;
/** A file whose first rows are longer than this together is not waited for. */
const SAMPLE_BYTES = 8 << 20;

/** What the file at the path is to the table: as known, another one in its place, this one written over, or none. */
export type DiskState = "same" | "replaced" | "rewritten" | "gone";

export class TableFile implements Rows {
  readonly index = new LineIndex();
  overlay = new Overlay();
  /** Goes up with every edit and every undo. */
  edits = 0;
  private onDisk = new Overlay();
  private disk: DiskLines | undefined;
  /** Every row that was ever added here, also where that was undone. */
  private readonly everAdded: AddedRow[] = [];
  kind: FileKind = { format: undefined, reason: "The file has no rows.", sound: undefined };
  columns: string[] = [];
  /** The index is whole. Rejects with FILE_CHANGED. */
  indexed: Promise<void> = Promise.resolve();
  /** Edited rows as they stood in the file, and fingerprints of rows that were taken out: another program may write over the file while it is open. */
  readonly originals = new Map<number, Uint8Array>();
  readonly fingerprints = new Map<number, string>();
  private closed = false;
  private copyOnly: boolean;
  private readonly cache = new Map<number, Buffer>();
  private cached = 0;

  /** `path` is where it is saved to; `snapshot` may lie elsewhere (a backup). */
  private constructor(readonly path: string, readonly snapshot: Snapshot, private known: FileStamp | undefined) { this.copyOnly = snapshot.path !== path; }

  /**
   * Resolves when the first rows can be read; the index grows on, with `progress` after each piece.
   * `source`: read the rows from there, as for a backup that holds the whole table. `described`: what is said of its columns elsewhere, which goes before what stands beside the file. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE.
   */
  static async open(path: string, progress: () => void = () => {}, source = path, described?: Promise<Mapping | undefined>): Promise<TableFile> {
    const snapshot = await Snapshot.open(source);
    const table = new TableFile(path, snapshot, source === path ? snapshot.stamp : await stampOf(path));
    await new Promise<void>((ready, fail) => {
      table.indexed = table.read(ready, progress, described);
      table.indexed.then(ready, fail);
    });
    return table;
  }

  private async read(ready: () => void, progress: () => void, described: Promise<Mapping | undefined> | undefined): Promise<void> {
    const { index, snapshot } = this;
    let sampled = false;
    const sample = async (): Promise<void> => {
      sampled = true;
      const lines = await this.fileLines(Array.from({ length: Math.min(SAMPLE, index.rows) }, (_, row) => row));
      // A dataset_info.json that cannot be used is told of where the dataset is checked; the table opens all the same.
      const said = await described;
      const { mapping } = said ? { mapping: said } : await datasetOptions(this.path, this.path).catch((error: unknown) => { if (isUserError(error)) return { mapping: undefined }; throw error; });
      this.kind = fileKind(lines, mapping);
      this.columns = columnsOf(lines);
      ready();
    };
    for (let at = 0; at < snapshot.size && !this.closed;) {
      const to = Math.min(snapshot.size, at + PIECE);
      index.add(await snapshot.read(at, to));
      at = to;
      if (!sampled && (index.rows >= SAMPLE || at >= SAMPLE_BYTES) && at < snapshot.size) await sample();
      progress();
    }
    if (this.closed) return;
    index.finish();
    if (!sampled) await sample();
    progress();
  }

  get size(): number { return this.snapshot.size; }
  /** Rows of the file; added ones have larger numbers. */
  get rows(): number { return this.index.rows; }
  /** Every row's number is smaller. */
  get numbers(): number { return this.index.rows + this.everAdded.length; }
  /** Rows of the table as it is now. */
  get count(): number { return this.index.rows + this.overlay.added.size - this.overlay.deleted.size; }

  /** The edits that the file on disk already has. */
  get saved(): Overlay { return this.onDisk; }
  set saved(state: Overlay) {
    this.onDisk = state;
    this.disk = undefined;
  }
  private get diskLines(): DiskLines {
    // While the index grows, so do the file's rows.
    if (this.disk?.fileRows !== this.rows) this.disk = new DiskLines(this.onDisk, this.rows);
    return this.disk;
  }

  /** Read from a copy and not saved yet: the file at the path may hold anything. */
  get fromCopy(): boolean { return this.copyOnly; }
  /** The state of the file at the path that `saved` is about. */
  get stamp(): FileStamp | undefined { return this.copyOnly ? undefined : this.known; }

  /** Whether the file at the path has not all that the table shows. */
  get dirty(): boolean {
    const { overlay, saved } = this;
    const others = (a: Overlay, b: Overlay): boolean => [...a.replaced.keys(), ...a.added.keys()].some((row) => !a.deleted.has(row) && b.line(row) !== a.line(row));
    return this.copyOnly || overlay.deleted.size !== saved.deleted.size || others(overlay, saved) || others(saved, overlay) || (overlay.deleted.size > 0 && saved.deleted.toArray().some((row) => !overlay.deleted.has(row)));
  }

  /** A row as it is now, to be edited. */
  async lineToEdit(row: number): Promise<Uint8Array> {
    if (row >= this.rows) return (await this.lines([row]))[0]!;
    if (!this.originals.has(row)) this.originals.set(row, Uint8Array.from((await this.fileLines([row]))[0]!));
    return this.overlay.replaced.get(row) ?? this.originals.get(row)!;
  }

  /** Lines as they are now, without their breaks, in the order asked for. */
  async lines(rows: readonly number[]): Promise<Uint8Array[]> {
    const known = (row: number): Uint8Array | undefined => this.overlay.line(row) ?? this.everAdded[row - this.rows]?.line;
    const unchanged = rows.filter((row) => known(row) === undefined);
    const read = new Map((await this.fileLines(unchanged)).map((line, index) => [unchanged[index]!, line]));
    return rows.map((row) => known(row) ?? read.get(row)!);
  }

  /** Lines as they stand in the file. */
  async fileLines(rows: readonly number[]): Promise<Uint8Array[]> {
    const found: Uint8Array[] = [];
    let number = -1, first = 0;
    let bytes: Buffer = Buffer.alloc(0);
    let lines: ReturnType<typeof linesOf> = [];
    for (const row of rows) {
      const wanted = this.index.blockOf(row);
      if (wanted !== number) {
        number = wanted;
        first = this.index.block(number).firstRow;
        bytes = await this.block(number);
        lines = linesOf(bytes);
      }
      const { start, end } = lines[row - first]!;
      found.push(bytes.subarray(start, end));
    }
    return found;
  }

  problems(lines: readonly Uint8Array[]): RowProblem[][] { return problemsOf(lines, this.kind); }

  private async block(number: number): Promise<Buffer> {
    const known = this.cache.get(number);
    const { start, end } = this.index.block(number);
    if (known?.length === end - start) {
      this.cache.delete(number);
      this.cache.set(number, known);
      return known;
    }
    const bytes = await this.snapshot.read(start, end);
    this.cached += bytes.length - (known?.length ?? 0);
    this.cache.set(number, bytes);
    for (const [oldest, { length }] of this.cache) {
      if (this.cached <= CACHE_BYTES || oldest === number) break;
      this.cache.delete(oldest);
      this.cached -= length;
    }
    return bytes;
  }

  apply(edit: TableEdit): void {
    this.edits++;
    this.overlay.apply(edit);
  }
  undo(edit: TableEdit): void {
    this.edits++;
    this.overlay.undo(edit);
  }

  /** Numbers for new rows that stand one after the other right after `row`: for an edit. The index must be whole. */
  adding(row: number, lines: readonly Uint8Array[]): AddedRow[] {
    return lines.map((line, place) => {
      const one = { row: this.numbers, after: place === 0 ? row : this.numbers - 1, line };
      this.everAdded.push(one);
      return one;
    });
  }

  /** For a scan in a thread; the file must stay open until it ends. */
  source(): ScanSource {
    const { overlay, saved, snapshot } = this;
    const source = { descriptor: snapshot.descriptor, size: this.size, deleted: overlay.deleted.toArray(), gone: saved.deleted.toArray() };
    if (overlay.added.size + saved.added.size === 0) return { ...source, replaced: overlay.replaced };
    const replaced = new Map([...overlay.added].map(([row, { line }]) => [row, line]));
    for (const [row, line] of overlay.replaced) replaced.set(row, line);
    return { ...source, replaced, added: { between: this.rowsBetween, onDisk: Uint32Array.from(saved.added.keys()), undone: Uint32Array.from([...saved.added.keys()].filter((row) => !overlay.added.has(row))) } };
  }

  /** The added rows after each row of the file, in their order: those of now, and those that the file on disk has. */
  get rowsBetween(): Map<number, number[]> { return flattened(new Map([...this.saved.added, ...this.overlay.added]).values(), this.rows); }

  /** The rows of the table in its order; undefined where they are those of the file. */
  liveRows(): Uint32Array | undefined { return liveRows(undefined, this.rows, this.overlay); }

  /** In the order of the table. */
  inOrder(rows: Uint32Array): Uint32Array {
    const wanted = rows.slice().sort();
    if (wanted.length === 0 || wanted.at(-1)! < this.rows) return wanted;
    const added = new Set(wanted.filter((row) => row >= this.rows)), own = new Set(wanted.filter((row) => row < this.rows));
    const ordered: number[] = [], between = this.rowsBetween;
    for (const row of [...new Set([...own, ...between.keys()])].sort((a, b) => a - b)) ordered.push(...(own.has(row) ? [row] : []), ...(between.get(row) ?? []).filter((each) => added.has(each)));
    return Uint32Array.from(ordered);
  }

  /** Line number from 0 of a row in the file on disk, which has not what was taken out before the last save; of a new row, that of the row which it was added after. */
  lineOnDisk(row: number): number { return this.diskLines.of(row) ?? this.lineOnDisk(this.everAdded[row - this.rows]!.after); }
  /** Whether the file on disk has the row, whatever it says there. */
  isOnDisk(row: number): boolean { return this.diskLines.has(row); }

  async diskState(): Promise<DiskState> {
    const { known } = this; // A save that ends meanwhile must not be taken for another program's.
    const now = await stampOf(this.path);
    if (known !== this.known) return this.diskState();
    if (!now) return "gone";
    if (known && sameStamp(now, known)) return "same";
    return await this.snapshot.intact() ? "replaced" : "rewritten";
  }

  /**
   * Writes the table to its path; what was there before stays readable here, so that undo goes on. Throws CANCELLED, DISK_FULL, WRITE_FAILED, FILE_CHANGED.
   * Who calls asks `diskState` first: another program's file is replaced.
   */
  async save(options: WriteOptions & { readonly stepAside?: boolean } = {}): Promise<void> {
    await this.indexed;
    const state = this.overlay.copy();
    const { stepAside = process.platform === "win32" } = options;
    await writeTable({ snapshot: this.snapshot, index: this.index, overlay: state }, this.path, { ...options, ...(stepAside ? { beforeReplace: () => this.snapshot.stepAside() } : {}) });
    this.saved = state;
    this.copyOnly = false;
    this.known = await stampOf(this.path);
  }

  /** Writes the table elsewhere; nothing here changes. Throws as `save`. */
  async saveTo(path: string, options: WriteOptions = {}): Promise<void> {
    await this.indexed;
    await writeTable({ snapshot: this.snapshot, index: this.index, overlay: this.overlay.copy() }, path, options);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.indexed.catch(() => {}); // Whoever waits for the index is told by the promise itself.
    await this.snapshot.close();
  }
}
