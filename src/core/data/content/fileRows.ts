/** Owns the port through which a file's rows come to be compared, block by block, so that a file larger than memory can be; and its form for a text at hand. */
import { type ParsedDataset, type ParsedRows } from "../parse";
import { type DatasetRecord } from "../record";

/** Whole rows of the file, in order. */
export interface Block {
  readonly parsed: ParsedRows;
  /** Number of the block's first line in the file. */
  readonly firstLine: number;
  /** Share of the file that is read with this block. */
  readonly done: number;
}

export interface FileRows {
  /** Some rows from all over the file: what they share is the file's. */
  sample(): AsyncIterable<DatasetRecord>;
  /** Every row, once. Asking again begins anew. */
  blocks(): AsyncIterable<Block>;
  /** A record read again: the `number`th (from 0) of its line. */
  again(line: number, number: number): Promise<DatasetRecord | undefined>;
}

/** Rows that are looked at to learn what a file shares. */
export const SAMPLED = 4000;

export const rowsOfParsed = (parsed: ParsedDataset): FileRows => {
  const firstOfLine = new Map<number, number>();
  parsed.records.forEach(({ line }, index) => { if (!firstOfLine.has(line)) firstOfLine.set(line, index); });
  return rowsOf(parsed, firstOfLine);
};

const rowsOf = (parsed: ParsedDataset, firstOfLine: ReadonlyMap<number, number>): FileRows => ({
  async *sample() {
    const step = Math.max(1, Math.floor(parsed.records.length / SAMPLED));
    for (let index = 0; index < parsed.records.length; index += step) yield parsed.records[index]!;
  },
  async *blocks() { yield { parsed, firstLine: 0, done: 1 }; },
  again: async (line, number) => parsed.records[(firstOfLine.get(line) ?? NaN) + number],
});
