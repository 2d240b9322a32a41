/** The runs of the open folders, kept up to date while somebody looks: lists them, watches their folders, follows the active ones. Changes nothing. */
import * as vscode from "vscode";
import { type RunEvent } from "../../core/train/events";
import { followJournal } from "../../project/journal";
import { openProject, type Project } from "../../project/project";
import { journalPath, listRuns, openRun } from "../../project/runs";
import { openProjects } from "../workspace";
import { isActive, type KnownRun, refKey, type RunRef } from "./runRef";

/** How often, in ms, the view may change while a run trains. */
const THROTTLE = 500;

export class RunsModel implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly following = new Map<string, AbortController>();
  private readonly watchers = new Map<string, vscode.Disposable>();
  private readonly disposables: vscode.Disposable[] = [];
  private listing: Promise<void> | undefined;
  private stale = false;
  private due: ReturnType<typeof setTimeout> | undefined;
  private refreshDue: ReturnType<typeof setTimeout> | undefined;
  private runs: KnownRun[] | undefined;

  private readonly ended = new vscode.EventEmitter<KnownRun>();

  readonly onDidChange = this.changed.event;
  /** A run that was training here, or in a terminal, has come to its end. */
  readonly onDidEnd = this.ended.event;

  constructor(private readonly onFailure: (error: unknown) => void) {
    this.disposables.push(this.changed, this.ended, vscode.workspace.onDidChangeWorkspaceFolders(() => { if (this.runs) void this.refresh(); }));
  }

  /** Newest first. The first call looks at the disk and begins to watch it. */
  async all(): Promise<readonly KnownRun[]> {
    if (!this.runs) await this.refresh();
    return this.runs ?? [];
  }

  find(ref: RunRef): KnownRun | undefined { return this.runs?.find((run) => refKey(run) === refKey(ref)); }

  /** Lists anew; calls that come meanwhile share one more listing. */
  async refresh(): Promise<void> {
    this.stale = true;
    this.listing ??= this.list().finally(() => { this.listing = undefined; });
    await this.listing;
  }

  private async list(): Promise<void> {
    while (this.stale) {
      this.stale = false;
      try {
        const projects = openProjects();
        const lists = await Promise.all(projects.map(async (project) => (await listRuns(project)).map((summary): KnownRun => ({ root: project.root, id: summary.id, summary }))));
        this.runs = lists.flat().sort((a, b) => b.summary.created.localeCompare(a.summary.created));
        this.watch(projects);
      } catch (error) {
        this.runs ??= [];
        this.onFailure(error);
      }
    }
    this.followActive();
    this.changed.fire();
  }

  /** New and deleted runs, and runs that a terminal starts or resumes, show by themselves. */
  private watch(projects: readonly Project[]): void {
    const wanted = new Set(projects.map(({ root }) => root));
    for (const [root, watcher] of this.watchers) if (!wanted.has(root)) { watcher.dispose(); this.watchers.delete(root); }
    for (const { root, runsFolder } of projects) {
      if (this.watchers.has(root)) continue;
      const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(vscode.Uri.file(runsFolder), "*/{run.json,worker.json,journal.jsonl}"));
      const look = (uri: vscode.Uri): void => {
        // A followed journal speaks for itself.
        const id = uri.path.split("/").at(-2) ?? "";
        if (uri.path.endsWith("journal.jsonl") && this.following.has(refKey({ root, id }))) return;
        this.refreshDue ??= setTimeout(() => { this.refreshDue = undefined; void this.refresh(); }, 250);
      };
      this.watchers.set(root, vscode.Disposable.from(watcher, watcher.onDidCreate(look), watcher.onDidChange(look), watcher.onDidDelete(look)));
    }
  }

  private followActive(): void {
    for (const run of this.runs ?? []) if (isActive(run) && !this.following.has(refKey(run))) void this.follow(run);
  }

  private async follow(ref: RunRef): Promise<void> {
    const controller = new AbortController();
    this.following.set(refKey(ref), controller);
    try {
      const { folder } = await openRun(openProject(ref.root), ref.id);
      await followJournal(journalPath(folder), (event) => this.take(ref, event), controller.signal);
    } catch (error) {
      this.onFailure(error);
    }
    this.following.delete(refKey(ref));
    // What the worker wrote last (the adapter, its status) is on disk by now.
    if (controller.signal.aborted) return;
    await this.refresh();
    const run = this.find(ref);
    if (run && !isActive(run)) this.ended.fire(run);
  }

  private take(ref: RunRef, event: RunEvent): void {
    const index = this.runs?.findIndex((run) => refKey(run) === refKey(ref)) ?? -1;
    const run = this.runs?.[index];
    if (!this.runs || !run) return;
    const change = event.event === "start" ? { status: "running" as const, steps: event.steps, step: event.resumedFrom ?? 0 }
      : event.event === "step" ? { step: event.step, loss: event.loss }
      : event.event === "eval" ? { evalLoss: event.loss } : undefined;
    if (!change) return;
    this.runs[index] = { ...run, summary: { ...run.summary, ...change } };
    this.due ??= setTimeout(() => { this.due = undefined; this.changed.fire(); }, THROTTLE);
  }

  dispose(): void {
    clearTimeout(this.due);
    clearTimeout(this.refreshDue);
    for (const controller of this.following.values()) controller.abort();
    vscode.Disposable.from(...this.watchers.values(), ...this.disposables).dispose();
  }
}
