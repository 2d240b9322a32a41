/** The panels that show a run: follow its journal, post the curve in batches, do what their buttons ask. Reads only; commands act. */
import * as vscode from "vscode";
import { basename, join } from "node:path";
import { type RunManifest } from "../../core/manifest";
import { type Choices } from "../../core/train/choices";
import { followJournal } from "../../project/journal";
import { openProject } from "../../project/project";
import { journalPath, openRun, type Run, summarize } from "../../project/runs";
import { isRunViewRequest, isRunViewState, type RunFacts, type RunViewAction, type RunViewUpdate } from "../../protocol/runView";
import { canResume, canRollBack } from "../nextStep";
import { type Reporter } from "../report";
import { pageHtml, pageOptions } from "../webviewPage";
import { openRunRow } from "./runDataset";
import { type KnownRun, refKey, type RunRef } from "./runRef";
import { nextInEditor } from "./runsTree";
import { RunSeries } from "./series";

export const RUN_VIEW = "tunesmith.runView";

/** Batches leave at most ten times a second. */
const BATCH_MS = 100;
/** A curve sent as a whole has at most about so many points; a batch larger than half of it is sent as a whole curve. */
const WHOLE = 4000;

const commands: Record<RunViewAction, string> = {
  stop: "tunesmith.stopRun", resume: "tunesmith.resumeRun", skipStep: "tunesmith.skipRunStep", rollBack: "tunesmith.rollBackRun", playground: "tunesmith.openPlayground", revealAdapter: "tunesmith.revealAdapter",
  saveConfig: "tunesmith.saveRunConfig", openData: "tunesmith.openRunDataset", showLog: "tunesmith.showRunLog",
};

export class RunViews implements vscode.Disposable {
  private readonly panels = new Map<string, RunPanel>();
  private readonly disposables: vscode.Disposable[];

  /** `onOpen`: somebody looks at a run, so that the list of runs is worth keeping. */
  constructor(private readonly extension: vscode.Uri, private readonly reporter: Reporter, private readonly onOpen: () => void) {
    this.disposables = [
      vscode.window.registerWebviewPanelSerializer(RUN_VIEW, { deserializeWebviewPanel: async (panel, state) => this.restore(panel, state) }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => { for (const panel of this.panels.values()) panel.refresh(); }),
    ];
  }

  async open(ref: RunRef): Promise<void> {
    const known = this.panels.get(refKey(ref));
    if (known) return known.panel.reveal();
    const run = await openRun(openProject(ref.root), ref.id);
    const panel = vscode.window.createWebviewPanel(RUN_VIEW, titleOf(run), vscode.ViewColumn.Active, { ...pageOptions(this.extension), retainContextWhenHidden: false });
    this.adopt(panel, ref, run);
  }

  /** A run that a terminal resumed is followed again. */
  sync(runs: readonly KnownRun[]): void {
    for (const run of runs) {
      const view = this.panels.get(refKey(run));
      if (view && !view.isFollowing && run.summary.status === "running") view.refresh();
    }
  }

  /** Follows again: the run went on, or ended without a word. */
  refresh(ref: RunRef): void { this.panels.get(refKey(ref))?.refresh(); }

  isVisible(ref: RunRef): boolean { return this.panels.get(refKey(ref))?.panel.visible === true; }

  close(ref: RunRef): void { this.panels.get(refKey(ref))?.panel.dispose(); }

