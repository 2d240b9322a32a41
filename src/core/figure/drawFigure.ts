/** Owns how figures are drawn: from their description to SVG of a given width. Knows neither a page nor a file. */
import { type Figure } from "./figure";
import { drawSunburst } from "./drawSunburst";
import { colourOf, type Palette, printPalette } from "./palette";
import { type Drawing, fitText, node, partNode, round, svgText, textWidth, type SvgNode } from "./svg";

const SIZE = 12;
const [LEFT, RIGHT, TOP] = [8, 8, 8];

export const drawFigure = (figure: Figure, width: number, palette: Palette): SvgNode => {
  const { height, nodes } = drawingOf(figure, width, palette);
  return node("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${round(height)}`, width, height: round(height), "font-family": palette.font, "font-size": SIZE, fill: palette.text },
    node("defs", {}, node("pattern", { id: `over-${figure.id}`, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, node("rect", { width: 6, height: 6, fill: palette.over }), node("rect", { width: 2, height: 6, fill: palette.background ?? "var(--vscode-editor-background)" }))),
    ...(palette.background === undefined ? [] : [node("rect", { width, height: round(height), fill: palette.background })]), ...nodes);
};

const drawingOf = (figure: Figure, width: number, palette: Palette): Drawing => {
  switch (figure.kind) {
    case "histogram": return drawHistogram(figure, width, palette);
    case "bars": return drawBars(figure, width, palette);
    case "stack": return drawStack(figure, width, palette);
    case "sunburst": return drawSunburst(figure, width, palette);
  }
};

const SAVED_WIDTH = 760;

/** A file of its own, with title and caption. */
export const figureFile = (figure: Figure): string => {
  const palette = printPalette;
  const { height, nodes } = drawingOf(figure, SAVED_WIDTH, palette);
  const caption = wrap(figure.caption, SAVED_WIDTH - 16);
  const head = 30, all = head + height + caption.length * 16 + 12;
  const drawn = drawFigure(figure, SAVED_WIDTH, palette);
  return `${svgText({
    ...drawn, attributes: { ...drawn.attributes, viewBox: `0 0 ${SAVED_WIDTH} ${round(all)}`, height: round(all), role: "img" },
    children: [
      node("title", {}, figure.title), node("desc", {}, figure.caption), ...drawn.children.filter((child) => typeof child !== "string" && child.name === "defs"),
      node("rect", { width: SAVED_WIDTH, height: round(all), fill: palette.background! }), node("text", { x: 8, y: 20, "font-size": 15, "font-weight": 600 }, figure.title),
      node("g", { transform: `translate(0 ${head})` }, ...nodes),
      ...caption.map((line, index) => node("text", { x: 8, y: round(head + height + 14 + index * 16), fill: palette.muted }, line)),
    ],
  })}\n`;
};

const wrap = (text: string, width: number): string[] => {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)!} ${word}`;
    if (lines.length > 0 && textWidth(longer, SIZE) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
};

const number = (value: number): string => value >= 1e6 ? `${Number((value / 1e6).toPrecision(3))}M` : value >= 10_000 ? `${Number((value / 1000).toPrecision(3))}k` : value.toLocaleString("en-US");

/** About `count` round values from 0 to above `most`. */
const ticksTo = (most: number, count: number): number[] => {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, most / count)));
  const step = [1, 2, 5, 10].map((each) => each * ten).find((each) => most / each <= count) ?? 10 * ten;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
};

const drawHistogram = ({ id, bars, limit, scale, unit }: Extract<Figure, { kind: "histogram" }>, width: number, palette: Palette): Drawing => {
  const plot = 190, most = Math.max(1, ...bars.map(({ count }) => count));
  const ticks = ticksTo(most, 5);
  const left = LEFT + Math.max(...ticks.map((tick) => textWidth(number(tick), SIZE))) + 8, top = TOP + 20, bottom = top + plot;
  const each = (width - left - RIGHT - 14) / bars.length;
  const y = (count: number): number => bottom - count / most * plot;
  const gap = each > 6 ? 1.5 : each > 3 ? 0.5 : 0;
  const nodes: SvgNode[] = [node("text", { x: LEFT, y: TOP + 8, fill: palette.muted }, unit)];
  for (const tick of ticks) {
    nodes.push(node("line", { x1: round(left), x2: width - RIGHT, y1: round(y(tick)), y2: round(y(tick)), stroke: palette.grid, "stroke-width": tick === 0 ? 1 : 0.5 }));
    nodes.push(node("text", { x: round(left - 6), y: round(y(tick) + 4), "text-anchor": "end", fill: palette.muted }, number(tick)));
  }
  bars.forEach((bar, index) => {
    const x = left + index * each + gap / 2, wide = Math.max(0.5, each - gap);
    // A few rows beside thousands are still to be seen.
    const height = bar.count === 0 ? 0 : Math.max(1.5, bottom - y(bar.count)), over = height * (bar.over / Math.max(1, bar.count));
    nodes.push(partNode(bar,
      node("rect", { x: round(x), y: top, width: round(wide), height: plot, fill: "transparent", class: "reach" }),
      ...(height > over ? [node("rect", { x: round(x), y: round(bottom - height + over), width: round(wide), height: round(height - over), fill: colourOf(bar.tone, palette), class: "bar" })] : []),
      ...(over > 0 ? [node("rect", { x: round(x), y: round(bottom - height), width: round(wide), height: round(over), fill: `url(#over-${id})`, stroke: palette.over, "stroke-width": 0.75, class: "bar" })] : [])));
  });
  let free = -Infinity;
  bars.forEach((bar, index) => {
    const label = bar.label, wide = textWidth(label, SIZE), middle = left + (bars.length > 16 ? index + 1 : index + 0.5) * each;
    const x = Math.min(width - RIGHT - wide / 2, middle);
    if (x - wide / 2 < free || bars.length > 16 && index < bars.length - 1 && (index + 1) % Math.max(1, Math.round(bars.length / 8)) !== 0) return;
    nodes.push(node("text", { x: round(x), y: bottom + 16, "text-anchor": "middle", fill: palette.muted }, label));
    free = x + wide / 2 + 8;
  });
  nodes.push(node("text", { x: round((left + width - RIGHT) / 2), y: bottom + 34, "text-anchor": "middle", fill: palette.muted }, scale));
  const last = bars.findLastIndex(({ to }) => limit !== undefined && to <= limit);
  if (limit !== undefined && bars.some(({ over }) => over > 0)) {
    const x = left + (last + 1) * each + (bars[last + 1] && bars[last + 1]!.from <= limit ? each * (limit - bars[last + 1]!.from) / Math.max(1, bars[last + 1]!.to - bars[last + 1]!.from) : 0);
    const words = `limit ${limit.toLocaleString("en-US")}`, end = x + 4 + textWidth(words, SIZE) > width - RIGHT;
    nodes.push(node("line", { x1: round(x), x2: round(x), y1: top - 6, y2: bottom + 3, stroke: palette.over, "stroke-width": 1.5, "stroke-dasharray": "4 3" }), node("text", { x: round(end ? x - 4 : x + 4), y: top - 4, "text-anchor": end ? "end" : "start", fill: palette.text }, words));
  }
  return { width, height: bottom + 42, nodes };
};

