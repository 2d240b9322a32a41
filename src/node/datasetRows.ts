/** Owns reading a dataset's rows for whole-file analysis: a small file as one text, a large JSON Lines or Parquet file block by block in bounded memory. */
import { isUtf8 } from "node:buffer";
import { readSync } from "node:fs";
import { mkdtemp, open, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rowsOfParsed, SAMPLED, type Block, type FileRows } from "../core/data/content/fileRows";
import { containerOf } from "../core/data/rows/container";
import { sameKind, type Kind } from "../core/data/formats/choose";
import { parseDataset, type ParseOptions } from "../core/data/parse";
import { type DatasetRecord } from "../core/data/record";
import { type Decode } from "../core/data/rows/lines";
import { DatasetStream, recordsOfRow } from "../core/data/stream";
import { doubled } from "../core/doubled";
import { UserError } from "../core/errors";
import { isParquetFile } from "./parquet/isParquet";
import { datasetOptions, MOST_BYTES, readDatasetFile } from "./readDataset";

/** Files up to this are read whole; larger ones in blocks. */
export const WHOLE_BYTES = 4 * 2 ** 20;
const BLOCK_BYTES = 64 * 1024;
const [SAMPLES, SAMPLE_BYTES] = [32, 128 * 1024];
const KEPT = 256;
/** Places of each thing that is told of the whole file. */
const MOST_PLACES = 1000;
const NEWLINE = 10;

export interface OpenRows extends FileRows {
  readonly bytes: number;
  /** Whether it is read in blocks; of those the last has no rows and what the parser says of the whole file. */
  readonly inBlocks: boolean;
  /** Whether the blocks were read as a format that most rows do not have, or hold rows that only the whole file explains: they are to be read again. */
  misjudged(): boolean;
  /** Whether the file can be read at once, to be mended and written. */
  readonly mendable: boolean;
  close(): Promise<void>;
}

export interface RowsOptions extends ParseOptions {
  /** Other sizes than usual, for tests. */
  readonly wholeBytes?: number;
  readonly blockBytes?: number;
}

/** Whether a file can be read in blocks at all, by its name: not where it is compressed, an array or a table. */
const isLineByLine = (path: string): boolean => !/\.gz$/i.test(path) && containerOf(path) === "jsonl";

/** Whether a file is so large that it is read in blocks, in memory that does not grow with it. Throws DATASET_UNREADABLE for a damaged Parquet file. */
export const isReadInBlocks = async (path: string, shown = path): Promise<boolean> =>
  await isParquetFile(path) ? (await unpackedBytes(path, shown)) > WHOLE_BYTES : isLineByLine(path) && (await stat(path).then(({ size }) => size, () => 0)) > WHOLE_BYTES;

const unpackedBytes = async (path: string, shown: string): Promise<number> => {
  const { openParquet } = await import("./parquet/parquetFile");
  const file = await openParquet(path, shown);
  await file.close();
  return file.bytes;
};

