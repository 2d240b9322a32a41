/** Owns the drawing of two rings: an inner one of wholes, an outer one of their largest parts, clockwise from the top. */
import { type Figure, type Part, type Ring } from "./figure";
import { colourOf, type Palette } from "./palette";
import { type Drawing, fitText, node, partNode, round, textWidth, type SvgNode } from "./svg";

const MOST_WIDE = 600;
const SIZE = 11;

export const drawSunburst = ({ rings, centre }: Extract<Figure, { kind: "sunburst" }>, width: number, palette: Palette): Drawing => {
  const size = Math.min(width - 8, MOST_WIDE), radius = size / 2 - 4, x = width / 2, y = size / 2 + 2;
  const [hole, middle, edge] = [radius * 0.24, radius * 0.62, radius];
  const total = Math.max(1, rings.reduce((sum, ring) => sum + widthOf(ring), 0));
  const nodes: SvgNode[] = [];
  let at = 0;
  const draw = (part: Part, from: number, to: number, inner: number, outer: number, opacity: number): void => {
    const colour = colourOf(part.tone, palette);
    nodes.push(partNode(part, node("path", { d: sector(x, y, inner, outer, from, to), fill: colour, "fill-opacity": opacity, stroke: colour, "stroke-width": 1, class: "segment" }), ...label(part.label, x, y, inner, outer, from, to, palette)));
  };
  for (const ring of rings) {
    const angle = widthOf(ring) / total * 2 * Math.PI;
    draw(ring, at, at + angle, hole, middle, 0.34);
    let from = at;
    for (const part of ring.parts) {
      const to = from + part.count / total * 2 * Math.PI;
      draw(part, from, to, middle + 1.5, edge, 0.16);
      from = to;
    }
    at += angle;
  }
  const lines = centre.split("\n");
  lines.forEach((line, index) => nodes.push(node("text", { x: round(x), y: round(y + 4 + (index - (lines.length - 1) / 2) * 15), "text-anchor": "middle", ...(index === 0 ? { "font-weight": 600 } : { fill: palette.muted, "font-size": SIZE }) }, fitText(line, 12, hole * 1.9))));
  return { width, height: size + 8, nodes };
};

/** As in the figures of Self-Instruct and Alpaca a whole is as wide as those of its parts that are drawn. */
const widthOf = ({ parts }: Ring): number => parts.reduce((sum, { count }) => sum + count, 0);

/** 0 is at the top; angles go clockwise. */
const point = (x: number, y: number, radius: number, angle: number): string => `${round(x + radius * Math.sin(angle))} ${round(y - radius * Math.cos(angle))}`;

const sector = (x: number, y: number, inner: number, outer: number, from: number, to: number): string => {
  // A whole ring has no end to draw an arc to.
  const end = Math.min(to, from + 2 * Math.PI - 1e-4), large = end - from > Math.PI ? 1 : 0;
  return `M${point(x, y, outer, from)}A${round(outer)} ${round(outer)} 0 ${large} 1 ${point(x, y, outer, end)}L${point(x, y, inner, end)}A${round(inner)} ${round(inner)} 0 ${large} 0 ${point(x, y, inner, from)}Z`;
};

/** Along the radius, readable from below; none where the sector is too narrow. */
const label = (text: string, x: number, y: number, inner: number, outer: number, from: number, to: number, palette: Palette): SvgNode[] => {
  const middle = (from + to) / 2, radius = (inner + outer) / 2;
  if ((to - from) * Math.max(inner, radius * 0.8) < SIZE * 0.95) return [];
  const words = fitText(text, SIZE, outer - inner - 8);
  if (words === "" || words.length < 3 && words !== text || textWidth(words, SIZE) > outer - inner) return [];
  const degrees = middle * 180 / Math.PI - 90;
  const turned = degrees > 90 && degrees < 270;
  const [px, py] = point(x, y, radius, middle).split(" ");
  return [node("text", { x: Number(px), y: Number(py), "font-size": SIZE, fill: palette.text, "text-anchor": "middle", "dominant-baseline": "central", transform: `rotate(${round(turned ? degrees + 180 : degrees)} ${px} ${py})` }, words)];
};
