/** `tunesmith rows`: takes rows of a dataset apart, puts them together, names their roles, and moves some to an evaluation file. What is lost is listed before anything is written. */
import { basename, dirname, extname, join, resolve } from "node:path";
import { parseDataset, rowSources, type ParsedDataset } from "../core/data/parse";
import { type Refusal } from "../core/data/reshape/conversation";
import { extractedText, rowsToHoldOut } from "../core/data/reshape/holdOut";
import { mergeRowsOf, normaliseRoles, splitRows, type Reshaped, type ReshapeLoss } from "../core/data/reshape/reshape";
import { editsFor, rowsBetween, withEdits } from "../core/data/reshape/rowEdits";
import { UserError } from "../core/errors";
import { writeFileAtomic } from "../node/files";
import { readDatasetFile } from "../node/readDataset";
import { addToEvaluation } from "../project/evaluationFile";
import { counted, print, printJson } from "./output";

export interface RowsOptions {
  /** Lines from 1, as in `3,7-9`; left out, every row. */
  readonly lines?: string;
  /** Where the result goes; left out, the file itself. */
  readonly output?: string;
  /** Write although something is lost. */
  readonly force?: boolean;
  readonly json?: boolean;
}
export interface ExtractOptions extends RowsOptions { readonly share?: string; readonly rows?: number; readonly seed?: number; readonly groupBy?: readonly string[] }

/** 0: written, or nothing to change; 1: something would be lost, so nothing was. Throws BAD_ARGUMENT, DATASET_*, DISK_FULL, WRITE_FAILED. */
export const rows = async (what: "split" | "merge" | "roles" | "plain-roles", file: string, options: RowsOptions): Promise<number> => {
  const parsed = await read(file), chosen = chosenBy(parsed, options.lines);
  if (what === "merge" && options.lines === undefined) throw new UserError("BAD_ARGUMENT", "Merging needs to know which rows.", "Give --lines 3,4 or --lines 3-6.");
  const result = what === "split" ? splitRows(parsed, chosen) : what === "merge" ? mergeRowsOf(parsed, chosen) : normaliseRoles(parsed, chosen, what === "roles" ? "format" : "plain");
  return write(file, parsed, result, options);
};

const write = async (file: string, parsed: ParsedDataset, result: Reshaped | Refusal, { output, force = false, json = false }: RowsOptions): Promise<number> => {
  if ("refusal" in result) throw new UserError("BAD_ARGUMENT", `${file} stays as it is.`, result.refusal);
  const { edits, from, to, losses, left } = result, written = edits.length > 0 && (force || losses.length === 0);
  if (written) await writeFileAtomic(resolve(output ?? file), withEdits(parsed.text, edits));
  if (json) printJson({ file, output: output ?? file, from, to, written, losses: losses.map(counting), left: left.map(counting) });
  else {
    for (const loss of losses) print(`not kept: ${said(loss)}`);
    for (const loss of left) print(`left as it is: ${said(loss)}`);
    print(edits.length === 0 ? "Nothing to change." : written ? `${counted(from, "row")} became ${counted(to, "row")} in ${output ?? file}.` : `Nothing was written. Add --force to write ${counted(to, "row")} for ${counted(from, "row")} without what is lost.`);
  }
  return edits.length === 0 || written ? 0 : 1;
};

/** 0: moved. Throws as `rows` does. */
export const extractRows = async (file: string, { lines, share, rows: count, seed = 42, groupBy = [], output, json = false }: ExtractOptions): Promise<number> => {
  if ([lines, share, count].filter((each) => each !== undefined).length !== 1) throw new UserError("BAD_ARGUMENT", "Say which rows are moved, in one way.", "Give --lines 3,7-9, or --rows 200, or --share 10%.");
  const parsed = await read(file);
  const part = share === undefined ? undefined : /^(\d+(?:\.\d+)?)%?$/.exec(share.trim());
  const fraction = part && (share!.includes("%") ? Number(part[1]) / 100 : Number(part[1]));
  if (share !== undefined && !(fraction && fraction > 0 && fraction <= 0.5)) throw new UserError("BAD_ARGUMENT", `--share ${share} is no share of at most a half.`, "Give 10% or 0.1.");
  if (count !== undefined && count < 1) throw new UserError("BAD_ARGUMENT", `--rows ${count} moves nothing.`, "Give a number from 1.");
  const chosen = lines !== undefined ? chosenBy(parsed, lines) : await rowsToHoldOut(parsed, { amount: count !== undefined ? { rows: count } : { share: fraction! }, seed, groupBy }, async () => {});
  if (chosen.length === 0) throw new UserError("BAD_ARGUMENT", "No rows can be moved so that nothing alike stays behind.", "Ask for more rows, or name them with --lines.");
  const extension = extname(file), table = /\.(csv|tsv)$/i.test(extension) ? extension : ".jsonl";
  const target = output ?? join(dirname(file), `${basename(file, extension)}.eval${table}`);
  if (resolve(target) === resolve(file)) throw new UserError("BAD_ARGUMENT", "The evaluation file would be the dataset itself.", "Give -o another name.");
  const takeBack = await addToEvaluation(resolve(target), extractedText(parsed, chosen));
  try {
    await writeFileAtomic(resolve(file), withEdits(parsed.text, editsFor(parsed, new Map(chosen.map((row) => [row, []])))));
  } catch (error) {
    await takeBack();
    throw error;
  }
  if (json) printJson({ file, output: target, moved: chosen.length, rows: rowSources(parsed).length - chosen.length });
  else print(`${counted(chosen.length, "row")} moved to ${target}; ${counted(rowSources(parsed).length - chosen.length, "row")} stay.`);
  return 0;
};

const read = async (file: string): Promise<ParsedDataset> => {
  const { text, packed, options } = await readDatasetFile(resolve(file), file);
  if (packed) throw new UserError("BAD_ARGUMENT", `${file} is compressed and cannot be changed in place.`, `Unpack it first: \`gunzip -k ${file}\`.`);
  const parsed = parseDataset(text, options);
  if (rowSources(parsed).length === 0) throw new UserError("DATASET_NO_USABLE_ROW", `${file} has no rows. ${parsed.formatReason}`, `\`tunesmith check ${file}\` says what is wrong with it.`);
  return parsed;
};

const chosenBy = (parsed: ParsedDataset, lines: string | undefined): number[] => {
  if (lines === undefined) return rowSources(parsed).map((_, row) => row);
  const found = lines.split(",").flatMap((part) => {
    const [, from, to = from] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
    if (from === undefined || Number(from) < 1 || Number(to) < Number(from)) throw new UserError("BAD_ARGUMENT", `--lines ${lines} names no lines.`, "Lines count from 1: --lines 3,7-9.");
    return rowsBetween(parsed, Number(from) - 1, Number(to) - 1);
  });
  if (found.length === 0) throw new UserError("BAD_ARGUMENT", `There is no row on ${lines.includes(",") || lines.includes("-") ? "lines" : "line"} ${lines}.`, "Lines count from 1.");
  return [...new Set(found)].sort((a, b) => a - b);
};

const counting = ({ line, ...loss }: ReshapeLoss): object => ({ ...loss, line: line + 1 });
const said = ({ what, rows: count, line }: ReshapeLoss): string => `${what} (${counted(count, "row")}, first in line ${(line + 1).toLocaleString("en-US")})`;
