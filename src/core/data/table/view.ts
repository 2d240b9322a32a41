/** Owns what the table shows and in which order: the filter's rows, sorted by length, problems or a column. Reads rows one after the other, in any number; keeps only what it sorts by. */
import { doubled } from "../../doubled";
import { type Problem } from "../problem";
import { type Filter, type FilterRow, lengthOf, matchesFilter, rolesOf } from "./filter";
import { cellText, readValue } from "./rowCells";

/**
 * `file`: as the rows stand in the file. `problems`: by the worst severity and its code, so that rows with the same problem stand together. `roles`: by the roles of the messages in their order; `turns`: by their number.
 * Text is compared by its beginning, without letter case; equal rows keep the file's order.
 */
export type SortBy = { readonly by: "file" | "length" | "problems" | "roles" | "turns" } | { readonly by: "text" | "textLength"; readonly column: string };
export interface Sort { readonly key: SortBy; readonly descending: boolean }

const TEXT_KEYS: ReadonlySet<SortBy["by"]> = new Set(["text", "problems", "roles"]);
const SEVERITY = { information: 1, warning: 2, error: 3 } as const;
/** Characters that sorting by text looks at. */
const SORTED_CHARACTERS = 48;

export class ViewBuilder {
  private rows = new Uint32Array(1024);
  private count = 0;
  private numbers: Float64Array<ArrayBuffer> | undefined;
  private readonly texts: string[] | undefined;

  constructor(private readonly filter: Filter, private readonly sort: Sort) {
    if (TEXT_KEYS.has(sort.key.by)) this.texts = [];
    else if (sort.key.by !== "file") this.numbers = new Float64Array(1024);
  }

  get needsProblems(): boolean { return this.filter.needsProblems || this.sort.key.by === "problems"; }
  get needsTwins(): boolean { return this.filter.needsTwins; }
  get found(): number { return this.count; }

  add(row: number, seen: FilterRow): void {
    if (!matchesFilter(this.filter, seen)) return;
    if (this.count === this.rows.length) {
      this.rows = doubled(this.rows);
      if (this.numbers) this.numbers = doubled(this.numbers);
    }
    if (this.numbers) this.numbers[this.count] = this.measure(seen);
    else this.texts?.push(this.word(seen));
    this.rows[this.count++] = row;
  }

  finish(): Uint32Array<ArrayBuffer> {
    const { numbers, texts } = this;
    const sign = this.sort.descending ? -1 : 1;
    const rows = this.rows.subarray(0, this.count);
    if (!numbers && !texts) return sign < 0 ? rows.slice().reverse() : rows.slice();
    const order = new Uint32Array(this.count).map((_, index) => index);
    if (numbers) order.sort((a, b) => sign * (numbers[a]! - numbers[b]!) || a - b);
    else {
      const leads = Float64Array.from(texts!, lead);
      order.sort((a, b) => sign * (leads[a]! - leads[b]!) || (texts![a]! < texts![b]! ? -sign : texts![a]! > texts![b]! ? sign : a - b));
    }
    return order.map((index) => rows[index]!);
  }

  private measure({ line }: FilterRow): number {
    const { key } = this.sort;
    if (key.by === "length") return line.length;
    return key.by === "turns" ? rolesOf(readValue(line)).length : lengthOf(columnOf(line, (key as { column: string }).column));
  }

  private word({ line, problems }: FilterRow): string {
    const { key } = this.sort;
    if (key.by === "problems") return problems.map(({ severity, code }) => `${SEVERITY[severity]} ${code}`).sort().at(-1) ?? "";
    return key.by === "roles" ? rolesOf(readValue(line)).join(" ") : textKey(line, (key as { column: string }).column);
  }
}

const columnOf = (line: Uint8Array, column: string): unknown => {
  const value = readValue(line);
  return typeof value === "object" && value !== null && Object.hasOwn(value, column) ? (value as Record<string, unknown>)[column] : undefined;
};

/** The beginning of a column's text, as a string of its own that does not hold on to the row's whole text. */
const textKey = (line: Uint8Array, column: string): string => {
  const value = columnOf(line, column);
  const text = (typeof value === "string" ? value : cellText(value)).slice(0, SORTED_CHARACTERS).toLowerCase();
  const units = new Array<number>(text.length);
  for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index);
  return String.fromCharCode(...units);
};

/** The first three characters as one number, in the order of the text: most rows differ in them. */
const lead = (text: string): number => ((text.charCodeAt(0) || 0) * 65536 + (text.charCodeAt(1) || 0)) * 65536 + (text.charCodeAt(2) || 0);

/** Problems that one row alone cannot tell, or that would be told once for every piece of the file that was looked at. */
const NOT_OF_A_ROW: ReadonlySet<string> = new Set(["duplicate-row", "no-rows", "bom"]);

export const isRowProblem = ({ code, severity }: Pick<Problem, "code" | "severity">): boolean => !NOT_OF_A_ROW.has(code) && !(code === "unknown-key" && severity === "information");
