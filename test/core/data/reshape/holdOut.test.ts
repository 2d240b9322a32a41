/** Rows that are moved to an evaluation file: how many, the same by the same seed, and nothing alike on both sides. */
import { expect, test } from "vitest";
import { parseDataset, rowSources } from "../../../../src/core/data/parse";
import { extractedText, rowsToHoldOut } from "../../../../src/core/data/reshape/holdOut";

const turn = async (): Promise<void> => {};
const words = "stone river winter market bread north candle garden silver window thunder basket".split(" ");
const row = (number: number, more: object = {}): string => JSON.stringify({ instruction: `Tell me of ${words[number % 12]} and ${words[(number * 5 + 3) % 12]} number ${number}.`, input: "", output: `It is ${words[(number * 7 + 1) % 12]} ${number * 31}.`, ...more });
const pick = (text: string, amount: { share: number } | { rows: number }, { seed = 42, groupBy = [], file = "a.jsonl" }: { seed?: number; groupBy?: string[]; file?: string } = {}): Promise<number[]> => rowsToHoldOut(parseDataset(text, { file }), { amount, seed, groupBy }, turn);
const many = Array.from({ length: 60 }, (_, number) => row(number)).join("\n");

test("a number of rows, the same by the same seed, others by another", async () => {
  const rows = await pick(many, { rows: 12 });
  expect(rows).toHaveLength(12);
  expect(rows).toEqual([...rows].sort((a, b) => a - b));
  expect(await pick(many, { rows: 12 })).toEqual(rows);
  expect(await pick(many, { rows: 12 }, { seed: 7 })).not.toEqual(rows);
});

test("a share of the groups, never none and never all", async () => {
  expect((await pick(many, { share: 0.2 })).length).toBeGreaterThan(3);
  expect(await pick(`${row(1)}\n${row(2)}`, { share: 0.01 })).toHaveLength(1);
  expect(await pick(`${row(1)}\n${row(2)}`, { share: 0.5 })).toHaveLength(1);
});

test("equal rows, equal questions and equal keys are on one side", async () => {
  const text = Array.from({ length: 40 }, (_, number) => row(number >> 2, { output: number % 2 === 0 ? "Same." : `Another ${number}.`, document: `d${number % 5}` })).join("\n");
  const sideOf = async (options: { groupBy?: string[] }, key: (index: number) => number): Promise<void> => {
    const held = new Set(await pick(text, { share: 0.3 }, options));
    expect(held.size).toBeGreaterThan(0);
    const sides = new Map<number, boolean>();
    for (let index = 0; index < 40; index++) {
      expect(sides.get(key(index)) ?? held.has(index)).toBe(held.has(index));
      sides.set(key(index), held.has(index));
    }
  };
  await sideOf({}, (index) => index >> 2);
});

test("rows that cannot be trained on stay; a file of one group gives nothing", async () => {
  const text = `${row(1)}\n{"instruction": "x"\n${row(2)}\n${row(3)}`;
  expect(await pick(text, { rows: 2 })).not.toContain(1);
  expect(await pick(`${row(1)}\n${row(1)}`, { rows: 1 })).toEqual([]);
});

test("rows of an array go on lines of their own, rows of a table below their header", () => {
  const array = parseDataset(`[\n  {\n    "instruction": "a",\n    "output": "b"\n  },\n  {"instruction": "c", "output": "d"}\n]`, { file: "a.json" });
  expect(extractedText(array, [0, 1])).toEqual({ header: undefined, lines: ['{"instruction": "a", "output": "b"}', '{"instruction": "c", "output": "d"}'] });
  const table = parseDataset('instruction,output\r\n"a\r\nA",b\r\nc,d\r\n', { file: "a.csv" });
  expect(rowSources(table)).toHaveLength(2);
  expect(extractedText(table, [0])).toEqual({ header: "instruction,output", lines: ['"a\r\nA",b'] });
});
