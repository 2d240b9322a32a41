/** One owner's underlined problems in open files: makes VS Code's diagnostics of them as the user's severities say, and gives VS Code only what is other than before. */
import * as vscode from "vscode";
import { dirname, resolve } from "node:path";
import { type Problem, type ProblemCode } from "../../core/data/problem";
import { shownSpan } from "../positions";
import { type SeverityOverride, severityOverrides } from "../settings";
import { explanationOf } from "./problemDocs";
import { FILE_PARTS, partOf, Touched, TOUCHED_PART } from "./underlineParts";

export const SOURCE = "tunesmith";

const severities: Record<Exclude<SeverityOverride, "off">, vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error, warning: vscode.DiagnosticSeverity.Warning, information: vscode.DiagnosticSeverity.Information, hint: vscode.DiagnosticSeverity.Hint,
};

/** So many are listed of one file. */
const MOST_SHOWN = 1000;
/** VS Code underlines 500 in one file, in the order of their collections; with fewer the order does not matter. */
const MOST_UNDERLINED = 450;

/** A problem's place in the document. */
export const rangeOf = (document: vscode.TextDocument, { line, span }: Problem): vscode.Range => {
  if (line >= document.lineCount) return new vscode.Range(0, 0, 0, 0);
  const { start, end } = shownSpan(document.lineAt(line).text, span);
  return new vscode.Range(line, start, line, end);
};

export const codeOf = ({ code }: vscode.Diagnostic): string => String(typeof code === "object" ? code.value : code);

interface Placed { readonly problem: Problem; readonly severity: vscode.DiagnosticSeverity; readonly range: vscode.Range }
interface Listed { readonly key: string; readonly line: number; readonly make: () => vscode.Diagnostic }
/** What VS Code was given of a file: the keys of each part, and what was edited since. */
interface Given { readonly keys: Map<number, string>; readonly touched: Touched }

/** What VS Code has of a file lies in several collections, so that a change of one row does not send it all again: with a thousand problems that is half a megabyte at each key. */
export class Underlines implements vscode.Disposable {
  private readonly collections: vscode.DiagnosticCollection[];
  private readonly given = new Map<string, Given>();
  private readonly following: vscode.Disposable;

  constructor(name: string) {
    this.collections = Array.from({ length: FILE_PARTS }, (_, part) => vscode.languages.createDiagnosticCollection(part === TOUCHED_PART ? name : `${name}-${part}`));
    this.following = vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { if (contentChanges.length > 0) this.given.get(document.uri.toString())?.touched.add(contentChanges); });
  }

  show(document: vscode.TextDocument, problems: readonly Problem[]): void {
    this.set(document.uri, problems, (problem) => rangeOf(document, problem));
  }

  /** Of a file that is not open: lines and columns as the problems have them. */
  showFile(file: vscode.Uri, problems: readonly Problem[]): void {
    this.set(file, problems, ({ line, span }) => new vscode.Range(line, span.start, line, span.end));
  }

  clear(file: vscode.Uri): void {
    const given = this.given.get(file.toString());
    if (!given) return;
    for (const part of given.keys.keys()) this.collections[part]!.delete(file);
    this.given.delete(file.toString());
  }

  private set(file: vscode.Uri, problems: readonly Problem[], place: (problem: Problem) => vscode.Range): void {
    const listed = listedOf(file, problems, place);
    const key = file.toString();
    let given = this.given.get(key);
    // Telling VS Code that there is still nothing makes it look at the whole file again.
    if (listed.length === 0) return this.clear(file);
    const isFirst = ({ line }: Listed): boolean => line < 0 || given?.touched.has(line) === true;
    // Where the order matters the first part always holds something, for a part that comes back comes last.
    const inOrder = listed.length > MOST_UNDERLINED, anchor = inOrder && !listed.some(isFirst) ? listed[0] : undefined;
    const parts = new Map<number, Listed[]>([[TOUCHED_PART, []]]);
    for (const each of listed) {
      const part = each === anchor || isFirst(each) ? TOUCHED_PART : partOf(each.line);
      const others = parts.get(part);
      if (others) others.push(each);
      else parts.set(part, [each]);
    }
    if (given && inOrder && !given.keys.has(TOUCHED_PART)) {
      this.clear(file);
      given = undefined;
    }
    if (!given) this.given.set(key, given = { keys: new Map(), touched: new Touched() });
    const { keys, touched } = given;
    for (const part of new Set([...parts.keys(), ...keys.keys()])) {
      const own = parts.get(part) ?? [];
      if (own.length === 0) {
        if (keys.delete(part)) this.collections[part]!.delete(file);
        continue;
      }
      const now = own.map((each) => each.key).join("\n");
      // What is underlined moves with edits around it and may be lost in edits of it, which VS Code must be told again.
      if (keys.get(part) === now && !touched.all && !(part === TOUCHED_PART && touched.since)) continue;
      keys.set(part, now);
      this.collections[part]!.set(file, own.map(({ make }) => make()));
    }
    touched.told();
  }

  dispose(): void { vscode.Disposable.from(this.following, ...this.collections).dispose(); }
}

/** The worst; of equals the first. The last of them tells how many are not listed. */
const listedOf = (file: vscode.Uri, problems: readonly Problem[], place: (problem: Problem) => vscode.Range): Listed[] => {
  const overrides = severityOverrides(file);
  const tiers: Problem[][] = [[], [], [], []];
  let wanted = 0;
  for (const problem of problems) {
    const severity = overrides[problem.code] ?? problem.severity;
    if (severity === "off") continue;
    tiers[severities[severity] ?? severities[problem.severity]]!.push(problem);
    wanted++;
  }
  const most = wanted <= MOST_SHOWN ? wanted : MOST_SHOWN - 1;
  const listed: Listed[] = [];
  let firstRange: vscode.Range | undefined;
  for (const [severity, tier] of tiers.entries()) {
    for (const problem of tier.slice(0, most - listed.length)) {
      const placed = { problem, severity, range: place(problem) };
      firstRange ??= placed.range;
      listed.push({ key: keyOf(placed), line: problem.line, make: () => diagnosticOf(file, placed) });
    }
  }
  const left = wanted - listed.length;
  if (left > 0) listed.push({ key: `more ${left}`, line: -1, make: () => remainder(firstRange!, left) });
  return listed;
};

const keyOf = ({ problem: { code, message, related }, severity, range: { start, end } }: Placed): string =>
  `${severity} ${start.line}:${start.character}-${end.character} ${code} ${message}${related ? ` ${related.file ?? ""} ${related.line}:${related.span.start}-${related.span.end}` : ""}`;

const diagnosticOf = (file: vscode.Uri, { range, problem, severity }: Placed): vscode.Diagnostic => {
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
