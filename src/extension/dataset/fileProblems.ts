/** Underlines what only the whole file shows: twins, contradictions, leaks. Asks the analysis process when the hands rest or the file was saved, keeps what is still true while rows are edited, and leads to the twin. */
import * as vscode from "vscode";
import { basename, dirname, resolve } from "node:path";
import { rowSources } from "../../core/data/parse";
import { type Problem, type Span } from "../../core/data/problem";
import { placeInFile } from "../../core/data/rows/place";
import { rowAtPlace, type RowSource } from "../../core/data/rows/rowSource";
import { isUserError } from "../../core/errors";
import { type Analysis } from "../../project/analysis";
import { type CompareParams } from "../../protocol/analysis";
import { type RunConfigs } from "../rows/runConfigs";
import { diagnosticsEnabled, SECTION } from "../settings";
import { configColumns } from "./datasetInfo";
import { datasetOf, datasetSelector, isDatasetDocument, isInstructionData, parsedDatasetOf } from "./datasets";
import { type DatasetDiagnostics } from "./diagnostics";
import { codeOf, rangeOf, SOURCE, Underlines } from "./underlines";
import { removalEdit } from "./removeRows";

/** After the last edit; twins are not what somebody waits for while typing. */
const PAUSE_MS = 1200;
/** An unsaved buffer travels to the process as a message; longer ones are compared when they are saved. */
const MOST_UNSAVED = 8 * 2 ** 20;
/** An underlined row more or less says nothing new in a file with so many. */
const MOST = 2000;

/** A problem with the texts of both rows, which say whether it is still true after an edit. */
interface Known { readonly problem: Problem; readonly row: Within; readonly twin: Within | undefined }
/** A place of the row of that text: so many lines into it, and there at this column, counted from the row's beginning on its first line. */
interface Within { readonly text: string; readonly by: number; readonly span: Span }
interface Place { readonly line: number; readonly span: Span }

