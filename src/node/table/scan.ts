/** The work that reads a whole table: filter and sort, find duplicates, fingerprint and find rows again. Runs in a thread of its own, knows nothing of it, and can be ended between any two rows. */
import { createHash } from "node:crypto";
import { type FilterRow, parseFilter } from "../../core/data/table/filter";
import { type FileKind, problemsOf, type RowProblem } from "../../core/data/table/rowProblems";
import { isBlank } from "../../core/data/table/rowCells";
import { RowSet } from "../../core/data/table/rowSet";
import { type Sort, ViewBuilder } from "../../core/data/table/view";
import { type RowBatch, streamRows } from "./rowStream";
import { TwinTable } from "./twinTable";

/** The table as it is now: a file and what was changed. Everything in it can be sent to a thread. */
export interface ScanSource { readonly descriptor: number; readonly size: number; readonly replaced: ReadonlyMap<number, Uint8Array>; readonly deleted: Uint32Array; /** Rows that a save took out of the file: others stand on earlier lines since. */ readonly gone: Uint32Array }

export type ScanJob =
  | { readonly kind: "view"; readonly filter: string; readonly sort: Sort; readonly file: FileKind }
  | { readonly kind: "duplicates" }
  /** SHA-1 of each of these rows as they stand in the file. */
  | { readonly kind: "fingerprints"; readonly rows: Uint32Array }
  /** Rows of the file with these fingerprints, as pairs of the fingerprint's place and the row. */
  | { readonly kind: "locate"; readonly fingerprints: readonly string[] };

export interface ScanResult {
  readonly rows: Uint32Array;
  readonly fingerprints?: readonly string[];
  /** Rows that stand earlier in the file too, where the filter asked for them. */
  readonly twins?: Uint32Array;
}

/** Bytes done, and rows found so far. */
export type ScanReport = (bytes: number, found: number) => void;

const turn = (): Promise<void> => new Promise((settle) => setImmediate(settle));

/** `view` and `duplicates` see the edits; rows taken out are in a view (so that undo brings them back in their place) and never duplicates. */
export const scan = async (source: ScanSource, job: ScanJob, report: ScanReport = () => {}): Promise<ScanResult> => {
  switch (job.kind) {
    case "view": return scanView(source, job, report);
    case "duplicates": return scanDuplicates(source, report);
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

/** Rows that the parser is asked about at once. */
const ASKED = 256;

const scanView = async (source: ScanSource, job: Extract<ScanJob, { kind: "view" }>, report: ScanReport): Promise<ScanResult> => {
  const reading = parseFilter(job.filter);
  if ("fault" in reading) throw new Error(reading.fault.message);
  const builder = new ViewBuilder(reading.filter, job.sort);
  const deleted = new RowSet(source.deleted), gone = new RowSet(source.gone);
  const twins = builder.needsTwins ? new TwinTable() : undefined;
  const again = new RowSet();
  let before = 0;
  for await (const { batch, line } of batches(source, report, () => builder.found)) {
    let problems: RowProblem[][] = [];
    for (let index = 0; index < batch.lines.length; index++) {
      if (builder.needsProblems && index % ASKED === 0) problems = problemsOf(Array.from({ length: Math.min(ASKED, batch.lines.length - index) }, (_, after) => line(index + after)), job.file);
      const row = batch.firstRow + index;
      const bytes = line(index);
      const seen: FilterRow = {
        line: bytes, number: row - before + 1, problems: problems[index % ASKED] ?? [], edited: source.replaced.has(row),
        duplicate: twins !== undefined && !deleted.has(row) && !isBlank(bytes) && twins.add(digestOf(bytes)),
      };
      if (gone.has(row)) before++;
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
  for await (const { batch, line } of batches(source, report, () => again.size)) {
    for (let index = 0; index < batch.lines.length; index++) {
      const row = batch.firstRow + index;
      if (deleted.has(row)) continue;
      const bytes = line(index);
      if (!isBlank(bytes) && twins.add(digestOf(bytes))) again.add(row);
    }
  }
  return { rows: again.toArray() };
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
