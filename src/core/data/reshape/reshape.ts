/** Owns reshaping chosen rows of a file: what each kind of change does to the file's text, how much of it, and what is lost, all known before anything is written. */
import { rowSources, type ParsedDataset } from "../parse";
import { mergeRows } from "./mergeRows";
import { roleChanges, type RoleWords } from "./roleNames";
import { editsFor, type TextEdit } from "./rowEdits";
import { splitAtTurn, splitIntoSingle } from "./splitRow";
import { withChanges, type Refusal } from "./conversation";

/** Something that is not said any more, or a row that stays as it is. */
export interface ReshapeLoss {
  /** In a few words, to go on after "Not kept:" or "Left as it is:". */
  readonly what: string;
  /** How many rows it concerns, and the line of the first, from 0. */
  readonly rows: number;
  readonly line: number;
}

export interface Reshaped {
  readonly edits: readonly TextEdit[];
  /** Rows that change, and rows that there are in their place. */
  readonly from: number;
  readonly to: number;
  readonly losses: readonly ReshapeLoss[];
  /** Why rows stay as they are. */
  readonly left: readonly ReshapeLoss[];
}

/** Counts what is said of several rows once. */
export class Tally {
  private readonly found = new Map<string, { what: string; rows: number; line: number }>();
  add(what: string, line: number, rows = 1): void {
    const known = this.found.get(what);
    if (known) known.rows += rows;
    else this.found.set(what, { what, rows, line });
  }
  get all(): ReshapeLoss[] { return [...this.found.values()]; }
}

const TABLE: Refusal = { refusal: "The rows of a table hold one question and one answer. Convert the file to OpenAI chat first, then its rows can hold conversations." };

export const MAPPED_ROLES: Refusal = { refusal: "The roles of this file are the words that its dataset_info.json gives them. Convert the file to OpenAI chat to have others." };

const refusedTable = ({ container }: ParsedDataset): boolean => container === "csv" || container === "tsv";

/** Each row with several questions becomes one row for each. `rows` are numbers from 0, as `rowSources` has them. */
export const splitRows = (parsed: ParsedDataset, rows: readonly number[]): Reshaped | Refusal => {
  if (refusedTable(parsed)) return TABLE;
  const sources = rowSources(parsed), losses = new Tally(), left = new Tally(), changes = new Map<number, readonly string[]>();
  let to = 0;
  for (const row of rows) {
    const { text, line } = sources[row]!, pieces = splitIntoSingle(text);
    if ("refusal" in pieces) {
      left.add(pieces.refusal, line);
      continue;
    }
    changes.set(row, pieces.rows);
    to += pieces.rows.length;
    for (const loss of pieces.losses) losses.add(loss, line);
  }
  return { edits: editsFor(parsed, changes), from: changes.size, to, losses: losses.all, left: left.all };
};

/** The row in two; the second begins with the question of the turn at `offset` of the row's text. */
export const splitRowAt = (parsed: ParsedDataset, row: number, offset: number): Reshaped | Refusal => {
  if (refusedTable(parsed)) return TABLE;
  const { text, line } = rowSources(parsed)[row]!, pieces = splitAtTurn(text, offset);
  if ("refusal" in pieces) return pieces;
  return { edits: editsFor(parsed, new Map([[row, pieces.rows]])), from: 1, to: 2, losses: pieces.losses.map((what) => ({ what, rows: 1, line })), left: [] };
};

/** The rows as one conversation, where the first of them stands. */
export const mergeRowsOf = (parsed: ParsedDataset, rows: readonly number[]): Reshaped | Refusal => {
  if (refusedTable(parsed)) return TABLE;
  const sources = rowSources(parsed), ordered = [...new Set(rows)].sort((a, b) => a - b);
  const merged = mergeRows(ordered.map((row) => sources[row]!.text));
  if ("refusal" in merged) return merged;
  const changes = new Map(ordered.map((row, index): [number, readonly string[]] => [row, index === 0 ? [merged.row] : []]));
  const { line } = sources[ordered[0]!]!;
  return { edits: editsFor(parsed, changes), from: ordered.length, to: 1, losses: merged.losses.map((what) => ({ what, rows: ordered.length, line })), left: [] };
};

export const normaliseRoles = (parsed: ParsedDataset, rows: readonly number[], words: RoleWords): Reshaped | Refusal => {
  if (refusedTable(parsed)) return { refusal: "A table has no roles to name." };
  if (parsed.format === "mapped") return MAPPED_ROLES;
  const sources = rowSources(parsed), left = new Tally(), changes = new Map<number, readonly string[]>();
  for (const row of rows) {
    const { text, line } = sources[row]!, found = roleChanges(text, words);
    for (const word of found.unknown) left.add(`\`${word}\` is no role that is known`, line);
    for (const word of found.kept) left.add(`\`${word}\` has no plain word`, line);
    if (found.changes.length > 0) changes.set(row, [withChanges(text, found.changes)]);
  }
  return { edits: editsFor(parsed, changes), from: changes.size, to: changes.size, losses: [], left: left.all };
};
