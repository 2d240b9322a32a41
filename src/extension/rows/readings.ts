/** What the chosen base makes of every row of the open datasets: asked of the row thread a few rows at a time, the visible ones first, and of rows that did not change never again. */
import * as vscode from "vscode";
import { type DatasetRecord } from "../../core/data/record";
import { rowSources, type ParsedDataset } from "../../core/data/parse";
import { type Problem } from "../../core/data/problem";
import { originOf } from "../../core/data/rows/place";
import { lastRowFrom, rowAtPlace } from "../../core/data/rows/rowSource";
import { rowOfRecord, rowTextIn } from "../../core/data/rows/rowText";
import { isUserError } from "../../core/errors";
import { type RowReader } from "../../project/rowReader";
import { type RowSummary, type RowText } from "../../protocol/rows";
import { datasetOf, isDatasetDocument, isInstructionData, parsedDatasetOf } from "../dataset/datasets";
import { type DatasetDiagnostics } from "../dataset/diagnostics";
import { baseDiagnosticsEnabled, rowCounts, SECTION } from "../settings";
import { type Bases } from "./bases";

/** Of longer files only the rows that are seen are read: the command line reads them whole. */
export const MOST_ROWS = 20_000;
/** What is asked at once is soon done, so that a row that is being typed never waits long behind it. */
const BATCH_CHARACTERS = 6_000;
const BATCH_ROWS = 16;
/** Lines around what is seen that are read of files too long to be read whole. */
const NEAR = 50;
/** So often, at most, is told of new readings while a file is read: each time costs a look at every row. */
const tellMs = (rows: number): number => Math.min(3_000, 250 + rows / 4);

interface State {
  /** The base's identity: other readings are worth nothing. */
  basis: string;
  /** By what a row is read from. */
  readings: Map<string, RowSummary>;
  /** The same by what a row reads as, as long as its text stays: no text need be made and compared. */
  quick: WeakMap<object, RowSummary>;
  running: boolean;
  /** The rows still to read, in their order, as long as the file and what is seen of it stay as they are. */
  queue: { readonly of: string; readonly rows: KeyedRow[] };
  /** The failure of the base, until another is chosen. */
  failure: string | undefined;
}

/** A record with the text of its row, and what tells its reading from others. */
export interface KeyedRow extends RowText {
  readonly key: string;
  /** The record with its places in the file. */
  readonly inFile: DatasetRecord;
  /** A problem of the reading where it stands in the file now: readings are kept by what a row says, not by where it stands. */
  readonly back: (problem: Problem) => Problem;
}

export class RowReadings implements vscode.Disposable {
  private readonly states = new Map<vscode.TextDocument, State>();
  private readonly told = new Map<vscode.TextDocument, number>();
  private readonly changed = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[];
  /** Fires when rows of the document were read, and when they are not any more. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly reader: RowReader, private readonly bases: Bases, diagnostics: DatasetDiagnostics, private readonly onFailure: (error: unknown) => void) {
    this.disposables = [
      this.changed, diagnostics.onDidCheck((document) => void this.update(document)), bases.onDidChange(() => this.updateAll()),
      vscode.workspace.onDidCloseTextDocument((document) => this.states.delete(document)),
      vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor }) => { if (this.states.has(textEditor.document)) void this.update(textEditor.document); }),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(SECTION)) this.updateAll(); }),
    ];
  }

  /** Of rows that begin on these lines, both included, where they were read as they are now; `most` at most. */
  between(document: vscode.TextDocument, from: number, to: number, most: number): SummedRow[] {
    const dataset = parsedDatasetOf(document);
    const state = this.states.get(document);
    if (!dataset || !state) return [];
    const rows = rowSources(dataset), found: SummedRow[] = [];
    for (let row = Math.max(0, lastRowFrom(rows, from, -1) + 1); row < rows.length && rows[row]!.line <= to && found.length < most; row++) {
      const summaries = recordsOf(dataset, row).map((record) => summaryOf(state, dataset, record)).filter((summary) => summary !== undefined);
      const { line, column } = rows[row]!;
      if (summaries.length > 0) found.push({ line, column, summary: summed(summaries) });
    }
    return found;
  }

  /** Every record that was read, in the order of the file; the problems where they stand in it. */
  all(document: vscode.TextDocument): { record: DatasetRecord; summary: RowSummary; problems: Problem[] }[] {
    const dataset = parsedDatasetOf(document);
    const state = this.states.get(document);
    if (!dataset || !state) return [];
    return dataset.records.flatMap((record) => {
      const summary = summaryOf(state, dataset, record);
      return summary ? [{ record, summary, problems: summary.problems.length === 0 ? [] : summary.problems.map(keyed(dataset, record).back) }] : [];
    });
  }

  failureOf(document: vscode.TextDocument): string | undefined { return this.states.get(document)?.failure; }

  private updateAll(): void { for (const document of vscode.workspace.textDocuments) if (isDatasetDocument(document)) void this.update(document); }

