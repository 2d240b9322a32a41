/** Starting a run: from a config file, or from a dataset by asking for base and preset. The worker does the work; this only starts it. */
import * as vscode from "vscode";
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { type Leaks } from "../../core/data/content/compareRows";
import { isUserError } from "../../core/errors";
import { checkRunConfig, parseRunConfig, withPreset } from "../../core/train/parseConfig";
import { presets, type RunConfig, type RunConfigInput } from "../../core/train/runConfig";
import { type Analysis } from "../../project/analysis";
import { type Project } from "../../project/project";
import { type Run } from "../../project/runs";
import { withProgress } from "../report";
import { defaultBase, deviceSetting } from "../settings";
import { askStep, BACK, type StepItem } from "../steps";
import { browseBase, findBases, findConfigs, findDatasets, isConfigFile, isDatasetFile, mayRun, projectOf, saveIfDirty } from "../workspace";
import { type RunRef } from "./runRef";

/**
 * Asks what is not given, makes the run, shows it, and starts its worker. `given` is a dataset or a config. `show` comes
 * before the worker, so that whatever becomes of the run is seen in one place.
 */
export const startTuningRun = async (given: vscode.Uri | undefined, analysis: Analysis, show: (ref: RunRef) => Promise<void>): Promise<void> => {
  if (!await mayRun()) return;
  const plan: Plan | ConfigPlan | undefined = given && isConfigFile(given) ? { file: given } : await askPlan(given);
  if (!plan) return;
  if (plan.preset === undefined) {
    if (!await saveIfDirty(plan.file)) return;
    const text = (await vscode.workspace.openTextDocument(plan.file)).getText();
    await launch(plan.file, parseRunConfig(text, basename(plan.file.fsPath)), analysis, show);
    return;
  }
  const run = await launch(plan.file, checkRunConfig(configOf(plan), basename(plan.file.fsPath)), analysis, show);
  const save = "Save as Config";
  if (run && await vscode.window.showInformationMessage(`Tuning on ${basename(plan.file.fsPath)} has started.`, save) === save) await vscode.commands.executeCommand("tunesmith.saveRunConfig", run);
};

const launch = async (file: vscode.Uri, config: RunConfig, analysis: Analysis, show: (ref: RunRef) => Promise<void>): Promise<RunRef | undefined> => {
  const configFolder = dirname(file.fsPath);
  for (const name of [config.data, config.eval]) if (name !== undefined && !await saveIfDirty(vscode.Uri.file(resolve(configFolder, name)))) return undefined;
  if (!await leaksAllowed(config, configFolder, analysis)) return undefined;
  const project = projectOf(file);
  return withProgress("Starting the tuning run", async (signal, report) => {
    const { createRun, deleteRun } = await import("../../project/runs");
    const { startRun, stopRun } = await import("../../project/client");
    report("Copying the dataset…");
    const run = await createRun(project, { config: config.device === "auto" ? { ...config, device: deviceSetting() } : config, configFolder });
    if (signal.aborted) {
      await deleteRun(project, run.id);
      return undefined;
    }
    const ref = { root: project.root, id: run.id };
    await show(ref);
    report("Waiting for the worker…");
    try {
      await startRun(project, run);
    } catch (error) {
      // This one stands in the run's journal too, and the run's view has just shown it.
      if (isUserError(error) && error.code === "WORKER_NOT_STARTED") return undefined;
      throw error;
    }
    if (signal.aborted) await stopRun(project, run.id);
    return ref;
  });
};

