/** split.ts: how many rows are held out, and that the choice is the seed's. */
import { expect, test } from "vitest";
import { splitExamples } from "../../src/worker/split";

const items = Array.from({ length: 40 }, (_, i) => i);

test("a seeded share, in order, nothing lost and nothing twice", () => {
  const { train, held } = splitExamples(items, 0.1, 42);
  expect(held).toHaveLength(4);
  expect([...train, ...held].sort((a, b) => a - b)).toEqual(items);
  expect(held).toEqual([...held].sort((a, b) => a - b));
  expect(splitExamples(items, 0.1, 42)).toEqual({ train, held });
  expect(splitExamples(items, 0.1, 43).held).not.toEqual(held);
});

test("at least one row is held out where there is a share, and one is always left to train on", () => {
  expect(splitExamples(items.slice(0, 3), 0.1, 1).held).toHaveLength(1);
  expect(splitExamples(items.slice(0, 2), 0.5, 1)).toMatchObject({ train: { length: 1 }, held: { length: 1 } });
  expect(splitExamples([7], 0.5, 1)).toEqual({ train: [7], held: [] });
  expect(splitExamples(items, 0, 1).held).toEqual([]);
});
