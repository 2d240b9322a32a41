/** Shows each row's tokens and trained tokens in the editor: as inlay hints before the rows, or as CodeLenses above them. */
import * as vscode from "vscode";
import { type RowSummary } from "../../protocol/rows";
import { datasetSelector } from "../dataset/datasets";
import { rowCounts } from "../settings";
import { summed, type RowReadings, type SummedRow } from "./readings";

/** Of one request: an array may have all of its rows on the line that is seen. */
const MOST_HINTS = 500;

const tokens = (count: number): string => `${count.toLocaleString("en")} token${count === 1 ? "" : "s"}`;

export const countsOf = ({ tokens: all, kept, trained, problems }: RowSummary): string =>
  problems.some(({ code }) => code === "template-refused") ? "the template refuses this row" : `${tokens(all)}, ${trained.toLocaleString("en")} trained${all > kept ? `, ${(all - kept).toLocaleString("en")} cut off` : ""}`;

/** As wide as the widest, so that the rows stay in line; figure spaces are as wide as digits. */
const padded = (text: string, width: number): string => text.padStart(width, "\u2007");

export class RowCounts implements vscode.InlayHintsProvider, vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.changed.event;
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly readings: RowReadings) {
    this.disposables = [this.changed, readings.onDidChange(() => this.changed.fire()), vscode.languages.registerInlayHintsProvider(datasetSelector, this), vscode.languages.registerCodeLensProvider(datasetSelector, this)];
  }

  provideInlayHints(document: vscode.TextDocument, { start, end }: vscode.Range): vscode.InlayHint[] {
    if (rowCounts(document) !== "inlay") return [];
    const lines = this.readings.between(document, start.line, end.line, MOST_HINTS);
    const width = Math.max(0, ...lines.map(({ summary }) => Math.max(3, String(summary.tokens).length)));
    return lines.map(({ line, column, summary }) => {
      const refused = summary.tokens === 0;
      const label = refused ? padded("refused", width * 2 + 1) : `${padded(String(summary.tokens), width)}/${String(summary.trained).padEnd(width, "\u2007")}`;
      const hint = new vscode.InlayHint(new vscode.Position(line, column), summary.tokens > summary.kept ? `${label}✂` : label);
      hint.tooltip = `${countsOf(summary)}. (Setting tunesmith.rowCounts)`;
      hint.paddingRight = true;
      return hint;
    });
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (rowCounts(document) !== "codeLens") return [];
    const byLine = new Map<number, SummedRow[]>();
    for (const row of this.readings.between(document, 0, Infinity, Infinity)) {
      const others = byLine.get(row.line);
      if (others) others.push(row);
      else byLine.set(row.line, [row]);
    }
    // Rows of an array that stand side by side have one lens together: a line has room for no more.
    return [...byLine].map(([line, found]) => {
      const { column } = found[0]!, counts = countsOf(summed(found.map(({ summary }) => summary)));
      return new vscode.CodeLens(new vscode.Range(line, column, line, column), {
        title: found.length === 1 ? counts : `${found.length.toLocaleString("en")} rows on this line: ${counts}`, command: "tunesmith.openRowPreview", tooltip: "Open Row Preview to the Side",
        arguments: [[document.uri.toString(), line, column]],
      });
    });
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}
