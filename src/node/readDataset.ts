/** Owns reading a dataset's text from disk: UTF-8 with nothing changed, unpacked where it is gzipped, or one coded error that says what the file is instead. */
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { promisify } from "node:util";
import { type Mapping } from "../core/data/formats/mapping";
import { type FoundMapping } from "../core/data/formats/mappingSources";
import { type ParseOptions } from "../core/data/parse";
import { UserError } from "../core/errors";
import { isParquetFile } from "./parquet/isParquet";

/** Larger files do not fit into one string (V8 ends at 512 MiB of characters). */
export const MOST_BYTES = 500 * 2 ** 20;

/** What files begin with that are no text, and what to do about each. */
const SIGNATURES: readonly { readonly bytes: readonly number[]; readonly name: string; readonly next: (shown: string) => string }[] = [
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], name: "zstd-compressed", next: (shown) => `Unpack it first: \`zstd -d ${shown}\`.` },
  { bytes: [0x50, 0x4b, 0x03, 0x04], name: "a zip archive", next: (shown) => `Unpack it first: \`unzip ${shown}\`.` },
  { bytes: [0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], name: "an Arrow file", next: () => "Export it as JSONL, for example with datasets: `dataset.to_json(\"rows.jsonl\")`." },
  { bytes: [0xff, 0xfe], name: "UTF-16 text", next: () => "Save it as UTF-8." },
  { bytes: [0xfe, 0xff], name: "UTF-16 text", next: () => "Save it as UTF-8." },
];

const GZIP = [0x1f, 0x8b];
const startsWith = (bytes: Buffer, signature: readonly number[]): boolean => signature.every((byte, index) => bytes[index] === byte);

export interface DatasetFile {
  readonly text: string;
  /** What the parser must know beside the text: the file's name, and what a dataset_info.json beside it says of its columns. */
  readonly options: Pick<ParseOptions, "file" | "mapping">;
  /** Whether the file holds the text compressed or as columns (gzip, Parquet), so that it cannot be mended in place. */
  readonly packed: boolean;
  /** What a Parquet file holds and JSON cannot, in sentences. */
  readonly notes?: readonly string[];
}

/** A dataset with all that its parse depends on. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, CONFIG_INVALID for a dataset_info.json that cannot be used. */
export const readDatasetFile = async (path: string, shown = path): Promise<DatasetFile> => {
  const read = await isParquetFile(path) ? await readColumns(path, shown) : await readText(path, shown);
  return { ...read, options: await datasetOptions(path, shown) };
};

/** The same without the text. Throws CONFIG_INVALID. */
export const datasetOptions = async (path: string, shown: string): Promise<DatasetFile["options"]> => {
  const mapping = await readMapping(path, shown);
  return { file: basename(path), ...(mapping ? { mapping } : {}) };
};

/** What describes the dataset's columns: LLaMA-Factory's dataset_info.json in its folder, else the settings of the nearest folder above that describe any. Throws CONFIG_INVALID. */
const readMapping = async (path: string, shown: string): Promise<Mapping | undefined> => {
  const refused = (problem: string, next: string): UserError => new UserError("CONFIG_INVALID", `${shown} cannot be read by its column names. ${problem}`, next);
  const info = await textIfThere(join(dirname(path), DATASET_INFO), shown);
  const beside = info === undefined ? {} : (await mappingSources()).mappingFrom(info, basename(path));
  if (beside.problem !== undefined) throw refused(beside.problem, `Mend ${DATASET_INFO}, or take the dataset's entry out of it.`);
  if (beside.mapping) return beside.mapping;
  const { mapping, problem } = await mappingAbove(resolve(path), shown);
  if (problem !== undefined) throw refused(problem, "Mend the folder's settings, or take the pattern out of them.");
  return mapping;
};

/** Few datasets are described anywhere, and the schema of descriptions takes longer to load than most files to read. */
const mappingSources = () => import("../core/data/formats/mappingSources");

/** A run's own copies are described beside them, as they were when it started: settings that came later do not concern them. */
const COPIES = /[\\/]\.tunesmith[\\/]/;

