/** The events of one run as columns and figures, thinned for drawing; pure. A resumed run takes back what came after its checkpoint. */
import { type Choices, noChoices, withChoice } from "../../core/train/choices";
import { describePrecision, type RunEvent, type RunStatus } from "../../core/train/events";
import { describePreflight } from "../../core/train/preflight";
import { inEditor } from "../nextStep";
import { type RunEvaluations, type RunFigures, type RunPoints } from "../../protocol/runView";

type Start = Extract<RunEvent, { event: "start" }>;
type End = Extract<RunEvent, { event: "end" }>;

/** Speed is measured over so many last steps: enough to be steady, few enough to follow a change. */
const SPEED_STEPS = 30;

export class RunSeries {
  private steps: number[] = [];
  private losses: (number | null)[] = [];
  private learningRates: number[] = [];
  private seconds: number[] = [];
  private tokens: number[] = [];
  private epochs: number[] = [];
  private evaluations: { step: number; loss: number | null }[] = [];
  start: Start | undefined;
  end: End | undefined;
  choices: Choices = noChoices;
  warnings: { code: string; message: string }[] = [];
  /** What quantising the base changed, in words. */
  precision: string | null = null;
  /** What the run was found to need before its first step. */
  preflight: string | null = null;
  /** Where it trains and why. */
  placement: string | null = null;

  get status(): RunStatus { return this.end ? this.end.status : this.start ? "running" : "queued"; }
  get length(): number { return this.steps.length; }
  get evaluationCount(): number { return this.evaluations.length; }

  /** True where points that were already there are gone, so that whoever copied them must start over. */
  add(event: RunEvent): boolean {
    switch (event.event) {
      case "start": {
        const cut = this.cutAfter(event.resumedFrom ?? 0);
        this.choices = withChoice(this.choices, event.choice ?? {}, event.resumedFrom ?? 0);
        this.start = event;
        this.end = undefined;
        return cut;
      }
      case "step":
        this.addStep(event);
        return false;
      case "eval":
        this.evaluations.push({ step: event.step, loss: finite(event.loss) });
        return false;
      case "warning":
        if (!this.warnings.some(({ message }) => message === event.message)) this.warnings.push({ code: event.code, message: event.message });
        return false;
      case "end":
        this.end = event;
        return false;
      case "device":
        this.placement = inEditor(event.why);
        return false;
      case "preflight":
        this.preflight = describePreflight(event);
        return false;
      case "precision":
        this.precision = describePrecision(event);
        return false;
      case "skip": {
        const message = `Step ${event.step} was left out (lines ${event.rows.join(", ")}).`;
        if (!this.warnings.some((known) => known.message === message)) this.warnings.push({ code: "STEP_LEFT_OUT", message });
        return false;
      }
      case "sample": case "checkpoint": case "note":
        return false;
    }
  }

  /** What is new to who has so many points and evaluations: the points after those, and the last of those again, which the new ones smooth anew. */
  since(points: number, evaluations: number): { points: RunPoints; evaluations: RunEvaluations } {
    const from = points === this.length ? points : Math.max(0, points - this.reach);
    return { points: this.pick(range(from, this.length)), evaluations: this.evaluations.slice(evaluations) };
  }

  /** The whole curve in at most about `limit` points. */
  thinned(limit: number): { points: RunPoints; evaluations: RunEvaluations } {
    const every = Math.ceil(this.evaluations.length / limit);
    return {
      points: this.pick(thin(this.losses, limit)),
      evaluations: this.evaluations.filter((_, index) => index % every === 0 || index === this.evaluations.length - 1),
    };
  }

