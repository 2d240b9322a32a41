/** Adds rows to the end of an evaluation file, whole or not at all, and can take them back as long as the source has not let go of them. */
import { readFile, rm } from "node:fs/promises";
import { basename } from "node:path";
import { lineBreakOf } from "../core/data/rows/lines";
import { UserError } from "../core/errors";
import { writeFileAtomic } from "../node/files";

export interface ExtractedRows { readonly header: string | undefined; readonly lines: readonly string[] }

/** Answers what takes them back. Throws BAD_ARGUMENT where the file's columns are others, DATASET_UNREADABLE, DISK_FULL, WRITE_FAILED. */
export const addToEvaluation = async (path: string, { header, lines }: ExtractedRows): Promise<() => Promise<void>> => {
  const isTable = /\.(csv|tsv)$/i.test(path);
  if (isTable !== (header !== undefined) && !/\.tsv$/i.test(path)) throw new UserError("BAD_ARGUMENT", `${basename(path)} is no file for these rows.`, header === undefined ? "Choose a .jsonl file." : "Choose a file of the same kind as the dataset's.");
  const before = await textOf(path);
  const lineBreak = before === undefined || before === "" ? "\n" : lineBreakOf(before);
  const known = before?.replace(/^\ufeff/, "").split(/\r\n|\n|\r/, 1)[0];
  if (header !== undefined && known !== undefined && known.trim() !== "" && known !== header) throw new UserError("BAD_ARGUMENT", `${basename(path)} has other columns than these rows.`, "Choose another file, or convert the dataset first.");
  const rows = [...(header !== undefined && (known ?? "").trim() === "" ? [header] : []), ...lines].map((row) => row + lineBreak).join("");
  await writeFileAtomic(path, (before ?? "") + (before && !/[\r\n]$/.test(before) ? lineBreak : "") + rows);
  return async () => {
    if (before === undefined) await rm(path);
    else await writeFileAtomic(path, before);
  };
};

const textOf = async (path: string): Promise<string | undefined> => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new UserError("DATASET_UNREADABLE", `${basename(path)} cannot be read (${code ?? "it is not UTF-8"}).`, "Choose another file.", { cause });
  }
};