/** Asks where rows of the evaluation are in the training too: its numbers would be too good. Files that cannot be read are told of when the run is made. */
const leaksAllowed = async ({ data, eval: evaluation, allow_leak: allowed, mapping }: RunConfig, folder: string, analysis: Analysis): Promise<boolean> => {
  if (evaluation === undefined || allowed) return true;
  const [train, held] = [resolve(folder, data), resolve(folder, evaluation)];
  let found: Leaks;
  try {
    found = await withProgress("Comparing the evaluation with the training rows", (signal, report) => analysis.leaks({ train, eval: held, ...(mapping && { columns: mapping }) }, { signal, onProgress: (done) => report(`${Math.floor(done * 100)}%`) }));
  } catch (error) {
    if (isUserError(error) && error.code !== "CANCELLED") return true;
    throw error;
  }
  const [first] = found.leaks;
  if (!first) return true;
  const [anyway, show] = ["Start Anyway", "Show the First"];
  const chosen = await vscode.window.showWarningMessage(
    `${found.leaks.length.toLocaleString("en")} of the ${found.evalRows.toLocaleString("en")} rows of ${basename(held)} ${found.leaks.length === 1 ? "is" : "are"} in ${basename(train)} too.`,
    { modal: true, detail: `The evaluation would measure what was learned by heart. The first is line ${first.evalLine + 1}, in the training file line ${first.trainLine + 1}. Remove them from one of the files, or set "allow_leak": true in the config.` }, anyway, show);
  if (chosen === show) {
    const document = await vscode.workspace.openTextDocument(held);
    await vscode.window.showTextDocument(document, { selection: document.lineAt(Math.min(first.evalLine, document.lineCount - 1)).range });
  }
  return chosen === anyway;
};

/** A config needs no more than its file. */
interface ConfigPlan { readonly file: vscode.Uri; readonly preset?: undefined }
interface Plan { readonly file: vscode.Uri; readonly base: string; readonly preset: string }

const TITLE = "Start Tuning Run";

const askPlan = async (given?: vscode.Uri): Promise<Plan | ConfigPlan | undefined> => {
  let file = given && isDatasetFile(given) ? given : undefined;
  let base: string | undefined;
  for (let step = file ? 2 : 1; ;) {
    if (step === 1) {
      const chosen = await askStep({ title: TITLE, step, totalSteps: 3, placeholder: "The dataset to train on, or a saved config", items: fileItems() });
      if (chosen === undefined || chosen === BACK) return undefined;
      file = chosen === "browse" ? await browseDataset() : chosen;
      if (!file) continue;
      if (isConfigFile(file)) return { file };
      step = 2;
    } else if (step === 2) {
      const chosen = await askStep({ title: TITLE, step, totalSteps: 3, placeholder: "The base: the model that is tuned", items: baseItems() });
      if (chosen === undefined) return undefined;
      if (chosen === BACK) { step = 1; continue; }
      base = chosen === BROWSE.folder || chosen === BROWSE.gguf ? await browseBase(chosen === BROWSE.gguf ? "gguf" : "folder") : chosen;
      if (base) step = 3;
    } else {
      const chosen = await askStep({ title: TITLE, step, totalSteps: 3, placeholder: "How thoroughly to train", items: presetItems(base === "starter") });
      if (chosen === undefined) return undefined;
      if (chosen === BACK) { step = 2; continue; }
      return { file: file!, base: base!, preset: chosen };
    }
  }
};

type FileItem = StepItem<vscode.Uri | "browse">;

const fileItems = async (): Promise<FileItem[]> => {
  const [datasets, configs] = await Promise.all([findDatasets(), findConfigs()]);
  const current = vscode.window.activeTextEditor?.document.uri;
  const isCurrent = (uri: vscode.Uri): boolean => uri.toString() === current?.toString();
  const item = (uri: vscode.Uri, icon: string): StepItem<vscode.Uri> => {
    const path = vscode.workspace.asRelativePath(uri);
    const folder = path.slice(0, -basename(path).length - 1);
    return { label: `$(${icon}) ${basename(path)}`, description: [folder, isCurrent(uri) && "current file"].filter(Boolean).join(" · "), value: uri };
  };
  const sorted = (uris: readonly vscode.Uri[]): vscode.Uri[] => [...uris].sort((a, b) => Number(isCurrent(b)) - Number(isCurrent(a)) || a.path.localeCompare(b.path));
  return [
    ...separator<vscode.Uri>("Datasets", datasets), ...sorted(datasets).map((uri) => item(uri, "database")),
    ...separator<vscode.Uri>("Configs", configs), ...sorted(configs).map((uri) => item(uri, "settings-gear")),
    ...separator<vscode.Uri>("Elsewhere", [1]), { label: "$(folder-opened) Browse…", value: "browse" as const, alwaysShow: true },
  ];
};

