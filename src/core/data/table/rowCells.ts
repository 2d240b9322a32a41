/** What a row shows in the table: its cells as short text, whether it is broken, its columns' names, and its leaves for editing one by one. */
import { type JsonValue } from "../json/tree";
import { readJson } from "../json/readJson";

/** From the row down to a value: keys of objects and places in arrays. */
export type CellPath = readonly (string | number)[];

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Longer lines are not taken apart: they can be shown, moved and deleted as a whole. */
export const MOST_LINE_BYTES = 64 * 2 ** 20;
/** Characters of a cell that reach the screen; the rest is there when the cell is opened. */
const CELL_CHARACTERS = 300;
/** Deeper values are edited as JSON. */
const LEAF_DEPTH = 8;

/** A byte order mark belongs to the first line's bytes and not to its text. */
export const bomLength = (line: Uint8Array): number => line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;

export const textOf = (line: Uint8Array): string => utf8.decode(line.subarray(bomLength(line)));

/** The row's value, or undefined where it is no JSON. */
export const readValue = (line: Uint8Array): unknown => {
  if (line.length > MOST_LINE_BYTES) return undefined;
  try {
    return JSON.parse(textOf(line)) as unknown;
  } catch {
    return undefined; // What is wrong with it, `faultOf` says.
  }
};

/** Why the row is broken; undefined where it is a JSON object. */
export const faultOf = (line: Uint8Array): string | undefined => {
  if (line.length > MOST_LINE_BYTES) return `The row has ${Math.round(line.length / 2 ** 20).toLocaleString("en-US")} MiB; rows of more than ${MOST_LINE_BYTES / 2 ** 20} are not taken apart.`;
  const value = readValue(line);
  if (value !== undefined) return typeof value === "object" && value !== null && !Array.isArray(value) ? undefined : `A row is a JSON object in braces, not ${Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`}.`;
  return readJson(textOf(line)).faults[0]?.message ?? "The row is not JSON.";
};

export const isBlank = (line: Uint8Array): boolean => line.length < 1000 && textOf(line).trim() === "";

const kindOf = (value: unknown): JsonValue["kind"] => value === null ? "null" : Array.isArray(value) ? "array" : typeof value as JsonValue["kind"];

/** For editing: a string as its text, another value as JSON. */
export const cellSource = (value: unknown): { text: string; kind: JsonValue["kind"] } => ({ text: typeof value === "string" ? value : JSON.stringify(value), kind: kindOf(value) });

/** The role and text of a chat message under the names that datasets use; undefined where the value is none. */
export const messageOf = (value: unknown): { role: string; content: unknown } | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  const { role, from, content, value: said, text } = value as Record<string, unknown>;
  const speaker = role ?? from;
  return typeof speaker === "string" ? { role: speaker, content: content ?? said ?? text } : undefined;
};

const inline = (value: unknown): string => {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every((item) => messageOf(item))) {
    return value.slice(0, 12).map((item) => { const message = messageOf(item)!; return `${message.role}: ${inline(message.content ?? null)}`; }).join(" · ");
  }
  return value === undefined ? "" : JSON.stringify(value);
};

/** One line of at most some hundred characters. */
export const cellText = (value: unknown): string => {
  const text = inline(value);
  const short = text.length > CELL_CHARACTERS ? `${text.slice(0, CELL_CHARACTERS).replace(/[\ud800-\udbff]$/, "")}…` : text;
  return short.replace(/\r\n|\r|\n/g, "⏎").replace(/\t/g, "⇥");
};

/** The top-level keys of some rows in the order in which they first come, and at most `most`. */
export const columnsOf = (lines: readonly Uint8Array[], most = 40): string[] => {
  const keys = new Set<string>();
  for (const line of lines) {
    const value = readValue(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) for (const key of Object.keys(value)) keys.add(key);
  }
  return [...keys].slice(0, most);
};

export interface Leaf { readonly path: CellPath; readonly label: string; readonly text: string; readonly kind: JsonValue["kind"] }

/** Every value of the row that holds no other, in order, with its path. */
export const leavesOf = (value: unknown, path: CellPath = []): Leaf[] => {
  const nested = typeof value === "object" && value !== null && path.length < LEAF_DEPTH && Object.keys(value).length > 0;
  if (!nested) return path.length === 0 ? [] : [{ path, label: labelOf(path), ...cellSource(value) }];
  return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, Array.isArray(value) ? Number(key) : key]));
};

/** `messages[1].content` */
export const labelOf = (path: CellPath): string => path.map((step, index) => typeof step === "number" ? `[${step}]` : index === 0 ? step : `.${step}`).join("");
