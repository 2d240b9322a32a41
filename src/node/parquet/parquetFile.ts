/** Owns reading Parquet files: their columns, and their rows as JSON, one row group in memory at a time. The only module that knows hyparquet. Import only: nothing is written as Parquet. */
import { open, type FileHandle } from "node:fs/promises";
import * as zlib from "node:zlib";
import { parquetMetadata, parquetScan, parquetSchema, type Compressors, type FileMetaData, type SchemaTree } from "hyparquet";
import { decompressLz4, decompressLz4Raw, decompressSnappy, decompressZstd } from "hyparquet-compressors";
import { checkPages } from "../../core/data/parquet/pages";
import { isoDate, isoTime, RowWriter, type ColumnType, type ImportNote } from "../../core/data/parquet/rowJson";
import { ParquetDamage, ThriftReader } from "../../core/data/parquet/thrift";
import { UserError } from "../../core/errors";
import { MAGIC } from "./isParquet";
import { columnsOf, levelsOf } from "./schema";

export interface ParquetFile {
  readonly rows: number;
  /** What the columns have when they are unpacked, as the file says. */
  readonly bytes: number;
  readonly columns: readonly ColumnType[];
  readonly notes: () => readonly ImportNote[];
  /** Rows as lines of JSON, in order; memory is that of one row group. Throws DATASET_UNREADABLE. */
  lines(): AsyncGenerator<{ readonly line: string; readonly row: number }>;
  close(): Promise<void>;
}

const MAGIC_ENCRYPTED = 0x45524150; // "PARE"
/** Of the footer, which describes every column of every row group. */
const MOST_FOOTER = 256 * 2 ** 20;
/** Values of a row group, all columns together; writers make groups of a million rows at most. */
const MOST_VALUES = 2 ** 26;
const MOST_CHUNK = 2 ** 31 - 1;