export class FileProblems implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly underlines = new Underlines(`${SOURCE}-file`);
  private readonly known = new Map<vscode.TextDocument, readonly Known[]>();
  private readonly compared = new Map<vscode.TextDocument, string>();
  private readonly waiting = new Map<vscode.TextDocument, ReturnType<typeof setTimeout>>();
  private readonly running = new Map<vscode.TextDocument, AbortController>();
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly analysis: Analysis, private readonly configs: RunConfigs, diagnostics: DatasetDiagnostics, private readonly onFailure: (error: unknown) => void) {
    this.disposables = [
      this.underlines, analysis,
      diagnostics.onDidCheck((document) => { this.show(document); this.schedule(document, PAUSE_MS); }),
      vscode.workspace.onDidSaveTextDocument((document) => {
        this.schedule(document, 0);
        // What another open file is held against has changed.
        for (const other of vscode.workspace.textDocuments) if (other !== document && this.against(other)?.path === document.uri.fsPath) this.again(other);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      configs.onDidChange(() => vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0))),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(`${SECTION}.diagnostics`)) vscode.workspace.textDocuments.forEach((document) => this.show(document)); }),
      vscode.languages.registerCodeActionsProvider(datasetSelector, this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
    ];
  }

  /** What is still true of the buffer as it is now, each on the line where its row stands now. */
  of(document: vscode.TextDocument): Problem[] {
    const dataset = parsedDatasetOf(document);
    const known = this.known.get(document) ?? [];
    if (!dataset || known.length === 0) return [];
    const sought = new Map<string, RowSource[]>();
    for (const { row, twin } of known) for (const within of [row, twin]) if (within) sought.set(within.text, []);
    for (const row of rowSources(dataset)) sought.get(row.text)?.push(row);
    const far = (a: Place, b: Place): number => Math.abs(a.line - b.line) * 1e9 + Math.abs(a.span.start - b.span.start);
    const nearest = ({ text, by, span }: Within, to: Place): Place | undefined => sought.get(text)!
      .map(({ line, column }): Place => placeInFile({ line: by, span }, { line, column })).reduce<Place | undefined>((best, place) => best === undefined || far(place, to) < far(best, to) ? place : best, undefined);
    return known.flatMap(({ problem, row, twin }): Problem[] => {
      const place = nearest(row, problem);
      const twinPlace = twin === undefined ? undefined : nearest(twin, problem.related!);
      if (place === undefined || twin !== undefined && (twinPlace === undefined || far(place, twinPlace) === 0)) return [];
      // The message names the twin's line as it was; a new comparison follows soon.
      return [{ ...problem, ...place, related: problem.related && { ...problem.related, ...twinPlace } }];
    });
  }

  /** Compares the buffer as it is now, whatever is waiting; for commands. Throws as `Analysis.compare` does. */
  async compare(document: vscode.TextDocument, signal?: AbortSignal): Promise<Problem[]> {
    const text = document.getText();
    const { version } = document;
    const against = this.against(document);
    const params: CompareParams = {
      path: document.uri.fsPath, everything: false, most: MOST, ...(against && { against }), ...configColumns(document.uri),
      ...(document.isDirty || document.uri.scheme !== "file" ? { text } : {}),
    };
    const { problems } = await this.analysis.compare(params, signal ? { signal } : {});
    if (document.isClosed || document.version !== version) return this.of(document);
    const sources = rowSources(datasetOf(document));
    const within = (place: Place | undefined): Within | undefined => {
      const row = place && sources[rowAtPlace(sources, place.line, place.span.start) ?? -1];
      if (!row) return undefined;
      const by = place.line - row.line, column = by === 0 ? row.column : 0;
      return { text: row.text, by, span: { start: place.span.start - column, end: place.span.end - column } };
    };
    this.known.set(document, problems.flatMap((problem) => {
      const [row, twin] = [within(problem), problem.related?.file === undefined ? within(problem.related) : undefined];
      return row === undefined || problem.related && problem.related.file === undefined && twin === undefined ? [] : [{ problem, row, twin }];
    }));
    this.compared.set(document, this.identity(document));
    this.show(document);
    return this.of(document);
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    const dataset = parsedDatasetOf(document);
    if (!dataset) return [];
    return this.of(document).filter(({ line }) => line >= range.start.line && line <= range.end.line).flatMap((problem) => {
      const diagnostic = context.diagnostics.find((each) => codeOf(each) === problem.code && each.range.isEqual(rangeOf(document, problem)));
      if (!diagnostic || !problem.related) return [];
      const { file, line, span } = problem.related;
      const target = file === undefined ? document.uri : vscode.Uri.file(resolve(dirname(document.uri.fsPath), file));
      const go = new vscode.CodeAction(`Go to ${file === undefined ? `its twin, ${line === problem.line ? `column ${span.start + 1}` : `line ${line + 1}`}` : `${basename(file)}, line ${line + 1}`}`, vscode.CodeActionKind.QuickFix);
      go.command = { title: go.title, command: "vscode.open", arguments: [target, { selection: new vscode.Range(line, span.start, line, span.end) }] };
      const remove = new vscode.CodeAction("Remove this row", vscode.CodeActionKind.QuickFix);
      remove.edit = removalEdit(document, [{ line: problem.line, column: problem.span.start }]);
      remove.isPreferred = problem.code === "duplicate-conversation";
      return [remove, go].map((action) => Object.assign(action, { diagnostics: [diagnostic] }));
    });
  }

  private identity(document: vscode.TextDocument): string { return JSON.stringify([document.version, this.against(document), configColumns(document.uri)]); }

  private again(document: vscode.TextDocument): void {
    this.compared.delete(document);
    this.schedule(document, 0);
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!isDatasetDocument(document) || document.isClosed) return;
    clearTimeout(this.waiting.get(document));
    this.waiting.set(document, setTimeout(() => void this.run(document), delay));
  }

  private async run(document: vscode.TextDocument): Promise<void> {
    this.waiting.delete(document);
    if (document.isClosed || !diagnosticsEnabled(document) || !isInstructionData(datasetOf(document)) || this.compared.get(document) === this.identity(document)) return;
    if ((document.isDirty || document.uri.scheme !== "file") && document.getText().length > MOST_UNSAVED) return;
    this.running.get(document)?.abort();
    const stop = new AbortController();
    this.running.set(document, stop);
    try {
      await this.compare(document, stop.signal);
    } catch (error) {
      if (!isUserError(error) || error.code !== "CANCELLED") this.onFailure(error);
    } finally {
      if (this.running.get(document) === stop) this.running.delete(document);
    }
  }

  /** The other file of the nearest run config that names this one. */
  private against(document: vscode.TextDocument): CompareParams["against"] {
    if (document.uri.scheme !== "file") return undefined;
    for (const { uri, config } of this.configs.naming(document.uri)) {
      if (config.eval === undefined || config.allow_leak) continue;
      const [train, evaluation] = [config.data, config.eval].map((name) => resolve(dirname(uri.fsPath), name)) as [string, string];
      const role = document.uri.fsPath === train ? "eval" : "train";
      const path = role === "eval" ? evaluation : train;
      // Taken from this file's folder, as the quick fix that leads there takes it.
      return { path, shown: dirname(path) === dirname(document.uri.fsPath) ? basename(path) : path, role, ...configColumns(vscode.Uri.file(path)) };
    }
    return undefined;
  }

  private show(document: vscode.TextDocument): void {
    const dataset = parsedDatasetOf(document);
    if (!dataset || document.isClosed) return;
    this.underlines.show(document, diagnosticsEnabled(document) ? this.of(document) : []);
  }

  private forget(document: vscode.TextDocument): void {
    clearTimeout(this.waiting.get(document));
    this.running.get(document)?.abort();
    for (const map of [this.waiting, this.running, this.known, this.compared]) map.delete(document);
    this.underlines.clear(document.uri);
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    for (const stop of this.running.values()) stop.abort();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
