/** What a run will need, told by its first step before it is made: memory, time of its largest step, time of the run. */
import { peakBytes } from "../graph/memory";
import { LARGE_BYTES } from "../graph/session";
import { product } from "../graph/ops";
import { type Base } from "../model/base";
import { type Machine } from "../runtime";
import { type Example } from "../text/types";
import { BESIDE_VALUES, gigabytes, largestShape } from "./fit";
import { lossAndGradient, type StepShape, type Trainable } from "./graphs";
import { type DataPlan } from "./plan";
import { type RunConfig } from "./runConfig";
import { scoreBatches } from "./score";
import { shapeKey, shapeOf } from "./stepper";
import { stepWork } from "./work";

/** Of the run's largest step. peakBytes: what the process holds of the machine's memory at its highest, on a graphics device an estimate of what it takes of the device's; freeBytes: 0 where a device does not say; stepSeconds: foreseen of that step; seconds: of all steps and evaluations that are left. */
export interface Preflight { readonly rows: number; readonly positions: number; readonly batches: number; readonly stepSeconds: number; readonly seconds: number; readonly peakBytes: number | null; readonly freeBytes: number; readonly device?: string }

/** What is to be trained, as the preflight looks at it. */
export interface PreflightRun {
  readonly base: Base;
  readonly config: RunConfig;
  readonly plan: DataPlan;
  readonly trainable: Trainable;
  readonly evalExamples: readonly Example[];
  /** The first step that is still to be made, from 0. */
  readonly from: number;
}

/** The step of an epoch that computes on the most positions. */
export interface LargestStep { readonly step: number; readonly shapes: readonly StepShape[]; /** Of all steps of that epoch. */ readonly epoch: readonly (readonly StepShape[])[] }

export function largestStep(plan: DataPlan): LargestStep {
  const most = (shapes: readonly StepShape[]): number => Math.max(...shapes.map(({ B, T, K }) => B * T + K / 1e6));
  const epoch = plan.shapesOf(0);
  const step = epoch.reduce((best, shapes, at) => (most(shapes) > most(epoch[best]!) ? at : best), 0);
  return { step, shapes: epoch[step]!, epoch };
}

/** A step that was just computed. */
export interface ComputedStep { readonly shapes: readonly StepShape[]; readonly seconds: number }

/** What the run will take, from a step of it: time by the work of the others, memory by what the largest needs more. */
export function foresee(run: PreflightRun, { shapes, epoch }: LargestStep, computed: ComputedStep, machine: Machine | undefined): Preflight {
  const { base, config, plan, evalExamples, from } = run, work = stepWork(base.config), secondsOfWork = computed.seconds / sum(computed.shapes.map(work));
  const perStep = sum(epoch.map((step) => sum(step.map(work)))) / epoch.length, left = plan.steps - from;
  const evaluations = evalExamples.length === 0 ? 0 : (config.eval_steps > 0 ? Math.floor(left / config.eval_steps) : 0) + (from === 0 ? 2 : 1);
  const held = Array.from(scoreBatches(evalExamples), ({ batch }) => shapeOf(batch));
  const seconds = secondsOfWork * (perStep * left + evaluations * FORWARD * sum(held.map(work)));
  const first = largestShape(shapes);
  return { rows: first.B, positions: first.T, batches: shapes.length, stepSeconds: secondsOfWork * sum(shapes.map(work)), seconds, peakBytes: machine ? machine.highestBytes() + machine.mappedBytes() + stillToCome(run, computed.shapes, shapes, epoch.flat(), held) : null, freeBytes: machine?.freeBytes() ?? 0 };
}

/** Of a step's work. */
const FORWARD = 1 / 3;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Measured: what a prepared graph takes by itself, and what the JavaScript heap grows by before it is collected. */
const GRAPH_BYTES = 6 * 2 ** 20, HEAP_BYTES = 80 * 2 ** 20;

/** Small models keep the working memory of every shape that comes (graph/session.ts), large ones that of none, so that the largest decides. */
function stillToCome({ base, trainable }: PreflightRun, computed: readonly StepShape[], largest: readonly StepShape[], all: readonly StepShape[], held: readonly StepShape[]): number {
  const values = (shape: StepShape): number => peakBytes(lossAndGradient(trainable, base.config, shape)), distinct = (shapes: readonly StepShape[]): StepShape[] => [...new Map(shapes.map((shape) => [shapeKey(shape), shape])).values()];
  if (sum([...base.weights.values()].map(({ dims }) => 4 * product(dims))) > LARGE_BYTES) return HEAP_BYTES + Math.max(0, BESIDE_VALUES * (values(largestShape(largest)) - values(largestShape(computed))));
  const bytes = (shape: StepShape): number => values(shape) + GRAPH_BYTES, done = new Set(computed.map(shapeKey));
  return HEAP_BYTES + sum(distinct(all).filter((shape) => !done.has(shapeKey(shape))).map(bytes)) + FORWARD * sum(distinct(held).map(bytes));
}

/** "The largest step (4 rows of 256 tokens) takes about 2.9 s; the run holds about 1.2 GB of memory (14.2 GB are free) and takes about 12 min." */
export function describePreflight({ rows, positions, batches, stepSeconds, seconds, peakBytes: bytes, freeBytes, device }: Preflight): string {
  const size = `${batches > 1 ? `${batches} times ` : ""}${rows} rows of ${positions.toLocaleString("en")} tokens`;
  return `The largest step (${size}) takes about ${duration(stepSeconds)}; the run holds ${bytes === null ? "its state on the device" : `about ${gigabytes(bytes)} of memory${device === undefined ? "" : ` on ${device}`}${freeBytes > 0 ? ` (${gigabytes(freeBytes)} are free)` : ""}`} and takes about ${duration(seconds)}.`;
}

const duration = (seconds: number): string => (seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : seconds < 10 ? `${seconds.toFixed(1)} s` : seconds < 100 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`);
