/** Owns byte-pair merging, as the Rust tokenizers do it (models/bpe: Word::merge_all): the library's own is a hundred times slower on long pieces and keeps no offsets. */
import { type Sourced } from "./normalize";

export interface Token { readonly id: number; /** UTF-16 offset of its first character. */ readonly start: number }

export interface BpeDefinition {
  readonly vocab: Readonly<Record<string, number>>;
  /** "a b" or ["a", "b"], the first first. */
  readonly merges: readonly (string | readonly [string, string])[];
  readonly unk_token?: string | null;
  readonly fuse_unk?: boolean;
  readonly byte_fallback?: boolean;
  readonly ignore_merges?: boolean;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
}

/** Words longer than this are not kept. */
const LONGEST_CACHED = 48;
const MOST_CACHED = 50_000;
/** A place in a piece; ranks are multiples of it, so that rank and place fit one number and sort as one. */
const PLACES = 2 ** 24;

/** Symbols of a piece: ids with the UTF-16 unit that each begins at. */
interface Symbols { readonly ids: number[]; readonly units: number[] }

/** Throws a plain Error that says what is wrong with the definition. */
export const createBpe = (definition: BpeDefinition): ((piece: Sourced) => Token[]) => {
  const vocab = new Map(Object.entries(definition.vocab));
  const size = [...vocab.values()].reduce((most, id) => Math.max(most, id), 0) + 1;
  const prefix = definition.continuing_subword_prefix ?? "";
  const suffix = definition.end_of_word_suffix ?? "";
  const unknown = definition.unk_token === undefined || definition.unk_token === null ? undefined : vocab.get(definition.unk_token);
  const bytes = definition.byte_fallback ? Array.from({ length: 256 }, (_, byte) => vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)) : undefined;
  const encoder = new TextEncoder();
  const { ranks, results } = readMerges(definition.merges, vocab, size, prefix);

  /** Every character as its token; without one, as bytes, as the unknown token, or not at all. */
  const characters = (text: string): Symbols => {
    const symbols: Symbols = { ids: [], units: [] };
    let afterUnknown = false;
    for (let at = 0; at < text.length;) {
      const character = String.fromCodePoint(text.codePointAt(at)!);
      const end = at + character.length;
      const id = vocab.get(`${at > 0 ? prefix : ""}${character}${end === text.length ? suffix : ""}`);
      const raw = id === undefined && bytes ? [...encoder.encode(character)].map((byte) => bytes[byte]) : undefined;
      const isUnknown = id === undefined && !raw?.every((byte) => byte !== undefined);
      const ids = id !== undefined ? [id] : !isUnknown ? raw as number[] : unknown !== undefined && !(afterUnknown && definition.fuse_unk) ? [unknown] : [];
      for (const symbol of ids) {
        symbols.ids.push(symbol);
        symbols.units.push(at);
      }
      afterUnknown = isUnknown;
      at = end;
    }
    return symbols;
  };

  const tokenize = (text: string): Symbols => {
    const whole = definition.ignore_merges ? vocab.get(text) : undefined;
    return whole !== undefined ? { ids: [whole], units: [0] } : merge(characters(text), size, ranks, results);
  };

  const cache = new Map<string, Symbols>();
  return ({ text, starts }) => {
    let symbols = cache.get(text);
    if (!symbols) {
      symbols = tokenize(text);
      if (text.length <= LONGEST_CACHED) {
        if (cache.size >= MOST_CACHED) cache.clear();
        cache.set(text, symbols);
      }
    }
    const { ids, units } = symbols;
    return ids.map((id, index) => ({ id, start: starts[units[index]!]! }));
  };
};

/** By pair (left * size + right): its rank, and the token that it becomes. */
const readMerges = (merges: BpeDefinition["merges"], vocab: ReadonlyMap<string, number>, size: number, prefix: string) => {
  const ranks = new Map<number, number>();
  const results: number[] = [];
  merges.forEach((merge, rank) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2) throw new Error(`merge ${rank + 1} of its ${merges.length} is ${JSON.stringify(merge)}, not two tokens with a space between`);
    const [left, right] = parts as [string, string];
    const ids = [left, right, left + right.slice(prefix.length)].map((token) => vocab.get(token));
    const missing = ids.indexOf(undefined);
    if (missing >= 0) throw new Error(`merge ${rank + 1} of its ${merges.length}, ${JSON.stringify(`${left} ${right}`)}, needs a token that the vocabulary lacks`);
    ranks.set(ids[0]! * size + ids[1]!, rank);
    results.push(ids[2]!);
  });
  return { ranks, results };
};

/** Merges the pair of the lowest rank, of several the leftmost, until none is left. */
const merge = ({ ids, units }: Symbols, size: number, ranks: ReadonlyMap<number, number>, results: readonly number[]): Symbols => {
  const { length } = ids;
  if (length < 2) return { ids, units };
  const next = Array.from({ length }, (_, index) => index + 1);
  const previous = Array.from({ length }, (_, index) => index - 1);
  const gone = new Uint8Array(length);
  const heap: number[] = [];
  const offer = (at: number): void => {
    const rank = ranks.get(ids[at]! * size + ids[next[at]!]!);
    if (rank !== undefined) push(heap, rank * PLACES + at);
  };
  for (let at = 0; at < length - 1; at++) offer(at);
  while (heap.length > 0) {
    const top = pop(heap);
    const at = top % PLACES;
    const right = next[at]!;
    // The pair may have changed since it was offered.
    if (gone[at] || right >= length || ranks.get(ids[at]! * size + ids[right]!) !== (top - at) / PLACES) continue;
    ids[at] = results[(top - at) / PLACES]!;
    gone[right] = 1;
    next[at] = next[right]!;
    if (next[at]! < length) {
      previous[next[at]!] = at;
      offer(at);
    }
    if (previous[at]! >= 0) offer(previous[at]!);
  }
  const left = { ids: [] as number[], units: [] as number[] };
  for (let at = 0; at < length; at = next[at]!) {
    left.ids.push(ids[at]!);
    left.units.push(units[at]!);
  }
  return left;
};

/** A binary heap in an array, the least at 0. */
const push = (heap: number[], value: number): void => {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
};

const pop = (heap: number[]): number => {
  const top = heap[0]!;
  const value = heap.pop()!;
  const { length } = heap;
  if (length === 0) return top;
  let at = 0;
  for (let child = 1; child < length; child = 2 * at + 1) {
    if (child + 1 < length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
  return top;
};
