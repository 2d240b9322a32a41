/** The one place where the window tells of a failure, and the log channel. A failure is shown once: who has reported it does not throw it on. */
import * as vscode from "vscode";
import { isUserError, type UserError } from "../core/errors";
import { nextStep } from "./nextStep";

export interface Reporter {
  readonly log: vscode.LogOutputChannel;
  /** Shows what happened and what to do next; cancelling is not a failure and shows nothing. */
  show(error: unknown): void;
  /** Runs, and reports what it throws; undefined then. */
  guard<T>(work: () => Promise<T> | T): Promise<T | undefined>;
}

export const createReporter = (log: vscode.LogOutputChannel): Reporter => {
  const show = (error: unknown): void => {
    if (error instanceof vscode.CancellationError || (isUserError(error) && error.code === "CANCELLED")) return;
    log.error(error instanceof Error ? error : String(error));
    const { message, action } = isUserError(error) ? userMessage(error) : { message: `Tunesmith failed unexpectedly: ${error instanceof Error ? error.message : String(error)}. The log has the details.`, action: { title: "Show Log", command: "tunesmith.showLog" } };
    void vscode.window.showErrorMessage(message, ...(action ? [action.title] : [])).then((chosen) => {
      if (chosen !== undefined && action) void vscode.commands.executeCommand(action.command, ...("args" in action ? action.args ?? [] : []).map(asArgument));
    });
  };
  return {
    log, show,
    guard: async (work) => {
      try {
        return await work();
      } catch (error) {
        show(error);
        return undefined;
      }
    },
  };
};

const userMessage = (error: UserError) => {
  const { next, action } = nextStep(error);
  return { message: `${error.what} ${next}`, action };
};

const asArgument = (argument: unknown): unknown => typeof argument === "string" && argument.startsWith("https://") ? vscode.Uri.parse(argument) : argument;

/** Progress for what takes longer than a blink, with Cancel; the signal aborts when it is pressed. */
export const withProgress = <T>(title: string, work: (signal: AbortSignal, report: (message: string) => void) => Promise<T>): Thenable<T> =>
  vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title, cancellable: true }, async (progress, token) => {
    const controller = new AbortController();
    const listening = token.onCancellationRequested(() => controller.abort());
    try {
      return await work(controller.signal, (message) => progress.report({ message }));
    } finally {
      listening.dispose();
    }
  });
