/** Packing: first-fit as its definition has it, fast for many rows, and which beginning rows share. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { batchesPerEpoch, epochBatches, lineLength } from "../../../src/core/text/batch";
import { firstFit, sharedPrefix } from "../../../src/core/text/packing";
import { type Example } from "../../../src/core/text/types";
import { seededRandom } from "../../../src/core/random";

const example = (row: number, ids: number[], answer = 1): Example => ({ row, ids, labels: ids.map((id, t) => (t < ids.length - answer ? -100 : id)), truncated: 0, segments: [] });

test("each item goes into the first bin with room", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 }), fc.integer({ min: 40, max: 90 }), (sizes, capacity) => {
    const rooms: number[] = [];
    const expected = sizes.map((size) => {
      const found = rooms.findIndex((room) => room >= size), bin = found < 0 ? rooms.push(capacity) - 1 : found;
      rooms[bin]! -= size;
      return bin;
    });
    expect([...firstFit(sizes, capacity)]).toEqual(expected);
  }));
});

test("with a shared prefix too every row is seen once, none is overfull, and the number of batches is known before", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 9, max: 64 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 0, max: 8 }), fc.integer({ min: 1, max: 5 }), fc.constantFrom("group_by_length", "random", "sequential"), (lengths, prefix, batchSize, strategy) => {
    const examples = lengths.map((length, row) => example(row, Array<number>(length).fill(7))), settings = { batchSize, seed: 3, strategy, packTo: 64, prefix } as const, batches = epochBatches(examples, settings, 1);
    expect(batches.flat(2).map(({ row }) => row).sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
    for (const line of batches.flat()) expect(lineLength(line, prefix)).toBeLessThanOrEqual(64);
    expect(batchesPerEpoch(examples, settings)).toBe(batches.length);
    if (strategy === "sequential") expect(batches.flat(2).map(({ row }) => row)).toEqual(lengths.map((_, row) => row));
    expect(batchesPerEpoch(examples, { batchSize })).toBe(epochBatches(examples, { batchSize, seed: 3 }, 0).length);
  }));
});

test("ten times as many rows take about ten times as long, not a hundred times", () => {
  const random = seededRandom("packing"), sizes = (n: number): number[] => Array.from({ length: n }, () => 20 + Math.floor(random() * 480)).sort((a, b) => b - a);
  // Processor time of this process, the least of several: what others do on the machine does not count.
  const cost = (of: number[]): number => Math.min(...Array.from({ length: 5 }, () => { const before = process.cpuUsage(); firstFit(of, 512); const { user, system } = process.cpuUsage(before); return user + system; }));
  const few = sizes(20_000), many = sizes(200_000);
  cost(few);
  expect(cost(many) / Math.max(cost(few), 500)).toBeLessThan(40);
});

test("the shared beginning ends before anything that differs and before the first position that predicts a trained token", () => {
  expect(sharedPrefix([example(0, [1, 2, 3, 4, 5]), example(1, [1, 2, 3, 9, 5])])).toBe(3);
  expect(sharedPrefix([example(0, [1, 2, 3, 4, 5], 2), example(1, [1, 2, 3, 4, 5], 1)])).toBe(2);
  expect(sharedPrefix([example(0, [1, 2, 3]), example(1, [4, 2, 3])])).toBe(0);
  expect(sharedPrefix([example(0, [1, 2, 3], 3)])).toBe(0);
  expect(sharedPrefix([])).toBe(0);
});
