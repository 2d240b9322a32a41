/** What to do next, in the editor's words: where an error's own advice names a command line, the window has a button. Pure. */
import { type UserError } from "../core/errors";
import { type PauseCode, type RunStatus } from "../core/train/events";

export interface NextAction { readonly title: string; readonly command: string; readonly args?: readonly unknown[] }
interface Advice { readonly next?: string; readonly action?: NextAction }

export const showLog: NextAction = { title: "Show Log", command: "tunesmith.showLog" };
const showProblems: NextAction = { title: "Show Problems", command: "workbench.actions.view.problems" };

const advice: Partial<Record<string, Advice>> = {
  DATASET_NO_USABLE_ROW: { next: "Open the dataset: every problem is underlined, with a fix where there is one. Then start a new run.", action: showProblems },
  CONFIG_INVALID: { action: showProblems },
  WORKER_EXITED: { next: "Resume goes on from the last checkpoint, or starts again where there is none yet. What the worker said last is in its log.", action: showLog },
  WORKER_NOT_STARTED: { action: showLog },
  DISK_FULL: { next: "Free some space. Resume then goes on from the last checkpoint, or starts again where there is none yet; nothing written before is lost." },
  RUN_NOT_FOUND: { next: "It may have been deleted. The Runs view in the Tunesmith side bar lists what is there." },
  RUN_ACTIVE: { next: "Stop it first, with the stop button beside it in the Runs view." },
  LOSS_NOT_FINITE: { next: "Look at these lines. Skip Step and Resume leaves them out; Roll Back goes to an earlier checkpoint, with a lower learning rate if you like." },
  LOSS_SPIKE: { next: "Look at these lines. Skip Step and Resume leaves them out, Resume makes the step all the same, Roll Back goes to an earlier checkpoint, with a lower learning rate if you like." },
  LOSS_DIVERGED: { next: "Roll Back goes to an earlier checkpoint, with a lower learning rate: that helps most often. Resume goes on as it is." },
  GIT_NOT_FOUND: { action: { title: "Download Git", command: "vscode.open", args: ["https://git-scm.com/downloads"] } },
  GIT_NOT_A_REPOSITORY: { next: "Versions are git commits: initialize a repository in this folder first.", action: { title: "Initialize Repository", command: "git.init" } },
};

export const nextStep = (error: { readonly code: UserError["code"] | PauseCode; readonly next: string }): { next: string; action: NextAction | undefined } => {
  const known = advice[error.code];
  return { next: known?.next ?? error.next, action: known?.action };
};

/** A message that a run wrote down for any reader, in the editor's words. */
export const inEditor = (message: string): string => message.replace("`tunesmith devices` says why", "Tunesmith: Set Up GPU says why");

/** A run keeps its settings and its copy of the data: what is wrong with those stays wrong however often it goes on. */
const final = new Set<string>(["DATASET_NO_USABLE_ROW", "DATASET_UNREADABLE", "ARCHITECTURE_UNKNOWN", "CONFIG_INVALID", "NOTHING_TO_TRAIN", "TEMPLATE_FAILED", "BAD_ARGUMENT"]);
export const canResume = ({ status, error, pause }: Ended): boolean =>
  status === "stopped" || (status === "failed" && !(error && final.has(error.code))) || (status === "paused" && pause?.code !== "LOSS_NOT_FINITE");

/** Whether a run may go back to an earlier checkpoint: it has made steps, rests, and its data and settings are sound. */
export const canRollBack = ({ status, error, step }: Ended & { readonly step: number }): boolean =>
  status === "paused" || (step > 0 && (status === "stopped" || (status === "failed" && !(error && final.has(error.code)))));

interface Ended { readonly status: RunStatus; readonly error?: { readonly code: string } | undefined; readonly pause?: { readonly code: string } | undefined }
