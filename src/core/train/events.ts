/** The events of a run: what its journal holds line by line and what `tunesmith train --json` prints. */
import { type ErrorCode } from "../errors";
import { type FirstStepCheck } from "./firstStep";
import { type SharedPrefix } from "./plan";
import { type Preflight } from "./preflight";
import { type ChangedSettings } from "./runConfig";

export type RunStatus = "queued" | "running" | "finished" | "stopped" | "paused" | "failed";

/** Why a run paused before a step: its loss or gradient is not finite, far above everything before, or the run does not come down again. */
export type PauseCode = "LOSS_NOT_FINITE" | "LOSS_SPIKE" | "LOSS_DIVERGED";

/** The step that was not made. what: a sentence with the rows, why: its reason alone; loss, gradNorm: null where not finite; rows: lines of the dataset, from 1. */
export interface Pause { readonly code: PauseCode; readonly what: string; readonly why: string; readonly next: string; readonly step: number; readonly loss: number | null; readonly gradNorm: number | null; readonly rows: readonly number[] }

/** What a person decided when a run went on; steps are counted from 1. */
export interface ResumeChoice {
  /** The step that the guard lets pass. */
  readonly accepted?: number;
  /** The step whose batch is left out, whenever it comes. */
  readonly skipped?: number;
  /** The run went back to this checkpoint although later ones were there. */
  readonly rolledBack?: true;
  /** From the next step on. */
  readonly settings?: ChangedSettings;
}

export type RunEvent =
  /** sharedPrefix: the tokens that all rows begin with are computed once for several rows, which saves an average step so many. */
  | { event: "start"; run: string; base: string; data: string; device: string; examples: number; evalExamples: number; steps: number; epochs: number; trainableParameters: number; sharedPrefix?: SharedPrefix; resumedFrom?: number; choice?: ResumeChoice; time: string }
  /** loss: mean over the step's trained tokens, nats, before the update; seconds: wall time since the start of the run; rows: lines of the dataset, from 1 as `check` and `render` count. */
  | { event: "step"; step: number; epoch: number; loss: number; learningRate: number; gradNorm: number; tokens: number; seconds: number; rows: number[] }
  /** A step whose batch a person left out: nothing was learned, the data went on. */
  | { event: "skip"; step: number; epoch: number; rows: number[] }
  /** loss: mean over all trained tokens of the evaluation split. */
  | { event: "eval"; step: number; loss: number; tokens: number; seconds: number }
  /** Where the run trains and why. check: the short step by which the device, or the fastest of those that were not taken, was compared with the CPU. */
  | { event: "device"; device: string; why: string; check?: FirstStepCheck; others: readonly { device: string; why: string }[] }
  /** What the run will need, by one real step that is not kept. */
  | ({ event: "preflight" } & Preflight)
  /** Something that takes a while and happens once, in words. */
  | { event: "note"; message: string }
  /** What quantising the base changes, before training: loss of the base as it is held and of the same base not quantised, means over the trained tokens of the first `rows` of `ofRows` held-out rows. */
  | { event: "precision"; weights: string; rows: number; ofRows: number; tokens: number; loss: number; fullLoss: number }
  | { event: "sample"; step: number; prompt: string; text: string }
  /** best: the adapter of the lowest evaluation loss so far, kept apart from the newest ones. */
  | { event: "checkpoint"; step: number; path: string; best?: true }
  | { event: "warning"; code: string; message: string }
  /** peakBytes: the most memory that the worker ever held. */
  | { event: "end"; run: string; status: "finished" | "stopped" | "paused" | "failed"; step: number; adapter: string | null; evalLoss: number | null; seconds: number; peakBytes?: number; error?: { code: ErrorCode | "INTERNAL"; what: string; next: string }; pause?: Pause };

/** "4-bit base: held-out NLL 1.812, full precision 1.784 (+1.6%)" */
export function describePrecision({ weights, loss, fullLoss, rows, ofRows }: RunEvent & { event: "precision" }): string {
  const change = (loss / fullLoss - 1) * 100, part = rows < ofRows ? `, on ${rows} of ${ofRows} held-out rows` : "";
  return `${weights} base: held-out NLL ${loss.toFixed(3)}, full precision ${fullLoss.toFixed(3)} (${change < 0 ? "" : "+"}${change.toFixed(1)}%)${part}`;
}
