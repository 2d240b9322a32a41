/** A dataset open as a table in the editor: its file, its view, and its edits as VS Code's undo knows them. Knows no page; tells when something changed. */
import * as vscode from "vscode";
import { UserError } from "../../core/errors";
import { type Refusal } from "../../core/data/reshape/conversation";
import { type ReshapeLoss } from "../../core/data/reshape/reshape";
import { type LineReshaping, type ReshapedLines } from "../../core/data/reshape/reshapeLines";
import { editCell, editLine } from "../../core/data/table/cellEdit";
import { parseFilter } from "../../core/data/table/filter";
import { liveRows, type TableEdit } from "../../core/data/table/overlay";
import { cellText, faultOf, isBlank, readValue } from "../../core/data/table/rowCells";
import { fromRanges, RowSet } from "../../core/data/table/rowSet";
import { type SortBy } from "../../core/data/table/view";
import { rememberRows } from "../../node/table/changes";
import { type ScanJob, type ScanResult } from "../../node/table/scan";
import { type TableFile } from "../../node/table/tableFile";
import { fileOrder, type TableRange, type TableRow, type TableState, type TableView } from "../../protocol/table";
import { type RunScan } from "./scans";

/** Rows sent to the page at once. */
const MOST_ROWS = 250;

const DUPLICATE = { code: "duplicate-row", severity: "warning", message: "The same row stands earlier in the file; it counts twice in training." } as const;

export interface DocumentEdit { readonly label: string; readonly undo: () => void; readonly redo: () => void }

/** Rows reshaped, as the table was at `version`. */
export interface PlannedRows extends ReshapedLines { readonly version: number }

export class TableDocument implements vscode.CustomDocument {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly edited = new vscode.EventEmitter<DocumentEdit>();
  private readonly told = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<void>();
  /** The state, or rows in it, are others than before. */
  readonly onDidChange = this.changed.event;
  readonly onDidEdit = this.edited.event;
  /** Something worth a sentence happened. */
  readonly onDidTell = this.told.event;
  readonly onDidClose = this.closed.event;
  /** Set while it is written: what the file system tells then is our own doing. */
  saving = false;

  private view: TableView = fileOrder;
  /** Rows that the filter found in their order, with those that were taken out since; undefined: all in the file's order. */
  private found: Uint32Array | undefined;
  /** Rows with smaller numbers are in `found` where the filter wants them. */
  private scanned = 0;
  /** Rows that the last filter saw earlier in the file too; forgotten with the next edit. */
  private twins = new RowSet();
  private live: { rows: Uint32Array | undefined } | undefined;
  private version = 1;
  /** Of the file: rows of an earlier one are others. */
  private generation = 1;
  private fault: string | undefined;
  private working: { what: string; part: number; controller: AbortController } | undefined;

  constructor(readonly uri: vscode.Uri, private file: TableFile, private readonly runScan: RunScan, private readonly onFailure: (error: unknown) => void) {}

  get table(): TableFile { return this.file; }

  /** Another state of the file takes the place of this one; undo of what was done before ends here. */
  async replace(file: TableFile): Promise<void> {
    this.cancel();
    const old = this.file;
    this.file = file;
    this.generation++;
    this.found = undefined;
    this.moved();
    await old.close();
    if (JSON.stringify(this.view) !== JSON.stringify(fileOrder)) await this.show(this.view);
  }

  /** The order or number of rows is another. */
  moved(): void {
    this.live = undefined;
    this.version++;
    this.changed.fire();
  }

  progressed(): void { this.changed.fire(); }
  tell(message: string): void { this.told.fire(message); }

  state(): TableState {
    const { index, columns, kind, size } = this.file;
    return {
      type: "state", version: this.version, generation: this.generation, count: this.count, total: this.file.count, indexing: index.done ? null : index.bytes / Math.max(1, size),
      working: this.working ? { what: this.working.what, part: this.working.part, cancellable: true } : null,
      columns, format: kind.format ?? "", bytes: this.file.stamp?.size ?? size, view: this.view, fault: this.fault ?? null,
    };
  }

  private get order(): Uint32Array | undefined {
    this.live ??= { rows: liveRows(this.found, this.file.rows, this.file.overlay, this.scanned) };
    // While the index grows, so do the rows of an unfiltered view.
    if (!this.file.index.done && !this.found && this.live.rows && this.live.rows.length !== this.file.rows - this.file.overlay.deleted.size) this.live = { rows: liveRows(undefined, this.file.rows, this.file.overlay) };
    return this.live.rows;
  }
  private get count(): number { return this.order?.length ?? this.file.rows; }

