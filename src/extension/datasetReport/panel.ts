/** The page of one dataset's report: has it made by the analysis process, keeps it with the rows behind its bars, saves its figures. */
import * as vscode from "vscode";
import { type DatasetReport } from "../../core/data/report/datasetReport";
import { reportFigures, type ReportFigure } from "../../core/data/report/reportFigures";
import { titleOf } from "../../core/data/formats/formats";
import { isUserError } from "../../core/errors";
import { type Analysis } from "../../project/analysis";
import { isReportRequest, type ReportRequest, type ReportUpdate } from "../../protocol/datasetReport";
import { configColumns } from "../dataset/datasetInfo";
import { type Reporter } from "../report";
import { type Bases } from "../rows/bases";
import { severityOverrides } from "../settings";
import { isDatasetFile } from "../workspace";
import { pageHtml, pageOptions } from "../webviewPage";
import { onDidEditTable, openTable } from "../table/openTables";
import { copyTable, type TableRows } from "./tableRows";
import { openRowsIn, placeFor, type Place } from "./openRows";
import { saveEverything, saveFigure, savePicture } from "./saveFigures";

/** A file of this size is counted in some seconds. */
const QUICK_BYTES = 4 * 2 ** 20;

/** A document that a keystroke changes is not counted anew each time. */
export class ReportPanel implements vscode.Disposable {
  private ready = false;
  private running: AbortController | undefined;
  private figures: readonly ReportFigure[] = [];
  private report: DatasetReport | undefined;
  private view: ReportUpdate | undefined;
  private stale: string | undefined;
  private place: Place;
  private basis = "";
  /** Where the lines of the report are those of a table with unsaved edits. */
  private linesOnDisk: TableRows["linesOnDisk"] | undefined;
  private readonly disposables: vscode.Disposable[];

  constructor(readonly uri: vscode.Uri, readonly panel: vscode.WebviewPanel, extension: vscode.Uri, private readonly analysis: Analysis, private readonly bases: Bases, private readonly reporter: Reporter) {
    this.place = placeFor(uri);
    panel.webview.options = pageOptions(extension);
    panel.iconPath = { light: vscode.Uri.joinPath(extension, "media", "playground-light.svg"), dark: vscode.Uri.joinPath(extension, "media", "playground-dark.svg") };
    this.disposables = [
      panel.webview.onDidReceiveMessage((message: unknown) => void reporter.guard(() => this.receive(message))),
      panel.onDidChangeViewState(() => { if (!panel.visible) this.ready = false; }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { if (contentChanges.length > 0 && document.uri.toString() === uri.toString()) this.outdate("The dataset has changed since."); }),
      onDidEditTable((edited) => { if (edited.toString() === uri.toString()) this.outdate("The dataset has changed since."); }),
      bases.onDidChange(() => {
        this.tellHead();
        if (this.basis === this.readWith()) return;
        // Another base or limit is what the person asked for; only where that takes long are they asked.
        if (this.running || (this.report?.bytes ?? 0) < QUICK_BYTES) void this.run();
        else this.outdate("Another base, limit or description of its columns counts now.");
      }),
    ];
    panel.webview.html = pageHtml(panel.webview, extension, "datasetReport", "Dataset Report", {}, true);
    void this.run();
  }

  /** Counts anew, as the file or its unsaved buffer is now. */
  async run(): Promise<void> {
    this.running?.abort();
    const controller = this.running = new AbortController();
    this.stale = undefined;
    this.tellHead();
    this.show({ type: "working", done: 0 });
    const { uri } = this;
    const { basis } = this.bases.of(uri);
    this.basis = this.readWith();
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
    const inText = document !== undefined && (document.isDirty || document.isUntitled), table = openTable(uri);
    const unsaved = inText || table?.table.dirty === true;
    let copy: TableRows | undefined;
    try {
      if (!inText && unsaved && table) copy = await copyTable(table, controller.signal);
      const report = await this.analysis.report({ path: uri.fsPath, ...(inText && { text: document.getText() }), ...(copy && { rows: copy.path }), ...configColumns(uri), ...(basis && { basis }) }, { signal: controller.signal, onProgress: (done) => { if (this.running === controller) this.show({ type: "working", done }); } });
      if (this.running !== controller) return;
      this.report = this.withSeverities(report);
      this.linesOnDisk = copy?.linesOnDisk;
      this.figures = reportFigures(this.report);
      const { rows, usable, conversations, bytes, format, formatReason } = report;
      this.show({ type: "report", format: format === undefined ? "" : titleOf(format), formatReason, rows, usable, conversations, bytes, unsaved, figures: this.figures.map(({ figure, lines }) => ({ figure, open: [...lines.keys()] })) });
    } catch (error) {
      if (this.running !== controller) return;
      const cancelled = isUserError(error) && error.code === "CANCELLED";
      if (!isUserError(error)) this.reporter.log.error(error instanceof Error ? error : String(error));
      this.show({ type: "failed", cancelled, message: cancelled ? "The report was cancelled." : isUserError(error) ? `${error.what} ${error.next}` : "The report could not be made; the log has the details." });
    } finally {
      await copy?.remove();
      if (this.running === controller) this.running = undefined;
    }
  }