const drawBars = ({ parts, whole, unit }: Extract<Figure, { kind: "bars" }>, width: number, palette: Palette): Drawing => {
  const row = 24, most = whole ?? Math.max(1, ...parts.map(({ count }) => count)), total = whole ?? 0;
  const labels = Math.min(width * 0.42, Math.max(40, ...parts.map(({ label }) => textWidth(label, SIZE) + 4)));
  const values = parts.map(({ count }) => total > 0 ? `${number(count)} (${percent(count / total)})` : number(count));
  const right = Math.max(...values.map((value) => textWidth(value, SIZE))) + 10;
  const left = LEFT + labels + 8, room = Math.max(20, width - left - RIGHT - right);
  const nodes: SvgNode[] = [node("text", { x: round(left), y: TOP + 8, fill: palette.muted }, unit)];
  parts.forEach((part, index) => {
    const y = TOP + 16 + index * row, long = part.count === 0 ? 0 : Math.max(1.5, part.count / most * room);
    nodes.push(partNode(part,
      node("rect", { x: LEFT - 4, y, width: width - LEFT, height: row, fill: "transparent", class: "reach" }),
      node("text", { x: round(left - 8), y: y + 16, "text-anchor": "end" }, fitText(part.label, SIZE, labels)),
      node("rect", { x: round(left), y: y + 4, width: round(long), height: row - 8, fill: colourOf(part.tone, palette), class: "bar" }),
      node("text", { x: round(left + long + 6), y: y + 16, fill: palette.muted }, values[index]!)));
  });
  return { width, height: TOP + 16 + parts.length * row + 8, nodes };
};

export const percent = (share: number): string => share === 0 || share === 1 ? `${share * 100}%` : share < 0.001 ? "<0.1%" : share > 0.999 ? ">99.9%" : `${(share * 100).toFixed(share < 0.1 || share > 0.99 ? 1 : 0)}%`;

const drawStack = ({ parts }: Extract<Figure, { kind: "stack" }>, width: number, palette: Palette): Drawing => {
  const total = Math.max(1, parts.reduce((sum, { count }) => sum + count, 0)), room = width - LEFT - RIGHT, high = 34;
  const nodes: SvgNode[] = [];
  let x = LEFT;
  parts.forEach((part, index) => {
    const wide = part.count / total * room, y = TOP + high + 12 + index * 22;
    const fill = part.tone === "over" ? palette.over : colourOf(part.tone, palette);
    nodes.push(partNode(part,
      node("rect", { x: round(x), y: TOP, width: round(Math.max(part.count > 0 ? 1 : 0, wide)), height: high, fill, stroke: palette.background ?? "var(--vscode-editor-background)", "stroke-width": 1, class: "bar" }),
      node("rect", { x: LEFT, y, width: 12, height: 12, fill }),
      node("text", { x: LEFT + 20, y: y + 11 }, fitText(`${part.label}: ${part.count.toLocaleString("en-US")} (${percent(part.count / total)})`, SIZE, room - 20))));
    x += wide;
  });
  return { width, height: TOP + high + 12 + parts.length * 22 + 4, nodes };
};
