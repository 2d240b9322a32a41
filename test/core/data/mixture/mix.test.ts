/** Mixtures: shares by the published rules, a split that keeps groups together and never moves a row. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type MixConfig, mixSchema, parseMixConfig } from "../../../../src/core/data/mixture/mixConfig";
import { mixRows, type MixRow } from "../../../../src/core/data/mixture/mix";
import { taskShares } from "../../../../src/core/data/mixture/shares";

const config = (values: Partial<MixConfig> = {}, sources = 1): MixConfig => mixSchema.parse({ sources: Array.from({ length: sources }, (_, i) => ({ file: `${i}.jsonl` })), ...values });
const row = (content: string, more: Partial<MixRow> = {}): MixRow => ({ source: 0, line: 0, task: "t", content, groups: [], ...more });
const none = { near: [], asked: [] };
const rowsOf = (count: number, name = "row", more: Partial<MixRow> = {}): MixRow[] => Array.from({ length: count }, (_, line) => row(`${name} ${line}`, { line, ...more }));

describe("taskShares", () => {
  const rows = (sizes: number[], values: Partial<MixConfig>, weights = sizes.map(() => 1)): number[] => taskShares(sizes.map((available, i) => ({ task: `${i}`, available, weight: weights[i]! })), config(values)).map((share) => share.rows);

  test.each<[string, number[], number[], Partial<MixConfig>, number[]?]>([
    ["everything, where nothing limits it", [100, 300], [100, 300], {}],
    ["a cap counts a large task as a small one", [1_000, 30_000, 50_000], [500, 1500, 1500], { cap: 3000, rows: 3500 }],
    ["without a number of rows, as many as the shares allow", [1_000, 30_000, 50_000], [1000, 3000, 3000], { cap: 3000 }],
    ["equal", [10, 1000], [10, 10], { mixing: "equal" }],
    ["temperature 2 takes the roots", [100, 10_000], [100, 1000], { mixing: "temperature-scaled", temperature: 2 }],
    ["weights", [100, 100], [50, 100], {}, [1, 2]],
    ["what a full task leaves goes to the others", [10, 1000], [10, 90], { mixing: "equal", rows: 100 }],
    ["never more than there is", [10, 20], [10, 20], { rows: 1000 }],
    ["unless rows may be repeated", [10, 1000], [50, 50], { mixing: "equal", rows: 100, repeat: true }],
    ["an empty task has no share", [0, 7], [0, 7], { mixing: "equal" }],
    ["nothing at all", [0], [0], {}],
    ["a remainder goes to the largest fraction", [100, 100, 100], [4, 3, 3], { rows: 10 }],
  ])("%s", (_, sizes, expected, values, weights) => { expect(rows(sizes, values, weights)).toEqual(expected); });

  test("the rows add up to what was asked, and no task has more than it can give", () => {
    fc.assert(fc.property(fc.array(fc.record({ available: fc.nat(500), weight: fc.constantFrom(0.1, 1, 3) }), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 1000 }), fc.constantFrom("examples-proportional", "temperature-scaled", "equal"), fc.boolean(), (sizes, wanted, mixing, repeat) => {
      const shares = taskShares(sizes.map((size, i) => ({ task: `${i}`, ...size })), config({ mixing, rows: wanted, repeat, cap: 100 }));
      const total = sizes.reduce((sum, { available }) => sum + available, 0), taken = shares.reduce((sum, share) => sum + share.rows, 0);
      expect(taken).toBe(total === 0 ? 0 : repeat ? wanted : Math.min(wanted, total));
      for (const share of shares) if (!repeat) expect(share.rows).toBeLessThanOrEqual(share.available);
    }));
  });
});

describe("mixRows", () => {
  const contents = (rows: readonly MixRow[]): string[] => rows.map(({ content }) => content);

  test("every row once, equal rows but one, the same again and in another order with another seed", () => {
    const rows = [...rowsOf(50), ...rowsOf(10)], mixed = mixRows(rows, none, config({ eval_fraction: 0.2 }));
    expect(mixed.duplicates).toBe(10);
    expect(contents([...mixed.train, ...mixed.held]).sort()).toEqual(contents(rowsOf(50)).sort());
    expect(mixed.held.length).toBeGreaterThan(3);
    expect(mixRows(rows, none, config({ eval_fraction: 0.2 }))).toEqual(mixed);
    expect(contents(mixRows(rows, none, config({ eval_fraction: 0.2, seed: 1 })).train)).not.toEqual(contents(mixed.train));
  });

  test("rows added later move no other row to the other side", () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 60 }), fc.nat(1000), (before, more, seed) => {
      const held = (count: number): Set<string> => new Set(contents(mixRows(rowsOf(count), none, config({ eval_fraction: 0.3, seed })).held));
      const [few, many] = [held(before), held(before + more)];
      // One group is held out even where no hash is low enough; that one alone may go back.
      expect([...few].filter((content) => !many.has(content)).length).toBeLessThanOrEqual(few.size === 1 ? 1 : 0);
      // And one is trained on even where every hash is low.
      expect([...many].filter((content) => Number(content.slice(4)) < before && !few.has(content)).length).toBeLessThanOrEqual(few.size === before - 1 ? 1 : 0);
    }));
  });

  test("a group and what says nearly the same stay on one side", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(6), fc.nat(6)), { minLength: 4, maxLength: 60 }), fc.array(fc.tuple(fc.nat(59), fc.nat(59)), { maxLength: 6 }), (keys, near) => {
      const rows = keys.map(([document, user], line) => row(`row ${line}`, { line, groups: [`document=${document}`, ...(user === 0 ? ["user=0"] : [])] })), pairs = near.filter(([a, b]) => a < rows.length && b < rows.length);
      const { train, held } = mixRows(rows, { near: pairs, asked: [] }, config({ eval_fraction: 0.4 })), sideOf = (line: number): boolean => held.some((each) => each.line === line);
      expect(train.length + held.length).toBe(rows.length);
      const groupsOf = (side: readonly MixRow[]): Set<string> => new Set(side.flatMap(({ groups }) => groups));
      expect([...groupsOf(train)].filter((group) => groupsOf(held).has(group))).toEqual([]);
      for (const [a, b] of pairs) expect(sideOf(a)).toBe(sideOf(b));
    }));
  });

  test("near duplicates can be dropped but one, or taken for different rows", () => {
    const rows = rowsOf(20), pairs = [[0, 1], [1, 2], [7, 9]] as const;
    const dropped = mixRows(rows, { near: pairs, asked: [[3, 4]] }, config({ near_duplicates: "drop" }));
    expect([dropped.nearDuplicates, dropped.train.length + dropped.held.length]).toEqual([3, 17]);
    expect(mixRows(rows, { near: pairs, asked: pairs }, config({ near_duplicates: "ignore" }))).toEqual(mixRows(rows, none, config({ near_duplicates: "ignore" })));
  });

  test("tasks share by their rule, files are limited, and repeated rows are trained on but never held out twice", () => {
    const rows = [...rowsOf(20, "small", { task: "small" }), ...rowsOf(200, "large", { task: "large", source: 1 })];
    const mixed = mixRows(rows, none, config({ mixing: "equal", rows: 200, repeat: true, eval_fraction: 0.2 }, 2)), of = (side: readonly MixRow[], task: string): MixRow[] => side.filter((each) => each.task === task);
    expect(mixed.tasks.map((task) => task.rows)).toEqual([100, 100]);
    const small = of(mixed.train, "small");
    expect(small.length).toBe(5 * new Set(contents(small)).size);
    expect(new Set(contents(mixed.held)).size).toBe(mixed.held.length);
    expect(contents(mixed.held).filter((content) => contents(mixed.train).includes(content))).toEqual([]);
    const limited = mixSchema.parse({ sources: [{ file: "a" }, { file: "b", max_rows: 30 }], eval_fraction: 0 });
    expect(of(mixRows(rows, none, limited).train, "large")).toHaveLength(30);
  });
});

test("a mixture is read with comments, and its faults are told", () => {
  expect(parseMixConfig('{ // two\n "sources": [{ "file": "a.jsonl" }, { "file": "b.jsonl", "weight": 2 }] }', "m.mix.json")).toMatchObject({ mixing: "examples-proportional", seed: 42, sources: [{ weight: 1 }, { weight: 2 }] });
  expect(() => parseMixConfig('{"sources": [{ "file": "a", "wait": 2 }]}', "m.mix.json")).toThrow(/m\.mix\.json, line 1: there is no key "sources\.0\.wait"; the keys are file, weight/);
  expect(() => parseMixConfig('{"source": []}', "m.mix.json")).toThrow(/did you mean "sources"/);
});
