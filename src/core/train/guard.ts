/**
 * Watches the losses and gradient norms of a run and says when a step should not be made without a person's word.
 * Pure, and a function of what it saw: its state travels in the checkpoints, so that a resumed run is judged as an unbroken one.
 *
 * False alarms cost more than misses here, for an alarm pauses the run. A batch of one short answer varies by many nats
 * while all is well (the starter run with batches of one: 5.6 above its median), so a step is compared with the highest
 * loss of the whole run, not with its neighbours alone. Others: PaLM (Chowdhery et al. 2022, 5.1) goes back and leaves
 * batches out; OLMo-core's SkipStepOptimizer leaves out what is 6 standard deviations off; Axolotl has a fixed threshold.
 */
import { type PauseCode } from "./events";
import { type RunConfig } from "./runConfig";

/** What a guard remembers. Every figure is one of 32 bits, as checkpoints hold them. */
export interface WatchState {
  /** Of all steps made; -Infinity before the first. */
  readonly highestLoss: number;
  /** Highest of the losses less what the chance of few tokens may account for: what rows of this run really cost. */
  readonly ceiling: number;
  readonly highestGradNorm: number;
  /** Lowest mean of `loss_watchdog_patience` losses in a row; Infinity before there is one. */
  readonly lowestLevel: number;
  /** How much the losses scattered when that was: where it was low by luck, they scattered. 0 before there is one. */
  readonly lowestScatter: number;
  /** The newest losses, oldest first. */
  readonly recent: readonly number[];
}

export const unwatched: WatchState = { highestLoss: -Infinity, ceiling: -Infinity, highestGradNorm: -Infinity, lowestLevel: Infinity, lowestScatter: 0, recent: [] };

export type WatchSettings = Pick<RunConfig, "loss_watchdog" | "loss_watchdog_threshold" | "loss_watchdog_patience">;

/** A step that was computed but not made. loss: mean over its `trained` tokens, nats; gradNorm: before clipping. */
export interface Observation { readonly loss: number; readonly gradNorm: number; readonly trained: number }

export interface Alarm { readonly code: PauseCode; /** What is wrong, to follow "step 7: ". */ readonly why: string }

/** Losses that the noise is measured by, and how many there must be before a loss can be a spike. */
const WINDOW = 64, ENOUGH = 20;
/** A spike is at least so many nats above the ceiling: its tokens are e² times less likely than any were before. */
const MARGIN = 2;
/** ...and above the loss that Axolotl's examples give up a run at: what people write costs less, token by token. */
const SPIKE_LEAST = 5;
/** ...and so many standard deviations of the recent losses (by the median difference of neighbours, which neither outliers nor a falling curve widen). */
const SPIKE_DEVIATIONS = 4;
/** ...and so many nats for a step of one trained token, falling with the root of their number: one rare word may cost 16 nats. */
const TOKEN_NOISE = 16;
/** A gradient this many times the largest so far, and this large, does not come from a row: the adapter's values are off. */
const GRADIENT_FACTOR = 100, GRADIENT_LEAST = 100;
/** How surely a mean of losses must have risen, in its standard errors. */
const LEVEL_ERRORS = 10;

/** Undefined where the step may be made. What is not finite is always told, the rest where the config wants it. */
export function judge(state: WatchState, { loss, gradNorm, trained }: Observation, settings: WatchSettings): Alarm | undefined {
  if (!Number.isFinite(loss)) return { code: "LOSS_NOT_FINITE", why: `the loss is ${loss}` };
  if (!Number.isFinite(gradNorm)) return { code: "LOSS_NOT_FINITE", why: `the gradient's norm is ${gradNorm}` };
  if (!settings.loss_watchdog) return undefined;
  return spike(state, { loss, gradNorm, trained }) ?? divergence(state, append(state.recent, loss), settings);
}

