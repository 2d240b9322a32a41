/** Owns what one row's text says, whatever the rows around it: its kind, problems and records. Never throws, and depends on nothing but the text. */
import { removalOf, entrySpans } from "../json/keys";
import { entryOf, type JsonEntry, type JsonObject, type JsonReading, type JsonValue } from "../json/tree";
import { RowPlaces, type Place, type Unplaced } from "./place";
import { type Problem, type ProblemCode, type Span } from "../problem";
import { kindOf, type Kind } from "../formats/choose";
import { type Row, type RowFormat, type RowRecord, type Signature } from "../formats/format";

/** Something told once for the whole file, at the first row that says it. */
export interface Remark extends Place { readonly code: ProblemCode; readonly message: string }
/** A key that the row's format does not use. */
export interface Unused extends Place { readonly key: string; readonly where: string }

/** What a row holds as rows of one format; lines count from the row's first. No record where a problem is an error. */
export interface FormatReading extends Unplaced {
  readonly problems: readonly Problem[];
  readonly unused: readonly Unused[];
  readonly remarks: readonly Remark[];
  readonly link?: { readonly id: string; readonly parent: string | undefined };
}

type Read = (text: string) => JsonReading;
interface Known { readonly format: RowFormat; readonly signature: Signature | undefined; readonly reading: FormatReading }

/** Mostly a row has nothing wrong: then it shares this. */
const NONE: readonly never[] = [];

/** One row's reading. It keeps no tree: only the few rows of no kind, or of another kind than their file, are read again. */
export class Reading {
  private known: Known | undefined;

  constructor(
    private readonly text: string,
    private readonly read: Read,
    readonly kind: Kind,
    readonly what: JsonValue["kind"] | "unreadable",
    /** Syntax, and keys that come twice. */
    readonly problems: readonly Problem[],
    object: JsonObject | undefined,
    private readonly suspicious: boolean | undefined,
  ) {
    if (object && kind && "format" in kind) this.known = { format: kind.format, signature: kind.signature, reading: readAs(object, text, kind.format, kind.signature, suspicious) };
  }

  /** The text without the blanks around it; as long as the reading lasts the very same string, so that looking it up costs little. */
  get trimmed(): string { return this.text.trim(); }

  /** Where the key stands that tells the kind, else the first key of an object; else the value. */
  get mark(): Place {
    const { value } = this.read(this.text);
    const { kind } = this;
    const first = value?.kind === "object" ? (kind ? value.entries.find((entry) => entry.key.value === kind.keys[0]) : undefined) ?? value.entries[0] : undefined;
    const mark = value?.kind === "object" ? first?.key ?? { start: value.start, end: value.end } : value ?? { start: 0, end: this.text.length };
    return new RowPlaces(this.text).of(mark);
  }

  /** The first keys of an object of no known kind. */
  get keys(): readonly string[] {
    const { value } = this.read(this.text);
    return value?.kind === "object" && !this.kind ? value.entries.slice(0, 4).map(({ key }) => key.value) : NONE;
  }

  /** Where a key of the row's object stands. */
  placeOf(key: string): Place | undefined {
    const object = this.read(this.text).value;
    const entry = object?.kind === "object" ? entryOf(object, key) : undefined;
    return entry && new RowPlaces(this.text).of(entry.key);
  }

  /** The row as its own kind's format, or as another. */
  as(format: RowFormat, signature: Signature | undefined): FormatReading {
    if (this.known?.format === format && this.known.signature === signature) return this.known.reading;
    const object = this.read(this.text).value;
    const reading = object?.kind === "object" ? readAs(object, this.text, format, signature, this.suspicious) : { format: format.name, found: NONE, problems: NONE, unused: NONE, remarks: NONE };
    this.known = { format, signature, reading };
    return reading;
  }
}

/** Whether a text may hold characters that were lost, as they are or as an escape: then each is looked at. */
export const isSuspicious = (text: string): boolean => text.includes("\\u") && ESCAPED.test(text) || LOST.test(text);
const ESCAPED = /\\u[dDfF]/;
const LOST = /[\uFFFD\uD800-\uDFFF]/;

