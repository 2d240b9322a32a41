/** How a run goes on: what a person asks for, checked against what the run has, and a rollback carried out on disk. Starts no process: see client.ts. */
import { existsSync } from "node:fs";
import { withSettings } from "../core/configFile";
import { UserError } from "../core/errors";
import { type ResumeChoice, type RunEvent } from "../core/train/events";
import { checkRunConfig } from "../core/train/parseConfig";
import { CHANGEABLE, type ChangedSettings, type RunConfig } from "../core/train/runConfig";
import { bestFolder, checkpointsOf, setAside } from "./checkpoints";
import { currentEvents } from "./journal";
import { foldEvents, type Run } from "./runs";

export interface ResumeRequest {
  /** Leave out the batch of the step that the run paused at. */
  readonly skip?: boolean;
  /** Go back: to this step, or (true) to the best checkpoint, else the newest one before where the run stands. */
  readonly rollback?: number | true;
  /** `key=value`, as `tunesmith train --set` takes them. */
  readonly set?: readonly string[];
}

/** What the worker is told. from: the checkpoint to go back to. */
export interface ResumePlan { readonly choice: ResumeChoice; readonly from?: number }

/** Where a run can go back to. Step 0 is its start, which needs no checkpoint. */
export interface RollbackTarget { readonly step: number; readonly best: boolean; /** Of the evaluation at this step. */ readonly evalLoss: number | null }

/** Throws BAD_ARGUMENT, CONFIG_INVALID, and LOSS_NOT_FINITE where a step without a loss would be made all the same. */
export const planResume = async (run: Run, events: readonly RunEvent[], { skip = false, rollback, set = [] }: ResumeRequest): Promise<ResumePlan> => {
  const { pause } = foldEvents(events);
  if (skip && !pause) throw new UserError("BAD_ARGUMENT", `Run ${run.id} is not paused at a step, so there is no batch to leave out.`, `\`tunesmith runs resume ${run.id}\` goes on from its last checkpoint.`);
  if (pause?.code === "LOSS_NOT_FINITE" && !skip && rollback === undefined) {
    throw new UserError("LOSS_NOT_FINITE", `Run ${run.id} cannot make step ${pause.step} as it is: its loss or gradient is not a number, and would ruin the adapter.`, pause.next);
  }
  const from = rollback === undefined ? undefined : await rollbackStep(run, events, rollback);
  return {
    ...(from !== undefined && { from }),
    choice: {
      ...(pause && (skip ? { skipped: pause.step } : from === undefined && { accepted: pause.step })),
      ...(from !== undefined && { rolledBack: true as const }), ...(set.length > 0 && { settings: changedSettings(run.manifest.config, set) }),
    },
  };
};

const changedSettings = (config: RunConfig, set: readonly string[]): ChangedSettings => {
  const keys = set.map((setting) => setting.split("=", 1)[0]!), wrong = keys.find((key) => !(CHANGEABLE as readonly string[]).includes(key));
  if (wrong !== undefined) throw new UserError("BAD_ARGUMENT", `"${wrong}" cannot change in the middle of a run.`, `These can: ${CHANGEABLE.join(", ")}. Start a new run for the rest.`);
  const changed = checkRunConfig(withSettings({ ...config }, set), "--set");
  return Object.fromEntries(CHANGEABLE.filter((key) => keys.includes(key)).map((key) => [key, changed[key]]));
};

/** Step of the best checkpoint, as the journal tells it. */
export const bestStepOf = (events: readonly RunEvent[]): number | undefined => currentEvents(events).findLast((event): event is RunEvent & { event: "checkpoint" } => event.event === "checkpoint" && event.best === true)?.step;

/** Latest first; the last is the start. */
export const rollbackTargets = async (run: Run, events: readonly RunEvent[]): Promise<RollbackTarget[]> => {
  const best = existsSync(bestFolder(run.folder)) ? bestStepOf(events) : undefined, current = currentEvents(events);
  const steps = new Set([0, ...(await checkpointsOf(run.folder)).map(({ step }) => step), ...(best === undefined ? [] : [best])]);
  const evalLoss = (step: number): number | null => current.findLast((event): event is RunEvent & { event: "eval" } => event.event === "eval" && event.step === step)?.loss ?? null;
  return [...steps].sort((a, b) => b - a).map((step) => ({ step, best: step === best, evalLoss: evalLoss(step) }));
};

/** Where `--rollback` without a step goes: to the best checkpoint, where that is behind the run, else to the newest that is. */
export const usualTarget = (targets: readonly RollbackTarget[], step: number): RollbackTarget => {
  const behind = targets.filter((target) => target.step < step);
  return behind.find(({ best }) => best) ?? behind[0] ?? targets.at(-1)!;
};

const rollbackStep = async (run: Run, events: readonly RunEvent[], rollback: number | true): Promise<number> => {
  const targets = await rollbackTargets(run, events);
  if (rollback === true) return usualTarget(targets, foldEvents(events).step).step;
  if (targets.some(({ step }) => step === rollback)) return rollback;
  const there = targets.filter(({ step }) => step > 0).map(({ step, best }) => `${step}${best ? " (best)" : ""}`);
  throw new UserError("BAD_ARGUMENT", `Run ${run.id} has no checkpoint at step ${rollback}.`, there.length > 0 ? `It has them at step ${there.join(", ")}; 0 is its start.` : "It has none yet; 0 is its start.");
};

/** Puts aside what a rollback left behind, where the worker that went back was killed before it could: its start event is there, and no checkpoint since. */
export const finishRollback = async (runFolder: string, events: readonly RunEvent[]): Promise<void> => {
  const at = events.findLastIndex((event) => event.event === "start" && event.choice?.rolledBack === true), start = events[at];
  if (start?.event !== "start" || events.slice(at).some(({ event }) => event === "checkpoint")) return;
  await setAside(runFolder, start.resumedFrom ?? 0, bestStepOf(events.slice(0, at)));
};