  private async update(document: vscode.TextDocument): Promise<void> {
    if (!isDatasetDocument(document) || document.isClosed) return;
    const wanted = baseDiagnosticsEnabled(document) || rowCounts(document) !== "off";
    const { basis } = this.bases.of(document);
    const identity = wanted && basis ? JSON.stringify(basis) : "";
    let state = this.states.get(document);
    if (!state || state.basis !== identity) {
      state = { basis: identity, readings: new Map(), quick: new WeakMap(), running: false, queue: { of: "", rows: [] }, failure: undefined };
      this.states.set(document, state);
      this.changed.fire(document);
    }
    // What was said of rows that are gone goes with them.
    if (!isInstructionData(datasetOf(document))) return this.changed.fire(document);
    if (!basis || !wanted || state.running || state.failure !== undefined) return;
    state.running = true;
    try {
      for (let rows = this.missing(document, state); rows.length > 0; rows = this.missing(document, state)) {
        const summaries = await this.reader.lint(basis, rows.map(({ record, line }) => ({ record, line })));
        if (this.states.get(document) !== state) return;
        rows.forEach(({ key }, index) => state.readings.set(key, summaries[index]!));
        this.tell(document);
      }
    } catch (error) {
      state.failure = isUserError(error) ? `${error.what} ${error.next}` : "The base cannot be used; the log has the details.";
      if (!isUserError(error) || error.code !== "CANCELLED") this.onFailure(error);
    } finally {
      state.running = false;
    }
    this.told.delete(document);
    if (this.states.get(document) === state) this.changed.fire(document);
  }

  /** The rows to read next: what is seen, then what is near it. */
  private missing(document: vscode.TextDocument, state: State): KeyedRow[] {
    const seen = vscode.window.visibleTextEditors.filter((editor) => editor.document === document).flatMap(({ visibleRanges }) => visibleRanges);
    const of = JSON.stringify([document.version, seen.map(({ start, end }) => [start.line, end.line])]);
    if (state.queue.of !== of) state.queue = { of, rows: this.unread(datasetOf(document), state, seen) };
    const batch: KeyedRow[] = [];
    for (let characters = 0; state.queue.rows.length > 0 && batch.length < BATCH_ROWS && characters < BATCH_CHARACTERS;) {
      const row = state.queue.rows.pop()!;
      if (state.readings.has(row.key)) continue;
      batch.push(row);
      characters += row.line.length;
    }
    return batch;
  }

  /** Every unread row, the next one last. Forgets what stands in the file no more. */
  private unread(dataset: ParsedDataset, state: State, seen: readonly vscode.Range[]): KeyedRow[] {
    const distance = (line: number): number => seen.length === 0 ? line : Math.min(...seen.map(({ start, end }) => line < start.line ? start.line - line : Math.max(0, line - end.line)));
    const whole = dataset.records.length <= MOST_ROWS;
    const { readings } = state, { records } = dataset;
    if (readings.size > records.length * 2 + 100) {
      const kept = new Set(records.map((record) => keyed(dataset, record).key));
      for (const key of readings.keys()) if (!kept.has(key)) readings.delete(key);
    }
    return records.filter((record) => (whole || distance(record.line) <= NEAR) && !summaryOf(state, dataset, record)).map((record) => keyed(dataset, record)).sort((a, b) => distance(b.inFile.line) - distance(a.inFile.line));
  }

  private tell(document: vscode.TextDocument): void {
    const now = Date.now();
    if (now - (this.told.get(document) ?? 0) < tellMs(document.lineCount)) return;
    this.told.set(document, now);
    this.changed.fire(document);
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}

const summaryOf = ({ readings, quick }: State, dataset: ParsedDataset, record: DatasetRecord): RowSummary | undefined => {
  const own = originOf(record), known = quick.get(own);
  if (known) return known;
  const found = readings.get(keyed(dataset, record).key);
  if (found) quick.set(own, found);
  return found;
};

const rows = new WeakMap<DatasetRecord, KeyedRow>();

const keyed = (dataset: ParsedDataset, inFile: DatasetRecord): KeyedRow => {
  const known = rows.get(inFile);
  if (known) return known;
  const { record, text, back } = rowTextIn(dataset, inFile);
  const { line } = inFile;
  const moved = (problem: Problem): Problem => problem.line === line ? problem : { ...problem, line, fixes: problem.fixes.map((fix) => ({ ...fix, edits: fix.edits.map((edit) => ({ ...edit, line })) })) };
  const row: KeyedRow = { record, line: text, inFile, key: `${inFile.format}\0${inFile.part ?? 0}\0${text}`, back: (problem) => back(dataset.container === "json" ? problem : moved(problem)) };
  rows.set(inFile, row);
  return row;
};

const byRow = new WeakMap<ParsedDataset, ReadonlyMap<number, readonly DatasetRecord[]>>();

/** What of a row can be trained on: mostly one record, several where a row holds several conversations. */
const recordsOf = (dataset: ParsedDataset, row: number): readonly DatasetRecord[] => {
  let records = byRow.get(dataset);
  if (!records) {
    const made = new Map<number, DatasetRecord[]>(), sources = rowSources(dataset);
    const ofLine = dataset.container === "jsonl" ? new Map(sources.map(({ line }, index) => [line, index])) : undefined;
    for (const record of dataset.records) {
      const own = ofLine ? ofLine.get(record.line) : rowOfRecord(sources, record);
      if (own === undefined) continue;
      const others = made.get(own);
      if (others) others.push(record);
      else made.set(own, [record]);
    }
    byRow.set(dataset, records = made);
  }
  return records.get(row) ?? [];
};

/** The same of the row that holds the place. */
export const rowsAt = (dataset: ParsedDataset, line: number, column?: number): KeyedRow[] => {
  const row = rowAtPlace(rowSources(dataset), line, dataset.container === "jsonl" ? undefined : column);
  return row === undefined ? [] : recordsOf(dataset, row).map((record) => keyed(dataset, record));
};

/** Where a row begins, and what its records are together. */
export interface SummedRow { readonly line: number; readonly column: number; readonly summary: RowSummary }

export const summed = (summaries: readonly RowSummary[]): RowSummary =>
  summaries.reduce((a, b) => ({ tokens: a.tokens + b.tokens, kept: a.kept + b.kept, trained: a.trained + b.trained, problems: [...a.problems, ...b.problems] }));
