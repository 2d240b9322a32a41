/** The training loop: an async generator that yields what happened and leaves writing it down to its caller. */
import { UserError } from "../errors";
import { type Adapter } from "../model/adapter";
import { type Base } from "../model/base";
import { type Runtime } from "../runtime";
import { type Example } from "../text/types";
import { loraTrainable } from "./graphs";
import { freshState, initialState, type TrainerState } from "./initial";
import { planData } from "./plan";
import { type RunConfig } from "./runConfig";
import { learningRate } from "./schedule";
import { scoreExamples } from "./score";
import { SessionCache, Stepper } from "./stepper";

export type TrainerReport =
  | { event: "step"; step: number; epoch: number; loss: number; learningRate: number; gradNorm: number; tokens: number; rows: number[] }
  | { event: "eval"; step: number; loss: number; tokens: number }
  /** best: the evaluation just made was the lowest so far. */
  | { event: "checkpoint"; step: number; state: TrainerState; best?: true }
  | { event: "done"; state: TrainerState; evalLoss: number | null; stopped: boolean };

export interface TrainOptions {
  readonly runtime: Runtime;
  readonly base: Base;
  readonly examples: readonly Example[];
  readonly evalExamples: readonly Example[];
  readonly config: RunConfig;
  /** What training starts from instead of a new adapter; of the config's settings (continueAdapter). */
  readonly adapter?: Adapter;
  readonly resume?: TrainerState;
  /** Aborted: the step under way is finished, a checkpoint is yielded, then `done` with `stopped`. */
  readonly signal?: AbortSignal;
}

/** Trains. Throws DATASET_NO_USABLE_ROW before the first step and what planData throws, LOSS_NOT_FINITE naming the rows of the step. */
export async function* train({ runtime, base, examples, evalExamples, config, adapter: continued, resume, signal }: TrainOptions): AsyncGenerator<TrainerReport, void, void> {
  const { steps, stepsPerEpoch, examples: usable, batchesOf } = planData(config, base.config, examples);
  if (usable.length === 0) throw new UserError("DATASET_NO_USABLE_ROW", `None of the ${examples.length} rows has a trained token within max_length ${config.max_length}.`, "Raise max_length, or check the dataset: prompts that fill the whole length leave no room for an answer.");
  const start = resume ?? (continued ? freshState(continued) : await initialState(base, config)), { adapter } = start;
  const sessions = new SessionCache(runtime, base.folder.path);
  const optimizer = { beta1: config.adam_beta1, beta2: config.adam_beta2, epsilon: config.adam_epsilon, weightDecay: config.weight_decay, maxGradNorm: config.max_grad_norm };
  const stepper = new Stepper(sessions, loraTrainable(base, adapter.targets, { ratioB: config.lora.loraplus_lr_ratio, dropout: config.lora.lora_dropout, recompute: config.gradient_checkpointing }), base.config, optimizer);

  let state = start.optimizer, step = start.step, evalLoss: number | null = null, evaluatedAt = -1, { bestEvalLoss } = start;
  const current = (): TrainerState => ({ adapter: { ...adapter, parameters: state.parameters }, optimizer: state, step, bestEvalLoss });
  const evaluate = async function* (): AsyncGenerator<TrainerReport, void, void> {
    if (evalExamples.length === 0) return;
    const { loss, tokens } = await meanLoss(sessions, base, current().adapter, evalExamples, signal);
    if (signal?.aborted) return; // A mean over some of the rows is no figure.
    [evalLoss, evaluatedAt] = [loss, step];
    yield { event: "eval", step, loss, tokens };
    // Losses travel through checkpoints in 32 bits, so that is how they are compared.
    if (step === 0 || !(Math.fround(loss) < bestEvalLoss)) return;
    bestEvalLoss = Math.fround(loss);
    yield { event: "checkpoint", step, state: current(), best: true };
  };
  try {
    if (step === 0) yield* evaluate();
    while (step < steps && !signal?.aborted) {
      const batches = batchesOf(step), rows = batches.flatMap((batch) => batch.rows);
      const rate = learningRate(config, step, steps);
      const result = await stepper.step(state, batches, rate, `${config.seed}/dropout/${step}`);
      if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradNorm)) {
        throw new UserError("LOSS_NOT_FINITE", `The loss became ${result.loss} at step ${step + 1} (rows ${rows.map((row) => row + 1).join(", ")}).`, "Lower learning_rate, or set max_grad_norm to 1, and look at those rows.");
      }
      state = result.state;
      step++;
      yield { event: "step", step, epoch: step / stepsPerEpoch, loss: result.loss, learningRate: rate, gradNorm: result.gradNorm, tokens: batches.reduce((total, { tokenCount }) => total + tokenCount, 0), rows };
      if (config.eval_steps > 0 && step % config.eval_steps === 0) yield* evaluate();
      if (config.save_steps > 0 && step % config.save_steps === 0 && step < steps) yield { event: "checkpoint", step, state: current() };
    }
    const stopped = step < steps;
    if (!stopped && evaluatedAt !== step) yield* evaluate();
    yield { event: "checkpoint", step, state: current() };
    yield { event: "done", state: current(), evalLoss, stopped };
  } finally {
    await sessions.close();
  }
}

/** Mean negative log-likelihood over all trained tokens, nats. */
async function meanLoss(sessions: SessionCache, base: Base, adapter: Adapter, examples: readonly Example[], signal: AbortSignal | undefined): Promise<{ loss: number; tokens: number }> {
  let total = 0, tokens = 0;
  for await (const row of scoreExamples(sessions, base, adapter, examples, signal)) {
    total += row.nll * row.tokens;
    tokens += row.tokens;
  }
  return { loss: tokens > 0 ? total / tokens : NaN, tokens };
}
