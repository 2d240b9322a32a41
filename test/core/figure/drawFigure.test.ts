import { describe, expect, test } from "vitest";
import { drawFigure, figureFile, percent } from "../../../src/core/figure/drawFigure";
import { type Figure, type Part, partsOf } from "../../../src/core/figure/figure";
import { printPalette } from "../../../src/core/figure/palette";
import { fitText, type SvgNode, textWidth } from "../../../src/core/figure/svg";

const part = (label: string, count: number, key = label): Part => ({ key, label, count, tone: "main", detail: `${label}: ${count}` });
const common = { title: "A & B <c>", caption: "What is \"seen\" here.", unit: "rows" };
const figures: Figure[] = [
  { ...common, kind: "bars", id: "bars", parts: [part("a", 1), part("<b>&\u0007", 0), part("a label that is far too long to be shown in the room that there is for it in the figure", 200)], whole: 300 },
  { ...common, kind: "stack", id: "stack", parts: [part("a", 10), part("b", 0), part("c", 5)] },
  { ...common, kind: "histogram", id: "histogram", scale: "tokens", limit: 20, bars: [0, 1, 2].map((index) => ({ ...part(String(index), index * 3, String(index)), from: index * 10 + 1, to: index * 10 + 10, over: index === 2 ? 6 : 0 })) },
  { ...common, kind: "sunburst", id: "sunburst", centre: "2 verbs\n3 pairs", rings: [{ ...part("write", 5), parts: [part("poem", 3, "w.0"), part("list", 1, "w.1")] }, { ...part("name", 2), parts: [part("city", 2, "n.0")] }] },
  { ...common, kind: "sunburst", id: "one", centre: "1 verb", rings: [{ ...part("write", 5), parts: [part("poem", 5, "w.0")] }] },
];

const all = (node: SvgNode): SvgNode[] => [node, ...node.children.flatMap((child) => typeof child === "string" ? [] : all(child))];

describe.each(figures.map((figure) => [figure.id, figure] as const))("%s", (_, figure) => {
  test.each([320, 760])("draws every part once, at %s pixels, with numbers that are numbers", (width) => {
    const nodes = all(drawFigure(figure, width, printPalette));
    expect(nodes.flatMap(({ part: key }) => key === undefined ? [] : [key])).toEqual(partsOf(figure).map(({ key }) => key));
    for (const { attributes } of nodes) for (const value of Object.values(attributes)) expect(String(value)).not.toMatch(/NaN|Infinity|undefined/);
    for (const { name, attributes } of nodes) if (name === "rect") expect(Number(attributes.width)).toBeGreaterThanOrEqual(0);
    for (const { name, attributes } of nodes) if (name === "text") expect(Number(attributes.x)).toBeLessThanOrEqual(width);
  });

  test("is a file of its own: escaped, titled, without anything from elsewhere", () => {
    const svg = figureFile(figure);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).toContain("<title>A &amp; B &lt;c&gt;</title>");
    expect(svg).not.toMatch(/<b>|var\(--|href=|\u0007/);
    const open = [...svg.matchAll(/<(\/?)(\w+)[^<>]*?(\/?)>/g)].reduce((depth, [, end, , own]) => depth + (end ? -1 : own ? 0 : 1), 0);
    expect(open).toBe(0);
  });
});

test("text is cut where it does not fit, and wide letters count double", () => {
  expect(fitText("abc", 12, 100)).toBe("abc");
  expect(fitText("abcdefghijklmnop", 12, 40)).toMatch(/^abc.*…$/);
  expect(fitText("abc", 12, 1)).toBe("");
  expect(textWidth("中", 12)).toBeGreaterThan(textWidth("a", 12) * 1.5);
});

test.each([[0, "0%"], [1, "100%"], [0.5, "50%"], [0.034, "3.4%"], [0.998, "99.8%"], [0.9999, ">99.9%"], [0.00001, "<0.1%"]])("%s is %s", (share, words) => expect(percent(share)).toBe(words));
