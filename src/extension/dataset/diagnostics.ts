/** Underlines a dataset's problems in the unsaved buffer, a moment after the last keystroke; owns the diagnostic collection. */
import * as vscode from "vscode";
import { dirname, resolve } from "node:path";
import { ContentChecks } from "../../core/data/content/contentProblems";
import { type ParsedDataset } from "../../core/data/parse";
import { type Problem, type ProblemCode } from "../../core/data/problem";
import { problemOffsets } from "../positions";
import { diagnosticsEnabled, SECTION, type SeverityOverride, severityOverrides } from "../settings";
import { onDidChangeDatasetInfo } from "./datasetInfo";
import { datasetOf, isDatasetDocument, isInstructionData } from "./datasets";
import { explanationOf } from "./problemDocs";

export const SOURCE = "tunesmith";

/** Typing must never wait for the parser: small files follow within a blink, large ones when the hands rest. */
const delayOf = (document: vscode.TextDocument): number => Math.min(1000, 50 + document.lineCount / 200);

const severities: Record<Exclude<SeverityOverride, "off">, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, information: vscode.DiagnosticSeverity.Information, hint: vscode.DiagnosticSeverity.Hint,
};

/** Files that are no rows at all are wrong whatever they hold. */
const brokenFile = new Set<ProblemCode>(["array-file", "row-over-lines"]);

/** Some other kind of JSON Lines is no faulty dataset: one remark at most. */
const shownProblems = (dataset: ParsedDataset): readonly Problem[] => {
  const broken = dataset.problems.find(({ code }) => brokenFile.has(code));
  if (broken) return [broken];
  const remark = dataset.problems.find(({ code }) => code === "unknown-format") ?? dataset.problems.find(({ code }) => code !== "no-rows");
  return remark ? [{ ...remark, severity: "information" }] : [];
};

/** As the user's severities say; none where they switch it off. */
export const toDiagnostic = (document: vscode.TextDocument, dataset: ParsedDataset, problem: Problem): vscode.Diagnostic[] => {
  const { start, end } = problemOffsets(dataset, problem);
  return diagnosticAt(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), problem);
};

const diagnosticAt = (file: vscode.Uri, range: vscode.Range, problem: Problem): vscode.Diagnostic[] => {
  const severity = severityOverrides(file)[problem.code] ?? problem.severity;
  if (severity === "off") return [];
  const diagnostic = new vscode.Diagnostic(range, problem.message, severities[severity] ?? severities[problem.severity]);
  diagnostic.source = SOURCE;
  const target = explanationOf(problem.code);
  diagnostic.code = target ? { value: problem.code, target } : problem.code;
  if (problem.related) {
    const { file: other, line, span, message } = problem.related;
    const uri = other === undefined ? file : vscode.Uri.file(resolve(dirname(file.fsPath), other));
    diagnostic.relatedInformation = [new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, new vscode.Range(line, span.start, line, span.end)), message)];
  }
  return [diagnostic];
};

export const codeOf = ({ code }: vscode.Diagnostic): string => String(typeof code === "object" ? code.value : code);

export class DatasetDiagnostics implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection(SOURCE);
  private readonly waiting = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly contents = new WeakMap<vscode.TextDocument, ContentChecks>();
  private readonly checked = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly disposables: vscode.Disposable[];

  /** Fires after a document was parsed anew. */
  readonly onDidCheck = this.checked.event;

  constructor(private readonly onFailure: (error: unknown) => void) {
    this.disposables = [
      this.collection, this.checked,
      vscode.workspace.onDidOpenTextDocument((document) => this.schedule(document, 0)),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { if (contentChanges.length > 0) this.schedule(document, delayOf(document)); }),
      vscode.workspace.onDidCloseTextDocument((document) => this.forget(document)),
      onDidChangeDatasetInfo(() => vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0))),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(`${SECTION}.diagnostics`)) vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0)); }),
    ];
    // Not at once: starting the extension waits for no file, however large.
    vscode.workspace.textDocuments.forEach((document) => this.schedule(document, 0));
  }

  /** Parses and underlines now, ahead of the clock. */
  check(document: vscode.TextDocument): void {
    clearTimeout(this.waiting.get(document.uri.toString()));
    this.waiting.delete(document.uri.toString());
    if (document.isClosed || !isDatasetDocument(document)) return;
    try {
      this.collection.set(document.uri, diagnosticsEnabled(document) ? this.diagnose(document) : []);
    } catch (error) {
      this.onFailure(error);
    }
    this.checked.fire(document);
  }

  /** Of a file that no editor holds: as the analysis found it, until it is checked again. */
  showLarge(file: vscode.Uri, problems: readonly Problem[]): void {
    this.collection.set(file, problems.flatMap((problem) => diagnosticAt(file, new vscode.Range(problem.line, problem.span.start, problem.line, problem.span.end), problem)));
  }

  private schedule(document: vscode.TextDocument, delay: number): void {
    if (!isDatasetDocument(document)) return;
    const key = document.uri.toString();
    clearTimeout(this.waiting.get(key));
    this.waiting.set(key, setTimeout(() => this.check(document), delay));
  }

  /** Also comes when a document changes its language. */
  private forget(document: vscode.TextDocument): void {
    clearTimeout(this.waiting.get(document.uri.toString()));
    this.waiting.delete(document.uri.toString());
    this.collection.delete(document.uri);
  }

  private diagnose(document: vscode.TextDocument): vscode.Diagnostic[] {
    const dataset = datasetOf(document);
    if (!isInstructionData(dataset)) return shownProblems(dataset).flatMap((problem) => toDiagnostic(document, dataset, problem));
    let contents = this.contents.get(document);
    if (!contents) this.contents.set(document, contents = new ContentChecks());
    return [...dataset.problems, ...contents.of(dataset)].flatMap((problem) => toDiagnostic(document, dataset, problem));
  }

  dispose(): void {
    for (const timer of this.waiting.values()) clearTimeout(timer);
    vscode.Disposable.from(...this.disposables).dispose();
  }
}
