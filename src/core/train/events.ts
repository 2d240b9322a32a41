/** The events of a run: what its journal holds line by line and what `tunesmith train --json` prints. */
import { type ErrorCode } from "../errors";
import { type SharedPrefix } from "./plan";

export type RunStatus = "queued" | "running" | "finished" | "stopped" | "failed";

export type RunEvent =
  /** sharedPrefix: packed rows hold the tokens that all rows begin with once, which saves an average step so many. */
  | { event: "start"; run: string; base: string; data: string; device: string; examples: number; evalExamples: number; steps: number; epochs: number; trainableParameters: number; sharedPrefix?: SharedPrefix; resumedFrom?: number; time: string }
  /** loss: mean over the step's trained tokens, nats, before the update; seconds: wall time since the start of the run; rows: lines of the dataset, from 1 as `check` and `render` count. */
  | { event: "step"; step: number; epoch: number; loss: number; learningRate: number; gradNorm: number; tokens: number; seconds: number; rows: number[] }
  /** loss: mean over all trained tokens of the evaluation split. */
  | { event: "eval"; step: number; loss: number; tokens: number; seconds: number }
  /** Something that takes a while and happens once, in words. */
  | { event: "note"; message: string }
  /** What quantising the base changes, before training: loss of the base as it is held and of the same base not quantised, means over the trained tokens of the first `rows` of `ofRows` held-out rows. */
  | { event: "precision"; weights: string; rows: number; ofRows: number; tokens: number; loss: number; fullLoss: number }
  | { event: "sample"; step: number; prompt: string; text: string }
  /** best: the adapter of the lowest evaluation loss so far, kept apart from the newest ones. */
  | { event: "checkpoint"; step: number; path: string; best?: true }
  | { event: "warning"; code: string; message: string }
  | { event: "end"; run: string; status: "finished" | "stopped" | "failed"; step: number; adapter: string | null; evalLoss: number | null; seconds: number; error?: { code: ErrorCode | "INTERNAL"; what: string; next: string } };

/** "4-bit base: held-out NLL 1.812, full precision 1.784 (+1.6%)" */
export function describePrecision({ weights, loss, fullLoss, rows, ofRows }: RunEvent & { event: "precision" }): string {
  const change = (loss / fullLoss - 1) * 100, part = rows < ofRows ? `, on ${rows} of ${ofRows} held-out rows` : "";
  return `${weights} base: held-out NLL ${loss.toFixed(3)}, full precision ${fullLoss.toFixed(3)} (${change < 0 ? "" : "+"}${change.toFixed(1)}%)${part}`;
}
