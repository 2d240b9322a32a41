/** `tunesmith convert`: a dataset in another format. What the target cannot hold is listed before anything is written. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { containerOf } from "../core/data/rows/container";
import { convertDataset, targets, type Conversion } from "../core/data/convert/convert";
import { writeRows } from "../core/data/convert/write";
import { titleOf } from "../core/data/formats/formats";
import { parseDataset } from "../core/data/parse";
import { UserError } from "../core/errors";
import { writeFileAtomic } from "../node/files";
import { readDatasetFile } from "../node/readDataset";
import { counted, paintFor, printJson } from "./output";

export interface ConvertOptions {
  readonly to: string;
  readonly output: string;
  /** Write although something is lost, or the file is there already. */
  readonly force?: boolean;
  readonly json?: boolean;
}

/** 0: written; 1: something would be lost, so nothing was. Throws BAD_ARGUMENT, DATASET_NOT_FOUND, DATASET_UNREADABLE, DATASET_NO_USABLE_ROW, CONFIG_INVALID, DISK_FULL, WRITE_FAILED. */
export const convert = async (file: string, { to, output, force = false, json }: ConvertOptions): Promise<number> => {
  const target = targets.find(({ name }) => name === to);
  if (!target) throw new UserError("BAD_ARGUMENT", `There is no format "${to}" to convert to.`, `Formats that can be written are ${targets.map(({ name }) => name).join(", ")}.`);
  const container = containerOf(output);
  if (container === "tsv" || output.endsWith(".gz")) throw new UserError("BAD_ARGUMENT", `${output} would not hold line breaks, or would be compressed.`, "Name the output .jsonl, .json or .csv.");
  if (container === "csv" && !target.flat) throw new UserError("BAD_ARGUMENT", `Rows of ${titleOf(target.name)} hold lists, which a table cannot.`, "Name the output .jsonl or .json.");
  if (resolve(file) === resolve(output)) throw new UserError("BAD_ARGUMENT", "The output would take the place of the dataset itself.", "Give -o another name.");
  const { text, options } = await readDatasetFile(resolve(file), file);
  const parsed = parseDataset(text, options);
  if (parsed.usable === 0) throw new UserError("DATASET_NO_USABLE_ROW", `${file} has no row that can be converted. ${parsed.formatReason}`, `\`tunesmith check ${file}\` lists every problem.`);
  if (!force && await stat(output).then(() => true, () => false)) throw new UserError("BAD_ARGUMENT", `${output} is there already.`, "Give -o another name, or --force to write over it.");
  const conversion = convertDataset(parsed, target.name);
  const written = conversion.rows.length > 0 && (force || conversion.losses.length === 0);
  if (!json) process.stderr.write(`${titleOf(parsed.format!)} to ${titleOf(target.name)}. ${parsed.formatReason}\n${lossList(conversion, paintFor(process.stderr).yellow)}`);
  if (written) await writeFileAtomic(resolve(output), writeRows(conversion.rows, container));
  if (json) printJson({ file, format: parsed.format, to: target.name, output, rows: conversion.rows.length, written, losses: conversion.losses.map(({ line, ...loss }) => ({ ...loss, line: line + 1 })) });
  else process.stderr.write(written ? `Wrote ${counted(conversion.rows.length, "row")} to ${output}.\n`
    : conversion.rows.length === 0 ? "Nothing was written: no row can be held by that format.\n" : `Nothing was written. Add --force to write ${counted(conversion.rows.length, "row")} without what is lost.\n`);
  return written ? 0 : 1;
};

const lossList = ({ losses }: Conversion, mark: (text: string) => string): string =>
  losses.map(({ what, records, line, leavesOut }) => `  ${mark(leavesOut ? "left out" : "not kept")}  ${what}: ${counted(records, "record")}, first in line ${(line + 1).toLocaleString("en-US")}\n`).join("");
