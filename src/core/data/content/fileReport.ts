/** Owns what is said of a file that is read in blocks: its problems, of each kind the first ones, and how many of each there are. */
import { type Problem, type ProblemCode, type Severity } from "../problem";
import { type Block } from "./fileRows";
import { contentOfAll } from "./contentProblems";

export interface CodeCount { readonly code: ProblemCode; readonly severity: Severity; readonly count: number }

export class FileReport {
  rows = 0;
  usable = 0;
  format: string | undefined;
  formatReason = "";
  readonly problems: Problem[] = [];
  private readonly counted = new Map<string, { code: ProblemCode; severity: Severity; count: number }>();

  /** `most` problems of a kind are kept; all are counted. */
  constructor(private readonly most: number) {}

  /** What the parser and the checks of single rows say of a block. */
  block({ parsed, firstLine }: Block): void {
    if (this.rows === 0) [this.format, this.formatReason] = [parsed.format, parsed.formatReason];
    this.rows += parsed.rows;
    this.usable += parsed.usable;
    for (const problem of parsed.problems) {
      // Twins are found over the whole file, and what is said once of a file was said with its first block.
      if (problem.code === "duplicate-row" || firstLine > 0 && (problem.severity === "information" && problem.code === "unknown-key" || problem.code === "no-rows")) continue;
      this.add([moved(problem, firstLine)]);
    }
    this.add(contentOfAll(parsed).map((problem) => moved(problem, firstLine)));
  }

  add(problems: readonly Problem[]): void {
    for (const problem of problems) {
      const key = `${problem.code} ${problem.severity}`;
      const known = this.counted.get(key);
      if (known) known.count++;
      else this.counted.set(key, { code: problem.code, severity: problem.severity, count: 1 });
      if ((known?.count ?? 1) <= this.most) this.problems.push(problem);
    }
  }

  get counts(): CodeCount[] { return [...this.counted.values()]; }
}

/** A file in blocks is not repaired in place, so its problems carry no fix. */
const moved = (problem: Problem, by: number): Problem => ({ ...problem, line: problem.line + by, fixable: false, fixes: [] });