  /** The row numbers of these places in the view; an older view's places mean nothing any more. */
  rowsIn(version: number, ranges: readonly TableRange[]): Uint32Array {
    const { order, count } = this;
    if (version !== this.version) return new Uint32Array();
    const places = fromRanges(ranges.map(({ from, to }) => [Math.max(0, Math.floor(from)), Math.min(to, count)]));
    return order ? places.map((place) => order[place]!) : places;
  }

  async rows(from: number, to: number): Promise<TableRow[]> {
    const rows = [...this.rowsIn(this.version, [{ from, to: Math.min(to, from + MOST_ROWS) }])];
    const { columns, overlay } = this.file;
    const lines = await this.file.lines(rows);
    const problems = this.file.problems(lines);
    return lines.map((line, index) => {
      const row = rows[index]!;
      const blank = isBlank(line);
      const fault = blank ? null : faultOf(line) ?? null;
      const value = fault === null && !blank ? readValue(line) as Record<string, unknown> : {};
      return {
        row, line: this.file.lineOnDisk(row) + 1, bytes: line.length, blank, fault, added: !this.file.isOnDisk(row), edited: overlay.line(row) !== undefined && overlay.line(row) !== this.file.saved.line(row), problems: [...problems[index]!.slice(0, 50), ...(this.twins.has(row) ? [DUPLICATE] : [])],
        cells: fault !== null ? [cellText(Buffer.from(line.subarray(0, 1200)).toString("utf8"))] : columns.map((column) => Object.hasOwn(value, column) ? cellText(value[column]) : ""),
      };
    });
  }

  // ---- view

  async show(view: TableView): Promise<void> {
    this.view = view;
    const reading = parseFilter(view.filter);
    this.fault = "fault" in reading ? reading.fault.message : undefined;
    if (this.fault !== undefined) return this.changed.fire();
    this.cancel();
    if (view.filter.trim() === "" && view.sortBy === "file" && !view.descending) {
      this.found = undefined;
      return this.moved();
    }
    const key: SortBy = view.sortBy === "text" || view.sortBy === "textLength" ? { by: view.sortBy, column: view.column } : { by: view.sortBy };
    const { numbers } = this.file;
    const result = await this.work("Filtering", { kind: "view", filter: view.filter, sort: { key, descending: view.descending }, file: this.file.kind });
    if (!result) return;
    this.found = result.rows;
    this.scanned = numbers;
    this.twins = new RowSet(result.twins);
    this.moved();
  }

  /** Ends what runs over the whole table. */
  cancel(): void { this.working?.controller.abort(); }

  /** Undefined where it was cancelled; then the view stays as it was. */
  private async work(what: string, job: ScanJob): Promise<ScanResult | undefined> {
    this.cancel();
    const controller = new AbortController();
    const working = this.working = { what, part: 0, controller };
    const { file } = this;
    this.changed.fire();
    try {
      const result = await this.runScan(file.source(), job, {
        signal: controller.signal,
        report: (bytes) => {
          working.part = bytes / Math.max(1, file.size);
          this.changed.fire();
        },
      });
      return file === this.file && !controller.signal.aborted ? result : undefined;
    } catch (error) {
      if (controller.signal.aborted) return undefined;
      throw error;
    } finally {
      if (this.working === working) this.working = undefined;
      this.changed.fire();
    }
  }

  /** For what needs no progress on the page. */
  readonly scan = (source: Parameters<RunScan>[0], job: ScanJob): Promise<ScanResult> => this.runScan(source, job);

  // ---- edits

  /** Whether a row that the page names is still that row. */
  has(generation: number, row: number): boolean { return generation === this.generation && row >= 0 && row < this.file.numbers; }

  async editCell(row: number, path: readonly (string | number)[], entered: string): Promise<void> {
    await this.replaceLine(row, (line) => editCell(line, path, entered), `Edit ${String(path[0] ?? "row")}`);
  }

  async editLine(row: number, entered: string): Promise<void> {
    await this.replaceLine(row, (line) => editLine(line, entered), "Edit row");
  }

  private async replaceLine(row: number, change: (line: Uint8Array) => Uint8Array, label: string): Promise<void> {
    this.known(row);
    const before = await this.file.lineToEdit(row);
    const after = change(before);
    if (after === before) return;
    this.push({ label, deleted: new Uint32Array(), changes: [{ row, before: this.file.overlay.replaced.get(row), after }] });
  }