/** A large Parquet file is written out as lines first, row group by row group: a place in columns cannot be found again. The copy goes when the rows are closed. */
const openSpooled = async (path: string, shown: string, options: RowsOptions): Promise<OpenRows> => {
  const folder = await mkdtemp(join(tmpdir(), "tunesmith-columns-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const lines = join(folder, "rows.jsonl");
    const { importParquet } = await import("./parquet/importRows");
    await importParquet([path], lines, { force: true });
    const rows = await openLines(lines, shown, { ...options, wholeBytes: 0 });
    return { ...rows, mendable: false, close: async () => { await rows.close(); await remove(); } };
  } catch (error) {
    await remove();
    throw error;
  }
};

/** `shown` is the path for messages. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE. */
export const openRows = async (path: string, shown = path, asked: RowsOptions = {}): Promise<OpenRows> => {
  const options: RowsOptions = { ...await datasetOptions(path, shown), ...asked };
  if (!await isParquetFile(path)) return openLines(path, shown, options);
  if (await unpackedBytes(path, shown) > (options.wholeBytes ?? WHOLE_BYTES)) return openSpooled(path, shown, options);
  const { text } = await readDatasetFile(path, shown);
  return { ...rowsOfParsed(parseDataset(text, options)), bytes: text.length, inBlocks: false, misjudged: () => false, mendable: false, close: async () => {} };
};

const openLines = async (path: string, shown: string, options: RowsOptions): Promise<OpenRows> => {
  const bytes = await stat(path).then((found) => found.isFile() ? found.size : 0, () => 0);
  if (bytes > (options.wholeBytes ?? WHOLE_BYTES) && isLineByLine(path)) {
    const file = await open(path);
    let known = false;
    try {
      const read = linesAt(file, 0, Math.min(bytes, options.blockBytes ?? BLOCK_BYTES), shown, true);
      const { format } = parseDataset(read.toString(), options);
      // Messages that make a thread together may stand anywhere in the file.
      known = format !== undefined && format !== "oasst-messages";
      if (known) return inBlocks(path, file, bytes, shown, options, kindOfRows(read, options));
    } finally {
      if (!known) await file.close();
    }
  }
  return { ...await readWhole(path, shown, options), bytes, inBlocks: false, misjudged: () => false, mendable: isLineByLine(path), close: async () => {} };
};

const readWhole = async (path: string, shown: string, options: ParseOptions): Promise<FileRows> => rowsOfParsed(parseDataset((await readDatasetFile(path, shown)).text, options));

/** What most rows of a text are. */
const kindOfRows = (bytes: Buffer, options: ParseOptions): Kind => {
  const stream = new DatasetStream(undefined, options, 0);
  stream.block(bytes, decoding(bytes), 0);
  return stream.choice.kind;
};

const inBlocks = (path: string, file: FileHandle, bytes: number, shown: string, options: RowsOptions, firstKind: Kind): OpenRows => {
  /** Once rows were found that only the whole file explains. */
  let whole: FileRows | undefined;
  let kind = firstKind;
  let misjudged = false;
  /** Where each line begins, in bytes, as far as the file was read; one more than there are lines. */
  let starts = new Float64Array(4096);
  let known = 0;
  const start = (line: number, at: number): void => {
    if (line === starts.length) starts = doubled(starts);
    starts[line] = at;
    known = Math.max(known, line);
  };
  const kept = new Map<number, readonly DatasetRecord[]>();
  return {
    bytes, inBlocks: true, close: () => file.close(),
    misjudged: () => misjudged, mendable: bytes <= MOST_BYTES,
    async *sample() {
      if (whole) return yield* whole.sample();
      for (let number = 0; number < SAMPLES; number++) {
        const read = linesAt(file, Math.floor(number * Math.max(0, bytes - SAMPLE_BYTES) / (SAMPLES - 1)), SAMPLE_BYTES, shown, number === 0);
        yield* parseDataset(read.toString(), options).records.slice(0, SAMPLED / SAMPLES);
      }
    },
    async *blocks(): AsyncGenerator<Block> {
      misjudged = false;
      if (whole) return yield* whole.blocks();
      const stream = new DatasetStream(kind, options, MOST_PLACES);
      for (let [at, firstLine] = [0, 0]; at < bytes;) {
        const read = linesAt(file, at, options.blockBytes ?? BLOCK_BYTES, shown, true);
        if (read.length === 0) break;
        const parsed = stream.block(read, decoding(read), firstLine);
        const { lines } = parsed;
        for (let number = 0; number < lines.length; number++) start(firstLine + number, at + parsed.starts[number]!);
        at += read.length;
        yield { parsed, firstLine, done: at / bytes };
        // The text ends with a line break, after which its last, empty line is the next block's first.
        firstLine += read.at(-1) === NEWLINE ? lines.length - 1 : lines.length;
        start(firstLine, at);
      }
      if (stream.goesOverRows) whole = await readWhole(path, shown, options);
      misjudged = stream.goesOverRows || !sameKind(kind, stream.choice.kind);
      kind = stream.choice.kind;
      yield { parsed: stream.end(), firstLine: 0, done: 1 };
    },
    async again(line, number) {
      if (whole) return whole.again(line, number);
      if (line >= known) return undefined;
      let records = kept.get(line);
      if (!records) {
        const length = starts[line + 1]! - starts[line]!;
        const buffer = Buffer.allocUnsafe(length);
        // A few microseconds where the block is in memory, and it is: to wait for a thread takes longer.
        const bytesRead = readSync(file.fd, buffer, 0, length, starts[line]!);
        records = recordsOfRow(buffer.toString("utf8", 0, bytesRead), line, kind, options);
        if (kept.size >= KEPT) kept.delete(kept.keys().next().value!);
        kept.set(line, records);
      }
      return records[number];
    },
  };
};

const decoding = (bytes: Buffer): Decode => (start, end) => bytes.toString("utf8", start, end);

/** Whole lines from `at` on, about `size` bytes; `atStart` where a line begins there, else the rest of a line is left out. The bytes are good until the next call with this file. */
const linesAt = (file: FileHandle, at: number, size: number, shown: string, atStart: boolean): Buffer => {
  for (let room = size; ; room *= 2) {
    const buffer = bufferFor(file, room);
    // Some microseconds where the block is in memory, and mostly it is: to wait for a thread takes longer.
    const bytesRead = readSync(file.fd, buffer, 0, room, at);
    if (bytesRead === 0) return buffer.subarray(0, 0); // Made shorter while it was read.
    const last = bytesRead < room ? bytesRead : buffer.lastIndexOf(NEWLINE, bytesRead - 1) + 1;
    if (last === 0) continue; // One line longer than the room.
    const first = atStart ? 0 : buffer.indexOf(NEWLINE) + 1;
    const bytes = buffer.subarray(first, Math.max(first, last));
    if (isUtf8(bytes)) return bytes;
    throw new UserError("DATASET_UNREADABLE", `${shown} is not UTF-8: there are other bytes between byte ${at + 1} and byte ${at + last}.`, "It is probably in an older encoding such as Windows-1252; save it as UTF-8.");
  }
};

const buffers = new WeakMap<FileHandle, Buffer>();
/** One for each file: blocks come one after the other, and so many new ones would pile up until they are collected. */
const bufferFor = (file: FileHandle, size: number): Buffer => {
  let buffer = buffers.get(file);
  if (!buffer || buffer.length < size) buffers.set(file, buffer = Buffer.allocUnsafeSlow(size));
  return buffer;
};