/** `shown` is the path for messages. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE. */
export const openParquet = async (path: string, shown = path): Promise<ParquetFile> => {
  const file = await open(path).catch((cause: unknown) => { throw new UserError("DATASET_NOT_FOUND", `${shown} cannot be opened (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, "Check the path; it is taken from the folder that you are in.", { cause }); });
  try {
    const { size } = await file.stat();
    const metadata = await guarded(shown, () => readFooter(file, size));
    const { tree, columns } = await guarded(shown, () => ({ tree: parquetSchema(metadata), columns: columnsOf(parquetSchema(metadata)) }));
    await guarded(shown, () => checkGroups(metadata, tree, size));
    const writer = new RowWriter(columns);
    return {
      rows: Number(metadata.num_rows), columns, notes: () => writer.notes, close: () => file.close(),
      bytes: metadata.row_groups.reduce((sum, group) => sum + group.columns.reduce((all, { meta_data }) => all + Number(meta_data!.total_uncompressed_size), 0), 0),
      async *lines() {
        for (let group = 0, first = 0; group < metadata.row_groups.length; group++) {
          const rows = Number(metadata.row_groups[group]!.num_rows);
          const values = await guarded(shown, () => readGroup(file, metadata, tree, group, first, writer.names));
          for (let row = 0; row < rows; row++) {
            yield { row: first + row, line: await guardedNow(shown, () => writer.row((column) => values.get(column)?.[row])) };
          }
          first += rows;
        }
      },
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

const readFooter = async (file: FileHandle, size: number): Promise<FileMetaData> => {
  if (size < 12) throw new ParquetDamage("it is too short.");
  const tail = new DataView((await bytesOf(file, size - 8, 8)).buffer);
  const magic = tail.getUint32(4, true), length = tail.getUint32(0, true);
  if (magic === MAGIC_ENCRYPTED) throw new ParquetDamage("its footer is encrypted.");
  if (magic !== MAGIC) throw new ParquetDamage("its end, where the columns are described, is missing. Was it cut off?");
  if (length > size - 12) throw new ParquetDamage(`its footer says that it has ${length} bytes, more than the file.`);
  if (length > MOST_FOOTER) throw new ParquetDamage(`its footer has ${length} bytes.`);
  const footer = await bytesOf(file, size - 8 - length, length + 8);
  new ThriftReader(footer, 0, length).struct();
  const metadata = parquetMetadata(footer, { parsers, geoparquet: false });
  // The library makes floating-point numbers of decimals; without this mark it leaves their digits to us.
  for (const element of metadata.schema) {
    if (element.converted_type !== "DECIMAL") continue;
    element.logical_type ??= { type: "DECIMAL", scale: element.scale ?? 0, precision: element.precision ?? 0 };
    delete element.converted_type;
  }
  return metadata;
};

const checkGroups = ({ row_groups: groups, num_rows: rows }: FileMetaData, tree: SchemaTree, size: number): void => {
  const counted = groups.reduce((sum, group) => sum + Number(group.num_rows), 0);
  if (!(Number(rows) >= 0) || counted !== Number(rows) || groups.some((group) => !(Number(group.num_rows) >= 0))) throw new ParquetDamage(`it says that it has ${String(rows)} rows, and its parts have ${counted}.`);
  for (const { columns, num_rows: groupRows } of groups) {
    let values = Number(groupRows) * tree.children.length;
    for (const { meta_data: meta, file_path: elsewhere } of columns) {
      if (!meta || elsewhere !== undefined) throw new ParquetDamage("its columns lie in other files.");
      const { start, end } = rangeOf(meta);
      if (!(start >= 4 && end >= start && end <= size && end - start <= MOST_CHUNK)) throw new ParquetDamage(`the column ${meta.path_in_schema.join(".")} lies outside of the file.`);
      if (!(Number(meta.num_values) >= 0)) throw new ParquetDamage(`the column ${meta.path_in_schema.join(".")} has a wrong count of values.`);
      values += Number(meta.num_values);
    }
    if (values > MOST_VALUES) throw new ParquetDamage(`a row group says that it has ${values.toLocaleString("en-US")} values; at most ${MOST_VALUES.toLocaleString("en-US")} can be read at once. Write it again with smaller row groups.`);
  }
};

type ColumnMeta = NonNullable<FileMetaData["row_groups"][number]["columns"][number]["meta_data"]>;
const rangeOf = ({ dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: length }: ColumnMeta): { start: number; end: number } => {
  const start = Number(dictionary || data);
  return { start, end: start + Number(length) };
};

const readGroup = async (file: FileHandle, metadata: FileMetaData, tree: SchemaTree, group: number, rowStart: number, names: readonly string[]): Promise<Map<string, ArrayLike<unknown>>> => {
  const { columns, num_rows: count } = metadata.row_groups[group]!;
  const rowEnd = rowStart + Number(count), values = new Map<string, ArrayLike<unknown>>();
  if (rowEnd === rowStart) return values;
  const slice = async (start: number, end = start): Promise<ArrayBuffer> => (await bytesOf(file, start, end - start)).buffer;
  const scan = await parquetScan({ file: { byteLength: (await file.stat()).size, slice }, metadata, rowStart, rowEnd, compressors, parsers, utf8: false, useOffsetIndex: false });
  for (const column of names) {
    for (const { meta_data: meta } of columns.filter((one) => one.meta_data!.path_in_schema[0] === column)) {
      const { start, end } = rangeOf(meta!);
      const chunk = new Uint8Array(await slice(start, end));
      const decompress = meta!.codec === "UNCOMPRESSED" ? undefined : compressors[meta!.codec];
      if (meta!.codec !== "UNCOMPRESSED" && !decompress) throw new ParquetDamage(`it is compressed with ${meta!.codec}, which is not known here. Write it again with zstd or snappy.`);
      checkPages(chunk, { values: Number(meta!.num_values), decompress, ...levelsOf(tree, meta!.path_in_schema) });
    }
    const data = await scan.readColumn({ column, rowStart, rowEnd });
    if (data.length !== rowEnd - rowStart) throw new ParquetDamage(`the column ${column} has ${data.length} of ${rowEnd - rowStart} values.`);
    values.set(column, data);
  }
  return values;
};

const bytesOf = async (file: FileHandle, start: number, length: number): Promise<Uint8Array<ArrayBuffer>> => {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new ParquetDamage("it ends too early.");
    filled += bytesRead;
  }
  return bytes;
};

/** Bounded by what a page says of itself: a few bytes must not become gigabytes. Node has zstd from version 22.15 on. */
const bounded = (unpack: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array) => (bytes: Uint8Array, length: number): Uint8Array => {
  const page = unpack(bytes, { maxOutputLength: Math.max(1, length) });
  return new Uint8Array(page.buffer, page.byteOffset, page.byteLength);
};
const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array };
const compressors: Compressors = {
  SNAPPY: decompressSnappy, LZ4: decompressLz4, LZ4_RAW: decompressLz4Raw, GZIP: bounded(zlib.gunzipSync), BROTLI: bounded(zlib.brotliDecompressSync),
  ZSTD: zstdDecompressSync ? bounded(zstdDecompressSync) : (bytes, length) => decompressZstd(bytes, new Uint8Array(length)),
};

const text = new TextDecoder();
/** They are asked for the smallest and largest values in the footer too, and must never throw. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => isoTime(value, 3), timestampFromMicroseconds: (value: bigint) => isoTime(value, 6), timestampFromNanoseconds: (value: bigint) => isoTime(value, 9),
  dateFromDays: isoDate, stringFromBytes: (bytes: Uint8Array) => text.decode(bytes),
  jsonFromBytes: (bytes: Uint8Array): unknown => {
    const written = text.decode(bytes);
    try {
      return JSON.parse(written) as unknown;
    } catch (error) {
      if (error instanceof SyntaxError) return written;
      throw error;
    }
  },
};

const guarded = async <T>(shown: string, work: () => Promise<T> | T): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    throw damaged(shown, cause);
  }
};
const guardedNow = <T>(shown: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    throw damaged(shown, cause);
  }
};

/** Whatever the library trips over lies in the file: it is given nothing else. */
const damaged = (shown: string, cause: unknown): UserError => {
  if (cause instanceof UserError) return cause;
  const why = cause instanceof ParquetDamage ? cause.message : `its bytes are not what they should be (${cause instanceof Error ? cause.message : String(cause)}).`;
  return new UserError("DATASET_UNREADABLE", `${shown} cannot be read as Parquet: ${why}`, "Get the file again, or write it again with pandas or datasets.", { cause });
};
