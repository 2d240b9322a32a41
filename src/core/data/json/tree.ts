/** The tree of one JSON value with exact offsets, what can be wrong with its text, and how to find one's way in it. Reading text into it is readJson.ts. */
import { type Span } from "../problem";

export interface JsonString extends Span {
  readonly kind: "string"; readonly value: string;
  /** How its source writes it, where that is not JSON: a bare table cell, a quoted CSV cell, a cell with `\n` for a line break. */
  readonly written?: "bare" | "quoted" | "backslash";
}
export interface JsonNumber extends Span { readonly kind: "number"; readonly value: number }
export interface JsonBoolean extends Span { readonly kind: "boolean"; readonly value: boolean }
export interface JsonNull extends Span { readonly kind: "null" }
export interface JsonArray extends Span { readonly kind: "array"; readonly items: readonly JsonValue[] }
export interface JsonObject extends Span { readonly kind: "object"; readonly entries: readonly JsonEntry[] }
export interface JsonEntry { readonly key: JsonString; readonly value: JsonValue }
export type JsonValue = JsonString | JsonNumber | JsonBoolean | JsonNull | JsonArray | JsonObject;

/** A change inside the text that was read, with its offsets. */
export interface Change { readonly span: Span; readonly newText: string }
export interface Repair { readonly title: string; readonly changes: readonly Change[]; readonly preferred: boolean }
/** A place where the text is not JSON. */
export interface Fault {
  readonly span: Span; readonly message: string; readonly repair?: Repair;
  /** What kind of fault, where it is not one of JSON. */
  readonly code?: "table-syntax" | "table-columns";
}

export interface JsonReading {
  /** The value; with faults it is what was probably meant, and undefined where that cannot be told. */
  readonly value: JsonValue | undefined;
  readonly faults: readonly Fault[];
}

/** The entry that counts for `key`: of several, the last, as every JSON reader takes it. */
export const entryOf = (object: JsonObject, key: string): JsonEntry | undefined => {
  for (let index = object.entries.length - 1; index >= 0; index--) if (object.entries[index]!.key.value === key) return object.entries[index];
  return undefined;
};

export const valueOf = (object: JsonObject, key: string): JsonValue | undefined => entryOf(object, key)?.value;

/** The plain JavaScript value, as JSON.parse would give it. */
export const toPlain = (node: JsonValue): unknown => {
  switch (node.kind) {
    case "null": return null;
    case "array": return node.items.map(toPlain);
    case "object": return Object.fromEntries(node.entries.map(({ key, value }) => [key.value, toPlain(value)]));
    default: return node.value;
  }
};

/** Where the characters [from, to) of a string's value stand in the text, counting each escape as what it writes. */
export const spanWithin = (text: string, node: JsonString, from: number, to: number): Span => {
  const quoted = node.written === undefined || node.written === "quoted";
  let at = node.start + (quoted ? 1 : 0);
  let start = at;
  for (let index = 0; index < to; index++) {
    if (index === from) start = at;
    at += widthAt(text, at, node);
  }
  return { start: from >= to ? at : start, end: at };
};

const widthAt = (text: string, at: number, { written }: JsonString): number => {
  if (written === "bare") return 1;
  if (written === "quoted") return text[at] === '"' ? 2 : 1;
  if (written === "backslash") return text[at] === "\\" && text[at + 1] === "n" ? 2 : 1;
  return text[at] !== "\\" ? 1 : text[at + 1] === "u" ? 6 : 2;
};
