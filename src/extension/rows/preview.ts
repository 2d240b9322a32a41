/** The row preview's panel: one to a window, beside the editor. Follows the cursor through the datasets, and shows the row under it as the chosen base sees it. */
import * as vscode from "vscode";
import { type Problem } from "../../core/data/problem";
import { isUserError } from "../../core/errors";
import { type RowReader } from "../../project/rowReader";
import { type RowView } from "../../protocol/rows";
import { isRowPreviewRequest, isRowPreviewState, type RowPreviewRequest, type RowPreviewUpdate } from "../../protocol/rowPreview";
import { isDatasetDocument, JSONL } from "../dataset/datasets";
import { type DatasetDiagnostics } from "../dataset/diagnostics";
import { type Reporter } from "../report";
import { pageHtml, pageOptions } from "../webviewPage";
import { type Bases } from "./bases";
import { placeOfRow, readLine, type ReadLine } from "./readLine";
import { applyToggle } from "./toggle";

export const ROW_PREVIEW = "tunesmith.rowPreview";

interface Target { readonly document: vscode.TextDocument; readonly line: number; readonly column: number }
/** What the page shows: offsets that it sends mean this. */
interface Shown extends Target { readonly text: string; readonly read: ReadLine; readonly view: RowView | undefined }

export class RowPreview implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private ready = false;
  /** What the page shows, as it was sent. */
  private told: string | undefined;
  private target: Target | undefined;
  private shown: Shown | undefined;
  /** The last row that was read, so that the same row is not read again when the file around it was parsed. */
  private read: { readonly of: string; readonly view: RowView } | undefined;
  private selection: { from: number; to: number } | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private round = 0;
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly extension: vscode.Uri, private readonly reader: RowReader, private readonly bases: Bases, diagnostics: DatasetDiagnostics, private readonly reporter: Reporter) {
    const follow = (editor: vscode.TextEditor | undefined): void => {
      if (!this.panel || !editor || !isDatasetDocument(editor.document)) return;
      this.aim(targetIn(editor.document, editor.selection.active));
    };
    const again = (document: vscode.TextDocument): void => { if (this.target?.document === document) this.refreshSoon(); };
    this.disposables = [
      vscode.window.registerWebviewPanelSerializer(ROW_PREVIEW, { deserializeWebviewPanel: async (panel, state) => this.restore(panel, state) }),
      vscode.window.onDidChangeActiveTextEditor(follow), vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => follow(textEditor)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => again(document)), diagnostics.onDidCheck(again),
      vscode.workspace.onDidCloseTextDocument((document) => { if (this.target?.document === document) this.aim(undefined); }),
      bases.onDidChange(() => this.refreshSoon()),
    ];
  }

  /** Whether the page has the focus, so that a command means its selection. */
  get isActive(): boolean { return this.panel?.active === true; }

  /** Shows the row of a command's arguments, [uri, line, column]; else that of the active editor. */
  async show(given: unknown): Promise<void> {
    const target = await targetOf(given);
    if (target) this.target = target;
    if (this.panel) this.panel.reveal(undefined, true);
    else this.adopt(vscode.window.createWebviewPanel(ROW_PREVIEW, "Row Preview", { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true }, { ...pageOptions(this.extension), retainContextWhenHidden: false }));
    this.refreshSoon();
  }

  /** Switches the training of what is selected in the page. */
  async toggle(range = this.selection): Promise<void> {
    const { shown } = this;
    if (!shown?.view || !range) return this.tell({ type: "told", message: "Select text of an answer first, or move to one with Tab." });
    if (shown.document.isClosed || shown.document.lineAt(shown.line).text !== shown.text) return this.tell({ type: "told", message: "The row has just changed. Try again." });
    const { messages } = shown.read.inFile!;
    let offset = 0;
    const lines = new Map<number, { start: number; end: number }>();
    for (const { text, message } of shown.view.segments) {
      const from = offset;
      offset += text.length;
      if (message === null || from >= Math.max(range.to, range.from + 1) || offset <= range.from) continue;
      const { line = shown.line, span } = messages[message]!;
      const known = lines.get(line) ?? span;
      lines.set(line, { start: Math.min(known.start, span.start), end: Math.max(known.end, span.end) });
    }
    if (lines.size === 0) return this.tell({ type: "told", message: "Only what the assistant says is trained on. Select text of an answer, or move to one with Tab." });
    const { message } = await applyToggle(shown.document, [...lines].map(([line, at]) => ({ line, ...at })));
    this.tell({ type: "told", message });
  }

  private aim(target: Target | undefined): void {
    if (this.target?.document === target?.document && this.target?.line === target?.line && this.target?.column === target?.column) return;
    this.target = target;
    this.selection = undefined;
    this.refreshSoon();
  }

  private refreshSoon(): void {
    clearTimeout(this.waiting);
    // After the events of this moment, of which there are often several, and before the file is checked.
    if (this.panel && this.ready) this.waiting = setTimeout(() => void this.reporter.guard(() => this.refresh()), 0);
  }

  private async refresh(): Promise<void> {
    const round = ++this.round;
    const { target, panel } = this;
    if (!panel) return;
    if (!target || target.document.isClosed || target.line >= target.document.lineCount) return this.showEmpty("noDataset");
    const { document } = target, place = placeOfRow(document, target.line, target.column);
    if (!place) return this.showEmpty("blank");
    const { line, column } = place, text = document.lineAt(line).text;
    const read = readLine(document, line, column);
    const base = this.bases.of(document);
    let view: RowView | undefined;
    let failure: string | null = base.basis ? null : `There is no base to show the row with: ${base.why}`;
    if (read.record && base.basis) {
      try {
        const of = JSON.stringify([base.basis, read.record.format, read.record.part, read.text]);
        view = this.read?.of === of ? this.read.view : await this.reader.view(base.basis, { record: read.record, line: read.text });
        this.read = { of, view };
      } catch (error) {
        if (!isUserError(error)) this.reporter.log.error(error instanceof Error ? error : String(error));
        failure = isUserError(error) ? `${error.what} ${error.next}` : "The row could not be read; the log has the details.";
      }
    }
    // A later keystroke, or another row, is on its way.
    if (round !== this.round) return;
    this.shown = { document, line, column, text, read, view };
    const file = document.uri.path.split("/").at(-1)!;
    panel.title = `Row ${place.row}: ${file}`;
    const problems: readonly Problem[] = [...read.problems, ...view?.problems ?? []];
    this.tell({
      type: "row", uri: document.uri.toString(), file, line: line + 1, column, row: place.row, rows: place.rows, base: base.label, why: base.why, maxLength: base.basis?.maxLength ?? null, turns: read.record?.messages.length ?? 0, conversations: read.conversations,
      view: view ? { tokens: view.tokens, kept: view.kept, trained: view.trained, template: view.template, segments: view.segments.map((segment) => ({ ...segment })), encoded: { ids: [...view.encoded.ids], starts: [...view.encoded.starts], names: [...view.encoded.names], trained: [...view.encoded.trained], special: [...view.encoded.special] } } : null,
      problems: problems.map(({ severity, code, message }) => ({ severity, code, message })), failure,
    });
  }

  private showEmpty(reason: "noDataset" | "blank"): void {
    this.shown = undefined;
    if (this.panel) this.panel.title = "Row Preview";
    this.tell({ type: "empty", reason });
  }

  private adopt(panel: vscode.WebviewPanel): void {
    this.panel = panel;
    this.ready = false;
    panel.webview.options = pageOptions(this.extension);
    panel.iconPath = { light: vscode.Uri.joinPath(this.extension, "media", "playground-light.svg"), dark: vscode.Uri.joinPath(this.extension, "media", "playground-dark.svg") };
    const listening = [
      panel.webview.onDidReceiveMessage((message: unknown) => void this.reporter.guard(() => this.receive(message))),
      panel.onDidChangeViewState(() => { if (!panel.visible) this.ready = false; }),
    ];
    panel.onDidDispose(() => {
      vscode.Disposable.from(...listening).dispose();
      clearTimeout(this.waiting);
      this.panel = undefined;
      this.shown = undefined;
    });
    panel.webview.html = pageHtml(panel.webview, this.extension, "rowPreview", "Row Preview");
  }

  private async restore(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    if (this.panel) return panel.dispose();
    if (isRowPreviewState(state)) this.target = await targetOf([state.uri, state.line - 1, state.column]);
    this.adopt(panel);
  }

  private async receive(message: unknown): Promise<void> {
    if (!isRowPreviewRequest(message)) return this.reporter.log.warn("The row preview sent a message of unknown shape.");
    const handlers: { [T in RowPreviewRequest["type"]]: (request: Extract<RowPreviewRequest, { type: T }>) => unknown } = {
      ready: () => {
        this.ready = true;
        this.told = undefined;
        this.refreshSoon();
      },
      previous: () => this.step(-1), next: () => this.step(1),
      select: ({ from, to }) => { this.selection = { from, to }; },
      toggle: ({ from, to }) => this.toggle({ from, to }),
      reveal: (request) => this.reveal(request.message),
      chooseBase: () => this.target && this.bases.choose(this.target.document),
      openStarter: () => vscode.commands.executeCommand("tunesmith.openStarterExample"),
    };
    await (handlers[message.type] as (request: RowPreviewRequest) => unknown)(message);
  }

  /** To the nearest row before or after that is not blank; the editor's cursor goes along. */
  private step(by: 1 | -1): void {
    const { target } = this, at = target && placeOfRow(target.document, target.line, target.column), to = by < 0 ? at?.previous : at?.next;
    if (!target || to === undefined) return;
    const place = new vscode.Selection(to.line, to.column, to.line, to.column);
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor.document !== target.document) continue;
      editor.selection = place;
      editor.revealRange(place, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
    this.aim({ document: target.document, ...to });
  }

  private async reveal(message: number): Promise<void> {
    const place = this.shown?.read.inFile?.messages[message];
    if (!this.shown || !place) return;
    const { document } = this.shown;
    const { span, line = this.shown.line } = place;
    const column = vscode.window.visibleTextEditors.find((editor) => editor.document === document)?.viewColumn;
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(line, span.start, line, span.end), ...(column === undefined ? {} : { viewColumn: column }) });
  }

  private tell(update: RowPreviewUpdate): void {
    if (!this.ready) return;
    // The file's check comes after each key and mostly says nothing new of the row; drawing it again would take the time of what else is drawn.
    const written = update.type === "told" ? undefined : JSON.stringify(update);
    if (written !== undefined && written === this.told) return;
    this.told = written ?? this.told;
    void this.panel?.webview.postMessage(update);
  }

  dispose(): void {
    clearTimeout(this.waiting);
    this.panel?.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

/** In JSON Lines a row is its line, wherever in it the cursor stands. */
const targetIn = (document: vscode.TextDocument, { line, character }: vscode.Position): Target => ({ document, line, column: document.languageId === JSONL ? 0 : character });

const targetOf = async (given: unknown): Promise<Target | undefined> => {
  const [uri, line, column] = Array.isArray(given) ? given as unknown[] : given instanceof vscode.Uri ? [given.toString()] : [];
  if (typeof uri === "string") {
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri)).then((found) => found, () => undefined);
    const editor = vscode.window.visibleTextEditors.find((each) => each.document === document);
    if (document && isDatasetDocument(document)) return typeof line === "number" ? targetIn(document, new vscode.Position(line, typeof column === "number" ? column : 0)) : targetIn(document, editor?.selection.active ?? new vscode.Position(0, 0));
    return undefined;
  }
  const editor = vscode.window.activeTextEditor;
  return editor && isDatasetDocument(editor.document) ? targetIn(editor.document, editor.selection.active) : undefined;
};
