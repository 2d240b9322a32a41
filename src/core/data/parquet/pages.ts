/** Owns the look at a column's pages before the library reads them: counts that the bytes cannot hold would otherwise take all of the memory. */
import { ParquetDamage, ThriftReader, type ThriftFields } from "./thrift";

export interface ColumnChunk {
  /** Values that the footer says the chunk has, nulls included. */
  readonly values: number;
  /** Highest definition and repetition level. */
  readonly definition: number;
  readonly repetition: number;
  /** The bytes of a page; undefined where they are not compressed. */
  readonly decompress: ((bytes: Uint8Array, length: number) => Uint8Array) | undefined;
}

/** Pages have some 10,000 values, and a million bytes. */
const MOST_VALUES = 2 ** 24;
const MOST_BYTES = 2 ** 30;
/** Runs of packed numbers may be filled up at their end. */
const PADDING = 512;

/** Numbers of fields and types in parquet.thrift. */
const PAGE = { type: 1, uncompressed: 2, compressed: 3, v1: 5, dictionary: 7, v2: 8 } as const;
const TYPES = { data: 0, index: 1, dictionary: 2, dataV2: 3 } as const;
const DICTIONARY_ENCODINGS: readonly (number | undefined)[] = [2, 8];

/** Throws ParquetDamage where a page of the chunk cannot be read within its own counts. */
export const checkPages = (chunk: Uint8Array, column: ColumnChunk): void => {
  let seen = 0;
  for (let at = 0; at < chunk.length - 1;) {
    const reader = new ThriftReader(chunk, at), page = reader.struct();
    const size = whole(page, PAGE.compressed), unpacked = whole(page, PAGE.uncompressed), type = page.numbers.get(PAGE.type);
    if (size > chunk.length - reader.at) throw new ParquetDamage("a page ends after its column.");
    if (unpacked > MOST_BYTES) throw new ParquetDamage(`a page says that it has ${unpacked} bytes.`);
    const bytes = chunk.subarray(reader.at, reader.at + size);
    at = reader.at + size;
    if (type === TYPES.dictionary) {
      const head = page.structs.get(PAGE.dictionary);
      if (!head || whole(head, 1) > MOST_VALUES) throw new ParquetDamage("a dictionary has no sensible size.");
      continue;
    }
    if (type === TYPES.index) continue;
    const head = page.structs.get(type === TYPES.data ? PAGE.v1 : PAGE.v2);
    if (!head) throw new ParquetDamage("a page has no head.");
    const values = whole(head, 1);
    if (values > MOST_VALUES || seen + values > column.values) throw new ParquetDamage(`a page says that it has ${values} values, more than its column.`);
    seen += values;
    if (type === TYPES.data) checkData(bytes, unpacked, values, head.numbers.get(2), column);
    else checkDataV2(bytes, unpacked, values, head, column);
  }
};

const checkData = (bytes: Uint8Array, length: number, values: number, encoding: number | undefined, column: ColumnChunk): void => {
  const page = unpackedOf(bytes, length, column);
  let at = 0;
  for (const level of [column.repetition, column.definition]) {
    if (level === 0) continue;
    if (at + 4 > page.length) throw new ParquetDamage("a page is too short for its levels.");
    const size = new DataView(page.buffer, page.byteOffset + at, 4).getUint32(0, true);
    if (size > page.length - at - 4) throw new ParquetDamage("the levels of a page end after it.");
    checkRuns(page.subarray(at + 4, at + 4 + size), widthOf(level), values);
    at += 4 + size;
  }
  checkValues(page.subarray(at), values, encoding);
};

const checkDataV2 = (bytes: Uint8Array, length: number, values: number, head: ThriftFields, column: ColumnChunk): void => {
  const nulls = whole(head, 2), rows = whole(head, 3), [definition, repetition] = [whole(head, 5), whole(head, 6)];
  if (nulls > values || rows > values) throw new ParquetDamage("a page has more nulls or rows than values.");
  if (definition + repetition > bytes.length || definition + repetition > length) throw new ParquetDamage("the levels of a page end after it.");
  if (column.repetition > 0) checkRuns(bytes.subarray(0, repetition), widthOf(column.repetition), values);
  if (column.definition > 0) checkRuns(bytes.subarray(repetition, repetition + definition), widthOf(column.definition), values);
  const rest = bytes.subarray(repetition + definition);
  const packed = head.flags.get(7) ?? true;
  checkValues(packed ? unpackedOf(rest, length - definition - repetition, column) : rest, values, head.numbers.get(4));
};

const unpackedOf = (bytes: Uint8Array, length: number, { decompress }: ColumnChunk): Uint8Array => {
  const page = decompress ? decompress(bytes, length) : bytes;
  if (page.length !== length) throw new ParquetDamage(`a page has ${page.length} bytes and should have ${length}.`);
  return page;
};

/** Values written as places in the dictionary are packed as the levels are. */
const checkValues = (bytes: Uint8Array, values: number, encoding: number | undefined): void => {
  if (!DICTIONARY_ENCODINGS.includes(encoding) || bytes.length === 0 || values === 0) return;
  const width = bytes[0]!;
  if (width > 32) throw new ParquetDamage(`places in a dictionary have ${width} bits.`);
  if (width > 0) checkRuns(bytes.subarray(1), width, values);
};

const widthOf = (level: number): number => 32 - Math.clz32(level);

/** Runs and packed groups of numbers: none may say that it goes on for longer than the page. */
const checkRuns = (bytes: Uint8Array, width: number, values: number): void => {
  const most = values + PADDING;
  for (let at = 0, seen = 0; at < bytes.length && seen < values;) {
    let head = 0;
    for (let scale = 1, byte = 128; byte >= 128; scale *= 128) {
      if (at >= bytes.length) return;
      byte = bytes[at++]!;
      head += (byte & 127) * scale;
      if (head > most * 2 + 16) throw new ParquetDamage("a run is longer than its page.");
    }
    const packed = head % 2 === 1, half = Math.floor(head / 2), count = packed ? half * 8 : half;
    if (count > most) throw new ParquetDamage("a run is longer than its page.");
    at += packed ? half * width : Math.ceil(width / 8);
    seen += count;
  }
};

const whole = (fields: ThriftFields, field: number): number => {
  const value = fields.numbers.get(field) ?? 0;
  if (!(value >= 0)) throw new ParquetDamage(`a page has a count of ${value}.`);
  return value;
};