  get figures(): RunFigures {
    const last = this.length - 1;
    const step = this.steps[last] ?? this.start?.resumedFrom ?? 0;
    const steps = this.start?.steps ?? 0;
    const from = Math.max(0, last - SPEED_STEPS);
    const spent = last > from ? this.seconds[last]! - this.seconds[from]! : 0;
    const tokens = this.tokens.slice(from + 1, last + 1).reduce((sum, count) => sum + count, 0);
    const running = this.status === "running";
    return {
      step, steps,
      epoch: this.epochs[last] ?? null, loss: this.losses[last] ?? null, smoothedLoss: last < 0 ? null : this.smoothedAt(last),
      evalLoss: this.end?.evalLoss ?? this.evaluations.at(-1)?.loss ?? null, learningRate: this.learningRates[last] ?? null,
      tokensPerSecond: spent > 0 ? tokens / spent : null,
      elapsed: this.end && this.end.seconds > 0 ? this.end.seconds : this.seconds[last] ?? null,
      remaining: running && spent > 0 ? (spent / (last - from)) * Math.max(0, steps - step) : null,
    };
  }

  /** Half the width of the window that smooths: the longer the run, the wider. */
  private get reach(): number { return Math.min(50, Math.max(2, Math.round((this.start?.steps ?? 0) / 60))); }

  /** Mean of the neighbours on both sides, the near ones weighing more. One side alone would trail behind a falling loss; where the run begins, the window is as narrow as what lies before. */
  private smoothedAt(index: number): number | null {
    if (this.losses[index] === null) return null;
    const reach = Math.min(this.reach, index + 1);
    let sum = 0;
    let weights = 0;
    for (let other = Math.max(0, index - reach); other <= Math.min(this.length - 1, index + reach); other++) {
      const loss = this.losses[other];
      if (loss === null || loss === undefined) continue;
      const weight = reach + 1 - Math.abs(other - index);
      sum += weight * loss;
      weights += weight;
    }
    return sum / weights;
  }

  private pick(indices: readonly number[]): RunPoints {
    const of = <T>(column: readonly T[]): T[] => indices.map((index) => column[index]!);
    return { steps: of(this.steps), losses: of(this.losses), smoothed: indices.map((index) => this.smoothedAt(index)), learningRates: of(this.learningRates) };
  }

  private addStep(event: Extract<RunEvent, { event: "step" }>): void {
    this.steps.push(event.step);
    this.losses.push(finite(event.loss));
    this.learningRates.push(finite(event.learningRate) ?? 0);
    this.seconds.push(event.seconds);
    this.tokens.push(event.tokens);
    this.epochs.push(event.epoch);
  }

  private cutAfter(step: number): boolean {
    const kept = this.steps.findLastIndex((each) => each <= step) + 1;
    const evaluations = this.evaluations.filter((each) => each.step <= step);
    const cut = kept < this.length || evaluations.length < this.evaluations.length;
    for (const column of [this.steps, this.losses, this.learningRates, this.seconds, this.tokens, this.epochs]) column.length = kept;
    this.evaluations = evaluations;
    return cut;
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

const finite = (value: number | null): number | null => value !== null && Number.isFinite(value) ? value : null;

/** So many neighbours tell what is usual at a place, and so many standard deviations from it is a spike. */
const NEIGHBOURS = 40;
const SPIKE = 4;

/** Indices to draw, at most `limit`: evenly spread ones, which keep the look of the cloud, and beside them the spikes, which nobody may miss. */
export const thin = (values: readonly (number | null)[], limit: number): number[] => {
  const last = values.length - 1;
  if (values.length <= limit) return values.map((_, index) => index);
  const even = Math.max(2, Math.floor(limit * 0.75));
  const kept = new Set(range(0, even).map((pick) => Math.round((pick * last) / (even - 1))));
  const spikes: { index: number; distance: number }[] = [];
  for (let from = 0; from <= last; from += NEIGHBOURS) {
    const near = values.slice(from, from + NEIGHBOURS).filter((value) => value !== null);
    const mean = near.reduce((sum, value) => sum + value, 0) / near.length;
    const deviation = Math.sqrt(near.reduce((sum, value) => sum + (value - mean) ** 2, 0) / near.length);
    for (let index = from; index < Math.min(from + NEIGHBOURS, values.length); index++) {
      const distance = Math.abs((values[index] ?? mean) - mean);
      if (distance > SPIKE * deviation) spikes.push({ index, distance });
    }
  }
  spikes.sort((a, b) => b.distance - a.distance);
  for (const { index } of spikes.slice(0, limit - even)) kept.add(index);
  return [...kept].sort((a, b) => a - b);
};
