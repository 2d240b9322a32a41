/** Batches: what is padded, what is trained, and in which order rows come. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { epochBatches, lengthBucket, makeBatch, packedMask } from "../../../src/core/text/batch";
import { type Example } from "../../../src/core/text/types";

const example = (row: number, length: number): Example => ({ row, ids: Array.from({ length }, (_, t) => 10 + t), labels: Array.from({ length }, (_, t) => (t >= length / 2 ? 10 + t : -100)), truncated: 0, segments: [] });

test("position t − 1 predicts label t, and weights make the mean", () => {
  const batch = makeBatch([[example(5, 4)], [example(9, 2)]]);
  expect([batch.B, batch.T, batch.trained, batch.tokenCount, batch.rows]).toEqual([2, 8, 3, 6, [5, 9]]);
  expect(Array.from(batch.tokens.slice(0, 10), Number)).toEqual([10, 11, 12, 13, 0, 0, 0, 0, 10, 11]);
  expect(Array.from(batch.lossRows.slice(0, 4), Number)).toEqual([1, 2, 8, 0]);
  expect(Array.from(batch.lossTargets.slice(0, 4), Number)).toEqual([12, 13, 11, 0]);
  expect([...batch.lossWeights.slice(0, 4)]).toEqual([1 / 3, 1 / 3, 1 / 3, 0].map(Math.fround));
});

test("the first token is never predicted", () => {
  expect(makeBatch([[{ ...example(0, 3), labels: [10, -100, -100] }]]).trained).toBe(0);
});

test("an epoch sees every row once, in another order each epoch, the same for the same seed", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 2, max: 300 }), { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (lengths, batchSize) => {
    const examples = lengths.map((length, row) => example(row, length)), batches = epochBatches(examples, { batchSize, seed: 1 }, 0);
    expect(batches.flat(2).map(({ row }) => row).sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
    expect(batches).toHaveLength(Math.ceil(lengths.length / batchSize));
    expect(epochBatches(examples, { batchSize, seed: 1 }, 0)).toEqual(batches);
  }));
  const rows = Array.from({ length: 40 }, (_, row) => example(row, 5));
  expect(epochBatches(rows, { batchSize: 4, seed: 1 }, 1)).not.toEqual(epochBatches(rows, { batchSize: 4, seed: 1 }, 0));
});

test("sequential is the file's order in every epoch, packed or not; random is a shuffle without regard to length", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 2, max: 64 }), { minLength: 1, maxLength: 40 }), fc.nat(3), (lengths, epoch) => {
    const examples = lengths.map((length, row) => example(row, length)), rows = lengths.map((_, row) => row);
    const inOrder = (packTo?: number) => epochBatches(examples, { batchSize: 3, seed: epoch, strategy: "sequential", packTo }, epoch);
    expect(inOrder().map((batch) => batch.map((line) => line.map(({ row }) => row)))).toEqual(Array.from({ length: Math.ceil(rows.length / 3) }, (_, i) => rows.slice(3 * i, 3 * i + 3).map((row) => [row])));
    expect(inOrder(64).flat(2).map(({ row }) => row)).toEqual(rows);
    const packed = inOrder(64).flat().map((line) => line.reduce((total, { ids }) => total + ids.length, 0));
    expect(Math.max(...packed)).toBeLessThanOrEqual(64);
    // No two neighbours would have fitted one row.
    inOrder(64).flat().slice(1).forEach(([first], i) => expect(packed[i]! + first!.ids.length).toBeGreaterThan(64));
    expect(epochBatches(examples, { batchSize: 3, seed: 1, strategy: "random" }, epoch).flat(2).map(({ row }) => row).sort((a, b) => a - b)).toEqual(rows);
  }));
  const rows = Array.from({ length: 40 }, (_, row) => example(row, 2 + row)), random = (epoch: number): number[] => epochBatches(rows, { batchSize: 4, seed: 1, strategy: "random" }, epoch).flat(2).map(({ row }) => row);
  expect(random(0)).not.toEqual(random(1));
  expect(random(0)).toEqual(random(0));
  const spread = random(0).reduce((total, row, i, all) => total + (i % 4 > 0 ? Math.abs(row - all[i - 1]!) : 0), 0);
  const grouped = epochBatches(rows, { batchSize: 4, seed: 1 }, 0).flat(2).reduce((total, { row }, i, all) => total + (i % 4 > 0 ? Math.abs(row - all[i - 1]!.row) : 0), 0);
  expect(spread).toBeGreaterThan(2 * grouped);
});

test("buckets never cut, and stay within half as much again", () => {
  for (let n = 1; n < 3000; n++) expect(lengthBucket(n) >= n && (n <= 64 || lengthBucket(n) < n * 1.5)).toBe(true);
});

test("packing sees every row once, fills no row beyond its size, and takes as many rows in every epoch", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 2, max: 64 }), { minLength: 1, maxLength: 60 }), (lengths) => {
    const examples = lengths.map((length, row) => example(row, length)), epochs = [0, 1].map((epoch) => epochBatches(examples, { batchSize: 3, seed: 1, packTo: 64 }, epoch));
    for (const batches of epochs) {
      expect(batches.flat(2).map(({ row }) => row).sort((a, b) => a - b)).toEqual(lengths.map((_, row) => row));
      for (const line of batches.flat()) expect(line.reduce((total, { ids }) => total + ids.length, 0)).toBeLessThanOrEqual(64);
    }
    expect(epochs[1]).toHaveLength(epochs[0]!.length);
  }));
});

test("documents go on from a prefix that the row holds once, see it and themselves, and windows go by position", () => {
  const long = (row: number, length: number): Example => { const from = example(row, length); return { ...from, ids: from.ids.map((id, t) => (t < 2 ? id : id + 20 * row)), labels: from.labels.map((label, t) => (t < 3 ? -100 : label)) }; };
  const batch = makeBatch([[long(1, 4), long(2, 5)]], { prefix: 2 });
  expect(Array.from(batch.tokens, Number)).toEqual([10, 11, 32, 33, 52, 53, 54, 0]);
  expect(Array.from(batch.packing!.positions, Number)).toEqual([0, 1, 2, 3, 2, 3, 4, 0]);
  expect(Array.from(batch.lossRows.slice(0, 3), Number)).toEqual([2, 4, 5]);
  expect([batch.trained, batch.tokenCount]).toEqual([3, 9]);
  const rows = (window?: number): string[] => { const mask = packedMask(batch, 1, window); return Array.from({ length: 8 }, (_, query) => Array.from(mask.slice(query * 8, (query + 1) * 8)).join("")); };
  expect(rows()).toEqual(["01111111", "00111111", "00011111", "00001111", "00110111", "00110011", "00110001", "11111110"]);
  expect(rows(3)).toEqual(["01111111", "00111111", "00011111", "10001111", "00110111", "10110011", "11110001", "11111110"]);
});

test("packed documents restart their positions and do not see each other", () => {
  const batch = makeBatch([[example(0, 3), example(1, 2)]]);
  expect(Array.from(batch.packing!.positions, Number)).toEqual([0, 1, 2, 0, 1, 0, 0, 0]);
  const mask = packedMask(batch, 1), row = (query: number): string => Array.from(mask.slice(query * 8, (query + 1) * 8)).join("");
  expect([0, 1, 2, 3, 4, 5].map(row)).toEqual(["01111111", "00111111", "00011111", "11101111", "11100111", "11111011"]);
  expect(Array.from(packedMask(batch, 1, 2).slice(16, 24)).join("")).toBe("10011111");
});
