/** The reports of this window: one page for each dataset, beside the editor; they come back after a reload. */
import * as vscode from "vscode";
import { type Analysis } from "../../project/analysis";
import { isReportState } from "../../protocol/datasetReport";
import { pickDataset } from "../dataset/checkDataset";
import { isDatasetDocument } from "../dataset/datasets";
import { type Reporter } from "../report";
import { type Bases } from "../rows/bases";
import { pageOptions } from "../webviewPage";
import { ReportPanel } from "./panel";

const DATASET_REPORT = "tunesmith.datasetReport";
const LIKE_A_DATASET = /\.(?:jsonl|ndjson|json|csv|tsv|parquet)(?:\.gz)?$/i;

export class DatasetReports implements vscode.Disposable {
  private readonly panels = new Map<string, ReportPanel>();
  private readonly serializer: vscode.Disposable;

  constructor(private readonly extension: vscode.Uri, private readonly analysis: Analysis, private readonly bases: Bases, private readonly reporter: Reporter) {
    this.serializer = vscode.window.registerWebviewPanelSerializer(DATASET_REPORT, {
      deserializeWebviewPanel: async (panel, state) => {
        if (isReportState(state) && !this.panels.has(state.uri)) this.adopt(vscode.Uri.parse(state.uri), panel);
        else panel.dispose();
      },
    });
  }

  /** Of a menu's file, the active editor's, or one that the person chooses. */
  async show(given?: vscode.Uri): Promise<void> {
    const uri = given ?? activeDataset() ?? await pickDataset("Of which dataset should the report be?");
    if (!uri) return;
    const known = this.panels.get(uri.toString());
    if (known) {
      known.panel.reveal(undefined, false);
      await known.run();
      return;
    }
    const title = `Report: ${uri.path.split("/").at(-1)!}`;
    this.adopt(uri, vscode.window.createWebviewPanel(DATASET_REPORT, title, { viewColumn: vscode.ViewColumn.Beside, preserveFocus: false }, { ...pageOptions(this.extension), retainContextWhenHidden: false }));
  }

  private adopt(uri: vscode.Uri, panel: vscode.WebviewPanel): void {
    const key = uri.toString();
    const report = new ReportPanel(uri, panel, this.extension, this.analysis, this.bases, this.reporter);
    this.panels.set(key, report);
    panel.onDidDispose(() => {
      report.dispose();
      this.panels.delete(key);
    });
  }

  dispose(): void {
    this.serializer.dispose();
    for (const { panel } of [...this.panels.values()]) panel.dispose();
  }
}

/** What the active tab shows, in whatever editor. */
const activeDataset = (): vscode.Uri | undefined => {
  const document = vscode.window.activeTextEditor?.document;
  if (document && (isDatasetDocument(document) || LIKE_A_DATASET.test(document.uri.path) && document.uri.scheme === "file")) return document.uri;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return (input instanceof vscode.TabInputText || input instanceof vscode.TabInputCustom) && LIKE_A_DATASET.test(input.uri.path) ? input.uri : undefined;
};
