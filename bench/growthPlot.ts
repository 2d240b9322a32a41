/** Owns how growth is drawn: time and memory over one size, both axes logarithmic, in colours that can be read on light and dark pages. Pure. */
import { node, round, type SvgNode, svgText, textWidth } from "../src/core/figure/svg";

export interface GrowthPoint { readonly x: number; readonly seconds: number; readonly megabytes: number }
export interface Growth { readonly title: string; readonly axis: string; readonly points: readonly GrowthPoint[]; /** Of time and memory. */ readonly exponents: { readonly seconds: number; readonly megabytes: number } }

/** Middle greys and tones after Okabe and Ito: at least 3:1 on white and on #1e1e1e. */
const TEXT = "#808080", GRID = "#80808055", SERIES = { seconds: "#0f83c4", megabytes: "#d2691e" };
const WIDTH = 760, HEIGHT = 300, PANEL = 300, TOP = 56, BOTTOM = 240, LEFT = 60, SIZE = 12;

/** As an SVG file. */
export function growthFile({ title, axis, points, exponents }: Growth): string {
  const panel = (at: number, name: "seconds" | "megabytes", says: string): SvgNode => drawPanel(at, points.map((point) => ({ x: point.x, y: point[name] })), `${says}, grows as ${axis}^${exponents[name].toFixed(2)}`, axis, SERIES[name]);
  return `${svgText(node("svg", { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, width: WIDTH, height: HEIGHT, "font-family": "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif", "font-size": SIZE, fill: TEXT, role: "img" },
    node("title", {}, title), node("text", { x: 8, y: 20, "font-size": 15, "font-weight": 600 }, title), panel(LEFT, "seconds", "seconds a step"), panel(LEFT + PANEL + 80, "megabytes", "peak MB")))}\n`;
}

/** A logarithmic scale over the values and a tenth more on either side. */
function scale(values: readonly number[], from: number, to: number): (value: number) => number {
  const low = Math.log(Math.min(...values)), high = Math.log(Math.max(...values)), room = Math.max(0.1, (high - low) * 0.08);
  return (value) => from + (Math.log(value) - low + room) / (high - low + 2 * room) * (to - from);
}

/** Round values within the values' reach: as few kinds of them as give three. */
function ticks(values: readonly number[]): number[] {
  const low = Math.min(...values) * 0.95, high = Math.max(...values) * 1.05, inside = (kinds: readonly number[]): number[] => {
    const all: number[] = [];
    for (let ten = 10 ** Math.floor(Math.log10(low)); ten <= high; ten *= 10) all.push(...kinds.map((each) => each * ten));
    return all.filter((tick) => tick >= low && tick <= high);
  };
  return [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7], [1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9]].map(inside).find((found) => found.length >= 3) ?? [low, high];
}

const figure = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString("en-US") : String(Number(value.toPrecision(2))));

function drawPanel(left: number, points: readonly { x: number; y: number }[], says: string, axis: string, colour: string): SvgNode {
  const xs = points.map(({ x }) => x), ys = points.map(({ y }) => y), toX = scale(xs, left, left + PANEL), toY = scale(ys, BOTTOM, TOP);
  const place = ({ x, y }: { x: number; y: number }): string => `${round(toX(x))},${round(toY(y))}`;
  return node("g", {},
    node("text", { x: left, y: TOP - 12 }, says),
    ...ticks(ys).flatMap((tick) => [
      node("line", { x1: left, x2: left + PANEL, y1: round(toY(tick)), y2: round(toY(tick)), stroke: GRID }),
      node("text", { x: round(left - 6), y: round(toY(tick) + 4), "text-anchor": "end" }, figure(tick)),
    ]),
    ...xs.flatMap((x) => [node("line", { x1: round(toX(x)), x2: round(toX(x)), y1: TOP, y2: BOTTOM, stroke: GRID }), node("text", { x: round(toX(x)), y: BOTTOM + 16, "text-anchor": "middle" }, figure(x))]),
    node("text", { x: round(left + PANEL / 2 - textWidth(axis, SIZE) / 2), y: BOTTOM + 34 }, axis),
    node("polyline", { points: points.map(place).join(" "), fill: "none", stroke: colour, "stroke-width": 2 }),
    ...points.map((point) => node("circle", { cx: round(toX(point.x)), cy: round(toY(point.y)), r: 3.5, fill: colour }, node("title", {}, `${axis} ${figure(point.x)}: ${figure(point.y)}`))));
}
