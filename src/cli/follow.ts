/** Watching a run from the terminal: progress on standard error, events as JSON lines on standard output where asked, and Ctrl+C. */
import { UserError } from "../core/errors";
import { type RunEvent } from "../core/train/events";
import { stopRun } from "../project/client";
import { followJournal } from "../project/journal";
import { type Project } from "../project/project";
import { journalPath, type Run } from "../project/runs";
import { printJson } from "./output";
import { createProgress } from "./progress";

export interface FollowOptions {
  readonly json?: boolean | undefined;
  /** What the first Ctrl+C does: ends the run, or only the watching. */
  readonly interrupt: "stop" | "leave";
  /** Only events after this many are shown: a resumed run's earlier life is not repeated. */
  readonly skip?: number;
  /** No progress: the caller says how it ended. */
  readonly quiet?: boolean;
}

type End = RunEvent & { event: "end" };

/** The run's last event; undefined where the watching was left. */
export const followRun = async (project: Project, run: Run, { json, interrupt, skip = 0, quiet = false }: FollowOptions): Promise<End | undefined> => {
  const progress = createProgress(process.stderr);
  const leave = new AbortController();
  let asked = false;
  const interrupted = (): void => {
    if (interrupt === "leave" || asked) {
      leave.abort();
      return;
    }
    asked = true;
    progress.note("Stopping after this step; its adapter will be saved. Ctrl+C again leaves it to itself.");
    stopRun(project, run.id).catch((error: Error) => progress.note(`The run could not be asked to stop: ${error.message}`));
  };
  process.on("SIGINT", interrupted);
  let seen = 0;
  let end: End | undefined;
  try {
    await followJournal(journalPath(run.folder), (event) => {
      if (seen++ < skip) return;
      end = event.event === "end" ? event : undefined;
      if (json) printJson(event);
      if (!quiet) progress.onEvent(event);
    }, leave.signal);
  } finally {
    progress.close();
    process.removeListener("SIGINT", interrupted);
  }
  if (leave.signal.aborted) {
    progress.note(`Run ${run.id} goes on by itself. Watch it again with \`tunesmith runs follow ${run.id}\`, end it with \`tunesmith runs stop ${run.id}\`.`);
    return undefined;
  }
  return end;
};

/** Says how a run ended; the exit status. A failed run is thrown as its coded error. */
export const concludeRun = (run: Run, end: End | undefined): number => {
  if (!end) return 0;
  if (end.status === "failed") {
    const { code, what, next } = end.error ?? { code: "INTERNAL" as const, what: `Run ${run.id} failed without saying why.`, next: "Look at worker.log in its folder." };
    throw new UserError(code as UserError["code"], what, next);
  }
  const loss = end.evalLoss === null ? "" : `, evaluation loss ${end.evalLoss.toFixed(4)}`;
  if (end.status === "paused" && end.pause) {
    const { what, next } = end.pause;
    process.stderr.write(`Run ${run.id}: ${what}\nThe adapter before that step${loss}: ${end.adapter}\n${next}\n`);
    return 1;
  }
  if (end.status === "stopped") {
    process.stderr.write(`Run ${run.id} stopped at step ${end.step}${loss}. Its adapter so far: ${end.adapter}\nGo on with \`tunesmith runs resume ${run.id}\`.\n`);
    return 1;
  }
  process.stderr.write(`Run ${run.id} finished ${end.step} steps in ${end.seconds.toFixed(1)} s${loss}. Its adapter: ${end.adapter}\nTry it: \`tunesmith generate --adapter ${run.id} --compare --prompt "..."\`\n`);
  return 0;
};
