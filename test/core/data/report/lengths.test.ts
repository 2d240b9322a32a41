import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { niceAtLeast, sumUpLengths } from "../../../../src/core/data/report/lengths";

const sum = (lengths: readonly number[], limit?: number) => sumUpLengths(Uint32Array.from(lengths), Uint32Array.from(lengths.keys()), limit)!;

describe("lengths", () => {
  test("none are nothing", () => expect(sumUpLengths(new Uint32Array(), new Uint32Array())).toBeUndefined());

  test("a bar ends at the limit, and a row of exactly the limit is not over it", () => {
    const { bins, over, limits } = sum([10, 500, 512, 513, 900], 512);
    expect(over).toBe(2);
    expect(bins.some(({ to }) => to === 512)).toBe(true);
    expect(bins.filter(({ over }) => over > 0).map(({ from, count, over }) => [from > 512, count - over])).toEqual([[true, 0], [true, 0]]);
    expect(limits.map(({ limit, whole }) => [limit, whole])).toEqual([[128, 0.2], [256, 0.2], [512, 0.6], [1024, 1]]);
    expect(limits[2]!.kept).toBeCloseTo((10 + 500 + 512 * 3) / 2435);
  });

  test("a limit that has no divisor splits a bar's count", () => expect(sum([500, 502, 503, 504, 505, 1000], 503).bins.reduce((all, { over }) => all + over, 0)).toBe(3));

  test("one row of great length does not press the others together", () => {
    const { bins } = sum([...Array.from({ length: 1000 }, (_, number) => number), 1_000_000]);
    expect(bins.length).toBeGreaterThan(15);
    expect(bins.at(-1)).toMatchObject({ open: true, count: 1, to: 1_000_000, lines: [1000] });
  });

  test("bars hold every length once, in their range; quantiles are lengths of rows", () => fc.assert(fc.property(fc.array(fc.oneof(fc.nat(50), fc.nat(5000), fc.nat(2_000_000)), { minLength: 1, maxLength: 300 }), fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }), (lengths, limit) => {
    const { bins, quantiles, over } = sum(lengths, limit);
    expect(bins.length).toBeLessThanOrEqual(130);
    expect(bins.reduce((all, { count }) => all + count, 0)).toBe(lengths.length);
    bins.forEach(({ from, to, count }, index) => {
      expect(from).toBe(index === 0 ? 0 : bins[index - 1]!.to + 1);
      expect(lengths.filter((length) => length >= from && length <= to).length).toBe(count);
    });
    for (const value of Object.values(quantiles)) expect(lengths).toContain(value);
    expect(over).toBe(limit === undefined ? 0 : lengths.filter((length) => length > limit).length);
  })));

  test.each([[0.3, 1], [1, 1], [3, 5], [12, 20], [21, 25], [260, 500]])("at least %s and easy to read is %s", (value, wanted) => expect(niceAtLeast(value)).toBe(wanted));
});