  /** What the settings put over the problems' severities. */
  private withSeverities(report: DatasetReport): DatasetReport {
    const overrides = severityOverrides(this.uri);
    return { ...report, problems: report.problems.flatMap((problem) => {
      const wanted = overrides[problem.code] ?? problem.severity;
      return wanted === "off" ? [] : [{ ...problem, severity: wanted === "hint" ? "information" as const : wanted }];
    }) };
  }

  /** What its numbers depend on beside the rows: the base's settings, and what a run config says of the columns. */
  private readWith(): string { return JSON.stringify([this.bases.of(this.uri).basis ?? null, configColumns(this.uri)]); }

  private outdate(why: string): void {
    if (this.stale !== undefined || this.view?.type !== "report") return;
    this.stale = why;
    this.tell({ type: "stale", why });
  }

  private tellHead(): void {
    const { uri, bases, place } = this;
    const { label, why, basis } = bases.of(uri);
    this.tell({ type: "head", head: { uri: uri.toString(), file: vscode.workspace.asRelativePath(uri), base: label, why, maxLength: basis?.maxLength ?? null, place, table: isDatasetFile(uri) && uri.scheme === "file" } });
  }

  private async receive(message: unknown): Promise<void> {
    if (!isReportRequest(message)) return this.reporter.log.warn("The dataset report sent a message of unknown shape.");
    const handlers: { [T in ReportRequest["type"]]: (request: Extract<ReportRequest, { type: T }>) => unknown } = {
      ready: () => {
        this.ready = true;
        this.tellHead();
        if (this.view) this.tell(this.view);
        if (this.stale !== undefined) this.tell({ type: "stale", why: this.stale });
      },
      refresh: () => this.run(),
      cancel: () => this.running?.abort(),
      chooseBase: () => this.bases.choose(this.uri),
      check: () => vscode.commands.executeCommand("tunesmith.checkDataset", this.uri),
      place: ({ place }) => { this.place = place; this.tellHead(); },
      rows: ({ figure, part }) => this.openRows(figure, part),
      save: async ({ figure, as }) => {
        const found = this.figures.find((each) => each.figure.id === figure);
        if (found) this.saved(await saveFigure(this.uri, found.figure, as));
      },
      picture: async ({ figure, png }) => this.saved(await savePicture(this.uri, figure, png)),
      saveAll: async () => { if (this.report) this.saved(await saveEverything(this.uri, this.report, this.figures.map((each) => each.figure))); },
    };
    await (handlers[message.type] as (request: ReportRequest) => unknown)(message);
  }

  private saved(where: string | undefined): void {
    if (where !== undefined) this.tell({ type: "told", message: `Saved ${where}.` });
  }

  private async openRows(figure: string, part: string): Promise<void> {
    const found = this.figures.find((each) => each.figure.id === figure);
    const lines = found?.lines.get(part);
    if (!lines || lines.length === 0) return;
    this.tell({ type: "told", message: await openRowsIn(this.place, this.uri, this.linesOnDisk?.(lines) ?? lines, this.panel.viewColumn, this.report?.places === "rows") });
  }

  private show(view: ReportUpdate): void {
    this.view = view;
    this.tell(view);
  }

  private tell(update: ReportUpdate): void {
    if (this.ready) void this.panel.webview.postMessage(update);
  }

  dispose(): void {
    this.running?.abort();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
