/** Owns the filter of the table: words that a person types, read into terms that all must hold for a row. Parsing never throws: a slip is answered with its place. */
import { roleMeantBy } from "../formats/roles";
import { type Problem, type Span } from "../problem";
import { messageOf, readValue, textOf } from "./rowCells";

/** What a row is asked; whatever is costly is worked out when a term wants it. */
export interface FilterRow {
  readonly line: Uint8Array;
  /** Of the line in the file, from 1; undefined for a row that stands nowhere yet. */
  readonly number?: number;
  /** Filled by whoever looks for problems; only asked where `needsProblems`. */
  readonly problems: readonly Pick<Problem, "code" | "severity">[];
  /** Whether the same row stands earlier in the file; only asked where `needsTwins`. */
  readonly duplicate: boolean;
  readonly edited: boolean;
}

type Read = (row: FilterRow) => Facts;
interface Term { readonly negated: boolean; readonly holds: (row: FilterRow, read: Read) => boolean }

export interface Filter {
  readonly terms: readonly Term[];
  readonly needsProblems: boolean;
  readonly needsTwins: boolean;
}

export type FilterReading = { readonly filter: Filter } | { readonly fault: { readonly span: Span; readonly message: string } };

/** What a row says, worked out once. */
class Facts {
  private parsed = false;
  private json: unknown;
  private all: string[] | undefined;
  constructor(private readonly line: Uint8Array) {}

  get value(): unknown {
    if (!this.parsed) this.json = readValue(this.line);
    this.parsed = true;
    return this.json;
  }

  /** Every text in the row; of a broken row its line. */
  get strings(): readonly string[] {
    if (!this.all) {
      this.all = [];
      if (this.value === undefined) this.all.push(textOf(this.line));
      else collect(this.value, this.all);
    }
    return this.all;
  }

  /** The value of a column; undefined where the row has it not. */
  column(key: string): unknown {
    const { value } = this;
    return typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
  }

  columnTexts(key: string): string[] {
    const texts: string[] = [];
    const value = this.column(key);
    if (value !== undefined) collect(value, texts);
    return texts;
  }

  get roles(): string[] { return rolesOf(this.value); }
}

/** The roles of a row's messages in their order, under whatever key they are. */
export const rolesOf = (value: unknown): string[] =>
  typeof value !== "object" || value === null ? [] : Object.values(value).flatMap((item: unknown) => Array.isArray(item) ? item.flatMap((each) => messageOf(each)?.role.toLowerCase() ?? []) : []);

const collect = (value: unknown, into: string[]): void => {
  if (typeof value === "string") into.push(value);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) collect(item, into);
  else if (value !== null) into.push(String(value));
};

/** Characters of a column: of a text its own, of anything else those of its texts. */
export const lengthOf = (value: unknown): number => {
  if (typeof value === "string") return value.length;
  const texts: string[] = [];
  if (value !== undefined) collect(value, texts);
  return texts.reduce((sum, text) => sum + text.length, 0);
};

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = { ">": (a, b) => a > b, ">=": (a, b) => a >= b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, "=": (a, b) => a === b };
/** A column or a measure, and how it is compared with what follows. */
const SUBJECT = /([^\s:=<>"/-][^\s:=<>"]*)(>=|<=|[:=<>])/y;
const STATES = ["broken", "duplicate", "edited", "blank"] as const;

export const parseFilter = (text: string): FilterReading => {
  const terms: Term[] = [];
  let needsProblems = false, needsTwins = false;
  const fault = (start: number, end: number, message: string): FilterReading => ({ fault: { span: { start, end }, message } });
  for (let at = 0; at < text.length;) {
    if (/\s/.test(text[at]!)) { at++; continue; }
    const start = at;
    const negated = text[at] === "-";
    if (negated) at++;
    SUBJECT.lastIndex = at;
    const [subject, name, operator] = SUBJECT.exec(text) ?? ["", "", undefined];
    const word = readWord(text, at + subject.length);
    if ("message" in word) return fault(start, text.length, word.message);
    at = word.end;
    const add = (holds: Term["holds"]): void => { terms.push({ negated, holds }); };

    if (operator === undefined) {
      if (word.text === "" && !word.regex) return fault(start, at, negated ? "Nothing follows the minus." : "Nothing stands between the quotes.");
      const matches = matcher(word);
      const mayHold = word.regex ? () => true : byteTest(word.text);
      add((row, read) => mayHold(row.line) && read(row).strings.some(matches));
    } else if (operator !== ":" && (operator !== "=" || /^(length|turns|problems)$|\.length$/.test(name))) {
      const limit = Number(word.text);
      const compare = OPERATORS[operator]!;
      if (word.text === "" || Number.isNaN(limit)) return fault(start, at, `A number follows ${name}${operator}.`);
      if (name === "length") add((row) => compare(row.line.length, limit));
      else if (name === "turns") add((row, read) => compare(read(row).roles.length, limit));
      else if (name === "problems") {
        needsProblems = true;
        add((row) => compare(row.problems.length, limit));
      } else if (name.endsWith(".length")) {
        const key = name.slice(0, -".length".length);
        add((row, read) => compare(lengthOf(read(row).column(key)), limit));
      } else add((row, read) => { const value = read(row).column(name); return typeof value === "number" && compare(value, limit); });
    } else if (operator === "=") {
      const wanted = word.text;
      add((row, read) => { const value = read(row).column(name); return value !== undefined && (typeof value === "string" ? value : JSON.stringify(value)) === wanted; });
    } else if (name === "problem" || name === "code") {
      needsProblems = true;
      if (word.text === "duplicate-row" || word.text === "any" || word.text === "warning") needsTwins = true;
      const wanted = word.text;
      add((row) => row.problems.some(({ code, severity }) => wanted === "any" || code === wanted || severity === wanted) || row.duplicate && (wanted === "any" || wanted === "duplicate-row" || wanted === "warning"));
    } else if (name === "role") {
      const wanted = word.text.toLowerCase();
      add((row, read) => read(row).roles.some((role) => role === wanted || roleMeantBy(role) === wanted));
    } else if (name === "line") {
      const ranges = lineRanges(word.text);
      if (!ranges) return fault(start, at, "line: goes with numbers and ranges, such as line:3,7-12.");
      add(({ number }) => number !== undefined && isWithin(ranges, number));
    } else if (name === "has") {
      const key = word.text;
      add((row, read) => { const value = read(row).column(key); return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0); });
    } else if (name === "is") {
      const state = STATES.find((each) => each === word.text);
      if (!state) return fault(start, at, `is: goes with ${STATES.join(", ")}.`);
      if (state === "duplicate") needsTwins = true;
      add((row, read) => state === "duplicate" ? row.duplicate : state === "edited" ? row.edited : state === "blank" ? textOf(row.line).trim() === "" : textOf(row.line).trim() !== "" && !isObject(read(row).value));
    } else {
      const matches = matcher(word);
      add((row, read) => read(row).columnTexts(name).some(matches));
    }
  }
  return { filter: { terms, needsProblems, needsTwins } };
};

