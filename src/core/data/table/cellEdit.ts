/** Owns changing one JSON value of a row in its bytes: nothing but that value changes, and of a text only the part that is another. */
import { UserError } from "../../errors";
import { entryOf, type JsonObject, type JsonValue } from "../json/tree";
import { readJson } from "../json/readJson";
import { bomLength, cellSource, type CellPath, readValue } from "./rowCells";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
// One character for each byte, so that the reader's offsets are offsets in the bytes, whatever the bytes are.
const bytewise = new TextDecoder("latin1");
const encoder = new TextEncoder();
const NOT_ASCII = /[^\0-\x7f]/;

const invalid = (what: string, next: string): UserError => new UserError("CELL_INVALID", what, next);

/**
 * The line with the value at `path` set to what was entered. A value that was text stays text; another is entered as JSON. A key that the row has not is added as text at its end.
 * Answers the same bytes where nothing changes. Throws CELL_INVALID where the row is no JSON, the path leads nowhere or the entry is not JSON.
 */
export const editCell = (line: Uint8Array, path: CellPath, entered: string): Uint8Array => {
  const bom = bomLength(line);
  const text = bytewise.decode(line.subarray(bom));
  const { value, faults } = readJson(text);
  if (!value || faults.length > 0) throw invalid(`This row is not JSON: ${faults[0]?.message ?? "it is empty."}`, "Mend the row's text first; Enter on the row shows it.");
  let node: JsonValue = value;
  for (const [depth, step] of path.entries()) {
    const next: JsonValue | undefined = node.kind === "object" && typeof step === "string" ? entryOf(withKeys(node, line.subarray(bom)), step)?.value : node.kind === "array" && typeof step === "number" ? node.items[step] : undefined;
    if (next) node = next;
    else if (node.kind === "object" && typeof step === "string" && depth === path.length - 1) return splice(line, bom, addedKey(text, node, step, entered, asciiOnly(line)));
    else throw invalid(`This row has no ${path.join(".")}.`, "The file may have changed; look at the row again.");
  }
  const source = line.subarray(bom + node.start, bom + node.end);
  if (node.kind === "string") return splice(line, bom, { start: node.start, end: node.end, bytes: editedString(source, entered, asciiOnly(line)) });
  let json: unknown;
  try {
    json = JSON.parse(entered);
  } catch (error) {
    throw invalid(`This cell holds ${node.kind === "array" ? "an" : node.kind === "object" ? "an" : "a"} ${node.kind}, and what was entered is not JSON: ${(error as Error).message}`, "Text stands in double quotes.");
  }
  if (/[\r\n]/.test(entered)) entered = JSON.stringify(json);
  return entered === utf8.decode(source) ? line : splice(line, bom, { start: node.start, end: node.end, bytes: encoder.encode(entered) });
};

/** The whole line with other text, for rows that are broken. Throws CELL_INVALID for a text of several lines. */
export const editLine = (line: Uint8Array, entered: string): Uint8Array => {
  if (/[\r\n]/.test(entered)) throw invalid("A row stands on one line.", "Write a line break inside a text as \\n.");
  const bom = bomLength(line);
  return utf8.decode(line.subarray(bom)) === entered ? line : splice(line, bom, { start: 0, end: line.length - bom, bytes: encoder.encode(entered) });
};

/** What to show for editing: a string as its text, another value as JSON; undefined where the row has nothing there. */
export const cellAt = (line: Uint8Array, path: CellPath): { text: string; kind: JsonValue["kind"] } | undefined => {
  let value = readValue(line);
  for (const step of path) value = typeof value === "object" && value !== null && Object.hasOwn(value, step) ? (value as Record<string | number, unknown>)[step] : undefined;
  return value === undefined ? undefined : cellSource(value);
};

interface Replacement { readonly start: number; readonly end: number; readonly bytes: Uint8Array }

