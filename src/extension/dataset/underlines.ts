/** One owner's underlined problems in open files: makes VS Code's diagnostics of them as the user's severities say, and gives them to VS Code only where there are any, or were. */
import * as vscode from "vscode";
import { dirname, resolve } from "node:path";
import { type ParsedDataset } from "../../core/data/parse";
import { type Problem, type ProblemCode } from "../../core/data/problem";
import { problemOffsets } from "../positions";
import { type SeverityOverride, severityOverrides } from "../settings";
import { explanationOf } from "./problemDocs";

export const SOURCE = "tunesmith";

const severities: Record<Exclude<SeverityOverride, "off">, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, information: vscode.DiagnosticSeverity.Information, hint: vscode.DiagnosticSeverity.Hint,
};

/** VS Code shows no more of one owner in one file. */
const MOST_SHOWN = 1000;

/** A problem's place in the document, whose text is the dataset's. */
export const rangeOf = (document: vscode.TextDocument, dataset: ParsedDataset, problem: Problem): vscode.Range => {
  const { start, end } = problemOffsets(dataset, problem);
  const line = dataset.lines[problem.line];
  // A problem stands in one line, so that no offsets need be looked for among all lines.
  return line ? new vscode.Range(problem.line, start - line.start, problem.line, end - line.start) : new vscode.Range(document.positionAt(start), document.positionAt(end));
};

export const codeOf = ({ code }: vscode.Diagnostic): string => String(typeof code === "object" ? code.value : code);

interface Placed { readonly problem: Problem; readonly severity: vscode.DiagnosticSeverity }

export class Underlines implements vscode.Disposable {
  private readonly collection: vscode.DiagnosticCollection;
  /** Files with underlined problems. */
  private readonly shown = new Set<string>();

  constructor(name: string) { this.collection = vscode.languages.createDiagnosticCollection(name); }

  show(document: vscode.TextDocument, dataset: ParsedDataset, problems: readonly Problem[]): void {
    this.set(document.uri, problems, (problem) => rangeOf(document, dataset, problem));
  }

  /** Of a file that is not open: lines and columns as the problems have them. */
  showFile(file: vscode.Uri, problems: readonly Problem[]): void {
    this.set(file, problems, ({ line, span }) => new vscode.Range(line, span.start, line, span.end));
  }

  clear(file: vscode.Uri): void {
    if (this.shown.delete(file.toString())) this.collection.delete(file);
  }

  private set(file: vscode.Uri, problems: readonly Problem[], place: (problem: Problem) => vscode.Range): void {
    const overrides = severityOverrides(file);
    const wanted = problems.flatMap((problem): Placed[] => {
      const severity = overrides[problem.code] ?? problem.severity;
      return severity === "off" ? [] : [{ problem, severity: severities[severity] ?? severities[problem.severity] }];
    });
    // The worst are shown; of equals the first.
    const listed = wanted.length <= MOST_SHOWN ? wanted : [...wanted].sort((a, b) => a.severity - b.severity).slice(0, MOST_SHOWN - 1);
    const diagnostics = listed.map(({ problem, severity }) => diagnosticOf(file, place(problem), problem, severity));
    const left = wanted.length - listed.length;
    if (left > 0) diagnostics.push(remainder(diagnostics[0]!.range, left));
    const key = file.toString();
    if (diagnostics.length > 0) this.shown.add(key);
    // Telling VS Code that there is still nothing makes it look at the whole file again.
    else if (!this.shown.delete(key)) return;
    this.collection.set(file, diagnostics);
  }

  dispose(): void { this.collection.dispose(); }
}

const diagnosticOf = (file: vscode.Uri, range: vscode.Range, problem: Problem, severity: vscode.DiagnosticSeverity): vscode.Diagnostic => {
  const diagnostic = new vscode.Diagnostic(range, problem.message, severity);
  diagnostic.source = SOURCE;
  diagnostic.code = linkOf(problem.code);
  if (problem.related) {
    const { file: other, line, span, message } = problem.related;
    const uri = other === undefined ? file : vscode.Uri.file(resolve(dirname(file.fsPath), other));
    diagnostic.relatedInformation = [new vscode.DiagnosticRelatedInformation(new vscode.Location(uri, new vscode.Range(line, span.start, line, span.end)), message)];
  }
  return diagnostic;
};

const linkOf = (code: ProblemCode): NonNullable<vscode.Diagnostic["code"]> => {
  const target = explanationOf(code);
  return target ? { value: code, target } : code;
};

const remainder = (range: vscode.Range, left: number): vscode.Diagnostic => {
  const diagnostic = new vscode.Diagnostic(range, `${left.toLocaleString("en")} more problems of this file are not listed. Mend some of these, all of one kind by the light bulb, or open the file as a table and filter by problem.`, vscode.DiagnosticSeverity.Information);
  diagnostic.source = SOURCE;
  return diagnostic;
};