export const matchesFilter = (filter: Filter, row: FilterRow): boolean => {
  let facts: Facts | undefined;
  const read = (): Facts => facts ??= new Facts(row.line);
  return filter.terms.every(({ negated, holds }) => holds(row, read) !== negated);
};

/** "3,7-12" as pairs in ascending order that do not overlap; undefined where it is no such list. */
const lineRanges = (text: string): readonly (readonly [number, number])[] | undefined => {
  const ranges = text.split(",").map((part) => /^(\d+)(?:-(\d+))?$/.exec(part)).map((match) => match && [Number(match[1]), Number(match[2] ?? match[1])] as const);
  if (ranges.some((range) => range === null)) return undefined;
  const merged: [number, number][] = [];
  for (const [from, to] of ranges.filter((range) => range !== null).sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
};

const isWithin = (ranges: readonly (readonly [number, number])[], line: number): boolean => {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![0] <= line) low = middle + 1;
    else high = middle;
  }
  return low > 0 && ranges[low - 1]![1] >= line;
};

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);

interface Word { readonly text: string; readonly end: number; readonly regex?: RegExp }

/** The value of a term: "a phrase", /an expression/flags or what goes to the next blank. */
const readWord = (text: string, at: number): Word | { message: string } => {
  if (text[at] === '"') {
    const closed = /"((?:[^"\\]|\\.)*)"/y;
    closed.lastIndex = at;
    const match = closed.exec(text);
    return match ? { text: match[1]!.replace(/\\(.)/g, "$1"), end: at + match[0].length } : { message: 'This quote (") is not closed.' };
  }
  if (text[at] === "/") {
    const closed = /\/((?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+)\/([a-z]*)(?=\s|$)/y;
    closed.lastIndex = at;
    const match = closed.exec(text);
    if (match) {
      try {
        return { text: "", end: at + match[0].length, regex: new RegExp(match[1]!, match[2]!.replace(/[gy]/g, "")) };
      } catch (error) {
        return { message: (error as Error).message };
      }
    }
  }
  const word = /\S*/y;
  word.lastIndex = at;
  const [plain] = word.exec(text)!;
  return { text: plain, end: at + plain.length };
};

const matcher = ({ text, regex }: Pick<Word, "text" | "regex">): ((value: string) => boolean) => {
  if (regex) return (value) => regex.test(value);
  const needle = text.toLowerCase();
  return (value) => value.toLowerCase().includes(needle);
};

/** A quick look at a line's bytes, false only where they cannot hold the word: it spares most rows from being read as JSON. */
const byteTest = (word: string): ((line: Uint8Array) => boolean) => {
  // What JSON may write otherwise, or lower case may make of other letters, is left to the real look.
  if (!/^[a-z0-9 .,;:!?'()_-]+$/i.test(word)) return () => true;
  const folded = Uint8Array.from(word.toLowerCase(), (character) => character.charCodeAt(0));
  // The Kelvin sign and the dotted capital I become k and i in lower case.
  const foreign = /[ki]/i.test(word);
  return (line) => {
    let high = false;
    for (let at = 0; at < line.length; at++) {
      const byte = line[at]!;
      if (byte >= 0x80) high = true;
      else if (byte === 92 && line[at + 1] === 117) return true;
      if (fold(byte) !== folded[0]) continue;
      let index = 1;
      while (index < folded.length && fold(line[at + index]!) === folded[index]) index++;
      if (index === folded.length) return true;
    }
    return foreign && high;
  };
};

const fold = (byte: number): number => byte >= 65 && byte <= 90 ? byte + 32 : byte;
