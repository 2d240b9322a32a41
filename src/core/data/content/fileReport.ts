/** Owns what is said of a file that is read in blocks: its problems, of each kind the first ones, and how many of each there are. */
import { type Problem, type ProblemCode, type Severity } from "../problem";
import { type ParsedRows } from "../parse";
import { type Block } from "./fileRows";

export interface CodeCount { readonly code: ProblemCode; readonly severity: Severity; readonly count: number }

export class FileReport {
  rows = 0;
  usable = 0;
  format: string | undefined;
  formatReason = "";
  private readonly told: Problem[] = [];
  private readonly unordered = new Map<string, Problem[]>();
  private readonly counted = new Map<string, { code: ProblemCode; severity: Severity; count: number }>();

  /** How many of the problems have a repair that can be made without asking. */
  fixable = 0;

  /** `most` problems of a kind are kept, of which `onKept` is told at once; all are counted. Where the file is not `mendable` as a whole, none counts as fixable. */
  constructor(private readonly most: number, private readonly mendable = false, private readonly onKept?: (problem: Problem) => void) {}

  /** What the parser says of a block, and `inspect`, which is `contentOfAll` unless only the structure is asked for: its tables of languages and phrases are loaded by whoever needs them. */
  block({ parsed, firstLine }: Block, inspect?: (parsed: ParsedRows) => readonly Problem[]): void {
    // A later block knows more of the file.
    [this.format, this.formatReason] = [parsed.format, parsed.formatReason];
    this.rows += parsed.rows;
    this.usable += parsed.usable;
    this.add(parsed.problems, firstLine);
    if (inspect) this.add(inspect(parsed), firstLine);
  }

  /** `firstLine` is the number in the file of the line that theirs count from. */
  add(problems: readonly Problem[], firstLine = 0): void {
    for (const problem of problems) {
      if (this.count(problem) <= this.most) {
        const kept = { ...problem, line: problem.line + firstLine, fixable: this.mendable && problem.fixable, fixes: [] };
        this.told.push(kept);
        this.onKept?.(kept);
      }
    }
  }

  /** A problem that may come before others of its kind that were told already: those that stand first in the file are kept. */
  addUnordered(problem: Problem): void {
    this.count(problem);
    const key = kindOf(problem), kept = this.unordered.get(key) ?? [];
    if (kept.length === 0) this.unordered.set(key, kept);
    kept.push(problem);
    if (kept.length >= 2 * this.most) kept.sort(byPlace).splice(this.most);
  }

  /** The first ones of each kind. */
  get problems(): Problem[] { return [...this.told, ...[...this.unordered.values()].flatMap((kept) => [...kept].sort(byPlace).slice(0, this.most))]; }

  /** How many of its kind there are with it. */
  private count(problem: Problem): number {
    const known = this.counted.get(kindOf(problem));
    if (known) known.count++;
    else this.counted.set(kindOf(problem), { code: problem.code, severity: problem.severity, count: 1 });
    if (this.mendable && problem.fixable) this.fixable++;
    return known?.count ?? 1;
  }

  get counts(): CodeCount[] { return [...this.counted.values()]; }
}

const kindOf = ({ code, severity }: Problem): string => `${code} ${severity}`;
const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.span.start - b.span.start;
