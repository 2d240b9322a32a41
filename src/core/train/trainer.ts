/** The training loop: an async generator that yields what happened and leaves writing it down to its caller. */
import { UserError } from "../errors";
import { type Adapter } from "../model/adapter/adapter";
import { type Base } from "../model/base";
import { type Machine, type Runtime } from "../runtime";
import { type Batch } from "../text/batch";
import { type Example } from "../text/types";
import { type Choices, configAt, noChoices } from "./choices";
import { neededBytes, refuseTooLarge } from "./fit";
import { loraTrainable, type Trainable } from "./graphs";
import { type Alarm, judge, watched } from "./guard";
import { freshState, initialState, type TrainerState } from "./initial";
import { planData } from "./plan";
import { foresee, largestStep, type Preflight } from "./preflight";
import { type RunConfig } from "./runConfig";
import { learningRate } from "./schedule";
import { scoreExamples } from "./score";
import { type StepMaker, stepMaker } from "./stepMaker";
import { type OptimizerState, SessionCache, shapeOf } from "./stepper";

export type TrainerReport =
  | { event: "step"; step: number; epoch: number; loss: number; learningRate: number; gradNorm: number; tokens: number; rows: number[] }
  | { event: "eval"; step: number; loss: number; tokens: number }
  | { event: "skip"; step: number; epoch: number; rows: number[] }
  | ({ event: "preflight" } & Preflight)
  /** best: the evaluation just made was the lowest so far. */
  | { event: "checkpoint"; step: number; state: TrainerState; best?: true; /** Earlier ones may be needed: the run is about to pause. */ keepAll?: true }
  /** halt: the step that the guard did not let pass; the state is the one before it. */
  | { event: "done"; state: TrainerState; evalLoss: number | null; stopped: boolean; halt?: Halt };

/** step: from 1; rows: dataset lines, from 0. */
export interface Halt extends Alarm { readonly step: number; readonly loss: number; readonly gradNorm: number; readonly rows: readonly number[] }

export interface TrainOptions {
  readonly runtime: Runtime;
  readonly base: Base;
  readonly examples: readonly Example[];
  readonly evalExamples: readonly Example[];
  readonly config: RunConfig;
  /** What training starts from instead of a new adapter; of the config's settings (continueAdapter). */
  readonly adapter?: Adapter;
  readonly resume?: TrainerState;
  readonly choices?: Choices;
  /** Left out: nothing is said of memory and time before the first step. */
  readonly machine?: Machine;
  /** Aborted: the step under way is finished, a checkpoint is yielded, then `done` with `stopped`. */
  readonly signal?: AbortSignal;
}