const separator = <T>(label: string, of: readonly unknown[]): StepItem<T>[] => of.length > 0 ? [{ label, kind: vscode.QuickPickItemKind.Separator }] : [];

/** No path holds these. */
const BROWSE = { folder: "\0folder", gguf: "\0gguf" };

/** The setting's base; a relative path is the workspace folder's, while a config's is its own folder's. */
const preferredBase = (): string => {
  const base = defaultBase();
  const inWorkspace = resolve(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? "", base);
  return base !== "starter" && existsSync(inWorkspace) ? inWorkspace : base;
};

const baseItems = async (): Promise<StepItem<string>[]> => {
  const preferred = preferredBase();
  const found = await findBases();
  const starter: StepItem<string> = { label: "$(sparkle) starter", description: "embedded, 0.9 million parameters", detail: "Tunes in seconds on any machine. To learn the tool with, not to use.", value: "starter" };
  const folders = found.map((folder): StepItem<string> => ({ label: `$(package) ${basename(folder)}`, description: vscode.workspace.asRelativePath(folder), value: folder }));
  const chosen: StepItem<string>[] = preferred === "starter" || found.includes(preferred) ? [] : [{ label: `$(star) ${basename(preferred)}`, description: `${preferred} (tunesmith.defaultBase)`, value: preferred }];
  return [...chosen, starter, ...separator<string>("In this workspace", folders), ...folders, ...separator<string>("Elsewhere", [1]), 
    { label: "$(folder-opened) Browse for a Folder…", description: "Hugging Face: config.json, tokenizer.json, model.safetensors", value: BROWSE.folder, alwaysShow: true },
    { label: "$(file-binary) Browse for a GGUF File…", value: BROWSE.gguf, alwaysShow: true }];
};

/** The starter base has a preset of its own, first; its learning rate would ruin any other model. */
const presetItems = (starter: boolean): StepItem<string>[] =>
  presets.filter(({ name }) => starter || name !== "starter").sort((a, b) => Number(b.name === "starter") - Number(a.name === "starter"))
    .map(({ name, description }) => ({ label: name, detail: description, value: name }));

const browseDataset = async (): Promise<vscode.Uri | undefined> =>
  (await vscode.window.showOpenDialog({ title: "Dataset", openLabel: "Train on This", filters: { "Datasets and configs": ["jsonl", "ndjson", "json"] } }))?.[0];

const configOf = ({ file, base, preset }: Plan): RunConfigInput => withPreset(preset, { base, data: basename(file.fsPath) });

/** Writes a run's settings to a file of the person's own, so that they can be edited and started again. Paths become relative to it. */
export const saveAsConfig = async (project: Project, run: Run): Promise<void> => {
  const { name, config, data, eval: evalData, base } = run.manifest;
  const target = await vscode.window.showSaveDialog({ title: "Save Run Settings", defaultUri: vscode.Uri.file(join(project.root, `${name.replace(/[^\w.-]+/g, "-")}.tune.json`)), filters: { "Tuning config": ["tune.json"] } });
  if (!target) return;
  const from = dirname(target.fsPath);
  const portable = (path: string): string => relative(from, resolve(project.root, path)).split(sep).join("/");
  const saved: RunConfigInput = { ...config, data: portable(data.path), ...(evalData && { eval: portable(evalData.path) }), base: config.base === "starter" ? "starter" : portable(base.path) };
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(`${JSON.stringify(saved, null, 2)}\n`));
  await vscode.window.showTextDocument(target);
};