const splice = (line: Uint8Array, bom: number, { start, end, bytes }: Replacement): Uint8Array => {
  const made = new Uint8Array(line.length - (end - start) + bytes.length);
  made.set(line.subarray(0, bom + start));
  made.set(bytes, bom + start);
  made.set(line.subarray(bom + end), bom + start + bytes.length);
  return made.length === line.length && made.every((byte, index) => byte === line[index]) ? line : made;
};

/** Keys were read one character a byte; a path has them as text. */
const withKeys = (object: JsonObject, bytes: Uint8Array): JsonObject =>
  ({ ...object, entries: object.entries.map((entry) => ({ ...entry, key: { ...entry.key, value: NOT_ASCII.test(entry.key.value) ? JSON.parse(utf8.decode(bytes.subarray(entry.key.start, entry.key.end))) as string : entry.key.value } })) });

/** A file that writes é as \u00e9 (Python's ensure_ascii) keeps doing so. */
const asciiOnly = (line: Uint8Array): boolean => {
  let escaped = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at]! >= 0x80 && at >= 3) return false;
    if (line[at] === 0x5c && line[at + 1] === 0x75) escaped = true;
  }
  return escaped;
};

const quoted = (text: string, ascii: boolean): string => {
  const json = JSON.stringify(text);
  return ascii ? json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : json;
};

/** `, "key": "text"` after the last entry, with the blanks that the row itself uses. */
const addedKey = (text: string, object: JsonObject, key: string, entered: string, ascii: boolean): Replacement => {
  const [first, second] = object.entries;
  const last = object.entries.at(-1);
  const colon = first ? text.slice(first.key.end, first.value.start) : ": ";
  const comma = first && second ? text.slice(first.value.end, second.key.start) : `,${colon.endsWith(" ") || !first ? " " : ""}`;
  const at = last ? last.value.end : object.start + 1;
  return { start: at, end: at, bytes: encoder.encode(`${last ? comma : ""}${quoted(key, ascii)}${colon}${quoted(entered, ascii)}`) };
};

/** A JSON string whose text becomes `entered`: the way its other characters are written (\/, \u00e9) stays. */
const editedString = (source: Uint8Array, entered: string, ascii: boolean): Uint8Array => {
  const raw = utf8.decode(source);
  if (raw.includes("\ufffd")) {
    // Bytes that are no UTF-8, perhaps: they stay where the text is the same, which only whole texts can tell.
    return JSON.parse(raw) === entered ? source : encoder.encode(quoted(entered, ascii));
  }
  const units = unitsOf(raw);
  const before = units.map(({ unit }) => unit);
  // A page's text field knows only \n: a text whose line breaks are all \r\n keeps them.
  const text = JSON.parse(raw) as string;
  if (!entered.includes("\r") && text.includes("\r\n") && !/[^\r]\n|^\n|\r(?!\n)/.test(text)) entered = entered.replaceAll("\n", "\r\n");
  const after = Array.from({ length: entered.length }, (_, index) => entered.charCodeAt(index));
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  if (head === before.length && head === after.length) return source;
  if (head > 0 && (before[head - 1]! & 0xfc00) === 0xd800) head--;
  if (tail > 0 && (before[before.length - tail]! & 0xfc00) === 0xdc00) tail--;
  const start = units[head]?.start ?? raw.length - 1;
  const end = tail > 0 ? units[before.length - tail]!.start : raw.length - 1;
  return encoder.encode(raw.slice(0, start) + quoted(entered.slice(head, entered.length - tail), ascii).slice(1, -1) + raw.slice(end));
};

/** Each UTF-16 unit of a JSON string's text, and where it is written. */
const unitsOf = (raw: string): { unit: number; start: number }[] => {
  const units: { unit: number; start: number }[] = [];
  for (let at = 1; at < raw.length - 1;) {
    const length = raw[at] !== "\\" ? 1 : raw[at + 1] === "u" ? 6 : 2;
    units.push({ unit: length === 1 ? raw.charCodeAt(at) : (JSON.parse(`"${raw.slice(at, at + length)}"`) as string).charCodeAt(0), start: at });
    at += length;
  }
  return units;
};
