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

  /** How many of the problems have a repair that can be made without asking. */
  fixable = 0;

  /** `most` problems of a kind are kept, of which `onKept` is told at once; all are counted. Where the file is not `mendable` as a whole, none counts as fixable. */
  constructor(private readonly most: number, private readonly mendable = false, private readonly onKept?: (problem: Problem) => void) {}

  /** What the parser says of a block, and unless only its structure is asked for, the checks of single rows. */
  block({ parsed, firstLine }: Block, onlyStructure = false): void {
    // A later block knows more of the file.
    [this.format, this.formatReason] = [parsed.format, parsed.formatReason];
    this.rows += parsed.rows;
    this.usable += parsed.usable;
    this.add(parsed.problems, firstLine);
    if (!onlyStructure) this.add(contentOfAll(parsed), firstLine);
  }

  /** `firstLine` is the number in the file of the line that theirs count from. */
  add(problems: readonly Problem[], firstLine = 0): void {
    for (const problem of problems) {
      const key = `${problem.code} ${problem.severity}`;
      const known = this.counted.get(key);
      if (known) known.count++;
      else this.counted.set(key, { code: problem.code, severity: problem.severity, count: 1 });
      if ((known?.count ?? 1) <= this.most) {
        const kept = { ...problem, line: problem.line + firstLine, fixable: this.mendable && problem.fixable, fixes: [] };
        this.problems.push(kept);
        this.onKept?.(kept);
      }
      if (this.mendable && problem.fixable) this.fixable++;
    }
  }

  get counts(): CodeCount[] { return [...this.counted.values()]; }
}
