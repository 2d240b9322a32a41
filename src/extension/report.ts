/** The one place where the window tells of a failure, and the log channel. A failure is shown once: who has reported it does not throw it on. */
import * as vscode from "vscode";
import { isUserError, type UserError } from "../core/errors";
import { type NextAction, nextStep, showLog } from "./nextStep";

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
    const { message, action } = isUserError(error) ? userMessage(error) : { message: `Tunesmith failed unexpectedly: ${error instanceof Error ? error.message : String(error)}. The log has the details.`, action: showLog };
    void vscode.window.showErrorMessage(message, action.title).then((chosen) => {
      if (chosen !== undefined) void vscode.commands.executeCommand(action.command, ...(action.args ?? []).map(asArgument));
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

/** VS Code folds a message without a button to one line, and the next step is at its end: hence always a button. */
const userMessage = (error: UserError): { message: string; action: NextAction } => {
  const { next, action = showLog } = nextStep(error);
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
