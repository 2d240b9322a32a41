/** What `tunesmith check` says beyond single rows' structure: contents, twins, leaks; files too large for memory; severities as the user wants them. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Pace } from "../core/data/content/compareRows";
import { FileReport, type CodeCount } from "../core/data/content/fileReport";
import { rowsOfParsed } from "../core/data/content/fileRows";
import { type ParsedDataset, type ParseOptions } from "../core/data/parse";
import { isProblemCode, problemCodes, type Problem, type Severity } from "../core/data/problem";
import { UserError } from "../core/errors";
import { openRows } from "../node/datasetRows";

/** Problems of a kind that are kept of a file in blocks; all are counted. */
const KEPT = 1000;

export interface ContentOptions {
  /** A file that must not share rows with the checked ones. */
  readonly eval?: string;
  readonly severity?: readonly string[];
  /** Only what the parser says: syntax, keys, types, roles, rows that come twice. */
  readonly structure?: boolean;
}

/** What --structure leaves out is not loaded for it: tables of languages, names and phrases. */
const contents = async () => {
  const [{ compareRows }, { contentOfAll }] = await Promise.all([import("../core/data/content/compareRows"), import("../core/data/content/contentProblems")]);
  return { compareRows, contentOfAll };
};

/** The problems that the texts of the rows, and the rows together, have. */
export const contentOf = async (parsed: ParsedDataset, { eval: evaluation, structure }: ContentOptions, options: ParseOptions): Promise<Problem[]> => {
  if (structure) return [];
  const { compareRows, contentOfAll } = await contents();
  const own = contentOfAll(parsed);
  const other = evaluation === undefined ? undefined : await openRows(evaluation, evaluation, options);
  try {
    return [...own, ...await compareRows(rowsOfParsed(parsed), { turn: () => nextTurn() }, other && { against: { rows: other, file: evaluation!, role: "eval" } })];
  } finally {
    await other?.close();
  }
};

export interface LargeFile {
  readonly format: string | undefined; readonly formatReason: string; readonly rows: number; readonly usable: number; readonly problems: readonly Problem[]; readonly counts: readonly CodeCount[]; readonly fixable: number;
  /** The share that was done when it was interrupted. */
  readonly stopped?: number;
}

export interface Live {
  found(problem: Problem): void;
  /** What was found so far does not hold: the file is read again, as rows of another format. */
  again(): void;
}

/** Everything about a file that is read in blocks, without repairs. Tells its progress on standard error where somebody looks, and `live` of each problem at once; Ctrl+C ends it with what was found so far. */
export const checkLarge = async (path: string, shown: string, { eval: evaluation, structure = false }: ContentOptions, options: ParseOptions, live?: Live): Promise<LargeFile> => {
  const rows = await openRows(path, shown, options);
  const other = evaluation === undefined ? undefined : await openRows(evaluation, evaluation, options);
  const line = progressLine("Checking", shown);
  let interrupted = false, share = 0, stopped: number | undefined;
  const interrupt = (): void => { interrupted = true; };
  // Once only: a second Ctrl+C ends the process as it does elsewhere.
  process.once("SIGINT", interrupt);
  const progress: Pace = {
    async turn(done) {
      share = done;
      await line.turn(done);
      if (interrupted) throw new Interrupted();
    },
  };
  const tell = live && ((problem: Problem): void => {
    line.end();
    live.found(problem);
  });
  let report = new FileReport(KEPT, rows.mendable, tell);
  try {
    for (let current = report; ; current = report = new FileReport(KEPT, rows.mendable, tell)) {
      if (structure) {
        for await (const block of rows.blocks()) {
          current.block(block);
          await progress.turn(block.done);
        }
      } else {
        const { compareRows, contentOfAll } = await contents();
        await compareRows(rows, progress, { onBlock: (block) => current.block(block, contentOfAll), tell: (problem) => current.add([problem]), ...(other && { against: { rows: other, file: evaluation!, role: "eval" as const } }) });
      }
      if (!rows.misjudged()) break;
      line.end();
      live?.again();
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    stopped = share;
  } finally {
    process.removeListener("SIGINT", interrupt);
    line.end();
    await rows.close();
    await other?.close();
  }
  const { format, formatReason, usable, counts, fixable } = report;
  return { format, formatReason, rows: report.rows, usable, counts, fixable, problems: [...report.problems].sort((a, b) => a.line - b.line || a.span.start - b.span.start), ...(stopped !== undefined && { stopped }) };
};

/** Ends the work at its next turn. */
class Interrupted extends Error {}

export const progressLine = (doing: string, shown: string): Pace & { end(): void } => {
  let told = -1;
  const tell = (text: string): void => { if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`); };
  return {
    async turn(done) {
      const percent = Math.floor(done * 100);
      if (percent !== told) tell(`${doing} ${shown}: ${told = percent}%`);
      await nextTurn();
    },
    end: () => tell(""),
  };
};

const LEVELS: readonly (Severity | "off")[] = ["error", "warning", "information", "off"];

/** Puts the severities of `--severity code=level` over the problems'; `off` leaves a code out. Throws BAD_ARGUMENT. */
export const severities = (settings: readonly string[] = []): (<P extends { readonly code: string; readonly severity: Severity }>(problems: readonly P[]) => P[]) => {
  const wanted = new Map<string, Severity | "off">();
  for (const setting of settings) {
    const [code = "", level = ""] = setting.split("=");
    if (!isProblemCode(code)) throw new UserError("BAD_ARGUMENT", `There is no kind of problem "${code}".`, `Give one of ${problemCodes.join(", ")}, as in --severity ${problemCodes[0]}=off.`);
    if (!LEVELS.includes(level as Severity)) throw new UserError("BAD_ARGUMENT", `"${level}" is no severity.`, `Give one of ${LEVELS.join(", ")}, as in --severity ${code}=off.`);
    wanted.set(code, level as Severity | "off");
  }
  return (problems) => problems.flatMap((problem) => {
    const severity = wanted.get(problem.code) ?? problem.severity;
    return severity === "off" ? [] : [{ ...problem, severity }];
  });
};
