/** Tells of a run's end while its view is out of sight: a run may take longer than anybody watches. */
import * as vscode from "vscode";
import { formatLoss } from "../../protocol/figures";
import { type KnownRun } from "./runRef";
import { nextInEditor } from "./runsTree";
import { type RunViews } from "./runView";

export const tellRunEnd = async (run: KnownRun, views: RunViews): Promise<void> => {
  const { summary } = run;
  // A person who stopped a run knows that it has stopped.
  if (views.isVisible(run) || summary.status === "stopped") return;
  const [open, compare] = ["Open Run", "Compare in Playground"];
  const ref = { root: run.root, id: run.id };
  const chosen = summary.status === "failed"
    ? await vscode.window.showErrorMessage(`The run ${summary.name} has failed. ${summary.error ? `${summary.error.what} ${nextInEditor(summary.error)}` : ""}`, open)
    : summary.status === "paused" && summary.pause
    ? await vscode.window.showWarningMessage(`The run ${summary.name} has paused. ${summary.pause.what} ${nextInEditor(summary.pause)}`, open)
    : await vscode.window.showInformationMessage(`The run ${summary.name} has finished${summary.evalLoss === null ? "" : ` with an evaluation loss of ${formatLoss(summary.evalLoss)}`}.`, compare, open);
  if (chosen === open) await vscode.commands.executeCommand("tunesmith.openRun", ref);
  if (chosen === compare) await vscode.commands.executeCommand("tunesmith.openPlayground", ref);
};
