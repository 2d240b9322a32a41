/** `tunesmith convert`: a dataset in another format, or the rows of a Parquet file as they are. What cannot be held is listed before anything is written. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { containerOf } from "../core/data/rows/container";
import { convertDataset, targets, type Conversion } from "../core/data/convert/convert";
import { writeRows } from "../core/data/convert/write";
import { titleOf } from "../core/data/formats/formats";
import { mappingFromWords } from "../core/data/formats/mappingSources";
import { parseDataset } from "../core/data/parse";
import { UserError } from "../core/errors";
import { writeFileAtomic } from "../node/files";
import { importParquet, shardOf, shardsOf } from "../node/parquet/importRows";
import { isParquetFile } from "../node/parquet/isParquet";
import { readDatasetFile } from "../node/readDataset";
import { counted, paintFor, printJson } from "./output";

export interface ConvertOptions {
  /** Left out for a Parquet file whose rows are written as they are. */
  readonly to?: string;
  readonly output?: string;
  /** What the dataset's columns are called: `prompt=ticket,response=reply`. */
  readonly columns?: string;
  /** Every part of a set of Parquet files of which one is named. */
  readonly shards?: boolean;
  /** Write although something is lost, or the file is there already. */
  readonly force?: boolean;
  readonly json?: boolean;
}

/** 0: written; 1: something would be lost, so nothing was. Throws BAD_ARGUMENT, DATASET_NOT_FOUND, DATASET_UNREADABLE, DATASET_NO_USABLE_ROW, CONFIG_INVALID, DISK_FULL, WRITE_FAILED. */
export const convert = async (file: string, place: string | undefined, { to, output: asked, columns, shards = false, force = false, json = false }: ConvertOptions): Promise<number> => {
  if ((place === undefined) === (asked === undefined)) throw new UserError("BAD_ARGUMENT", place === undefined ? "There is no name for the new file." : "The new file has two names.", "Give one: `tunesmith convert FILE --to NAME -o OUT`.");
  const output = place ?? asked!;
  const target = targets.find(({ name }) => name === to);
  if (to !== undefined && !target) throw new UserError("BAD_ARGUMENT", `There is no format "${to}" to convert to.`, `Formats that can be written are ${targets.map(({ name }) => name).join(", ")}.`);
  const container = containerOf(output);
  if (container === "tsv" || output.endsWith(".gz")) throw new UserError("BAD_ARGUMENT", `${output} would not hold line breaks, or would be compressed.`, "Name the output .jsonl, .json or .csv.");
  if (container === "csv" && !target?.flat) throw new UserError("BAD_ARGUMENT", `Rows ${target ? `of ${titleOf(target.name)}` : "of columns"} hold lists, which a table cannot.`, "Name the output .jsonl or .json.");
  if (resolve(file) === resolve(output)) throw new UserError("BAD_ARGUMENT", "The output would take the place of the dataset itself.", "Give -o another name.");
  if (!force && await stat(output).then(() => true, () => false)) throw new UserError("BAD_ARGUMENT", `${output} is there already.`, "Give -o another name, or --force to write over it.");
  if (target && shards) throw new UserError("BAD_ARGUMENT", "--shards and --to do not go together.", "Bring all parts into one file first, then convert that.");
  if (!target && columns !== undefined) throw new UserError("BAD_ARGUMENT", "--columns without --to changes nothing.", "Say with --to which format the rows become.");
  if (!target) return importRows(file, output, { shards, force, json, array: container === "json" });
  const { text, options } = await readDatasetFile(resolve(file), file);
  const parsed = parseDataset(text, { ...options, ...(columns !== undefined && { mapping: mappingFromWords(columns) }) });
  if (parsed.usable === 0) throw new UserError("DATASET_NO_USABLE_ROW", `${file} has no row that can be converted. ${parsed.formatReason}`, `\`tunesmith check ${file}\` lists every problem.`);
  const conversion = convertDataset(parsed, target.name);
  const written = conversion.rows.length > 0 && (force || conversion.losses.length === 0);
  if (!json) process.stderr.write(`${titleOf(parsed.format!)} to ${titleOf(target.name)}. ${parsed.formatReason}\n${lossList(conversion, paintFor(process.stderr).yellow)}`);
  if (written) await writeFileAtomic(resolve(output), writeRows(conversion.rows, container));
  if (json) printJson({ file, format: parsed.format, to: target.name, output, rows: conversion.rows.length, written, losses: conversion.losses.map(({ line, ...loss }) => ({ ...loss, line: line + 1 })) });
  else process.stderr.write(written ? `Wrote ${counted(conversion.rows.length, "row")} to ${output}.\n`
    : conversion.rows.length === 0 ? "Nothing was written: no row can be held by that format.\n" : `Nothing was written. Add --force to write ${counted(conversion.rows.length, "row")} without what is lost.\n`);
  return written ? 0 : 1;
};

/** The rows of a Parquet file as they are, one row group in memory at a time. */
const importRows = async (file: string, output: string, { shards, force, json, array }: { shards: boolean; force: boolean; json: boolean; array: boolean }): Promise<number> => {
  if (!await isParquetFile(resolve(file))) {
    // A file that is not there is told as everywhere.
    await readDatasetFile(resolve(file), file);
    throw new UserError("BAD_ARGUMENT", `${file} needs a format to be converted to; only Parquet files are written as they are.`, `Give --to and one of ${targets.map(({ name }) => name).join(", ")}.`);
  }
  const files = shards ? await shardsOf(resolve(file)) : [resolve(file)], shard = shardOf(file), paint = paintFor(process.stderr);
  const { rows, written, losses, notes } = await importParquet(files, resolve(output), { force, array });
  if (json) {
    printJson({ file, files: files.length, format: "parquet", to: null, output, rows, written, losses: losses.map((loss) => ({ ...loss, leavesOut: false, line: null })), notes });
    return written ? 0 : 1;
  }
  for (const { what } of losses) process.stderr.write(`  ${paint.yellow("not kept")}  ${what}\n`);
  for (const note of notes) process.stderr.write(`  ${paint.dim(note)}\n`);
  process.stderr.write(written ? `Wrote ${counted(rows, "row")}${files.length > 1 ? ` of ${files.length} files` : ""} to ${output}.\nNext: tunesmith check ${output}\n` : `Nothing was written. Add --force to write ${counted(rows, "row")} without what is lost.\n`);
  if (shard && !shards) process.stderr.write(`${file} is part ${shard.number} of ${shard.of}; --shards brings in all of them.\n`);
  return written ? 0 : 1;
};

const lossList = ({ losses }: Conversion, mark: (text: string) => string): string =>
  losses.map(({ what, records, line, leavesOut }) => `  ${mark(leavesOut ? "left out" : "not kept")}  ${what}: ${counted(records, "record")}, first in line ${(line + 1).toLocaleString("en-US")}\n`).join("");
