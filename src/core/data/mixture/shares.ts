/** How many rows of each task a mixture takes. */
import { type MixConfig } from "./mixConfig";

/** A task, how many different rows there are of it, and the weight of its files. */
export interface TaskSize { readonly task: string; readonly available: number; readonly weight: number }

export interface TaskShare extends TaskSize {
  /** Share of the mixture, 0 to 1; the shares of all tasks add up to 1. */
  readonly rate: number;
  /** Rows taken; more than `available` only where rows may be repeated. */
  readonly rows: number;
}

/** Mixing rates by T5's three rules (Raffel et al. 2020, arXiv 1910.10683, section 3.5.2) with FLAN's cap, and the rows that follow from them. */
export const taskShares = (tasks: readonly TaskSize[], { mixing, cap, temperature, rows, repeat }: Pick<MixConfig, "mixing" | "cap" | "temperature" | "rows" | "repeat">): TaskShare[] => {
  const counted = tasks.map(({ available }) => Math.min(available, cap ?? Infinity));
  const rawRates = tasks.map(({ available, weight }, i) => (available === 0 ? 0 : weight * (mixing === "equal" ? 1 : mixing === "examples-proportional" ? counted[i]! : counted[i]! ** (1 / temperature))));
  const total = rawRates.reduce((sum, rate) => sum + rate, 0);
  const rates = rawRates.map((rate) => (total > 0 ? rate / total : 0));
  const most = (i: number): number => (repeat ? Infinity : tasks[i]!.available);
  // Without a number of rows: the largest mixture in which every task has its share and none has to repeat a row.
  const reachable = Math.min(...tasks.flatMap(({ available }, i) => (rates[i]! > 0 ? [available / rates[i]!] : [])));
  const wanted = rows ?? (Number.isFinite(reachable) ? Math.max(1, Math.floor(reachable + 1e-9)) : 0);
  const taken = apportion(wanted, rates, most);
  return tasks.map((task, i) => ({ ...task, rate: rates[i]!, rows: taken[i]! }));
};

/** Whole numbers in proportion to `rates` that add up to `total` (largest remainders first), none above `most`; what a full task leaves goes to the others. */
const apportion = (total: number, rates: readonly number[], most: (i: number) => number): number[] => {
  const taken = rates.map(() => 0), open = new Set(rates.flatMap((rate, i) => (rate > 0 ? [i] : [])));
  for (let left = total; left > 0 && open.size > 0;) {
    const sum = [...open].reduce((all, i) => all + rates[i]!, 0);
    const exact = [...open].map((i) => ({ i, rows: left * rates[i]! / sum }));
    const full = exact.filter(({ i, rows }) => taken[i]! + rows > most(i));
    if (full.length > 0) {
      for (const { i } of full) {
        left -= most(i) - taken[i]!;
        taken[i] = most(i);
        open.delete(i);
      }
      continue;
    }
    const remainders = exact.map(({ i, rows }) => ({ i, remainder: rows - Math.floor(rows) })).sort((a, b) => b.remainder - a.remainder || a.i - b.i);
    const whole = exact.map(({ i, rows }) => { taken[i]! += Math.floor(rows); return Math.floor(rows); }).reduce((all, n) => all + n, 0);
    for (const { i } of remainders.slice(0, Math.round(left - whole))) if (taken[i]! < most(i)) taken[i]!++;
    break;
  }
  return taken;
};