  /** After a reload of the window. A run that was deleted meanwhile leaves nothing to show. */
  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    if (!isRunViewState(state)) return panel.dispose();
    const ref = { root: state.root, id: state.run };
    try {
      panel.webview.options = pageOptions(this.extension);
      this.adopt(panel, ref, await openRun(openProject(ref.root), ref.id));
    } catch (error) {
      this.reporter.log.warn(`The view of run ${ref.id} was not restored: ${String(error)}`);
      panel.dispose();
    }
  }

  private adopt(panel: vscode.WebviewPanel, ref: RunRef, run: Run): void {
    const view = new RunPanel(panel, ref, run, this.extension, this.reporter);
    this.panels.set(refKey(ref), view);
    this.onOpen();
    panel.onDidDispose(() => {
      view.dispose();
      this.panels.delete(refKey(ref));
    });
  }

  dispose(): void {
    for (const view of this.panels.values()) view.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

const titleOf = (run: Run): string => `Run: ${run.manifest.name}`;

class RunPanel {
  private series = new RunSeries();
  private following: AbortController | undefined;
  private adapter: string | null = null;
  /** What the page has of the curve. */
  private sent = { points: 0, evaluations: 0, whole: false };
  private factsDue = true;
  private due: ReturnType<typeof setTimeout> | undefined;
  private pageReady = false;

  constructor(readonly panel: vscode.WebviewPanel, private readonly ref: RunRef, private readonly run: Run, extension: vscode.Uri, private readonly reporter: Reporter) {
    panel.iconPath = { light: vscode.Uri.joinPath(extension, "media", "run-light.svg"), dark: vscode.Uri.joinPath(extension, "media", "run-dark.svg") };
    panel.webview.onDidReceiveMessage((message: unknown) => this.receive(message));
    panel.onDidChangeViewState(() => { if (!panel.visible) this.pageReady = false; });
    panel.webview.html = pageHtml(panel.webview, extension, "runView", titleOf(run), { root: ref.root, run: ref.id });
    this.refresh();
  }

  get isFollowing(): boolean { return this.following !== undefined; }

  /** Reads the journal from its beginning and follows it to the run's end. */
  refresh(): void {
    this.following?.abort();
    const controller = this.following = new AbortController();
    this.series = new RunSeries();
    this.sent.whole = false;
    this.factsDue = true;
    void this.follow(controller.signal);
  }

  private async follow(signal: AbortSignal): Promise<void> {
    try {
      this.adapter = (await summarize(this.run)).adapter;
      this.schedule();
      await followJournal(journalPath(this.run.folder), (event) => {
        if (signal.aborted) return;
        if (this.series.add(event)) this.sent.whole = false;
        if (event.event === "start" || event.event === "device" || event.event === "precision" || event.event === "preflight" || event.event === "skip" || event.event === "warning" || event.event === "end") this.factsDue = true;
        this.schedule();
      }, signal);
      if (signal.aborted) return;
      // The adapter is written by the time the worker is gone.
      this.adapter = (await summarize(this.run)).adapter;
      this.factsDue = true;
      this.schedule();
    } catch (error) {
      if (!signal.aborted) this.reporter.show(error);
    } finally {
      if (!signal.aborted) this.following = undefined;
    }
  }

  private receive(message: unknown): void {
    if (!isRunViewRequest(message)) return this.reporter.log.warn("The run view sent a message of unknown shape.");
    if (message.type === "action") return void vscode.commands.executeCommand(commands[message.action], this.ref);
    if (message.type === "openRow") return void this.reporter.guard(() => openRunRow(openProject(this.ref.root), this.run, message.row));
    this.pageReady = true;
    this.sent.whole = false;
    if (message.type === "ready") this.factsDue = true;
    this.flush();
  }

  private schedule(): void {
    this.due ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  private flush(): void {
    clearTimeout(this.due);
    this.due = undefined;
    // A hidden page is gone; it asks for everything when it comes back.
    if (!this.pageReady) return;
    if (this.factsDue) this.post({ type: "run", run: this.facts() });
    this.factsDue = false;
    const { length, evaluationCount, figures } = this.series;
    const replace = !this.sent.whole || length - this.sent.points > WHOLE / 2;
    const batch = replace ? this.series.thinned(WHOLE) : this.series.since(this.sent.points, this.sent.evaluations);
    this.post({ type: "curve", replace, ...batch, figures });
    this.sent = { points: length, evaluations: evaluationCount, whole: true };
  }

  private post(update: RunViewUpdate): void { void this.panel.webview.postMessage(update); }

  private facts(): RunFacts {
    const { manifest } = this.run;
    const { start, end, warnings, precision, preflight, placement, status, figures: { step }, choices } = this.series, ended = { status, step, error: end?.error, pause: end?.pause };
    return {
      id: this.run.id, name: manifest.name, status, base: manifest.base.name, data: basename(manifest.data.path), device: start?.device ?? manifest.device, created: manifest.created,
      adapter: this.adapter, examples: start?.examples ?? null, evalExamples: start?.evalExamples ?? null, trainableParameters: start?.trainableParameters ?? null,
      precision, preflight, placement, config: configRows(manifest, this.run.folder, choices), warnings, error: end?.error ? { ...end.error, next: nextInEditor(end.error) } : null, pause: end?.pause ? { ...end.pause, rows: [...end.pause.rows], next: nextInEditor(end.pause) } : null,
      resumable: canResume(ended), reversible: canRollBack(ended), trusted: vscode.workspace.isTrusted,
    };
  }

  dispose(): void {
    this.following?.abort();
    clearTimeout(this.due);
  }
}

/** The resolved settings, nested ones by their dotted names, with what was changed and decided on the way. */
const configRows = ({ config, id, data, head }: RunManifest, folder: string, { changes, skipped, accepted }: Choices): { name: string; value: string }[] => {
  const rows = (value: object, prefix: string): { name: string; value: string }[] => Object.entries(value).flatMap(([name, each]: [string, unknown]) =>
    each === undefined || name === "$schema" ? [] : typeof each === "object" && each !== null && !Array.isArray(each) ? rows(each, `${prefix}${name}.`) : [{ name: prefix + name, value: Array.isArray(each) ? each.join(", ") || "none" : String(each) }]);
  const changed = changes.flatMap(({ from, settings }) => Object.entries(settings).map(([name, value]) => ({ name: `${name} after step ${from}`, value: String(value) })));
  const decided = [...skipped.map((step) => ({ name: "left out", value: `step ${step}` })), ...accepted.map((step) => ({ name: "made as it was", value: `step ${step}` }))];
  return [...changed, ...decided, ...rows(config, ""), { name: "dataset version", value: data.blob }, ...(head ? [{ name: "started at commit", value: head }] : []), { name: "run", value: id }, { name: "folder", value: join(folder) }];
};
