/** What to do next, in the editor's words: where an error's own advice names a command line, the window has a button. Pure. */
import { type UserError } from "../core/errors";

export interface NextAction { readonly title: string; readonly command: string; readonly args?: readonly unknown[] }
interface Advice { readonly next?: string; readonly action?: NextAction }

const showLog: NextAction = { title: "Show Log", command: "tunesmith.showLog" };
const showProblems: NextAction = { title: "Show Problems", command: "workbench.actions.view.problems" };

const advice: Partial<Record<string, Advice>> = {
  DATASET_NO_USABLE_ROW: { action: showProblems },
  CONFIG_INVALID: { action: showProblems },
  WORKER_EXITED: { next: "Resume goes on from the last checkpoint, or starts again where there is none yet. What the worker said last is in its log.", action: showLog },
  WORKER_NOT_STARTED: { action: showLog },
  RUN_NOT_FOUND: { next: "It may have been deleted. The Runs view in the Tunesmith side bar lists what is there." },
  RUN_ACTIVE: { next: "Stop it first, with the stop button beside it in the Runs view." },
  GIT_NOT_FOUND: { action: { title: "Download Git", command: "vscode.open", args: ["https://git-scm.com/downloads"] } },
  GIT_NOT_A_REPOSITORY: { next: "Versions are git commits: initialize a repository in this folder first.", action: { title: "Initialize Repository", command: "git.init" } },
};

export const nextStep = (error: Pick<UserError, "code" | "next">): { next: string; action: NextAction | undefined } => {
  const known = advice[error.code];
  return { next: known?.next ?? error.next, action: known?.action };
};
