/** Where a run's training begins: at its newest checkpoint, at the one that a person went back to, or at its start. */
import { existsSync } from "node:fs";
import { isUserError } from "../core/errors";
import { type RunManifest } from "../core/manifest";
import { type Base } from "../core/model/base";
import { readState } from "../core/train/checkpoint";
import { type RunEvent } from "../core/train/events";
import { type TrainerState } from "../core/train/initial";
import { openFolder } from "../node/files";
import { bestFolder, checkpointsOf, STATE_FILE } from "../project/checkpoints";
import { bestStepOf } from "../project/resume";

/** No state: the run starts from nothing. */
export interface StartPoint { readonly state?: TrainerState; readonly warnings: readonly { code: string; message: string }[] }

/** `from`: the step to go back to. Throws ADAPTER_INVALID where that checkpoint is damaged; a damaged newest one is passed over with a warning. */
export const startPoint = async (runFolder: string, base: Base, { config }: RunManifest, events: readonly RunEvent[], from?: number): Promise<StartPoint> => {
  const checkpoints = await checkpointsOf(runFolder), bestStep = bestStepOf(events);
  const read = async (path: string): Promise<TrainerState> => {
    const state = await readState(openFolder(path), STATE_FILE, base, config);
    // The lowest loss counts while its adapter is there: a best one that was left behind has to be found anew.
    return existsSync(bestFolder(runFolder)) && (from === undefined || (bestStep ?? 0) <= from) ? state : { ...state, bestEvalLoss: Infinity };
  };
  if (from === 0) return { warnings: [] };
  if (from !== undefined) return { state: await read(checkpoints.find(({ step }) => step === from)?.path ?? bestFolder(runFolder)), warnings: [] };
  const warnings: { code: string; message: string }[] = [];
  for (const { path } of checkpoints.reverse()) {
    try {
      return { state: await read(path), warnings };
    } catch (error) {
      if (!isUserError(error)) throw error;
      warnings.push({ code: error.code, message: `A checkpoint could not be used, so an earlier one is: ${error.what}` });
    }
  }
  return { warnings };
};

/** The state of the best evaluation, where there was one. */
export const bestState = async (runFolder: string, base: Base, { config }: RunManifest): Promise<TrainerState | undefined> =>
  (existsSync(bestFolder(runFolder)) ? readState(openFolder(bestFolder(runFolder)), STATE_FILE, base, config) : undefined);