/** Trains until its end, or until the guard does not let a step pass. Throws DATASET_NO_USABLE_ROW and OUT_OF_MEMORY before the first step, and what planData throws. */
export async function* train({ runtime, base, examples, evalExamples, config, adapter: continued, resume, choices = noChoices, machine, signal }: TrainOptions): AsyncGenerator<TrainerReport, void, void> {
  const plan = planData(config, base.config, examples), { steps, stepsPerEpoch, examples: usable, batchesOf } = plan;
  if (usable.length === 0) throw new UserError("DATASET_NO_USABLE_ROW", `None of the ${examples.length} rows has a trained token within max_length ${config.max_length}.`, "Raise max_length, or check the dataset: prompts that fill the whole length leave no room for an answer.");
  const start = resume ?? (continued ? freshState(continued) : await initialState(base, config)), { adapter } = start;
  const sessions = new SessionCache(runtime, base.folder.path);
  const trainableFor = ({ recompute }: { recompute: boolean }): Trainable => loraTrainable(base, adapter.targets, { ratioB: config.lora.loraplus_lr_ratio, dropout: config.lora.lora_dropout, recompute });
  const trainable = trainableFor({ recompute: config.gradient_checkpointing });
  const stepsWith = (maxGradNorm: number, state: OptimizerState): StepMaker =>
    stepMaker({ sessions, trainable, config: base.config, optimizer: { beta1: config.adam_beta1, beta2: config.adam_beta2, epsilon: config.adam_epsilon, weightDecay: config.weight_decay, maxGradNorm } }, state, runtime.graphics);
  let clip = configAt(config, choices.changes, start.step).max_grad_norm, making = stepsWith(clip, start.optimizer);

  let step = start.step, evalLoss: number | null = null, evaluatedAt = -1, halt: Halt | undefined, { bestEvalLoss, watch } = start;
  const current = (): TrainerState => {
    const state = making.state();
    return { adapter: { ...adapter, parameters: state.parameters }, optimizer: state, step, bestEvalLoss, watch };
  };
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
  const propose = async (batches: readonly Batch[]): Promise<Proposal> => {
    const settings = configAt(config, choices.changes, step), rate = learningRate(settings, step, steps);
    return { batches, settings, rate, ...(await making.propose(batches, rate, `${config.seed}/dropout/${step}`)) };
  };
  /** The next step, proposed before its turn, and what it tells of the run; what cannot fit is refused before it, so that a run does not end after an hour. */
  const lookAhead = async (known: Machine): Promise<{ proposal: Proposal; preflight: Preflight }> => {
    const largest = largestStep(plan), ofHost = runtime.graphics ? undefined : known, question = { base, config, trainableFor };
    const freeOnDevice = runtime.graphics?.freeBytes, room = runtime.graphics ? { freeBytes: () => freeOnDevice ?? Infinity, device: { name: runtime.device, traits: runtime.graphics } } : known;
    refuseTooLarge(question, largest.shapes, room);
    const batches = batchesOf(step);
    await making.prepare(batches);
    const began = performance.now(), proposal = await propose(batches);
    const foreseen = foresee({ base, config, plan, trainable, evalExamples, from: step }, largest, { shapes: batches.map(shapeOf), seconds: (performance.now() - began) / 1000 }, ofHost);
    return { proposal, preflight: ofHost ? foreseen : { ...foreseen, device: runtime.device, peakBytes: neededBytes(question, largest.shapes, room), freeBytes: freeOnDevice ?? 0 } };
  };
  try {
    let ahead: Proposal | undefined;
    // A step that is to be left out tells nothing; a run that leaves one out went on from earlier steps.
    if (machine && step < steps && !signal?.aborted && !choices.skipped.includes(step + 1)) {
      const { proposal, preflight } = await lookAhead(machine);
      ahead = proposal;
      yield { event: "preflight", ...preflight };
    }
    if (step === 0) yield* evaluate();
    while (step < steps && !signal?.aborted) {
      if (choices.skipped.includes(step + 1)) {
        const rows = rowsOf(batchesOf(step));
        step++;
        yield { event: "skip", step, epoch: step / stepsPerEpoch, rows };
      } else {
        const norm = configAt(config, choices.changes, step).max_grad_norm;
        if (norm !== clip) {
          await sessions.close(); // The norm is part of their graphs.
          const state = making.state();
          making.release();
          [clip, making] = [norm, stepsWith(norm, state)];
        }
        const { batches, settings: now, rate, loss, gradNorm } = ahead ?? await propose(batchesOf(step)), rows = rowsOf(batches);
        ahead = undefined;
        const seen = { loss, gradNorm, trained: batches.reduce((total, { trained }) => total + trained, 0) }, alarm = judge(watch, seen, now);
        if (alarm && (alarm.code === "LOSS_NOT_FINITE" || !choices.accepted.includes(step + 1))) {
          halt = { ...alarm, step: step + 1, loss, gradNorm, rows };
          break;
        }
        watch = watched(watch, seen, now, alarm !== undefined);
        await making.accept();
        step++;
        yield { event: "step", step, epoch: step / stepsPerEpoch, loss, learningRate: rate, gradNorm, tokens: batches.reduce((total, { tokenCount }) => total + tokenCount, 0), rows };
      }
      if (config.eval_steps > 0 && step % config.eval_steps === 0) yield* evaluate();
      if (config.save_steps > 0 && step % config.save_steps === 0 && step < steps) yield { event: "checkpoint", step, state: current() };
    }
    const stopped = step < steps;
    if (!stopped && evaluatedAt !== step) yield* evaluate();
    yield { event: "checkpoint", step, state: current(), ...(halt && { keepAll: true }) };
    yield { event: "done", state: current(), evalLoss, stopped, ...(halt && { halt }) };
  } finally {
    await sessions.close();
    making.release();
  }
}

/** A step that was computed and not made yet. */
interface Proposal { readonly batches: readonly Batch[]; readonly settings: RunConfig; readonly rate: number; readonly loss: number; readonly gradNorm: number }

const rowsOf = (batches: readonly Batch[]): number[] => batches.flatMap(({ rows }) => rows);

/** Mean negative log-likelihood over all trained tokens, nats. */
async function meanLoss(sessions: SessionCache, base: Base, adapter: Adapter, examples: readonly Example[], signal: AbortSignal | undefined): Promise<{ loss: number; tokens: number }> {
  let total = 0, tokens = 0;
  for await (const row of scoreExamples(sessions, base, adapter, examples, signal)) {
    total += row.nll * row.tokens;
    tokens += row.tokens;
  }
  return { loss: tokens > 0 ? total / tokens : NaN, tokens };
}
