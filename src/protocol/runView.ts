/** The messages between the extension and the run view, each with the guard that checks it on arrival. */
import { either, flag, type Guarded, list, nullable, number, oneOf, shape, text } from "./guard";

const fault = shape({ code: text, what: text, next: text });

/** The step that a paused run has not made; rows: lines of the dataset, from 1. */
const pause = shape({ code: text, why: text, next: text, step: number, rows: list(number) });
export type RunPause = Guarded<typeof pause>;

/** What is known about a run apart from its curve. */
const facts = shape({
  id: text, name: text, status: oneOf("queued", "running", "finished", "stopped", "paused", "failed"),
  base: text, data: text, device: text, created: text,
  /** Folder of the adapter, once it is written. */
  adapter: nullable(text),
  examples: nullable(number), evalExamples: nullable(number), trainableParameters: nullable(number),
  /** What quantising the base changed, once it is measured. */
  precision: nullable(text), placement: nullable(text), preflight: nullable(text),
  /** The resolved config, as it is shown: name and value. */
  config: list(shape({ name: text, value: text })),
  warnings: list(shape({ code: text, message: text })),
  error: nullable(fault),
  pause: nullable(pause),
  /** Whether Resume may help. */
  resumable: flag,
  /** Whether it has somewhere to go back to. */
  reversible: flag,
  /** Whether anything may be started or stopped from here (a trusted workspace). */
  trusted: flag,
});
export type RunFacts = Guarded<typeof facts>;

/** The newest values; null where there is none yet. Losses in nats, times in seconds. */
const figures = shape({
  step: number, steps: number, epoch: nullable(number), loss: nullable(number), smoothedLoss: nullable(number), evalLoss: nullable(number), learningRate: nullable(number),
  tokensPerSecond: nullable(number), elapsed: nullable(number), remaining: nullable(number),
});
export type RunFigures = Guarded<typeof figures>;

/** Columns of one length; a loss that is not finite is null. */
const points = shape({ steps: list(number), losses: list(nullable(number)), smoothed: list(nullable(number)), learningRates: list(number) });
export type RunPoints = Guarded<typeof points>;

const evaluations = list(shape({ step: number, loss: nullable(number) }));
export type RunEvaluations = Guarded<typeof evaluations>;

/** Points of steps that the view has already come again where new ones smooth them anew: the batch counts from its first step on. */
const curve = shape({ type: oneOf("curve"), /** true: forget what was sent before */ replace: oneOf(true, false), points, evaluations, figures });
export type RunCurve = Guarded<typeof curve>;

/** From the extension to the view. */
export const isRunViewUpdate = either(shape({ type: oneOf("run"), run: facts }), curve);
export type RunViewUpdate = Guarded<typeof isRunViewUpdate>;

/** From the view to the extension. `ready` asks for everything; `thin` asks for the curve again because the view holds too many points. */
export const isRunViewRequest = either(
  shape({ type: oneOf("ready", "thin") }),
  shape({ type: oneOf("openRow"), /** line of the run's dataset, from 1 */ row: number }),
  shape({ type: oneOf("action"), action: oneOf("stop", "resume", "skipStep", "rollBack", "playground", "revealAdapter", "saveConfig", "openData", "showLog") }),
);
export type RunViewRequest = Guarded<typeof isRunViewRequest>;
export type RunViewAction = Extract<RunViewRequest, { type: "action" }>["action"];

/** What the view keeps over a reload of the window. */
export const isRunViewState = shape({ root: text, run: text, tableShown: flag });
export type RunViewState = Guarded<typeof isRunViewState>;
