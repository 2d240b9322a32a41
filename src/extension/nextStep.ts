/** What to do next, in the editor's words: where an error's own advice names a command line, the window has a button. Pure. */
import { type UserError } from "../core/errors";
import { type RunStatus } from "../core/train/events";

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
  GIT_NOT_FOUND: { action: { title: "Download Git", command: "vscode.open", args: ["https://git-scm.com/downloads"] } },
  GIT_NOT_A_REPOSITORY: { next: "Versions are git commits: initialize a repository in this folder first.", action: { title: "Initialize Repository", command: "git.init" } },
};

export const nextStep = (error: Pick<UserError, "code" | "next">): { next: string; action: NextAction | undefined } => {
  const known = advice[error.code];
  return { next: known?.next ?? error.next, action: known?.action };
};

/** A run keeps its settings and its copy of the data: what is wrong with those stays wrong however often it goes on. */
const final = new Set<string>(["DATASET_NO_USABLE_ROW", "DATASET_UNREADABLE", "ARCHITECTURE_UNKNOWN", "CONFIG_INVALID", "NOTHING_TO_TRAIN", "TEMPLATE_FAILED", "BAD_ARGUMENT"]);
export const canResume = (status: RunStatus, error: { readonly code: string } | undefined): boolean => status === "stopped" || (status === "failed" && !(error && final.has(error.code)));
