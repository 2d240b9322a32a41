/** Owns the categories that a dataset gives its rows itself, under one of the keys that are usual for it. Looks at a row's JSON as text: formats leave such keys aside. */
import { Column, Names, Tally, type Slice } from "./columns";

/** In the order in which one is preferred. */
const KEYS = ["category", "categories", "task_type", "task_name", "task", "skill", "domain", "topic", "subject", "subset", "dataset", "source", "difficulty", "is_classification"];
const FIELD = new RegExp(`(?<!\\\\)"(${KEYS.join("|")})"\\s*:\\s*(?:\\[\\s*)?("(?:[^"\\\\]|\\\\.)*"|true|false|-?\\d+)`, "gi");
/** Values that are so many are no categories but names. */
const MOST_VALUES = 500;
const LONGEST = 80;

export interface Categories { readonly key: string; readonly slices: readonly Slice[] }

export class CategoryColumns {
  private readonly columns = new Map<string, { readonly names: Names; readonly values: Column }>();
  private rows = 0;

  /** A row's JSON; without one, the row has no category. */
  add(json: string | undefined): void {
    if (json !== undefined) for (const [, key = "", value = ""] of json.matchAll(FIELD)) {
      const name = key.toLowerCase();
      const known = this.columns.get(name);
      const column = known ?? { names: new Names(MOST_VALUES), values: new Column() };
      if (!known) this.columns.set(name, column);
      column.values.fillTo(this.rows);
      if (column.values.length === this.rows) column.values.push(column.names.numberOf(textOf(value)));
    }
    this.rows++;
  }

  /** Undefined where no key tells the rows apart. */
  categories(lines: Uint32Array): Categories | undefined {
    for (const key of KEYS) {
      const column = this.columns.get(key);
      if (!column || column.names.size < 2 || column.names.size >= Math.min(MOST_VALUES, Math.max(12, this.rows / 2))) continue;
      const tally = new Tally();
      column.values.fillTo(this.rows);
      column.values.view().forEach((value, row) => tally.add(value, lines[row]!));
      return { key, slices: tally.slices((value) => value === 0 ? "none" : column.names.word(value)).map(({ label, count, lines: first }) => ({ label, count, lines: first })) };
    }
    return undefined;
  }
}

const textOf = (value: string): string => {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value)).trim().slice(0, LONGEST) || "none";
  } catch (error) {
    if (error instanceof SyntaxError) return value.slice(1, -1).slice(0, LONGEST); // A string that the parser mended.
    throw error;
  }
};
