/** Owns how lengths are summed up: quantiles, bars of a histogram that fit a limit, and what a limit would cut. */
import { MOST_LINES } from "./columns";

export interface Bin {
  /** Lengths that it counts, both included; `to` is Infinity-free: the last may be open. */
  readonly from: number; readonly to: number;
  /** Whether everything longer is in it, too. */
  readonly open: boolean;
  readonly count: number;
  /** Those of `count` that are longer than the limit. */
  readonly over: number;
  readonly lines: readonly number[];
}

export interface LimitShare {
  readonly limit: number;
  /** Shares of 1: rows that are not cut, tokens that are left. */
  readonly whole: number; readonly kept: number;
}

export interface Lengths {
  readonly count: number; readonly total: number;
  readonly least: number; readonly most: number; readonly mean: number;
  readonly quantiles: { readonly p5: number; readonly p25: number; readonly p50: number; readonly p75: number; readonly p95: number; readonly p99: number };
  readonly bins: readonly Bin[];
  /** Rows longer than the limit; 0 without one. */
  readonly over: number;
  readonly limits: readonly LimitShare[];
}

/** Few rows need few bars. */
const barsFor = (count: number): number => Math.min(32, Math.max(8, Math.ceil(2 * Math.sqrt(count))));

/** `lines` are those of the lengths, in their order; `limit` in the same unit. */
export const sumUpLengths = (lengths: Uint32Array, lines: Uint32Array, limit?: number): Lengths | undefined => {
  if (lengths.length === 0) return undefined;
  const sorted = lengths.slice().sort();
  // The nearest rank: a length that some row has.
  const quantile = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!;
  const most = sorted.at(-1)!;
  const total = sorted.reduce((sum, length) => sum + length, 0);
  return {
    count: lengths.length, total, least: sorted[0]!, most, mean: total / lengths.length,
    quantiles: { p5: quantile(0.05), p25: quantile(0.25), p50: quantile(0.5), p75: quantile(0.75), p95: quantile(0.95), p99: quantile(0.99) },
    bins: binsOf(lengths, lines, edgesOf(most, quantile(0.99), limit, barsFor(lengths.length)), limit),
    over: limit === undefined ? 0 : sorted.length - above(sorted, limit),
    limits: limitsOf(sorted, total, limit),
  };
};

/** How many are not longer. */
const above = (sorted: Uint32Array, limit: number): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

interface Edges { readonly width: number; readonly bars: number; /** Whether longer ones come into the last bar. */ readonly open: boolean }

/** Bars of one width, so that one ends at the limit where that can be; a few rows of great length do not press the others together. */
const edgesOf = (most: number, p99: number, limit: number | undefined, wanted: number): Edges => {
  const reach = Math.max(p99, limit !== undefined && limit <= most ? limit : 0);
  const top = most <= reach * 2 ? most : Math.ceil(reach * 1.25);
  const width = widthFor(Math.max(1, top) / wanted, top, limit);
  const bars = Math.max(1, Math.ceil(top / width));
  return { width, bars, open: bars * width < most };
};

const widthFor = (wanted: number, top: number, limit: number | undefined): number => {
  const nice = niceAtLeast(wanted);
  if (limit === undefined || limit > top) return nice;
  // A divisor of the limit that makes about as many bars.
  let best: number | undefined;
  for (let parts = 1; parts <= limit && limit / parts >= wanted / 2; parts++) {
    const width = limit / parts;
    if (!Number.isInteger(width) || width > wanted * 2) continue;
    if (best === undefined || Math.abs(Math.log(width / wanted)) < Math.abs(Math.log(best / wanted))) best = width;
  }
  return best ?? nice;
};

/** 1, 2, 5 and their like times ten. */
export const niceAtLeast = (value: number): number => {
  if (value <= 1) return 1;
  const ten = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((step) => step * ten).find((step) => step >= value && Number.isInteger(step)) ?? Math.ceil(value);
};

const binsOf = (lengths: Uint32Array, lines: Uint32Array, { width, bars, open }: Edges, limit = Infinity): Bin[] => {
  const bins = Array.from({ length: bars + (open ? 1 : 0) }, () => ({ count: 0, over: 0, lines: [] as number[] }));
  for (let row = 0; row < lengths.length; row++) {
    const length = lengths[row]!;
    const bin = bins[Math.min(bins.length - 1, Math.max(0, Math.ceil(length / width) - 1))]!;
    bin.count++;
    if (length > limit) bin.over++;
    if (bin.lines.length < MOST_LINES && bin.lines.at(-1) !== lines[row]) bin.lines.push(lines[row]!);
  }
  const longest = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  return bins.map((bin, index) => ({ from: index === 0 ? 0 : index * width + 1, to: open && index === bars ? longest : (index + 1) * width, open: open && index === bars, ...bin }));
};

/** What the usual limits would leave, up to the one that leaves all. */
const limitsOf = (sorted: Uint32Array, total: number, own: number | undefined): LimitShare[] => {
  const most = sorted.at(-1)!;
  const asked = new Set(own === undefined ? [] : [own]);
  for (let limit = 128; ; limit *= 2) {
    asked.add(limit);
    if (limit >= most || limit >= 1 << 20) break;
  }
  let [at, sum] = [0, 0];
  return [...asked].sort((a, b) => a - b).map((limit) => {
    while (at < sorted.length && sorted[at]! <= limit) sum += sorted[at++]!;
    return { limit, whole: at / sorted.length, kept: total === 0 ? 1 : (sum + (sorted.length - at) * limit) / total };
  });
};
