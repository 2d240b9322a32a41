/** Underlines a dataset's problems in the unsaved buffer: those of the edited row at once, the whole file's a moment after the last keystroke. */
import * as vscode from "vscode";
import { ContentChecks } from "../../core/data/content/contentProblems";
import { problemsAfterTyping, type FoundProblems } from "../../core/data/checks/touchedLine";
import { type ParsedDataset } from "../../core/data/parse";
import { type Problem, type ProblemCode } from "../../core/data/problem";
import { diagnosticsEnabled, SECTION } from "../settings";
import { onDidChangeDatasetInfo } from "./datasetInfo";
import { datasetOf, isDatasetDocument, isInstructionData, lookAgain } from "./datasets";
import { staysInLine } from "./underlineParts";
import { SOURCE, Underlines } from "./underlines";

/** So long, at least, the hands rest; a file that takes longer to check waits half as long as that takes, so that typing never waits for the parser. */
const LEAST_MS = 20;
const MOST_MS = 1000;
/** The same where the edited row was checked by itself: what is left is seen by nobody at once, and the window draws meanwhile. */
const AFTER_ROW_MS = 120;
/** A file that is checked as quickly as this is checked at the first key of a burst. */
const QUICK_MS = 25;
/** More edited rows than these wait for the whole file. */
const MOST_ROWS = 8;

/** What the last check of the whole file found, and the lines that were edited since, all of them within themselves; `stale` where lines came or went. */
interface Checked { readonly dataset: ParsedDataset; readonly found: FoundProblems; readonly touched: Set<number>; readonly took: number; readonly at: number; stale: boolean }

/** Files that are no rows at all are wrong whatever they hold. */
const brokenFile = new Set<ProblemCode>(["array-file", "row-over-lines"]);

/** Some other kind of JSON Lines is no faulty dataset: one remark at most. */
const shownProblems = (dataset: ParsedDataset): readonly Problem[] => {
  const broken = dataset.problems.find(({ code }) => brokenFile.has(code));
  if (broken) return [broken];
  const remark = dataset.problems.find(({ code }) => code === "unknown-format") ?? dataset.problems.find(({ code }) => code !== "no-rows");
  return remark ? [{ ...remark, severity: "information" }] : [];
};

export class DatasetDiagnostics implements vscode.Disposable {
  private readonly underlines = new Underlines(SOURCE);
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly known = new WeakMap<vscode.TextDocument, Checked>();
  private readonly contents = new WeakMap<vscode.TextDocument, ContentChecks>();
  private readonly checked = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[];

  /** Fires after a document was parsed anew. */
  readonly onDidCheck = this.checked.event;

  constructor(private readonly onFailure: (error: unknown) => void) {
    this.disposables = [
      this.underlines, this.checked,
      vscode.workspace.onDidOpenTextDocument((document) => this.schedule(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { if (contentChanges.length > 0) this.follow(document, contentChanges); }),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      onDidChangeDatasetInfo(() => this.again()),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(`${SECTION}.diagnostics`) || change.affectsConfiguration(`${SECTION}.datasets`)) this.again(); }),
    ];
    // Not at once: starting the extension waits for no file, however large.
    vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0));
  }

  private again(): void {
    lookAgain();
    vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0));
  }

  /** Parses and underlines now, ahead of the clock. */
  check(document: vscode.TextDocument): void {
    clearTimeout(this.waiting.get(document.uri.toString()));
    this.waiting.delete(document.uri.toString());
    if (document.isClosed || !isDatasetDocument(document)) return;
    const began = performance.now();
    try {
      const dataset = datasetOf(document);
      const found = this.problems(document, dataset);
      this.underlines.show(document, diagnosticsEnabled(document) ? [...found.structure, ...found.contents] : []);
      const now = performance.now();
      this.known.set(document, { dataset, found, touched: new Set(), took: now - began, at: now, stale: !isInstructionData(dataset) });
    } catch (error) {
      this.onFailure(error);
    }
    // What is underlined leaves for the window first.
    setImmediate(() => this.checked.fire(document));
  }

  /** The row that is typed in at once, the file when the hands rest. */
  private follow(document: vscode.TextDocument, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const known = this.known.get(document), took = known?.took ?? 0;
    if (known && this.checkRows(document, known, changes)) return this.schedule(document, Math.min(MOST_MS, Math.max(AFTER_ROW_MS, took / 2)));
    const rests = known && took < QUICK_MS && performance.now() - known.at > QUICK_MS * 4 && !this.waiting.has(document.uri.toString());
    // Not before the row preview has asked for its row, which needs no check.
    this.schedule(document, rests ? 2 : Math.min(MOST_MS, Math.max(LEAST_MS, took / 2)));
  }

  /** Whether the edited rows could be checked by themselves, as rows of the file as it was. */
  private checkRows(document: vscode.TextDocument, known: Checked, changes: readonly vscode.TextDocumentContentChangeEvent[]): boolean {
    const { dataset, found, touched } = known;
    if (!changes.every(staysInLine)) known.stale = true;
    if (known.stale) return false;
    for (const { range } of changes) touched.add(range.start.line);
    if (touched.size > MOST_ROWS || !diagnosticsEnabled(document)) return false;
    try {
      const now = problemsAfterTyping(dataset, found, new Map([...touched].map((line) => [line, document.lineAt(line).text])));
      if (now) this.underlines.show(document, [...now.structure, ...now.contents]);
      return now !== undefined;
    } catch (error) {
      this.onFailure(error);
      return false;
    }
  }

  /** Of a file that no editor holds: as the analysis found it, until it is checked again. */
  showLarge(file: vscode.Uri, problems: readonly Problem[]): void {
    this.underlines.showFile(file, problems);
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!isDatasetDocument(document)) return this.underlines.clear(document.uri);
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.set(key, setTimeout(() => this.check(document), delay));
  }

  /** Also comes when a document changes its language. */
  private forget(document: vscode.TextDocument): void {
    clearTimeout(this.waiting.get(document.uri.toString()));
    this.waiting.delete(document.uri.toString());
    this.known.delete(document);
    this.underlines.clear(document.uri);
  }

  private problems(document: vscode.TextDocument, dataset: ParsedDataset): FoundProblems {
    if (!isInstructionData(dataset)) return { structure: shownProblems(dataset), contents: [] };
    let contents = this.contents.get(document);
    if (!contents) this.contents.set(document, contents = new ContentChecks());
    return { structure: dataset.problems, contents: contents.of(dataset) };
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
