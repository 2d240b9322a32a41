/** The work that reads a whole table: filter and sort, find duplicates, fingerprint and find rows again. Runs in a thread of its own, knows nothing of it, and can be ended between any two rows. */
import { createHash } from "node:crypto";
import { type FilterRow, parseFilter } from "../../core/data/table/filter";
import { type FileKind, problemsOf, type RowProblem } from "../../core/data/table/rowProblems";
import { isBlank } from "../../core/data/table/rowCells";
import { LineReshaper, type LineReshaping, type ReshapedLines } from "../../core/data/reshape/reshapeLines";
import { type Refusal } from "../../core/data/reshape/conversation";
import { type Block, linesOf } from "../../core/data/table/lineIndex";
import { RowSet } from "../../core/data/table/rowSet";
import { type Sort, ViewBuilder } from "../../core/data/table/view";
import { readAt, type RowBatch, streamRows } from "./rowStream";
import { TwinTable } from "./twinTable";

/** The table as it is now: a file and what was changed. Everything in it can be sent to a thread. */
export interface ScanSource {
  readonly descriptor: number; readonly size: number; readonly deleted: Uint32Array;
  /** Of rows that were edited, and of added ones. */
  readonly replaced: ReadonlyMap<number, Uint8Array>;
  /** Rows that a save took out of the file: others stand on earlier lines since. */
  readonly gone: Uint32Array;
  /** Rows that were added after those of the file; a save has written some already, and of these some may be undone since. */
  readonly added?: { readonly between: ReadonlyMap<number, readonly number[]>; readonly onDisk: Uint32Array; readonly undone: Uint32Array };
}

export type ScanJob =
  | { readonly kind: "view"; readonly filter: string; readonly sort: Sort; readonly file: FileKind }
  | { readonly kind: "duplicates" }
  /** `rows` in the table's order; only `blocks` of the file are read, those that hold them. */
  | { readonly kind: "reshape"; readonly what: LineReshaping; readonly rows: Uint32Array; readonly blocks: readonly Block[] }
  /** SHA-1 of each of these rows as they stand in the file. */
  | { readonly kind: "fingerprints"; readonly rows: Uint32Array }
  /** Rows of the file with these fingerprints, as pairs of the fingerprint's place and the row. */
  | { readonly kind: "locate"; readonly fingerprints: readonly string[] };

export interface ScanResult {
  readonly rows: Uint32Array;
  readonly fingerprints?: readonly string[];
  /** Rows that stand earlier in the file too, where the filter asked for them. */
  readonly twins?: Uint32Array;
  readonly reshaped?: ReshapedLines | Refusal;
}

/** Bytes done, and rows found so far. */
export type ScanReport = (bytes: number, found: number) => void;

const turn = (): Promise<void> => new Promise((settle) => setImmediate(settle));

/** `view` and `duplicates` see the edits; rows taken out are in a view (so that undo brings them back in their place) and never duplicates. */
export const scan = async (source: ScanSource, job: ScanJob, report: ScanReport = () => {}): Promise<ScanResult> => {
  switch (job.kind) {
    case "view": return scanView(source, job, report);
    case "duplicates": return scanDuplicates(source, report);
    case "reshape": return reshape(source, job, report);
    case "fingerprints": return scanFingerprints(source, job.rows, report);
    case "locate": return locate(source, job.fingerprints, report);
  }
};

async function* batches(source: ScanSource, report: ScanReport, found: () => number): AsyncGenerator<{ batch: RowBatch; line: (index: number) => Uint8Array }> {
  for await (const batch of streamRows(source.descriptor, source.size)) {
    yield { batch, line: (index) => source.replaced.get(batch.firstRow + index) ?? batch.bytes.subarray(batch.lines[index]!.start, batch.lines[index]!.end) };
    report(batch.offset + batch.lines.at(-1)!.next, found());
    await turn();
  }
}

interface Entry { readonly row: number; /** On disk, from 1. */ readonly number: number; readonly bytes: Uint8Array }

/** The rows of a batch as the table has them, added ones among them; counts the lines of the file on disk. */
const entriesOf = ({ gone: out, added, replaced }: ScanSource): ((batch: RowBatch, line: (index: number) => Uint8Array) => Entry[]) => {
  const gone = new RowSet(out), onDisk = new RowSet(added?.onDisk), undone = new RowSet(added?.undone);
  let before = 0;
  return ({ firstRow, lines }, line) => {
    const entries: Entry[] = [];
    for (let index = 0; index < lines.length; index++) {
      const row = firstRow + index;
      entries.push({ row, number: before + 1, bytes: line(index) });
      if (!gone.has(row)) before++;
      for (const next of added?.between.get(row) ?? []) {
        const written = onDisk.has(next);
        if (!undone.has(next)) entries.push({ row: next, number: written ? before + 1 : Math.max(1, before), bytes: replaced.get(next)! });
        if (written && !gone.has(next)) before++;
      }
    }
    return entries;
  };
};

