/** Owns what one row's text says, whatever the rows around it: its kind, problems and records. Never throws, and depends on nothing but the text. */
import { removalOf, entrySpans } from "../json/keys";
import { entryOf, type JsonEntry, type JsonObject, type JsonReading, type JsonValue } from "../json/tree";
import { RowPlaces, type Place } from "./place";
import { type Problem, type ProblemCode, type Span } from "../problem";
import { type DatasetRecord } from "../record";
import { kindOf, type Kind } from "../formats/choose";
import { type Row, type RowFormat, type Signature } from "../formats/format";

/** Something told once for the whole file, at the first row that says it. */
export interface Remark extends Place { readonly code: ProblemCode; readonly message: string }
/** A key that the row's format does not use. */
export interface Unused extends Place { readonly key: string; readonly where: string }

/** What a row holds as rows of one format; lines count from the row's first. */
export interface FormatReading {
  readonly problems: readonly Problem[];
  readonly records: readonly DatasetRecord[];
  readonly unused: readonly Unused[];
  readonly remarks: readonly Remark[];
  readonly link?: { readonly id: string; readonly parent: string | undefined };
}

export interface Reading {
  readonly kind: Kind;
  readonly what: JsonValue["kind"] | "unreadable";
  /** Syntax, and keys that come twice. */
  readonly problems: readonly Problem[];
  /** Where the key stands that tells the kind, and each key of an object of no known kind; else the value. */
  readonly mark: Place;
  readonly keys: readonly string[];
  /** Where a key of the row's object stands. */
  readonly placeOf: (key: string) => Place | undefined;
  /** The row as its own kind's format, or as another. */
  readonly as: (format: RowFormat, signature: Signature | undefined) => FormatReading;
}

export const readSource = (text: string, read: (text: string) => JsonReading, forced?: RowFormat): Reading => {
  const places = new RowPlaces(text);
  const problems: Problem[] = [];
  const { value, faults } = read(text);
  for (const { code = "json-syntax", span, message, repair } of faults) problems.push(places.problem(code, "error", span, message, [repair]));
  const seen = value && kindOf(value);
  // A format that was asked for is read by the names that the row has of it.
  const kind = !forced || value?.kind !== "object" || seen && "format" in seen && seen.format === forced ? seen : { format: forced, signature: undefined, keys: [] };
  if (value?.kind === "object") duplicateKeys(value, (span, message, change) => problems.push(places.problem("duplicate-key", "warning", span, message, [{ title: "Remove the one that is ignored", changes: [change], preferred: true }])));
  const first = value?.kind === "object" ? (kind ? value.entries.find((entry) => entry.key.value === kind.keys[0]) : undefined) ?? value.entries[0] : undefined;
  const mark = value?.kind === "object" ? first?.key ?? { start: value.start, end: value.end } : value ?? { start: 0, end: text.length };

  let known: { format: RowFormat; signature: Signature | undefined; reading: FormatReading } | undefined;
  // What is read at once needs no tree of the row later: only the few rows of no kind are read again.
  if (value?.kind === "object" && kind && "format" in kind) known = { ...kind, reading: readAs(value, text, places, kind.format, kind.signature) };
  return {
    kind, what: value?.kind ?? "unreadable", problems, mark: places.of(mark), keys: value?.kind === "object" && !kind ? value.entries.slice(0, 4).map(({ key }) => key.value) : [],
    placeOf: (key) => {
      const object = read(text).value;
      const entry = object?.kind === "object" ? entryOf(object, key) : undefined;
      return entry && places.of(entry.key);
    },
    as: (format, signature) => {
      if (known?.format === format && known.signature === signature) return known.reading;
      const object = read(text).value;
      const reading = object?.kind === "object" ? readAs(object, text, places, format, signature) : NOTHING;
      known = { format, signature, reading };
      return reading;
    },
  };
};

const NOTHING: FormatReading = { problems: [], records: [], unused: [], remarks: [] };

/** Characters that checkCharacters would look at one by one, written out or as an escape. */
const SUSPICIOUS = /[\uFFFD\uD800-\uDFFF]|\\u[dDfF]/;

const readAs = (object: JsonObject, text: string, places: RowPlaces, format: RowFormat, signature: Signature | undefined): FormatReading => {
  const problems: Problem[] = [];
  const unused: Unused[] = [];
  const remarks: Remark[] = [];
  let broken = false;
  const row: Row = {
    text, object, suspicious: SUSPICIOUS.test(text),
    report: (code, severity, span, message, ...repairs) => {
      if (severity === "error") broken = true;
      problems.push(places.problem(code, severity, span, message, repairs));
    },
    unused: (entry: JsonEntry, where) => unused.push({ key: entry.key.value, where, ...places.of(entry.key) }),
    remark: (code, span: Span, message) => {
      if (!remarks.some((remark) => remark.message === message)) remarks.push({ code, message, ...places.of(span) });
    },
  };
  const found = format.read(row, signature);
  const link = format.links?.(object);
  const records = broken ? [] : found.map((record, part): DatasetRecord => ({
    line: 0, ...(found.length > 1 ? { part } : {}), format: format.name, ...record,
    messages: record.messages.map((message) => places.message(message)),
    ...(record.rejected ? { rejected: record.rejected.map((message) => places.message(message)) } : {}),
  }));
  return { problems, records, unused, remarks, ...(link ? { link } : {}) };
};

const duplicateKeys = (value: JsonValue, report: (span: Span, message: string, change: ReturnType<typeof removalOf>) => void): void => {
  if (value.kind === "array") for (const item of value.items) duplicateKeys(item, report);
  if (value.kind !== "object") return;
  const { entries } = value;
  for (let index = 0; index < entries.length; index++) {
    const { key } = entries[index]!;
    for (let later = entries.length - 1; later > index; later--) {
      if (entries[later]!.key.value !== key.value) continue;
      report(key, `\`${key.value}\` comes again at column ${entries[later]!.key.start + 1}; the last one counts, this one is ignored.`, removalOf(entrySpans(value), index));
      break;
    }
    duplicateKeys(entries[index]!.value, report);
  }
};
