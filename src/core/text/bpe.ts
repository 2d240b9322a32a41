/** Owns byte-pair merging, as the Rust tokenizers do it (models/bpe: Word::merge_all): the library's own is a hundred times slower on long pieces and keeps no offsets. */

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

/** A place in a piece; ranks are multiples of it, so that rank and place fit one number and sort as one. */
const PLACES = 2 ** 24;
/** Pieces of up to this many symbols are looked through for the lowest rank; longer ones keep a heap. */
const SHORT = 48;

/** Symbols of a piece: ids with the UTF-16 unit that each begins at. */
export interface Symbols { readonly ids: number[]; readonly units: number[] }

/** Throws a plain Error that says what is wrong with the definition. */
export const createBpe = (definition: BpeDefinition): ((piece: string) => Symbols) => {
  const vocab = new Map(Object.entries(definition.vocab));
  const prefix = definition.continuing_subword_prefix ?? "";
  const suffix = definition.end_of_word_suffix ?? "";
  const unknown = definition.unk_token === undefined || definition.unk_token === null ? undefined : vocab.get(definition.unk_token);
  const bytes = definition.byte_fallback ? Array.from({ length: 256 }, (_, byte) => vocab.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)) : undefined;
  const encoder = new TextEncoder();
  const merges = readMerges(definition.merges, vocab, prefix);

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

  return (text) => {
    const whole = definition.ignore_merges ? vocab.get(text) : undefined;
    if (whole !== undefined) return { ids: [whole], units: [0] };
    const symbols = characters(text);
    return symbols.ids.length < 2 ? symbols : symbols.ids.length <= SHORT ? mergeShort(symbols, merges) : mergeLong(symbols, merges);
  };
};

/** The merges by pair of ids, in a table with open addresses: a Map of such pairs would hold an object for each number. */
class Merges {
  private readonly lefts: Int32Array;
  private readonly rights: Int32Array;
  private readonly ranks: Int32Array;
  private readonly mask: number;
  /** By rank, the token that the pair becomes. */
  readonly results: Int32Array;

  constructor(count: number) {
    let size = 16;
    while (size < count * 2) size *= 2;
    this.lefts = new Int32Array(size).fill(-1);
    this.rights = new Int32Array(size);
    this.ranks = new Int32Array(size);
    this.mask = size - 1;
    this.results = new Int32Array(count);
  }

  /** A pair that comes twice has the later rank. */
  set(left: number, right: number, rank: number, result: number): void {
    const slot = this.slotOf(left, right);
    this.lefts[slot] = left;
    this.rights[slot] = right;
    this.ranks[slot] = rank;
    this.results[rank] = result;
  }

  /** The pair's rank, or -1. */
  rank(left: number, right: number): number {
    const slot = this.slotOf(left, right);
    return this.lefts[slot] === -1 ? -1 : this.ranks[slot]!;
  }

  private slotOf(left: number, right: number): number {
    let slot = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    slot = (slot ^ slot >>> 15) & this.mask;
    while (this.lefts[slot] !== -1 && (this.lefts[slot] !== left || this.rights[slot] !== right)) slot = slot + 1 & this.mask;
    return slot;
  }
}

const readMerges = (merges: BpeDefinition["merges"], vocab: ReadonlyMap<string, number>, prefix: string): Merges => {
  const table = new Merges(merges.length);
  merges.forEach((merge, rank) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2) throw new Error(`merge ${rank + 1} of its ${merges.length} is ${JSON.stringify(merge)}, not two tokens with a space between`);
    const [left, right] = parts as [string, string];
    const ids = [left, right, left + right.slice(prefix.length)].map((token) => vocab.get(token));
    const missing = ids.indexOf(undefined);
    if (missing >= 0) throw new Error(`merge ${rank + 1} of its ${merges.length}, ${JSON.stringify(`${left} ${right}`)}, needs a token that the vocabulary lacks`);
    table.set(ids[0]!, ids[1]!, rank, ids[2]!);
  });
  return table;
};

/** Ranks of the pairs that begin at each symbol of the piece at hand; -1 where there is no merge. */
const pairRanks = new Int32Array(SHORT);

/** Merges the pair of the lowest rank, of several the leftmost, until none is left; in place. */
const mergeShort = (symbols: Symbols, merges: Merges): Symbols => {
  const { ids, units } = symbols;
  let { length } = ids;
  for (let at = 0; at < length - 1; at++) pairRanks[at] = merges.rank(ids[at]!, ids[at + 1]!);
  for (;;) {
    let [best, place] = [0x7fffffff, -1];
    for (let at = 0; at < length - 1; at++) {
      const rank = pairRanks[at]!;
      if (rank >= 0 && rank < best) {
        best = rank;
        place = at;
      }
    }
    if (place < 0) break;
    ids[place] = merges.results[best]!;
    length--;
    for (let at = place + 1; at < length; at++) {
      ids[at] = ids[at + 1]!;
      units[at] = units[at + 1]!;
      pairRanks[at] = pairRanks[at + 1]!;
    }
    if (place > 0) pairRanks[place - 1] = merges.rank(ids[place - 1]!, ids[place]!);
    if (place < length - 1) pairRanks[place] = merges.rank(ids[place]!, ids[place + 1]!);
  }
  ids.length = length;
  units.length = length;
  return symbols;
};

/** The same with a heap, so that the time is in proportion to the length. */
const mergeLong = ({ ids, units }: Symbols, merges: Merges): Symbols => {
  const { length } = ids;
  const next = Array.from({ length }, (_, index) => index + 1);
  const previous = Array.from({ length }, (_, index) => index - 1);
  const gone = new Uint8Array(length);
  const heap: number[] = [];
  const offer = (at: number): void => {
    const rank = merges.rank(ids[at]!, ids[next[at]!]!);
    if (rank >= 0) push(heap, rank * PLACES + at);
  };
  for (let at = 0; at < length - 1; at++) offer(at);
  while (heap.length > 0) {
    const top = pop(heap);
    const at = top % PLACES;
    const right = next[at]!;
    // The pair may have changed since it was offered.
    if (gone[at] || right >= length || merges.rank(ids[at]!, ids[right]!) !== (top - at) / PLACES) continue;
    ids[at] = merges.results[(top - at) / PLACES]!;
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
