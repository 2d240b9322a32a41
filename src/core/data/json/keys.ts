/** Owns the keys of a JSON object: which known key an unknown one stands for, and the edits that rename, add and remove entries. */
import { type Change, type JsonEntry, type JsonObject, type Repair } from "./tree";
import { type Span } from "../problem";

const plain = (key: string): string => key.toLowerCase().replace(/[\s_-]/g, "");

/** Whether two words differ by one or two slips of the keyboard (insert, delete, replace, swap); short words by one at most. */
const nearly = (a: string, b: string): boolean => {
  const allowed = Math.min(a.length, b.length) < 5 ? 1 : 2;
  if (Math.abs(a.length - b.length) > allowed || Math.min(a.length, b.length) < 4) return false;
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j]!, above[j - 2]! + 1);
    }
    above = row;
    row = next;
  }
  return row[b.length]! <= allowed;
};

/** The entry that was probably meant as `key`: another name for it, other capitals, or a slip. `taken` are keys with a meaning of their own. */
export const standIn = (object: JsonObject, key: string, otherNames: readonly string[], taken: ReadonlySet<string>): JsonEntry | undefined => {
  const free = object.entries.filter((entry) => !taken.has(entry.key.value));
  const names = [key, ...otherNames].map(plain);
  for (const name of names) {
    const entry = free.find((candidate) => plain(candidate.key.value) === name);
    if (entry) return entry;
  }
  return free.find((entry) => nearly(plain(entry.key.value), plain(key)));
};

export const renameKey = (entry: JsonEntry, name: string): Repair => renameKeys(`Rename "${entry.key.value}" to "${name}"`, [[entry, name]]);

export const renameKeys = (title: string, renames: readonly (readonly [JsonEntry, string])[]): Repair =>
  ({ title, preferred: true, changes: renames.map(([entry, name]) => ({ span: { start: entry.key.start, end: entry.key.end }, newText: JSON.stringify(name) })) });

/** Takes the entry out together with the one comma that it no longer needs. */
export const removalOf = (items: readonly Span[], index: number): Change => {
  const item = items[index]!;
  const next = items[index + 1];
  const previous = items[index - 1];
  return { span: next ? { start: item.start, end: next.start } : { start: previous?.end ?? item.start, end: item.end }, newText: "" };
};

export const entrySpans = (object: JsonObject): Span[] => object.entries.map(({ key, value }) => ({ start: key.start, end: value.end }));

/** Adds `"key": ""` at the end of the object, for the person to fill in. */
export const addKey = (object: JsonObject, key: string): Repair => {
  const last = object.entries.at(-1);
  const at = last ? last.value.end : object.start + 1;
  return { title: `Add "${key}"`, preferred: false, changes: [{ span: { start: at, end: at }, newText: `${last ? ", " : ""}"${key}": ""` }] };
};