/** The state after the step was made. `accepted`: a person let it pass, so that what has been is the measure no more. */
export function watched(state: WatchState, { loss, gradNorm, trained }: Observation, settings: WatchSettings, accepted = false): WatchState {
  const recent = accepted ? [] : append(state.recent, loss), level = levelOf(recent, settings) ?? Infinity;
  const low = accepted ? { lowestLevel: Infinity, lowestScatter: 0 } : level < state.lowestLevel ? { lowestLevel: level, lowestScatter: Math.fround(scatter(recent)) } : state;
  return {
    highestLoss: Math.max(state.highestLoss, Math.fround(loss)), ceiling: Math.max(state.ceiling, Math.fround(loss - tokenNoise(trained))),
    highestGradNorm: Math.max(state.highestGradNorm, Math.fround(gradNorm)),
    lowestLevel: low.lowestLevel, lowestScatter: low.lowestScatter, recent,
  };
}

function spike({ highestLoss, ceiling, highestGradNorm, recent }: WatchState, { loss, gradNorm, trained }: Observation): Alarm | undefined {
  if (gradNorm > GRADIENT_LEAST && gradNorm > GRADIENT_FACTOR * highestGradNorm && highestGradNorm > 0) {
    return { code: "LOSS_SPIKE", why: `the gradient's norm jumped to ${figure(gradNorm)}; the highest before it was ${figure(highestGradNorm)}` };
  }
  if (recent.length < ENOUGH) return undefined;
  const margin = Math.max(MARGIN, SPIKE_DEVIATIONS * robustScatter(recent)) + tokenNoise(trained);
  return loss > Math.max(SPIKE_LEAST, highestLoss, Math.max(0, ceiling) + margin) ? { code: "LOSS_SPIKE", why: `the loss jumped to ${figure(loss)}; the highest before it was ${figure(highestLoss)}` } : undefined;
}

/** What chance may add to the mean of so many tokens, nats. */
const tokenNoise = (trained: number): number => TOKEN_NOISE / Math.sqrt(Math.max(1, trained));

function divergence({ lowestLevel, lowestScatter }: WatchState, recent: readonly number[], settings: WatchSettings): Alarm | undefined {
  const { loss_watchdog_threshold: threshold, loss_watchdog_patience: patience } = settings, last = recent.slice(-patience);
  if (threshold !== undefined && last.length === patience && last.every((loss) => loss > threshold)) {
    return { code: "LOSS_DIVERGED", why: `the loss was above loss_watchdog_threshold ${figure(threshold)} ${patience === 1 ? "in this step" : `for ${patience} steps in a row`}` };
  }
  const level = levelOf(recent, settings);
  if (level === undefined || recent.length < Math.max(ENOUGH, 2 * patience)) return undefined;
  const rise = level - lowestLevel, doubt = (LEVEL_ERRORS * Math.max(lowestScatter, scatter(recent))) / Math.sqrt(patience);
  return rise > Math.max(MARGIN, lowestLevel, doubt)
    ? { code: "LOSS_DIVERGED", why: `the loss of the last ${patience} steps is ${figure(level)} on average, and was down at ${figure(lowestLevel)}` } : undefined;
}

/** Mean of the last `loss_watchdog_patience` losses, once there are as many. */
function levelOf(recent: readonly number[], { loss_watchdog_patience: patience }: WatchSettings): number | undefined {
  return recent.length < patience ? undefined : Math.fround(mean(recent.slice(-patience)));
}

const append = (recent: readonly number[], loss: number): number[] => [...recent.slice(1 - WINDOW), Math.fround(loss)];

const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

/** The standard deviation of what the values scatter around, by the differences of neighbours (von Neumann 1941): a falling or rising curve adds next to nothing to it. */
const scatter = (values: readonly number[]): number => (values.length < 2 ? 0 : Math.sqrt(mean(values.slice(1).map((value, i) => (value - values[i]!) ** 2)) / 2));

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
};

/** The same from the median of the differences: 1.4826 times it, over the root of 2, where the values are normal. */
const robustScatter = (values: readonly number[]): number => (1.4826 / Math.SQRT2) * median(values.slice(1).map((value, i) => Math.abs(value - values[i]!)));

const figure = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 });