/** Rows that the parser is asked about at once. */
const ASKED = 256;

const scanView = async (source: ScanSource, job: Extract<ScanJob, { kind: "view" }>, report: ScanReport): Promise<ScanResult> => {
  const reading = parseFilter(job.filter);
  if ("fault" in reading) throw new Error(reading.fault.message);
  const builder = new ViewBuilder(reading.filter, job.sort);
  const deleted = new RowSet(source.deleted);
  const twins = builder.needsTwins ? new TwinTable() : undefined;
  const again = new RowSet();
  const entries = entriesOf(source);
  for await (const { batch, line } of batches(source, report, () => builder.found)) {
    const found = entries(batch, line);
    let problems: RowProblem[][] = [];
    for (const [index, { row, number, bytes }] of found.entries()) {
      if (builder.needsProblems && index % ASKED === 0) problems = problemsOf(found.slice(index, index + ASKED).map((entry) => entry.bytes), job.file);
      const seen: FilterRow = {
        line: bytes, number, problems: problems[index % ASKED] ?? [], edited: source.replaced.has(row),
        duplicate: twins !== undefined && !deleted.has(row) && !isBlank(bytes) && twins.add(digestOf(bytes)),
      };
      if (seen.duplicate) again.add(row);
      builder.add(row, seen);
    }
  }
  return { rows: builder.finish(), twins: again.toArray() };
};

const scanDuplicates = async (source: ScanSource, report: ScanReport): Promise<ScanResult> => {
  const deleted = new RowSet(source.deleted);
  const twins = new TwinTable();
  const again = new RowSet();
  const entries = entriesOf(source);
  for await (const { batch, line } of batches(source, report, () => again.size)) {
    for (const { row, bytes } of entries(batch, line)) if (!deleted.has(row) && !isBlank(bytes) && twins.add(digestOf(bytes))) again.add(row);
  }
  return { rows: again.toArray() };
};

const reshape = async (source: ScanSource, { what, rows, blocks }: Extract<ScanJob, { kind: "reshape" }>, report: ScanReport): Promise<ScanResult> => {
  const reshaper = new LineReshaper(what);
  let number = -1, bytes: Uint8Array = new Uint8Array(), lines: ReturnType<typeof linesOf> = [];
  for (const [index, row] of rows.entries()) {
    const changed = source.replaced.get(row);
    if (changed === undefined) {
      while (number < 0 || row >= blocks[number]!.firstRow + blocks[number]!.rows) {
        const { start, end } = blocks[++number]!;
        bytes = await readAt(source.descriptor, end - start, start);
        lines = linesOf(bytes);
        report((source.size * index) / rows.length, index);
        await turn();
      }
      const { start, end } = lines[row - blocks[number]!.firstRow]!;
      reshaper.add(row, bytes.subarray(start, end));
    } else reshaper.add(row, changed);
  }
  return { rows: new Uint32Array(), reshaped: reshaper.finish() };
};

const scanFingerprints = async (source: ScanSource, rows: Uint32Array, report: ScanReport): Promise<ScanResult> => {
  const fingerprints: string[] = [];
  for await (const { batch } of batches(source, report, () => fingerprints.length)) {
    for (let row = rows[fingerprints.length]; row !== undefined && row < batch.firstRow + batch.lines.length; row = rows[fingerprints.length]) {
      const { start, end } = batch.lines[row - batch.firstRow]!;
      fingerprints.push(fingerprintOf(batch.bytes.subarray(start, end)));
    }
    if (fingerprints.length === rows.length) break;
  }
  return { rows, fingerprints };
};

const locate = async (source: ScanSource, fingerprints: readonly string[], report: ScanReport): Promise<ScanResult> => {
  const places = new Map<string, number[]>();
  fingerprints.forEach((fingerprint, place) => places.set(fingerprint, [...places.get(fingerprint) ?? [], place]));
  const pairs: number[] = [];
  for await (const { batch } of batches(source, report, () => pairs.length / 2)) {
    batch.lines.forEach(({ start, end }, index) => {
      // The k-th row with a fingerprint is the k-th that was asked for.
      const place = places.get(fingerprintOf(batch.bytes.subarray(start, end)))?.shift();
      if (place !== undefined) pairs.push(place, batch.firstRow + index);
    });
  }
  return { rows: Uint32Array.from(pairs) };
};

/** A row is the same as another when their bytes are, blanks around them left out. */
const digestOf = (line: Uint8Array): Buffer => {
  let start = line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0, end = line.length;
  while (start < end && isSpace(line[start]!)) start++;
  while (end > start && isSpace(line[end - 1]!)) end--;
  return createHash("sha1").update(line.subarray(start, end)).digest();
};

const isSpace = (byte: number): boolean => byte === 32 || (byte >= 9 && byte <= 13);

export const fingerprintOf = (line: Uint8Array): string => createHash("sha1").update(line).digest("base64");
