/** What a row becomes, on hover: tokens, trained tokens, turns, what is cut, and the first lines of the rendered text. */
import * as vscode from "vscode";
import { rowSources, type ParsedDataset } from "../../core/data/parse";
import { rowAtPlace } from "../../core/data/rows/rowSource";
import { type RowReader } from "../../project/rowReader";
import { type RowView } from "../../protocol/rows";
import { datasetOf, datasetSelector, isDatasetDocument } from "../dataset/datasets";
import { type Bases } from "./bases";
import { rowsAt, type RowReadings } from "./readings";
import { countsOf } from "./rowCounts";

const MOST_LINES = 12;
const MOST_CHARACTERS = 900;
const MOST_PROBLEMS = 3;

export class RowHover implements vscode.HoverProvider {
  constructor(private readonly reader: RowReader, private readonly bases: Bases, private readonly readings: RowReadings) {}

  static register(reader: RowReader, bases: Bases, readings: RowReadings): vscode.Disposable {
    return vscode.languages.registerHoverProvider(datasetSelector, new RowHover(reader, bases, readings));
  }

  async provideHover(document: vscode.TextDocument, position: vscode.Position, token: vscode.CancellationToken): Promise<vscode.Hover | undefined> {
    if (!isDatasetDocument(document)) return undefined;
    const dataset = datasetOf(document), [row, ...others] = rowsAt(dataset, position.line, position.character);
    const { basis, label } = this.bases.of(document);
    if (!row || !basis || this.readings.failureOf(document) !== undefined) return undefined;
    const view = await this.reader.view(basis, { record: row.record, line: row.line });
    if (token.isCancellationRequested) return undefined;
    const text = new vscode.MarkdownString(undefined, true);
    text.isTrusted = { enabledCommands: ["tunesmith.openRowPreview"] };
    const turns = row.record.messages.length;
    text.appendMarkdown(`**Row ${rowNumber(dataset, position).toLocaleString("en")}** with `).appendText(label).appendMarkdown(` (${view.template === "chat" ? "its chat template" : "the Alpaca template"}): ${countsOf(view)}, ${turns} turn${turns === 1 ? "" : "s"}, ${view.tokens > view.kept ? `**truncated** at ${basis.maxLength.toLocaleString("en")}` : "not truncated"}.${others.length > 0 ? ` It is the first of ${others.length + 1} conversations in this row.` : ""}`);
    // What is wrong, and the way to see it, before the text, which may be long.
    for (const { message } of view.problems.slice(0, MOST_PROBLEMS)) text.appendMarkdown(`\n\n$(warning) ${asWritten(message)}`);
    text.appendMarkdown(`\n\n[Open Row Preview](command:tunesmith.openRowPreview?${encodeURIComponent(JSON.stringify([[document.uri.toString(), position.line, position.character]]))})`);
    if (view.segments.length > 0) text.appendCodeblock(beginning(view), "text");
    return new vscode.Hover(text);
  }
}

/** As it stands, whatever it holds; unlike appendText its lines still break between words. */
const asWritten = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!<>|~$&]/g, "\\$&").replace(/\s+/g, " ");

/** From 1; of JSON Lines that of its line. */
const rowNumber = (dataset: ParsedDataset, { line, character }: vscode.Position): number => 1 + (dataset.container === "jsonl" ? line : rowAtPlace(rowSources(dataset), line, character) ?? line);

const beginning = ({ segments }: RowView): string => {
  const text = segments.map((segment) => segment.text).join("");
  const lines = text.slice(0, MOST_CHARACTERS).split("\n").slice(0, MOST_LINES).join("\n");
  return lines.length < text.length ? `${lines}…` : lines;
};