const mappingAbove = async (path: string, shown: string): Promise<FoundMapping> => {
  for (let folder = dirname(path); !COPIES.test(path);) {
    const text = await textIfThere(join(folder, ".vscode", "settings.json"), shown);
    if (text !== undefined) {
      const { mappingFromSetting, settingIn } = await mappingSources(), setting = settingIn(text);
      if (setting !== undefined) return mappingFromSetting(setting, relative(folder, path).split(sep).join("/"));
    }
    const above = dirname(folder);
    if (above === folder) break;
    folder = above;
  }
  return {};
};

const textIfThere = async (file: string, shown: string): Promise<string | undefined> => {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new UserError("CONFIG_INVALID", `${basename(file)}, which may describe ${shown}, cannot be read (${code ?? String(error)}).`, "Check its permissions, or move it away.", { cause: error });
  }
};

export const DATASET_INFO = "dataset_info.json";

/** The rows of a Parquet file, a line each. */
const readColumns = async (path: string, shown: string): Promise<Pick<DatasetFile, "text" | "packed" | "notes">> => {
  const { parquetText } = await import("./parquet/importRows");
  const read = await parquetText(path, shown, MOST_BYTES);
  if (!read) throw new UserError("DATASET_UNREADABLE", `${shown} holds more than ${MOST_BYTES / 2 ** 20} MiB of rows, and that is what can be read at once.`, `Write them as JSON Lines first: \`tunesmith convert ${shown} rows.jsonl\`.`);
  return { text: read.text, packed: true, notes: read.notes };
};

/** The file's text; a byte order mark stays, for the parser to report. `shown` is the path for messages. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE. */
const readText = async (path: string, shown: string): Promise<{ text: string; packed: boolean }> => {
  const unreadable = (why: string, next: string, cause?: unknown): UserError => new UserError("DATASET_UNREADABLE", `${shown} ${why}`, next, { cause });
  let bytes: Buffer;
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw unreadable("is a folder.", "Name the dataset file in it.");
    if (found.size > MOST_BYTES) throw unreadable(`has ${Math.round(found.size / 2 ** 20)} MiB, and at most ${MOST_BYTES / 2 ** 20} MiB can be read at once.`, "Split it into several files.");
    bytes = await readFile(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") throw new UserError("DATASET_NOT_FOUND", `There is no dataset ${shown}.`, "Check the path; it is taken from the folder that you are in.", { cause });
    if (code === "EACCES" || code === "EPERM") throw unreadable("may not be read by you.", "Check the file's permissions.", cause);
    throw unreadable(`cannot be read (${code ?? String(cause)}).`, "Check the path.", cause);
  }
  const packed = startsWith(bytes, GZIP);
  if (packed) {
    try {
      const { gunzip } = await import("node:zlib");
      bytes = await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw unreadable(`holds more than ${MOST_BYTES / 2 ** 20} MiB when it is unpacked.`, "Split it into several files.", cause);
      throw unreadable("is gzip-compressed and cannot be unpacked: it is damaged or cut off.", "Get it again, or unpack what is left of it with `zcat`.", cause);
    }
  }
  const signature = SIGNATURES.find((candidate) => startsWith(bytes, candidate.bytes));
  if (signature) throw unreadable(`is ${signature.name}, not a text of JSON rows.`, signature.next(shown));
  if (bytes.subarray(0, 8192).includes(0)) throw unreadable("holds NUL bytes, so it is no text.", "Give a JSONL file: one JSON row on each line, in UTF-8.");
  try {
    return { packed, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    const { line, byte } = firstWrongByte(bytes);
    throw unreadable(`is not UTF-8: line ${line} holds the byte 0x${byte.toString(16).toUpperCase()}.`, "It is probably in an older encoding such as Windows-1252; save it as UTF-8.", cause);
  }
};

/** Where the text stops being UTF-8. */
const firstWrongByte = (bytes: Buffer): { line: number; byte: number } => {
  // Decoding byte by byte is slow, so halves are tried: the longest beginning that can be decoded, give or take a cut character.
  const decodes = (end: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch (error) {
      if (error instanceof TypeError) return false;
      throw error;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  // A first byte whose others never came is the wrong one, not what stands after it.
  let wrong = good;
  while (wrong > 0 && good - wrong < 3 && bytes[wrong]! < 0x80 && bytes[wrong - 1]! >= 0x80) wrong--;
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < wrong; at = bytes.indexOf(10, at + 1)) line++;
  return { line, byte: bytes[wrong]! };
};
