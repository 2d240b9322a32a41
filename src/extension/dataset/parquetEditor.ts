/** The custom editor of VS Code around Parquet files: a page that says what is in one and what can be done with it, instead of bytes. Changes nothing. */
import { basename } from "node:path";
import * as vscode from "vscode";
import { titleOf } from "../../core/data/formats/formats";
import { type FormatName } from "../../core/data/record";
import { isUserError } from "../../core/errors";
import { type Analysis } from "../../project/analysis";
import { type ColumnsUpdate, isColumnsRequest } from "../../protocol/columns";
import { type Reporter } from "../report";
import { pageHtml, pageOptions } from "../webviewPage";

const PARQUET = "tunesmith.parquet";

interface ParquetDocument extends vscode.CustomDocument { readonly uri: vscode.Uri }

export class ParquetEditor implements vscode.CustomReadonlyEditorProvider<ParquetDocument> {
  private constructor(private readonly extension: vscode.Uri, private readonly analysis: Analysis, private readonly reporter: Reporter) {}

  static register(extension: vscode.Uri, analysis: Analysis, reporter: Reporter): vscode.Disposable {
    return vscode.window.registerCustomEditorProvider(PARQUET, new ParquetEditor(extension, analysis, reporter), { supportsMultipleEditorsPerDocument: true });
  }

  openCustomDocument(uri: vscode.Uri): ParquetDocument { return { uri, dispose: () => {} }; }

  resolveCustomEditor({ uri }: ParquetDocument, panel: vscode.WebviewPanel): void {
    const show = async (): Promise<void> => { await panel.webview.postMessage(await this.look(uri)); };
    panel.webview.options = pageOptions(this.extension);
    const listening = panel.webview.onDidReceiveMessage((message: unknown) => {
      if (!isColumnsRequest(message)) return this.reporter.log.warn("The page of a Parquet file sent a message of unknown shape.");
      if (message.type === "import") void vscode.commands.executeCommand("tunesmith.importDataset", uri);
      else if (message.type === "check") void vscode.commands.executeCommand("tunesmith.checkDataset", uri);
      else void this.reporter.guard(show);
    });
    panel.onDidDispose(() => listening.dispose());
    panel.webview.html = pageHtml(panel.webview, this.extension, "columns", basename(uri.path));
  }

  /** A file that cannot be read says so on its page: a notification would go away. */
  private async look(uri: vscode.Uri): Promise<ColumnsUpdate> {
    const file = basename(uri.path);
    if (uri.scheme !== "file") return { type: "failed", file, what: "Only files on disk can be read.", next: "Open the file itself, from the Explorer." };
    try {
      const { rows, columns, format, formatReason, first, shard } = await this.analysis.columns(uri.fsPath);
      return { type: "file", file, rows, format: format === undefined ? null : titleOf(format as FormatName), reason: formatReason, columns: [...columns], first: first.map((cells) => cells.map((cell) => cell ?? null)), part: shard ?? null };
    } catch (error) {
      if (!isUserError(error)) throw error;
      return { type: "failed", file, what: error.what, next: error.next };
    }
  }
}
