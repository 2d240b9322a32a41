import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RunEvent } from "../../../src/core/train/events";
import { RunSeries, thin } from "../../../src/extension/runs/series";

const start = (steps: number, resumedFrom?: number): RunEvent => ({ event: "start", run: "r", base: "b", data: "d", device: "cpu", examples: 1, evalExamples: 1, steps, epochs: 1, trainableParameters: 1, time: "", ...(resumedFrom === undefined ? {} : { resumedFrom }) });
const step = (at: number, loss: number, seconds = at): RunEvent => ({ event: "step", step: at, epoch: at / 10, loss, learningRate: 0.1, gradNorm: 1, tokens: 100, seconds, rows: [] });
const seriesOf = (...events: RunEvent[]): RunSeries => {
  const series = new RunSeries();
  for (const event of events) series.add(event);
  return series;
};

describe("thin", () => {
  test("keeps the first, the last, and every spike", () => {
    const values = Array.from({ length: 100_000 }, (_, index) => 2 + Math.sin(index / 900));
    values[70_001] = 9;
    values[30_003] = -9;
    const kept = thin(values, 4000);
    expect(kept.length).toBeLessThanOrEqual(4000);
    expect(kept).toEqual(expect.arrayContaining([0, 30_003, 70_001, 99_999]));
  });

  test("rising indices, each once, never more than asked for", () => {
    fc.assert(fc.property(fc.array(fc.option(fc.double({ noNaN: true })), { maxLength: 300 }), fc.integer({ min: 4, max: 60 }), (values, limit) => {
      const kept = thin(values, limit);
      expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
      expect(kept.length).toBeLessThanOrEqual(Math.max(limit, 0));
      if (values.length > 0) expect([kept[0], kept.at(-1)]).toEqual([0, values.length - 1]);
    }));
  });

  test("keeps the look of a noisy cloud: its mean and its width", () => {
    const noise = (index: number): number => ((index * 7919) % 1000) / 1000;
    const values = Array.from({ length: 50_000 }, (_, index) => noise(index));
    const drawn = thin(values, 4000).map((index) => values[index]!);
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(drawn.filter((value) => value > 0.25 && value < 0.75).length / drawn.length).toBeCloseTo(0.5, 1);
  });

  test("what fits is left as it is", () => expect(thin([3, null, 1], 3)).toEqual([0, 1, 2]));
});

describe("smoothing", () => {
  test("a straight line stays one, away from its ends", () => {
    const series = seriesOf(start(600), ...Array.from({ length: 100 }, (_, index) => step(index + 1, 10 - index / 10)));
    const { losses, smoothed } = series.thinned(1000).points;
    for (let index = 20; index < 80; index++) expect(smoothed[index]).toBeCloseTo(losses[index]!, 10);
  });

  test("a loss that is not a number is a gap and spoils no neighbour", () => {
    const { losses, smoothed } = seriesOf(start(6), step(1, 2), step(2, Number.NaN), step(3, 2)).thinned(10).points;
    expect(losses).toEqual([2, null, 2]);
    expect(smoothed).toEqual([2, null, 2]);
  });

  test("new points come with those that they smooth anew", () => {
    const series = seriesOf(start(600), ...Array.from({ length: 50 }, (_, index) => step(index + 1, 1)));
    series.add(step(51, 5));
    const { steps, smoothed } = series.since(50, 0).points;
    expect(steps).toEqual([41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51]);
    expect(smoothed[0]).toBeGreaterThan(1);
    expect(series.since(51, 0).points.steps).toEqual([]);
  });
});

describe("figures", () => {
  test("speed and time left come from the last steps", () => {
    const { figures } = seriesOf(start(100), ...Array.from({ length: 50 }, (_, index) => step(index + 1, 1, index < 20 ? (index + 1) * 10 : 200 + (index - 19) * 2)));
    expect(figures).toMatchObject({ step: 50, steps: 100, elapsed: 260 });
    expect(figures.remaining).toBeCloseTo(100, 5);
    expect(figures.tokensPerSecond).toBeCloseTo(50, 5);
  });

  test("before the first step there is nothing to tell", () => {
    expect(seriesOf().figures).toMatchObject({ step: 0, steps: 0, loss: null, tokensPerSecond: null, remaining: null });
    expect(seriesOf().status).toBe("queued");
    expect(seriesOf(start(10)).status).toBe("running");
  });

  test("an ended run has no time left and its own evaluation loss", () => {
    const series = seriesOf(start(2), step(1, 3), { event: "eval", step: 1, loss: 2.5, tokens: 5, seconds: 1 }, step(2, 2), { event: "end", run: "r", status: "finished", step: 2, adapter: "a", evalLoss: 2.25, seconds: 9 });
    expect(series.figures).toMatchObject({ remaining: null, evalLoss: 2.25, elapsed: 9 });
  });
});

describe("resuming", () => {
  test("takes back what came after the checkpoint, and says so", () => {
    const series = seriesOf(start(10), step(1, 4), step(2, 3), { event: "eval", step: 2, loss: 3, tokens: 1, seconds: 1 }, step(3, 9), { event: "end", run: "r", status: "stopped", step: 3, adapter: null, evalLoss: null, seconds: 3 });
    expect(series.status).toBe("stopped");
    expect(series.add(start(10, 1))).toBe(true);
    expect(series.status).toBe("running");
    series.add(step(2, 2.5));
    const { points, evaluations } = series.thinned(100);
    expect(points.steps).toEqual([1, 2]);
    expect(points.losses).toEqual([4, 2.5]);
    expect(evaluations).toEqual([]);
  });

  test("a first start takes nothing back", () => expect(new RunSeries().add(start(10))).toBe(false));
});
