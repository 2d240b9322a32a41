/** Owns bringing Parquet files in as JSON: as a text for whoever reads datasets, or row group by row group into a file. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { told, type ImportNote } from "../../core/data/parquet/rowJson";
import { UserError } from "../../core/errors";
import { replaceFile } from "../files";
import { openParquet } from "./parquetFile";

/** `train-00001-of-00004.parquet`: the Hub's name for the second of four parts. */
const SHARD = /^(.*?)-(\d{4,6})-of-(\d{4,6})(\..+)?$/;

/** Which part of how many a file is, by its name; undefined where it is no part. */
export const shardOf = (path: string): { readonly number: number; readonly of: number } | undefined => {
  const match = SHARD.exec(basename(path));
  return match && Number(match[3]) > 1 ? { number: Number(match[2]) + 1, of: Number(match[3]) } : undefined;
};

/** All parts of the set that a file belongs to, in order; the file alone where it is no part. Throws DATASET_NOT_FOUND where parts are missing. */
export const shardsOf = async (path: string): Promise<string[]> => {
  const match = SHARD.exec(basename(path));
  if (!match) return [path];
  const [, stem = "", , total = "0", ending = ""] = match, there = new Set(await readdir(dirname(path)));
  // Names are asked for one by one: a name that says 999999 must not make a list as long.
  const names = [...there].filter((name) => { const other = SHARD.exec(name); return other?.[1] === stem && other[3] === total && (other[4] ?? "") === ending; }).sort();
  if (names.length !== Number(total)) throw new UserError("DATASET_NOT_FOUND", `Only ${names.length} of the ${Number(total)} parts of ${stem}-…-of-${total}${ending} are in its folder.`, "Get the missing ones, or read this part alone.");
  return names.map((name) => join(dirname(path), name));
};

/** Characters that are put together before they are kept or written. */
const AT_ONCE = 2 ** 20;

/** Rows as text, a line each, of at most `most` characters; undefined beyond that. `notes`: what JSON cannot hold, in sentences. Throws DATASET_UNREADABLE. */
export const parquetText = async (path: string, shown: string, most: number): Promise<{ readonly text: string; readonly notes: readonly string[] } | undefined> => {
  const file = await openParquet(path, shown);
  try {
    const parts: string[] = [];
    let [length, part] = [0, ""];
    for await (const { line } of file.lines()) {
      if ((length += line.length + 1) > most) return undefined;
      part += `${line}\n`;
      if (part.length < AT_ONCE) continue;
      parts.push(part);
      part = "";
    }
    return { text: parts.join("") + part, notes: file.notes().map(told) };
  } finally {
    await file.close();
  }
};

export interface Imported {
  readonly rows: number;
  readonly written: boolean;
  /** What JSON cannot hold and is left out; without `force` nothing is written then. */
  readonly losses: readonly { readonly what: string; readonly records: number }[];
  /** What is worth knowing and no loss, in sentences. */
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Write although something is left out. */
  readonly force: boolean;
  /** A JSON array instead of a row a line. */
  readonly array?: boolean;
  /** Called now and then with the share that is done; lets others run, and throws where the work was cancelled. */
  readonly turn?: (done: number) => Promise<void>;
}

const ROWS_A_TURN = 1000;

class Unwritten extends UserError {}

/** The rows of all files, in order, in one new file, which is whole or absent. Throws DATASET_*, DISK_FULL, WRITE_FAILED, and what `turn` throws. */
export const importParquet = async (paths: readonly string[], to: string, { force, array = false, turn = async () => {} }: ImportOptions): Promise<Imported> => {
  let rows = 0;
  const found: ImportNote[] = [];
  const lost = (): ImportNote[] => found.filter(({ what }) => what === "bytes" || what === "not-finite");
  const imported = (written: boolean): Imported => ({ rows, written, losses: lost().map((note) => ({ what: told(note), records: note.count })), notes: found.filter((note) => !lost().includes(note)).map(told) });
  try {
    await replaceFile(to, async (target) => {
      let part = "";
      for (const [index, path] of paths.entries()) {
        const file = await openParquet(path, basename(path));
        try {
          for await (const { line, row } of file.lines()) {
            part += array ? `${rows === 0 ? "[\n" : ",\n"}${line}` : `${line}\n`;
            rows++;
            if (part.length > AT_ONCE) {
              await target.writeFile(part);
              part = "";
            }
            if (row % ROWS_A_TURN === 0) await turn((index + row / file.rows) / paths.length);
          }
          for (const note of file.notes()) {
            const known = found.find(({ column, what }) => column === note.column && what === note.what);
            if (known) known.count += note.count;
            else found.push({ ...note });
          }
        } finally {
          await file.close();
        }
      }
      await target.writeFile(array ? `${part}${rows === 0 ? "[" : ""}\n]\n` : part);
    }, async () => { if (!force && lost().length > 0) throw new Unwritten("BAD_ARGUMENT", "Something would be left out.", "Say that it may be."); });
  } catch (error) {
    if (!(error instanceof Unwritten)) throw error;
    return imported(false);
  }
  return imported(true);
};
