import { describe, expect, test } from "vitest";
import { type RunCurve } from "../../../src/protocol/runView";
import { addBatch, drawnColumns, emptyCurve, tableRows } from "../../../webview/runView/curve";

const figures: RunCurve["figures"] = { step: 0, steps: 0, epoch: null, loss: null, smoothedLoss: null, evalLoss: null, learningRate: null, tokensPerSecond: null, elapsed: null, remaining: null };
const batch = (steps: number[], evaluations: { step: number; loss: number | null }[] = [], replace = false): RunCurve =>
  ({ type: "curve", replace, points: { steps, losses: steps.map((step) => step * 10), smoothed: steps.map((step) => step * 10 + 1), learningRates: steps.map((step) => step / 10) }, evaluations, figures });
const curveOf = (...batches: RunCurve[]) => {
  const curve = emptyCurve();
  for (const each of batches) addBatch(curve, each);
  return curve;
};

describe("batches", () => {
  test("follow each other", () => expect(curveOf(batch([1, 2]), batch([3])).points.steps).toEqual([1, 2, 3]));

  test("that begin with known steps replace them", () => {
    const again = batch([2, 3]);
    again.points.smoothed = [99, 98];
    const curve = curveOf(batch([1, 2]), again);
    expect(curve.points.steps).toEqual([1, 2, 3]);
    expect(curve.points.smoothed).toEqual([11, 99, 98]);
  });

  test("that replace start over", () => {
    const curve = curveOf(batch([1, 2], [{ step: 1, loss: 5 }]), batch([7], [], true));
    expect(curve.points.steps).toEqual([7]);
    expect(curve.evaluations).toEqual([]);
  });

  test("without points keep what is there", () => expect(curveOf(batch([1, 2]), batch([], [{ step: 2, loss: 1 }])).points.steps).toEqual([1, 2]));

  test("of a hundred thousand points are taken", () => {
    const steps = Array.from({ length: 100_000 }, (_, index) => index + 1);
    expect(curveOf(batch(steps)).points.steps.length).toBe(100_000);
  });
});

describe("drawing", () => {
  test("training points and evaluations share one rising axis", () => {
    const drawn = drawnColumns(curveOf(batch([1, 3, 5], [{ step: 0, loss: 9 }, { step: 3, loss: 8 }, { step: 4, loss: 7 }, { step: 6, loss: 6 }])));
    expect(drawn.x).toEqual([0, 1, 3, 4, 5, 6]);
    expect(drawn.losses).toEqual([null, 10, 30, null, 50, null]);
    expect(drawn.smoothed).toEqual([undefined, 11, 31, undefined, 51, undefined]);
    expect(drawn.evaluations).toEqual([9, undefined, 8, 7, undefined, 6]);
    expect(drawn.learningRates).toEqual([undefined, 0.1, 0.3, undefined, 0.5, undefined]);
  });

  test("nothing gives nothing", () => expect(drawnColumns(emptyCurve()).x).toEqual([]));
});

describe("the table", () => {
  test("has the first and last step and every evaluation, in order", () => {
    const steps = Array.from({ length: 1000 }, (_, index) => index + 1);
    const rows = tableRows(curveOf(batch(steps, [{ step: 501, loss: 3 }, { step: 0, loss: 9 }])), 10);
    expect(rows.map(({ step }) => step)).toEqual([...rows.map(({ step }) => step)].sort((a, b) => a - b));
    expect(rows[0]).toEqual({ step: 0, loss: null, learningRate: null, evaluation: 9 });
    expect(rows.at(-1)?.step).toBe(1000);
    expect(rows.find(({ step }) => step === 501)?.evaluation).toBe(3);
    expect(rows.length).toBeLessThanOrEqual(12);
  });

  test("of one step has one row", () => expect(tableRows(curveOf(batch([4])))).toEqual([{ step: 4, loss: 40, learningRate: 0.4, evaluation: null }]));
});