/** `suspicious`: see `isSuspicious`, of this text or of more than it, where that is known. */
export const readSource = (text: string, read: Read, forced?: RowFormat, suspicious?: boolean): Reading => {
  let problems: Problem[] | undefined;
  const { value, faults } = read(text);
  for (const { code = "json-syntax", span, message, repair } of faults) (problems ??= []).push(new RowPlaces(text).problem(code, "error", span, message, [repair]));
  const seen = value && kindOf(value);
  // A format that was asked for is read by the names that the row has of it.
  const kind = !forced || value?.kind !== "object" || seen && "format" in seen && seen.format === forced ? seen : { format: forced, signature: undefined, keys: [] };
  if (value?.kind === "object" && holdsDuplicateKey(value)) {
    duplicateKeys(value, (span, message, change) => (problems ??= []).push(new RowPlaces(text).problem("duplicate-key", "warning", span, message, [{ title: "Remove the one that is ignored", changes: [change], preferred: true }])));
  }
  return new Reading(text, read, kind, value?.kind ?? "unreadable", problems ?? NONE, value?.kind === "object" ? value : undefined, suspicious);
};

const readAs = (object: JsonObject, text: string, format: RowFormat, signature: Signature | undefined, suspicious: boolean | undefined): FormatReading => {
  let problems: Problem[] | undefined;
  let unused: Unused[] | undefined;
  let remarks: Remark[] | undefined;
  let broken = false;
  const row: Row = {
    text, object, suspicious: suspicious ?? isSuspicious(text),
    report: (code, severity, span, message, ...repairs) => {
      if (severity === "error") broken = true;
      (problems ??= []).push(new RowPlaces(text).problem(code, severity, span, message, repairs));
    },
    unused: (entry: JsonEntry, where) => { (unused ??= []).push({ key: entry.key.value, where, ...new RowPlaces(text).of(entry.key) }); },
    remark: (code, span: Span, message) => {
      if (!remarks?.some((remark) => remark.message === message)) (remarks ??= []).push({ code, message, ...new RowPlaces(text).of(span) });
    },
  };
  const found = format.read(row, signature);
  const reading = { format: format.name, found: broken ? NONE : placedIn(text, found), placed: undefined, problems: problems ?? NONE, unused: unused ?? NONE, remarks: remarks ?? NONE };
  const link = format.links?.(object);
  return link ? { ...reading, link } : reading;
};

/** With the lines of messages that stand further down. */
const placedIn = (text: string, found: readonly RowRecord[]): readonly RowRecord[] => {
  if (!text.includes("\n") && !text.includes("\r")) return found;
  const places = new RowPlaces(text);
  return found.map((record) => ({ ...record, messages: places.messages(record.messages), ...(record.rejected ? { rejected: places.messages(record.rejected) } : {}) }));
};

const holdsDuplicateKey = (value: JsonValue): boolean => {
  if (value.kind === "array") return value.items.some(holdsDuplicateKey);
  if (value.kind !== "object") return false;
  const { entries } = value;
  if (entries.length > MANY && new Set(entries.map(({ key }) => key.value)).size < entries.length) return true;
  for (let index = 0; index < entries.length; index++) {
    const { key, value: content } = entries[index]!;
    if (entries.length <= MANY) for (let before = 0; before < index; before++) if (entries[before]!.key.value === key.value) return true;
    if (content.kind !== "string" && holdsDuplicateKey(content)) return true;
  }
  return false;
};
/** Keys of one object that are each compared with each. */
const MANY = 12;

const duplicateKeys = (value: JsonValue, report: (span: Span, message: string, change: ReturnType<typeof removalOf>) => void): void => {
  if (value.kind === "array") for (const item of value.items) duplicateKeys(item, report);
  if (value.kind !== "object") return;
  const { entries } = value;
  const last = new Map(entries.map(({ key }, index) => [key.value, index]));
  for (let index = 0; index < entries.length; index++) {
    const { key } = entries[index]!;
    const later = last.get(key.value)!;
    if (later > index) report(key, `\`${key.value}\` comes again at column ${entries[later]!.key.start + 1}; the last one counts, this one is ignored.`, removalOf(entrySpans(value), index));
    duplicateKeys(entries[index]!.value, report);
  }
};
