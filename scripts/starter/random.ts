/** Owns the one source of chance of the starter scripts: a seeded generator, so that the same seed makes the same bytes. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, end). */
  below(end: number): number;
  pick<T>(items: readonly T[]): T;
  /** `count` different items, in drawn order. */
  sample<T>(items: readonly T[], count: number): T[];
  shuffle<T>(items: readonly T[]): T[];
  /** One item, with chances in proportion to `weights`. */
  weighted<T>(items: readonly T[], weights: readonly number[]): T;
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough to draw sentences and row orders. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (end: number): number => Math.floor(next() * end);
  const sample = <T>(items: readonly T[], count: number): T[] => {
    if (count > items.length) throw new Error(`cannot sample ${count} of ${items.length}`);
    const pool = [...items];
    for (let at = 0; at < count; at++) {
      const other = at + below(pool.length - at);
      [pool[at], pool[other]] = [pool[other] as T, pool[at] as T];
    }
    return pool.slice(0, count);
  };
  return {
    next, below, sample,
    pick: (items) => {
      if (items.length === 0) throw new Error("cannot pick from nothing");
      return items[below(items.length)]!;
    },
    shuffle: (items) => sample(items, items.length),
    weighted: (items, weights) => {
      let rest = next() * weights.reduce((sum, weight) => sum + weight, 0);
      for (let at = 0; at < items.length - 1; at++) {
        rest -= weights[at]!;
        if (rest < 0) return items[at]!;
      }
      return items[items.length - 1]!;
    },
  };
};

/** The first `count` of what may be endless. */
export function* take<T>(source: Iterable<T>, count: number): Generator<T> {
  let taken = 0;
  if (count <= 0) return;
  for (const item of source) {
    yield item;
    if (++taken >= count) return;
  }
}
