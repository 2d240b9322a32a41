/** The curve as the view holds it: batches joined into columns, and the columns that uPlot draws. Pure. */
import { type RunCurve, type RunEvaluations, type RunPoints } from "../../src/protocol/runView";

export interface Curve { points: RunPoints; evaluations: RunEvaluations }

export const emptyCurve = (): Curve => ({ points: { steps: [], losses: [], smoothed: [], learningRates: [] }, evaluations: [] });

/** Adds a batch in place: points from its first step on are replaced by it, and everything where it says so. */
export const addBatch = (curve: Curve, batch: RunCurve): void => {
  if (batch.replace) Object.assign(curve, emptyCurve());
  const [first] = batch.points.steps;
  const kept = first === undefined ? curve.points.steps.length : countBelow(curve.points.steps, first);
  for (const name of ["steps", "losses", "smoothed", "learningRates"] as const) {
    const column: (number | null)[] = curve.points[name];
    column.length = kept;
    // One by one: spreading a hundred thousand arguments would overflow the stack.
    for (const value of batch.points[name]) column.push(value);
  }
  curve.evaluations.push(...batch.evaluations);
};

/** How many of the rising numbers are below the limit. */
const countBelow = (rising: readonly number[], limit: number): number => {
  let low = 0;
  for (let high = rising.length; low < high;) {
    const middle = (low + high) >> 1;
    if (rising[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

export interface DrawnColumns { x: number[]; losses: (number | null)[]; smoothed: (number | null | undefined)[]; evaluations: (number | null | undefined)[]; learningRates: (number | undefined)[] }

/** One x axis for training points and evaluations. `undefined` lets a line pass through, null breaks it. */
export const drawnColumns = ({ points, evaluations }: Curve): DrawnColumns => {
  const drawn: DrawnColumns = { x: [], losses: [], smoothed: [], evaluations: [], learningRates: [] };
  const add = (x: number, loss: number | null, smoothed: number | null | undefined, evaluation: number | null | undefined, learningRate?: number): void => {
    drawn.x.push(x);
    drawn.losses.push(loss);
    drawn.smoothed.push(smoothed);
    drawn.evaluations.push(evaluation);
    drawn.learningRates.push(learningRate);
  };
  let p = 0;
  let e = 0;
  while (p < points.steps.length || e < evaluations.length) {
    const step = points.steps[p] ?? Infinity;
    const evaluation = evaluations[e];
    if (evaluation && evaluation.step < step) {
      add(evaluation.step, null, undefined, evaluation.loss);
      e++;
    } else {
      const both = evaluation?.step === step;
      add(step, points.losses[p] ?? null, points.smoothed[p] ?? null, both ? evaluation.loss : undefined, points.learningRates[p]);
      p++;
      if (both) e++;
    }
  }
  return drawn;
};

export interface TableRow { step: number; loss: number | null; learningRate: number | null; evaluation: number | null }

/** Rows of the data table: every evaluation, the first and last step, and evenly spread steps between, at most about `limit`. */
export const tableRows = ({ points, evaluations }: Curve, limit = 40): TableRow[] => {
  const rows = new Map<number, TableRow>();
  const count = points.steps.length;
  const put = (index: number): void => {
    const step = points.steps[index]!;
    rows.set(step, { step, loss: points.losses[index] ?? null, learningRate: points.learningRates[index] ?? null, evaluation: null });
  };
  const picks = Math.min(count, limit);
  for (let pick = 0; pick < picks; pick++) put(picks === 1 ? 0 : Math.round((pick * (count - 1)) / (picks - 1)));
  for (const { step, loss } of evaluations.slice(-limit)) {
    const row = rows.get(step) ?? { step, loss: null, learningRate: null, evaluation: null };
    rows.set(step, { ...row, evaluation: loss });
  }
  return [...rows.values()].sort((a, b) => a.step - b.step);
};
