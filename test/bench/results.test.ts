/** The pure parts of the bench: sections of its results, targets, exponents, the drawing of growth, and the counting of products. */
import { expect, test } from "vitest";
import { productsOf } from "../../bench/flops";
import { growthFile } from "../../bench/growthPlot";
import { growthExponent, median, range, replaceSection, table, verdict } from "../../bench/results";
import { input, matmul, mul } from "../../src/core/graph/graph";

test("a section is replaced and what stands around it stays", () => {
  const before = "# Results\n\nprose\n<!-- bench:step -->\nold\n<!-- /bench:step -->\nmore prose\n<!-- bench:step two -->\n<!-- /bench:step two -->\n";
  const after = replaceSection(replaceSection(before, "step", "new | $& $1\n"), "step two", "second");
  expect(after).toBe("# Results\n\nprose\n<!-- bench:step -->\nnew | $& $1\n<!-- /bench:step -->\nmore prose\n<!-- bench:step two -->\nsecond\n<!-- /bench:step two -->\n");
  expect(replaceSection(after, "step", "new | $& $1")).toBe(after);
});

test("a file without the section, or with half of its markers, is refused instead of being written wrongly", () => {
  expect(() => replaceSection("# Results\n", "step", "x")).toThrow("<!-- bench:step -->");
  expect(() => replaceSection("<!-- /bench:step --><!-- bench:step -->", "step", "x")).toThrow("<!-- bench:step -->");
});

test("tables escape what would end a cell", () => {
  expect(table(["a", "b"], [["1|2", "3"]])).toBe("| a | b |\n| --- | --- |\n| 1\\|2 | 3 |");
});

test("targets are told with the word for reached or missed; their very value is reached", () => {
  expect(verdict(1.9, { atLeast: 1.9 })).toBe("at least 1.9: reached");
  expect(verdict(1.89, { atLeast: 1.9 })).toBe("at least 1.9: **missed**");
  expect(verdict(0.45, { atMost: 0.45 })).toBe("at most 0.45: reached");
  expect(verdict(0.46, { atMost: 0.45 })).toBe("at most 0.45: **missed**");
});

test("medians do not depend on the order, and of two the lower is taken", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([2, 1])).toBe(1);
  expect(range([1.5])).toBe("1.50");
  expect(range([2, 1, 4])).toBe("2.00 (1.00 to 4.00)");
});

test("the exponent of a power is found, whatever its factor", () => {
  for (const power of [0, 1, 1.5, 2]) expect(growthExponent([256, 512, 2048].map((x) => ({ x, y: 7 * x ** power })))).toBeCloseTo(power, 10);
});

test("growth is drawn with every point and its exponents, without colours of one theme", () => {
  const svg = growthFile({ title: "A step over its length", axis: "length", points: [{ x: 256, seconds: 0.9, megabytes: 900 }, { x: 512, seconds: 1.8, megabytes: 1100 }], exponents: { seconds: 1, megabytes: 0.29 } });
  expect(svg).toContain("grows as length^1.00");
  expect(svg).toContain("grows as length^0.29");
  expect(svg.match(/<circle/g)).toHaveLength(4);
  expect(svg).not.toMatch(/NaN|Infinity|#fff\b|#ffffff|#000/);
});

test("products are counted once, those between activations of heads apart", () => {
  const x = input("x", [4, 8]), w = input("w", [16, 8]), y = matmul(x, w, { transposeB: true }), q = input("q", [2, 3, 4, 8]), scores = matmul(q, q, { transposeB: true });
  expect(productsOf([y, mul(y, y), scores])).toEqual({ all: 2 * 4 * 16 * 8 + 2 * 2 * 3 * 4 * 4 * 8, attention: 2 * 2 * 3 * 4 * 4 * 8 });
});
