/** Underlines a dataset's problems in the unsaved buffer, a moment after the last keystroke; owns the diagnostic collection. */
import * as vscode from "vscode";
import { ContentChecks } from "../../core/data/content/contentProblems";
import { type ParsedDataset } from "../../core/data/parse";
import { type Problem, type ProblemCode } from "../../core/data/problem";
import { diagnosticsEnabled, SECTION } from "../settings";
import { onDidChangeDatasetInfo } from "./datasetInfo";
import { datasetOf, isDatasetDocument, isInstructionData, lookAgain } from "./datasets";
import { SOURCE, Underlines } from "./underlines";

/** So long, at least, the hands rest; a file that takes longer to check waits half as long as that takes, so that typing never waits for the parser. */
const LEAST_MS = 20;
const MOST_MS = 1000;

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
  /** What the last check took. */
  private readonly took = new WeakMap<vscode.TextDocument, number>();
  private readonly contents = new WeakMap<vscode.TextDocument, ContentChecks>();
  private readonly checked = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[];

  /** Fires after a document was parsed anew. */
  readonly onDidCheck = this.checked.event;

  constructor(private readonly onFailure: (error: unknown) => void) {
    this.disposables = [
      this.underlines, this.checked,
      vscode.workspace.onDidOpenTextDocument((document) => this.schedule(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { if (contentChanges.length > 0) this.schedule(document, Math.min(MOST_MS, Math.max(LEAST_MS, (this.took.get(document) ?? 0) / 2))); }),
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
      this.underlines.show(document, dataset, diagnosticsEnabled(document) ? this.problems(document, dataset) : []);
    } catch (error) {
      this.onFailure(error);
    }
    this.checked.fire(document);
    this.took.set(document, performance.now() - began);
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
    this.underlines.clear(document.uri);
  }

  private problems(document: vscode.TextDocument, dataset: ParsedDataset): readonly Problem[] {
    if (!isInstructionData(dataset)) return shownProblems(dataset);
    let contents = this.contents.get(document);
    if (!contents) this.contents.set(document, contents = new ContentChecks());
    return [...dataset.problems, ...contents.of(dataset)];
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
