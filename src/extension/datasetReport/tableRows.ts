/** The rows of a table with unsaved edits as a file of their own, for a report to count; and which of them a line of it is. Nothing is read into memory. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TableDocument } from "../table/tableDocument";

export interface TableRows {
  readonly path: string;
  /** Lines of the file on disk that stand where these lines of the copy come from; ascending, from 0. */
  readonly linesOnDisk: (lines: readonly number[]) => number[];
  readonly remove: () => Promise<void>;
}

/** Throws as `TableFile.saveTo`. */
export const copyTable = async (document: TableDocument, signal: AbortSignal): Promise<TableRows> => {
  const { table } = document;
  await table.indexed;
  const folder = await mkdtemp(join(tmpdir(), "tunesmith-rows-")), path = join(folder, "rows.jsonl");
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const rows = table.liveRows();
  try {
    await table.saveTo(path, { signal });
  } catch (error) {
    await remove();
    throw error;
  }
  // Deleted rows have no line any more, and a row that was opened anew is another.
  const lineOf = (line: number): number => table.lineOnDisk(rows ? rows[line]! : line);
  return { path, remove, linesOnDisk: (lines) => document.table === table ? [...new Set(lines.map(lineOf))].sort((a, b) => a - b) : [...lines] };
};
