/** Where the extension begins: builds its objects by hand, registers commands, and loads what runs or speaks to git only when it is asked for. */
import * as vscode from "vscode";
import { Analysis } from "../project/analysis";
import { checkDataset, removeDuplicates } from "./dataset/checkDataset";
import { datasetSelector } from "./dataset/datasets";
import { describeFormat, DescribeFix } from "./dataset/describeFormat";
import { readColumnsFrom, watchDatasetInfo } from "./dataset/datasetInfo";
import { DatasetDiagnostics } from "./dataset/diagnostics";
import { FileProblems } from "./dataset/fileProblems";
import { ParquetEditor } from "./dataset/parquetEditor";
import { DatasetReports } from "./datasetReport/reports";
import { chooseDevice, passOnCudaFolder } from "./devices/chooseDevice";
import { explainProblemsFrom } from "./dataset/problemDocs";
import { DatasetQuickFixes } from "./dataset/quickFixes";
import { RowRemovals } from "./dataset/removeRows";
import { DatasetStatus } from "./dataset/status";
import { Playground } from "./playground/panel";
import { DatasetCompletion } from "./editing/completion";
import { DatasetOutline } from "./editing/outline";
import { createReporter } from "./report";
import { RowRefactorings } from "./reshape/refactorings";
import { rowCommands } from "./reshape/rowCommands";
import { Rows } from "./rows/rows";
import { RunConfigs } from "./rows/runConfigs";
import { RunActions } from "./runs/runActions";
import { tellRunEnd } from "./runs/runEnd";
import { RunsModel } from "./runs/runsModel";
import { RunsTree } from "./runs/runsTree";
import { RunViews } from "./runs/runView";
import { openAsTable, TableEditor } from "./table/tableEditor";

export const activate = (context: vscode.ExtensionContext): void => {
  const log = vscode.window.createOutputChannel("Tunesmith", { log: true });
  const reporter = createReporter(log);
  const logFailure = (error: unknown): void => log.error(error instanceof Error ? error : String(error));

  const diagnostics = new DatasetDiagnostics(logFailure);
  const configs = new RunConfigs(logFailure);
  const rows = new Rows(context, diagnostics, configs, reporter);
  explainProblemsFrom(context.extensionPath);
  const analysis = new Analysis();
  const fileProblems = new FileProblems(analysis, configs, diagnostics, (error) => log.warn(error instanceof Error ? error.message : String(error)));
  const reports = new DatasetReports(context.extensionUri, analysis, rows.bases, reporter);
  const runs = new RunsModel(logFailure);
  const views = new RunViews(context.extensionUri, reporter, () => void runs.all());
  const playground = new Playground(context, runs, reporter);
  const actions = new RunActions(runs, views);

  passOnCudaFolder();
  const startRun = async (given: unknown): Promise<void> => {
    const { startTuningRun } = await import("./runs/startRun");
    await startTuningRun(fileOf(given), analysis, async (ref) => {
      await views.open(ref);
      void runs.refresh();
    });
  };

  const commands: Record<string, (given?: unknown) => unknown> = {
    startRun: (given) => startRun(given),
    stopRun: (given) => actions.stop(given), resumeRun: (given) => actions.resume(given), skipRunStep: (given) => actions.skipStep(given), rollBackRun: (given) => actions.rollBack(given), deleteRun: (given) => actions.remove(given), openRun: (given) => actions.open(given),
    revealAdapter: (given) => actions.revealAdapter(given), saveRunConfig: (given) => actions.saveConfig(given), openRunDataset: (given) => actions.openDataset(given), showRunLog: (given) => actions.showLog(given),
    refreshRuns: () => runs.refresh(),
    openPlayground: (given) => playground.show(given),
    convertDataset: async (given) => (await import("./dataset/convertDataset")).convertDatasetFile(fileOf(given)),
    describeFormat: (given) => describeFormat(fileOf(given)),
    importDataset: async (given) => (await import("./dataset/importDataset")).importDatasetFile(analysis, fileOf(given)),
    checkDataset: (given) => checkDataset(diagnostics, analysis, fileOf(given)),
    showDatasetReport: (given) => reports.show(fileOf(given)),
    removeDuplicateRows: (given) => removeDuplicates(fileProblems, fileOf(given)),
    ...rowCommands(analysis),
    chooseBase: () => rows.chooseBase(), openRowPreview: (given) => rows.openPreview(given), toggleTraining: () => rows.toggleTraining(),
    saveDatasetVersion: async (given) => (await import("./versions/datasetVersions")).saveDatasetVersion(fileOf(given)),
    showDatasetHistory: async (given) => (await import("./versions/datasetVersions")).showDatasetHistory(fileOf(given)),
    buildMixture: async (given) => (await import("./dataset/mixtures")).buildMixtureHere(analysis, fileOf(given)),
    openStarterExample: async () => (await import("./starterExample")).openStarterExample(),
    chooseDevice: () => chooseDevice("Choose Device"), setUpGpu: () => chooseDevice("Set Up GPU"),
    openAsTable: (given) => openAsTable(fileOf(given)),
    showLog: () => log.show(),
  };

  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration("tunesmith.cudaFolder")) passOnCudaFolder(); }),
    RowRefactorings.register(), RowRemovals.register(), // First, for VS Code lists the actions of the newest provider first: removing a row is the last resort.
    log, watchDatasetInfo(), readColumnsFrom(rows.bases), diagnostics, new DatasetStatus(diagnostics), DatasetQuickFixes.register(), DatasetCompletion.register(), DatasetOutline.register(), configs, rows, fileProblems, reports, TableEditor.register(context.extensionUri, reporter), DescribeFix.register(datasetSelector), ParquetEditor.register(context.extensionUri, analysis, reporter),
    runs, RunsTree.register(runs), views, runs.onDidChange(async () => views.sync(await runs.all())), runs.onDidEnd((run) => tellRunEnd(run, views)), playground,
    vscode.workspace.registerTextDocumentContentProvider("tunesmith-version", { provideTextDocumentContent: async (uri, token) => (await import("./versions/datasetVersions")).versionContent.provideTextDocumentContent(uri, token) }),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(`tunesmith.${name}`, (given?: unknown) => reporter.guard(() => run(given)))),
  );
};

/** The file that a menu names; a command from the palette has none, and one from an editor's title has its document. */
const fileOf = (given: unknown): vscode.Uri | undefined => given instanceof vscode.Uri ? given : undefined;
