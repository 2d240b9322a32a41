/** Owns reading a dataset's rows for whole-file analysis: a small file as one text, a large JSON Lines or Parquet file block by block in bounded memory. */
import { mkdtemp, open, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rowsOfParsed, SAMPLED, type Block, type FileRows } from "../core/data/content/fileRows";
import { containerOf } from "../core/data/rows/container";
import { parseDataset, type ParseOptions } from "../core/data/parse";
import { type DatasetRecord } from "../core/data/record";
import { doubled } from "../core/doubled";
import { UserError } from "../core/errors";
import { importParquet, isParquetFile } from "./parquet/importRows";
import { openParquet } from "./parquet/parquetFile";
import { datasetOptions, readDatasetFile } from "./readDataset";

/** Files up to this are read whole; larger ones in blocks. */
export const WHOLE_BYTES = 48 * 2 ** 20;
const BLOCK_BYTES = 2 ** 20;
const [SAMPLES, SAMPLE_BYTES] = [32, 128 * 1024];
const KEPT = 512;
const NEWLINE = 10;

export interface OpenRows extends FileRows {
  readonly bytes: number;
  /** Whether it is read in blocks, so that what the parser says of a whole file (twins, columns) is said of a block only. */
  readonly inBlocks: boolean;
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
    await importParquet([path], lines, { force: true });
    const rows = await openLines(lines, shown, { ...options, wholeBytes: 0 });
    return { ...rows, close: async () => { await rows.close(); await remove(); } };
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
  return { ...rowsOfParsed(parseDataset(text, options)), bytes: text.length, inBlocks: false, close: async () => {} };
};

const openLines = async (path: string, shown: string, options: RowsOptions): Promise<OpenRows> => {
  const bytes = await stat(path).then((found) => found.isFile() ? found.size : 0, () => 0);
  if (bytes > (options.wholeBytes ?? WHOLE_BYTES) && isLineByLine(path)) {
    const file = await open(path);
    let known = false;
    try {
      const { format } = parseDataset((await textOf(file, 0, Math.min(bytes, options.blockBytes ?? BLOCK_BYTES), shown, true)).text, options);
      // Messages that make a thread together may stand anywhere in the file.
      known = format !== undefined && format !== "oasst-messages";
      if (known) return inBlocks(file, bytes, shown, options);
    } finally {
      if (!known) await file.close();
    }
  }
  return { ...rowsOfParsed(parseDataset((await readDatasetFile(path, shown)).text, options)), bytes, inBlocks: false, close: async () => {} };
};

const inBlocks = (file: FileHandle, bytes: number, shown: string, options: RowsOptions): OpenRows => {
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
    async *sample() {
      for (let number = 0; number < SAMPLES; number++) {
        const { text } = await textOf(file, Math.floor(number * Math.max(0, bytes - SAMPLE_BYTES) / (SAMPLES - 1)), SAMPLE_BYTES, shown, number === 0);
        yield* parseDataset(text, options).records.slice(0, SAMPLED / SAMPLES);
      }
    },
    async *blocks(): AsyncGenerator<Block> {
      for (let [at, firstLine] = [0, 0]; at < bytes;) {
        const { text, read } = await textOf(file, at, options.blockBytes ?? BLOCK_BYTES, shown, true);
        if (read === 0) return;
        const parsed = parseDataset(text, options);
        let from = at;
        for (const line of parsed.lines) {
          start(firstLine + line.number, from);
          from += Buffer.byteLength(line.text) + ((parsed.lines[line.number + 1]?.start ?? text.length) - line.end);
        }
        at += read;
        // The text ends with a line break, after which its last, empty line is the next block's first.
        const lines = text.endsWith("\n") ? parsed.lines.length - 1 : parsed.lines.length;
        yield { parsed, firstLine, done: at / bytes };
        firstLine += lines;
        start(firstLine, at);
      }
    },
    async again(line, number) {
      if (line >= known) return undefined;
      let records = kept.get(line);
      if (!records) {
        const length = starts[line + 1]! - starts[line]!;
        const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, starts[line]!);
        records = parseDataset(buffer.toString("utf8", 0, bytesRead), options).records.map((record) => ({ ...record, line }));
        if (kept.size >= KEPT) kept.delete(kept.keys().next().value!);
        kept.set(line, records);
      }
      return records[number];
    },
  };
};

/** Whole lines from `at` on, about `size` bytes; `atStart` where a line begins there, else the rest of a line is left out. */
const textOf = async (file: FileHandle, at: number, size: number, shown: string, atStart: boolean): Promise<{ text: string; read: number }> => {
  for (let room = size; ; room *= 2) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(room), 0, room, at);
    if (bytesRead === 0) return { text: "", read: 0 }; // Made shorter while it was read.
    const last = bytesRead < room ? bytesRead : buffer.lastIndexOf(NEWLINE, bytesRead - 1) + 1;
    if (last === 0) continue; // One line longer than the room.
    const first = atStart ? 0 : buffer.indexOf(NEWLINE) + 1;
    try {
      return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(buffer.subarray(first, Math.max(first, last))), read: last };
    } catch (cause) {
      throw new UserError("DATASET_UNREADABLE", `${shown} is not UTF-8: there are other bytes between byte ${at + 1} and byte ${at + last}.`, "It is probably in an older encoding such as Windows-1252; save it as UTF-8.", { cause });
    }
  }
};
