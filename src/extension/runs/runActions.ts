/** What can be done with a run that exists: stop, resume, roll back, delete, and look at its parts. Each takes the run or asks for it. */
import * as vscode from "vscode";
import { basename } from "node:path";
import { openProject, type Project } from "../../project/project";
import { type ResumeRequest } from "../../project/resume";
import { deleteRun, logPath, openRun, type Run } from "../../project/runs";
import { canResume, canRollBack } from "../nextStep";
import { withProgress } from "../report";
import { mayRun } from "../workspace";
import { openRunDataset } from "./runDataset";
import { isActive, isRunRef, type KnownRun, type RunRef } from "./runRef";
import { type RunsModel } from "./runsModel";
import { type RunViews } from "./runView";

export class RunActions {
  constructor(private readonly model: RunsModel, private readonly views: RunViews) {}

  async open(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Which run should be opened?", () => true, "There is no run yet.");
    if (ref) await this.views.open(ref);
  }

  async stop(given: unknown): Promise<void> {
    if (!await mayRun()) return;
    const ref = await this.choose(given, "Which run should be stopped?", isActive, "No run is training.");
    if (!ref) return;
    const stopped = await withProgress("Stopping the run after its current step", async (signal) => {
      const { stopRun, isRunAlive } = await import("../../project/client");
      const project = openProject(ref.root);
      const asked = await stopRun(project, ref.id);
      while (asked && !signal.aborted && await isRunAlive(project, ref.id)) await new Promise((settle) => setTimeout(settle, 100));
      return asked;
    });
    // A worker that is gone cannot stop; the list then says what happened to it.
    if (!stopped) this.views.refresh(ref);
    await this.model.refresh();
  }

  async resume(given: unknown): Promise<void> {
    if (!await mayRun()) return;
    const ref = await this.choose(given, "Which run should go on?", ({ summary }) => canResume(summary), "No run was stopped, paused or failed.");
    if (ref) await this.goOn(ref, "Resuming the run", {});
  }

  async skipStep(given: unknown): Promise<void> {
    if (!await mayRun()) return;
    const ref = await this.choose(given, "Which run should go on without its step?", ({ summary }) => summary.pause !== undefined, "No run is paused at a step.");
    if (ref) await this.goOn(ref, "Resuming the run without the step", { skip: true });
  }

  async rollBack(given: unknown): Promise<void> {
    if (!await mayRun()) return;
    const ref = await this.choose(given, "Which run should go back?", ({ summary }) => canRollBack(summary), "No run could go back: only one that is paused, stopped or failed, and has made steps.");
    if (!ref) return;
    const { askRollback } = await import("./askRollback");
    const request = await askRollback((await this.find(ref)).run);
    if (request) await this.goOn(ref, "Rolling the run back", request);
  }

  private async goOn(ref: RunRef, title: string, request: ResumeRequest): Promise<void> {
    // First, so that whatever becomes of the run is seen there.
    await this.views.open(ref);
    await withProgress(title, async (signal) => {
      const { startRun, stopRun } = await import("../../project/client");
      const { project, run } = await this.find(ref);
      await startRun(project, run, request);
      if (signal.aborted) await stopRun(project, run.id);
    });
    this.views.refresh(ref);
    await this.model.refresh();
  }

  async remove(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Which run should be deleted?", (run) => !isActive(run), "There is no run that could be deleted.");
    if (!ref) return;
    const { project, run } = await this.find(ref);
    const yes = "Delete";
    const detail = "Its curve, checkpoints and adapter are removed from this disk. A version of it in git stays.";
    if (await vscode.window.showWarningMessage(`Delete the run ${run.manifest.name} of ${new Date(run.manifest.created).toLocaleString()}?`, { modal: true, detail }, yes) !== yes) return;
    await deleteRun(project, run.id);
    this.views.close(ref);
    await this.model.refresh();
  }

  async revealAdapter(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Whose adapter?", ({ summary }) => summary.adapter !== null, "No run has written an adapter yet.");
    const adapter = ref && (this.model.find(ref) ?? (await this.known()).find(({ id }) => id === ref.id))?.summary.adapter;
    if (!adapter) return;
    const uri = vscode.Uri.file(adapter);
    // A window on another machine has no file manager there; its explorer shows the folder instead.
    const local = vscode.env.uiKind === vscode.UIKind.Desktop && !vscode.env.remoteName;
    await vscode.commands.executeCommand(!local && vscode.workspace.getWorkspaceFolder(uri) ? "revealInExplorer" : "revealFileInOS", uri);
  }

  async saveConfig(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Whose settings should be saved?", () => true, "There is no run yet.");
    if (!ref) return;
    const { project, run } = await this.find(ref);
    const { saveAsConfig } = await import("./startRun");
    await saveAsConfig(project, run);
  }

  async openDataset(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Whose dataset?", () => true, "There is no run yet.");
    if (!ref) return;
    const { project, run } = await this.find(ref);
    await openRunDataset(project, run);
  }

  async showLog(given: unknown): Promise<void> {
    const ref = await this.choose(given, "Whose log?", () => true, "There is no run yet.");
    if (!ref) return;
    const log = vscode.Uri.file(logPath((await this.find(ref)).run.folder));
    if (await vscode.workspace.fs.stat(log).then(() => true, () => false)) await vscode.window.showTextDocument(log);
    else await vscode.window.showInformationMessage("The worker of this run has printed nothing.");
  }

  private async find({ root, id }: RunRef): Promise<{ project: Project; run: Run }> {
    const project = openProject(root);
    return { project, run: await openRun(project, id) };
  }

  private async known(): Promise<readonly KnownRun[]> {
    await this.model.refresh();
    return this.model.all();
  }

  /** The run that a menu or a view named, the only one there is, or the one that the person picks. */
  private async choose(given: unknown, placeHolder: string, fits: (run: KnownRun) => boolean, none: string): Promise<RunRef | undefined> {
    if (isRunRef(given)) return { root: given.root, id: given.id };
    const runs = (await this.known()).filter(fits);
    if (runs.length === 0) {
      void vscode.window.showInformationMessage(none);
      return undefined;
    }
    const items = runs.map((run) => ({ label: run.summary.name, description: `${run.summary.status} · ${new Date(run.summary.created).toLocaleString()}`, detail: vscode.workspace.workspaceFolders && vscode.workspace.workspaceFolders.length > 1 ? basename(run.root) : undefined, run }));
    return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true }))?.run;
  }
}