  /** Takes rows out; those that are out already do not count. Answers how many. */
  delete(rows: Uint32Array, label: (count: string) => string): number {
    const { overlay } = this.file;
    const deleted = rows.filter((row) => !overlay.deleted.has(row)).sort();
    if (deleted.length === 0) return 0;
    this.push({ label: label(counted(deleted.length)), changes: [], deleted });
    rememberRows(this.file, deleted, this.scan).catch(this.onFailure);
    return deleted.length;
  }

  /** Every row that stands earlier in the file with the same bytes goes. */
  async removeDuplicates(): Promise<void> {
    await this.file.indexed;
    const result = await this.work("Looking for duplicates", { kind: "duplicates" });
    if (!result) return;
    const count = this.delete(result.rows, (rows) => `Remove ${rows} that are duplicates`);
    this.tell(count === 0 ? "No row is the same as an earlier one." : `${counted(count)} that ${count === 1 ? "was" : "were"} the same as an earlier one ${count === 1 ? "is" : "are"} removed. Undo brings ${count === 1 ? "it" : "them"} back.`);
  }

  /** What reshaping these rows would do; nothing is changed yet. Undefined where it was cancelled. */
  async reshape(what: LineReshaping, rows: Uint32Array): Promise<Refusal | PlannedRows | undefined> {
    const { file } = this;
    await file.indexed;
    const ordered = file.inOrder(rows.filter((row) => !file.overlay.deleted.has(row)));
    const blocks = [...new Set(Array.from(ordered).flatMap((row) => file.overlay.line(row) === undefined ? [file.index.blockOf(row)] : []))].map((number) => file.index.block(number));
    const { version } = this;
    const found = (await this.work("Reading the rows", { kind: "reshape", what, rows: ordered, blocks }))?.reshaped;
    if (!found || "refusal" in found) return found;
    const counted = (losses: readonly ReshapeLoss[]): ReshapeLoss[] => losses.map((loss) => ({ ...loss, line: file.lineOnDisk(loss.line) }));
    return { ...found, losses: counted(found.losses), left: counted(found.left), version };
  }

  /** Does what `reshape` planned, as one step. Throws FILE_CHANGED where the table is another since. */
  async applyReshaped({ rows, bytes, ends, gone, version }: PlannedRows, label: string): Promise<void> {
    const { file } = this;
    const others = (): boolean => file !== this.file || version !== this.version;
    const lines = new Map<number, Uint8Array[]>();
    for (const [index, row] of rows.entries()) {
      const line = bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]);
      lines.set(row, [...lines.get(row) ?? [], line]);
    }
    if (!others()) for (const row of lines.keys()) await file.lineToEdit(row);
    if (others()) throw new UserError("FILE_CHANGED", "The table changed in the meantime.", "Do it again: nothing was changed.");
    this.push({
      label, deleted: gone.slice().sort(),
      changes: [...lines].map(([row, [after]]) => ({ row, before: file.overlay.replaced.get(row), after })),
      added: [...lines].flatMap(([row, [, ...others]]) => file.adding(row, others)),
    });
    if (gone.length > 0) rememberRows(file, gone.slice().sort(), this.scan).catch(this.onFailure);
  }

  private push(edit: TableEdit): void {
    const { file } = this;
    const step = (act: () => void) => (): void => {
      if (file !== this.file) throw new UserError("FILE_CHANGED", "This edit belongs to the file as it was before another program changed it.", "It cannot be undone or done again on the file as it is now.");
      act();
      this.moved();
    };
    file.apply(edit);
    this.twins = new RowSet();
    this.moved();
    this.edited.fire({ label: edit.label, undo: step(() => file.undo(edit)), redo: step(() => file.apply(edit)) });
  }

  private known(row: number): void {
    const { rows, overlay } = this.file;
    if (row >= rows && !overlay.added.has(row) || overlay.deleted.has(row)) throw new UserError("ROW_NOT_FOUND", "This row is no longer in the table.", "Undo brings rows back that were removed.");
  }

  dispose(): void {
    this.cancel();
    this.closed.fire();
    void this.file.close().catch(this.onFailure);
    vscode.Disposable.from(this.changed, this.edited, this.told, this.closed).dispose();
  }
}

export const counted = (rows: number): string => `${rows.toLocaleString("en")} ${rows === 1 ? "row" : "rows"}`;
