/** The two charts of a run, drawn by uPlot in the theme's colours; owns no data. */
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatCount, formatLoss, formatRate } from "../../src/protocol/figures";
import { type Curve, drawnColumns, type DrawnColumns, emptyCurve } from "./curve";

export interface Charts {
  draw(curve: Curve): void;
  /** Colours are read once when a chart is made, so a new theme makes it again. */
  rebuild(): void;
}

/** Called when the cursor rests on a point (mouse or arrow keys) and with undefined when it leaves. */
export type CursorListener = (text: string | undefined) => void;

const theme = () => {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback;
  const foreground = read("--vscode-foreground", "#888");
  return {
    foreground, font: `11px ${read("--vscode-font-family", "sans-serif")}`, grid: read("--vscode-charts-lines", foreground), muted: read("--vscode-descriptionForeground", foreground),
    loss: read("--vscode-charts-blue", foreground), evaluation: read("--vscode-charts-orange", foreground), rate: read("--vscode-charts-green", foreground),
    // Single steps are the background of the smoothed line; who asks for high contrast gets less of that.
    pale: document.body.classList.contains("vscode-high-contrast") ? "60%" : "45%",
  };
};
type Theme = ReturnType<typeof theme>;

const axes = (colors: Theme, format: (value: number) => string): uPlot.Axis[] => {
  const common: uPlot.Axis = { stroke: colors.muted, font: colors.font, ticks: { show: false }, grid: { stroke: faint(colors.grid), width: 1 } };
  return [{ ...common, size: 28, space: 60, values: (_, values) => values.map((value) => Number.isInteger(value) ? value.toLocaleString("en") : "") }, { ...common, size: 58, space: 24, values: (_, values) => values.map(format) }];
};

/** Grid lines must stay behind the data whatever colour the theme gives. */
const faint = (color: string): string => `color-mix(in srgb, ${color} 35%, transparent)`;

/** Evaluations are diamonds, so that they are not told from training points by colour alone. */
const diamonds: uPlot.Series.Points.Show = (self, seriesIndex, from, to) => {
  const { ctx } = self;
  const series = self.series[seriesIndex]!;
  const values = self.data[seriesIndex]!;
  // Where they stand close they shrink, so as not to bury the curve.
  const shown = Array.from(values as ArrayLike<number | null | undefined>).filter((value) => typeof value === "number").length;
  const radius = (shown > 40 ? 3 : 5) * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = (series.points!.fill as () => string)();
  for (let index = from; index <= to; index++) {
    const value = values[index];
    if (value === null || value === undefined) continue;
    const x = self.valToPos(self.data[0][index]!, "x", true);
    const y = self.valToPos(value, "y", true);
    ctx.beginPath();
    ctx.moveTo(x, y - radius);
    ctx.lineTo(x + radius, y);
    ctx.lineTo(x, y + radius);
    ctx.lineTo(x - radius, y);
    ctx.closePath();
    ctx.fill();
  }
  ctx.restore();
  return false;
};

/** A little air above and below, so that the highest point is not cut. */
const padded = (_self: uPlot, min: number | null, max: number | null): [number | null, number | null] => {
  if (min === null || max === null) return [min, max];
  const air = (max - min || Math.abs(max) || 1) * 0.06;
  return [min - air < 0 && min >= 0 ? 0 : min - air, max + air];
};

const options = (place: HTMLElement, colors: Theme, series: uPlot.Series[], format: (value: number) => string, hooks: uPlot.Hooks.Arrays): uPlot.Options => ({
  width: Math.max(120, place.clientWidth), height: Math.max(80, place.clientHeight), legend: { show: false }, padding: [8, 28, 0, 0],
  cursor: { sync: { key: "run" }, points: { size: 7 }, drag: { x: true, y: false } },
  scales: { x: { time: false }, y: { range: padded } },
  axes: axes(colors, format), series: [{}, ...series], hooks,
});

export const createCharts = (lossPlace: HTMLElement, ratePlace: HTMLElement, onCursor: CursorListener): Charts => {
  let drawn: DrawnColumns = drawnColumns(emptyCurve());
  let plots: { loss: uPlot; rate: uPlot } | undefined;

  const describe = (self: uPlot): string | undefined => {
    const index = self.cursor.idx;
    const step = index === null || index === undefined ? undefined : drawn.x[index];
    if (index === null || index === undefined || step === undefined) return undefined;
    const part = (name: string, value: number | null | undefined, format: (value: number) => string): string | undefined => value === null || value === undefined ? undefined : `${name} ${format(value)}`;
    return [`Step ${formatCount(step)}`, part("loss", drawn.losses[index], formatLoss), part("smoothed", drawn.smoothed[index], formatLoss),
      part("evaluation loss", drawn.evaluations[index], formatLoss), part("learning rate", drawn.learningRates[index], formatRate)].filter((piece) => piece !== undefined).join(", ");
  };

  const data = (): { loss: uPlot.AlignedData; rate: uPlot.AlignedData } => ({ loss: [drawn.x, drawn.losses, drawn.smoothed, drawn.evaluations], rate: [drawn.x, drawn.learningRates] });

  const rebuild = (): void => {
    plots?.loss.destroy();
    plots?.rate.destroy();
    const colors = theme();
    const none = (): null => null;
    const hooks: uPlot.Hooks.Arrays = { setCursor: [(self) => onCursor(describe(self))] };
    const { loss, rate } = data();
    plots = {
      loss: new uPlot(options(lossPlace, colors, [
        { paths: none, points: { show: true, size: 4, fill: `color-mix(in srgb, ${colors.loss} ${colors.pale}, transparent)`, width: 0 }, stroke: colors.loss },
        { stroke: colors.loss, width: 2, spanGaps: true, points: { show: false } },
        { stroke: colors.evaluation, width: 1.5, dash: [6, 4], spanGaps: true, points: { show: diamonds, fill: () => colors.evaluation, size: 10 } },
      ], (value) => String(Number(value.toPrecision(3))), hooks), loss, lossPlace),
      rate: new uPlot(options(ratePlace, colors, [{ stroke: colors.rate, width: 2, spanGaps: true, points: { show: false } }], formatRate, hooks), rate, ratePlace),
    };
  };

  const resize = new ResizeObserver(() => {
    if (!plots) return;
    for (const [plot, place] of [[plots.loss, lossPlace], [plots.rate, ratePlace]] as const) {
      if (place.clientWidth > 0) plot.setSize({ width: place.clientWidth, height: place.clientHeight });
    }
  });
  resize.observe(lossPlace);
  resize.observe(ratePlace);

  // The arrow keys walk over the points, as the mouse does.
  for (const place of [lossPlace, ratePlace]) place.addEventListener("keydown", (event) => {
    const self = place === lossPlace ? plots?.loss : plots?.rate;
    const count = self?.data[0].length ?? 0;
    if (!self || count === 0 || !["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    const now = self.cursor.idx ?? count - 1;
    const next = event.key === "Home" ? 0 : event.key === "End" ? count - 1 : Math.min(count - 1, Math.max(0, now + (event.key === "ArrowLeft" ? -1 : 1)));
    self.setCursor({ left: self.valToPos(self.data[0][next]!, "x"), top: self.over.clientHeight / 2 });
  });

  return {
    rebuild,
    draw: (curve) => {
      drawn = drawnColumns(curve);
      if (!plots) return rebuild();
      const { loss, rate } = data();
      plots.loss.setData(loss);
      plots.rate.setData(rate);
    },
  };
};
