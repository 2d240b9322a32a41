/** `tunesmith report`: a dataset in numbers and figures, on the terminal, as JSON, or saved as SVG and CSV. */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { titleOf } from "../core/data/formats/formats";
import { reportOn } from "../core/data/report/collect";
import { type DatasetReport } from "../core/data/report/datasetReport";
import { figureCsv, reportFigures } from "../core/data/report/reportFigures";
import { reportJson } from "../core/data/report/reportJson";
import { UserError } from "../core/errors";
import { figureFile, percent } from "../core/figure/drawFigure";
import { type Figure, type Part } from "../core/figure/figure";
import { type Basis } from "../core/text/lint";
import { chooseTemplate } from "../core/text/template";
import { openRows } from "../node/datasetRows";
import { writeFileAtomic } from "../node/files";
import { openTokenizer } from "../project/baseTokenizer";
import { findProject, resolveBase } from "../project/project";
import { progressLine } from "./checkContent";
import { counted, note, paintFor, print, printJson, type Paint } from "./output";

export interface ReportOptions {
  /** The starter, if left out; "none" counts words. */
  readonly base?: string;
  readonly template?: string;
  readonly completionOnlyLoss?: boolean;
  readonly maxLength?: number;
  readonly json?: boolean;
  /** Folders that the figures are saved into. */
  readonly svg?: string;
  readonly csv?: string;
}

/** Longest example where none is given; the default of run configs. */
const MAX_LENGTH = 512;

/** 0: there is something to show; 1: no row can be read. Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, BAD_ARGUMENT, BASE_NOT_FOUND, TOKENIZER_*, DISK_FULL, WRITE_FAILED. */
export const report = async (file: string, options: ReportOptions): Promise<number> => {
  const basis = await basisOf(options);
  const rows = await openRows(resolve(file), file);
  const progress = progressLine("Reading", file);
  let found: DatasetReport;
  try {
    found = await reportOn(rows, rows.bytes, basis, { turn: async (done) => { await nextTurn(); await progress.turn(done); } });
  } finally {
    progress.end();
    await rows.close();
  }
  const figures = reportFigures(found).map(({ figure }) => figure);
  for (const [folder, ending, write] of [[options.svg, "svg", figureFile], [options.csv, "csv", figureCsv]] as const) if (folder !== undefined) await save(folder, figures, ending, write);
  if (options.json) printJson(reportJson(file, found));
  else print(text(file, found, figures, paintFor(process.stdout), options));
  return found.conversations === 0 ? 1 : 0;
};

const basisOf = async ({ base = "starter", maxLength = MAX_LENGTH, template, completionOnlyLoss }: ReportOptions): Promise<Basis | undefined> => {
  if (maxLength < 1) throw new UserError("BAD_ARGUMENT", `--max-length ${maxLength} leaves no token.`, "Give the longest example in tokens, 512 for instance.");
  if (base === "none") return undefined;
  const tokenizer = await openTokenizer(resolveBase(findProject(process.cwd()), base, process.cwd()));
  return { tokenizer, template: chooseTemplate(tokenizer, template, completionOnlyLoss), maxLength };
};

const save = async (folder: string, figures: readonly Figure[], ending: string, write: (figure: Figure) => string): Promise<void> => {
  try {
    await mkdir(resolve(folder), { recursive: true });
  } catch (cause) {
    throw new UserError("WRITE_FAILED", `The folder ${folder} cannot be made (${(cause as NodeJS.ErrnoException).code ?? String(cause)}).`, "Name another folder.", { cause });
  }
  for (const figure of figures) await writeFileAtomic(join(resolve(folder), `${figure.id}.${ending}`), write(figure));
  note(`${counted(figures.length, "figure")} saved in ${folder} as ${ending.toUpperCase()}.`);
};

const WIDTH = 28;

const text = (file: string, found: DatasetReport, figures: readonly Figure[], paint: Paint, { base = "starter" }: ReportOptions): string => {
  const head = `${paint.underline(file)}  ${paint.dim(`${found.format === undefined ? "" : `${titleOf(found.format)}. `}${found.formatReason}`)}`;
  const rows = `${counted(found.rows, "row")}, ${found.usable.toLocaleString("en-US")} of them can be trained on: ${counted(found.conversations, "conversation")}.`;
  if (found.conversations === 0) {
    const first = found.problems[0];
    return `${head}\n${paint.yellow("There is no row to report on.")}${first ? ` The first kind of problem: ${first.code}, line ${(first.lines[0] ?? 0) + 1}.` : ""}\nNext: tunesmith check ${/\s/.test(file) ? JSON.stringify(file) : file}`;
  }
  const counting = found.basis ? `Tokens of ${base === "starter" ? "the starter base" : base}, max_length ${found.basis.maxLength.toLocaleString("en-US")}; --base and --max-length choose others.` : "Lengths in words; --base counts the tokens of a base.";
  return [`${head}\n${rows}\n${paint.dim(counting)}`, ...figures.map((figure) => section(figure, paint))].join("\n\n");
};

const section = (figure: Figure, paint: Paint): string => [`${paint.bold(figure.title)}  ${paint.dim(figure.unit)}`, ...linesOf(figure, paint), paint.dim(figure.caption)].join("\n");

const linesOf = (figure: Figure, paint: Paint): string[] => {
  if (figure.kind === "sunburst") return figure.rings.map((ring) => `  ${ring.label.padEnd(14)} ${ring.count.toLocaleString("en-US").padStart(7)}  ${paint.dim(ring.parts.map(({ label, count }) => `${label} ${count.toLocaleString("en-US")}`).join(", "))}`);
  const parts: readonly (Part & { readonly over?: number })[] = figure.kind === "histogram" ? figure.bars.map((bar) => ({ ...bar, label: /^[^:]+/.exec(bar.detail)?.[0] ?? bar.label })) : figure.parts;
  const most = Math.max(1, ...parts.map(({ count }) => count)), total = parts.reduce((sum, { count }) => sum + count, 0);
  const width = Math.min(44, Math.max(...parts.map(({ label }) => label.length)));
  return parts.map(({ label, count, tone, over: beyond = 0 }) => {
    const over = beyond > 0 || tone === "over" || tone === "error";
    const bar = "█".repeat(Math.round(count / most * WIDTH)) || (count > 0 ? "▏" : "");
    return `  ${label.slice(0, width).padEnd(width)}  ${(over ? paint.yellow : paint.blue)(bar)} ${count.toLocaleString("en-US")}${figure.kind === "stack" ? ` (${percent(count / Math.max(1, total))})` : figure.kind === "bars" && figure.whole ? ` (${percent(count / figure.whole)})` : ""}`;
  });
};
