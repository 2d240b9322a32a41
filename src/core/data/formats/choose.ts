/** Owns the choice of a format: for a row by its keys, for a file by what most of its rows look like. */
import { grouped } from "../../grouped";
import { type JsonObject, type JsonValue } from "../json/tree";
import { type RowFormat, type Signature } from "./format";
import { formatTable } from "./formats";
import { hasOtherList, openaiChat } from "./openaiChat";
import { alpaca, meantAsAlpaca } from "./pairFormats";
import { shapes, type Shape } from "./shapes";

export interface FormatKind { readonly format: RowFormat; readonly signature: Signature | undefined; /** The keys that tell, the first of them underlined. */ readonly keys: readonly string[] }
export interface ShapeKind { readonly shape: Shape; readonly keys: readonly string[] }
export type Kind = FormatKind | ShapeKind | undefined;

interface Candidate { readonly signature: Signature; readonly score: number; readonly kind: FormatKind | ShapeKind }

const owners = [
  ...formatTable.flatMap((format) => format.signatures.map((signature) => ({ signature, owner: { format, signature } }))),
  ...shapes.flatMap((shape) => shape.signatures.map((signature) => ({ signature, owner: { shape } }))),
];

/** By the keys alone, for rows of a file mostly have the same ones; the heaviest first. */
const known = new Map<string, readonly Candidate[]>();

/** Of the last row: the next one mostly has the same keys, as the very same string objects. */
let last: { readonly keys: readonly string[]; readonly candidates: readonly Candidate[] } = { keys: [], candidates: [] };

const candidatesFor = ({ entries }: JsonObject): readonly Candidate[] => {
  if (entries.length === last.keys.length && entries.length > 0 && entries.every(({ key }, index) => key.value === last.keys[index])) return last.candidates;
  const names = entries.map(({ key }) => key.value);
  const name = JSON.stringify(names);
  let candidates = known.get(name);
  if (!candidates) {
    if (known.size > 500) known.clear();
    known.set(name, candidates = findCandidates(new Set(names)));
  }
  last = { keys: names, candidates };
  return candidates;
};

const findCandidates = (keys: ReadonlySet<string>): readonly Candidate[] => {
  const count = (list: readonly string[]): number => list.filter((key) => keys.has(key)).length;
  return owners.filter(({ signature }) => signature.needs.every((key) => keys.has(key)))
    .map(({ signature, owner }): Candidate => ({ signature, kind: { ...owner, keys: [...signature.needs, ...(signature.helps ?? []).filter((key) => keys.has(key))] }, score: 2 * signature.needs.length + count(signature.helps ?? []) + (signature.weight ?? 0) }))
    .sort((a, b) => b.score - a.score);
};

/** What one row looks like. */
export const kindOf = (value: JsonValue): Kind => {
  if (value.kind !== "object") return undefined;
  const best = candidatesFor(value).find(({ signature }) => !signature.also || signature.also(value));
  if (best && best.score > 1) return best.kind;
  const meant = meantAsAlpaca(value);
  if (meant !== undefined) return { format: alpaca, signature: undefined, keys: [meant] };
  const list = hasOtherList(value);
  if (list !== undefined) return { format: openaiChat, signature: undefined, keys: [list] };
  return best?.kind;
};

export interface Choice {
  /** What most rows are; undefined where most are nothing known. */
  readonly kind: Kind;
  readonly reason: string;
}

export const sameKind = (a: Kind, b: Kind): boolean => a === b || a !== undefined && b !== undefined && ("format" in a ? "format" in b && a.format === b.format : "shape" in b && a.shape === b.shape);
const nameOf = (kind: Kind): string => kind === undefined ? "" : "format" in kind ? kind.format.name : kind.shape.title;

/** `a`, `b` and `c`. */
export const listed = (keys: readonly string[]): string => {
  const quoted = keys.map((key) => `\`${key}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)!}`;
};

/** Counts the kinds of a file's readable rows, to find its format: the most frequent, of several the first. */
export class KindTally {
  private readonly kinds = new Map<string, { count: number; first: Kind; keys: Set<string> }>();
  private lastKind: Kind | null = null;
  private lastEntry: { count: number } | undefined;

  add(kind: Kind): void {
    if (kind === this.lastKind && this.lastEntry) {
      this.lastEntry.count++;
      return;
    }
    const name = nameOf(kind);
    let entry = this.kinds.get(name);
    if (!entry) this.kinds.set(name, entry = { count: 1, first: kind, keys: new Set(kind?.keys) });
    else {
      entry.count++;
      // The reason names what all of them have.
      if (entry.keys.size > 1 && kind && kind.keys !== entry.first?.keys) for (const key of entry.keys) if (!kind.keys.includes(key)) entry.keys.delete(key);
    }
    [this.lastKind, this.lastEntry] = [kind, entry];
  }

  /** `rows` counts the unreadable ones too. */
  choice(rows: number): Choice {
    if (this.kinds.size === 0) return { kind: undefined, reason: "No row could be read." };
    const { count: best, first: kind, keys } = [...this.kinds.values()].reduce((a, b) => b.count > a.count ? b : a);
    const share = best < rows ? `${grouped(best)} of ${grouped(rows)} rows ${best === 1 ? "has" : "have"}` : rows === 1 ? "The only row has" : `All ${grouped(rows)} rows have`;
    if (kind === undefined) return { kind, reason: `${share} no key of a known format.` };
    const why = listed([...(keys.size > 0 ? keys : new Set(kind.keys.slice(0, 1)))]);
    return "format" in kind ? { kind, reason: `${share} ${why}.` } : { kind, reason: `${share} ${why}: ${kind.shape.title}.` };
  }
}

/** The format of a file whose rows are of these kinds. */
export const chooseKind = (kinds: readonly Kind[]): Choice => {
  const tally = new KindTally();
  for (const kind of kinds) tally.add(kind);
  return tally.choice(kinds.length);
};
