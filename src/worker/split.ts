/** Which rows are trained on and which are held out: seeded, so that a resumed run sees the same. */
import { shuffled } from "../core/random";

/** Holds out `fraction` of the items (at least one where there is a fraction and more than one item, never all), each part in the original order. */
export const splitExamples = <Item>(items: readonly Item[], fraction: number, seed: number): { train: Item[]; held: Item[] } => {
  const count = fraction === 0 || items.length < 2 ? 0 : Math.min(items.length - 1, Math.max(1, Math.round(items.length * fraction)));
  const held = new Set(shuffled(items.map((_, index) => index), `split/${seed}`).slice(0, count));
  return { train: items.filter((_, index) => !held.has(index)), held: items.filter((_, index) => held.has(index)) };
};
