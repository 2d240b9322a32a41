/** The Runs view: one item a run with its state and figures, and under a failed one what happened and what to do. */
import * as vscode from "vscode";
import { isUserError } from "../../core/errors";
import { type RunConfig } from "../../core/train/runConfig";
import { openProject } from "../../project/project";
import { openRun } from "../../project/runs";
import { formatCount, formatLoss, formatRate } from "../../protocol/figures";
import { canResume, canRollBack, nextStep } from "../nextStep";
import { type KnownRun, type RunRef } from "./runRef";
import { type RunsModel } from "./runsModel";

export const RUNS_VIEW = "tunesmith.runs";

interface MessageNode { readonly kind: "what" | "next"; readonly text: string; readonly of: KnownRun }
type Node = KnownRun | MessageNode;

const color = (id: string): vscode.ThemeColor => new vscode.ThemeColor(id);
const look: Record<KnownRun["summary"]["status"], { icon: vscode.ThemeIcon; words: string }> = {
  queued: { icon: new vscode.ThemeIcon("watch"), words: "waiting" },
  running: { icon: new vscode.ThemeIcon("loading~spin", color("charts.blue")), words: "running" },
  finished: { icon: new vscode.ThemeIcon("pass", color("testing.iconPassed")), words: "finished" },
  stopped: { icon: new vscode.ThemeIcon("stop-circle", color("descriptionForeground")), words: "stopped" },
  paused: { icon: new vscode.ThemeIcon("debug-pause", color("notificationsWarningIcon.foreground")), words: "paused" },
  failed: { icon: new vscode.ThemeIcon("error", color("testing.iconFailed")), words: "failed" },
};

export class RunsTree implements vscode.TreeDataProvider<Node> {
  private readonly changed = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.changed.event;

  private constructor(private readonly model: RunsModel) {}

  static register(model: RunsModel): vscode.Disposable {
    const tree = new RunsTree(model);
    const view = vscode.window.createTreeView<Node>(RUNS_VIEW, { treeDataProvider: tree, showCollapseAll: false });
    const badge = async (): Promise<void> => {
      const running = (await model.all()).filter(({ summary }) => summary.status === "running").length;
      view.badge = running > 0 ? { value: running, tooltip: running === 1 ? "1 run is training" : `${running} runs are training` } : undefined;
    };
    return vscode.Disposable.from(view, tree.changed, model.onDidChange(() => { tree.changed.fire(undefined); void badge(); }));
  }

  async getChildren(node?: Node): Promise<Node[]> {
    if (!node) return [...await this.model.all()];
    const told = "summary" in node ? toldOf(node) : undefined;
    return told && "summary" in node ? [{ kind: "what", text: told.what, of: node }, { kind: "next", text: nextInEditor(told), of: node }] : [];
  }

  getParent(node: Node): Node | undefined { return "summary" in node ? undefined : node.of; }

  getTreeItem(node: Node): vscode.TreeItem {
    return "summary" in node ? runItem(node) : messageItem(node);
  }

  /** The settings stand in the run's manifest, which is read only for the item that somebody points at. */
  async resolveTreeItem(item: vscode.TreeItem, node: Node): Promise<vscode.TreeItem> {
    if ("summary" in node) item.tooltip = tooltip(node, await this.configOf(node));
    return item;
  }

  private async configOf({ root, id }: RunRef): Promise<RunConfig | undefined> {
    try {
      return (await openRun(openProject(root), id)).manifest.config;
    } catch (error) {
      if (!isUserError(error)) throw error; // Deleted meanwhile: the list is about to say so.
      return undefined;
    }
  }
}

type RunError = NonNullable<KnownRun["summary"]["error"]>;
/** Why a run failed or paused. */
const toldOf = ({ summary }: KnownRun): RunError | undefined => summary.error ?? summary.pause;
export const nextInEditor = (error: RunError): string => nextStep({ code: error.code as Parameters<typeof nextStep>[0]["code"], next: error.next }).next;

const runItem = (run: KnownRun): vscode.TreeItem => {
  const { summary } = run;
  const { icon, words } = look[summary.status];
  const item = new vscode.TreeItem(summary.name, toldOf(run) ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None);
  item.id = `${run.root}/${run.id}`;
  item.iconPath = icon;
  const steps = summary.steps > 0 ? `${formatCount(summary.step)}/${formatCount(summary.steps)}` : undefined;
  const loss = summary.loss === null ? undefined : `loss ${formatLoss(summary.loss)}`;
  const evalLoss = summary.evalLoss === null ? undefined : `eval ${formatLoss(summary.evalLoss)}`;
  item.description = describe(summary, steps);
  item.contextValue = ["run", summary.status, ...(canResume(summary) ? ["resumable"] : []), ...(summary.pause ? ["skippable"] : []), ...(canRollBack(summary) ? ["reversible"] : []), ...(summary.adapter ? ["adapter"] : [])].join(".");
  item.command = { command: "tunesmith.openRun", title: "Open Run", arguments: [ref(run)] };
  item.accessibilityInformation = {
    label: [`Run ${summary.name}`, words, steps && `step ${summary.step} of ${summary.steps}`, loss, evalLoss && `evaluation loss ${formatLoss(summary.evalLoss)}`, toldOf(run)?.what, `started ${started(run)}`].filter(Boolean).join(", "),
  };
  return item;
};

/** Short, for the side bar is narrow: the icon tells the state, so the words tell the rest. */
const describe = ({ status, loss, evalLoss }: KnownRun["summary"], steps: string | undefined): string => {
  const losses = [...(loss === null ? [] : [`loss ${formatLoss(loss)}`]), ...(evalLoss === null ? [] : [`eval ${formatLoss(evalLoss)}`])];
  switch (status) {
    case "queued": return "waiting to start";
    case "running": return [steps ?? "starting", ...losses.slice(0, 1)].join(" · ");
    case "finished": return losses.join(" · ") || "finished";
    case "stopped": case "paused": case "failed": return `${status}${steps === undefined ? "" : ` at ${steps}`}`;
  }
};

const ref = ({ root, id }: RunRef): RunRef => ({ root, id });
const started = ({ summary }: KnownRun): string => new Date(summary.created).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

const tooltip = (run: KnownRun, config: RunConfig | undefined): vscode.MarkdownString => {
  const { summary } = run;
  const text = new vscode.MarkdownString();
  const row = (name: string, value: string | number): void => { text.appendMarkdown(`| ${name} | `).appendText(String(value).replaceAll("|", "/")).appendMarkdown(" |\n"); };
  text.appendMarkdown("**").appendText(summary.name).appendMarkdown(`** (${look[summary.status].words})\n\n| | |\n|---|---|\n`);
  row("Step", summary.steps > 0 ? `${formatCount(summary.step)} of ${formatCount(summary.steps)}` : "–");
  row("Loss", formatLoss(summary.loss));
  row("Evaluation loss", formatLoss(summary.evalLoss));
  row("Base", summary.base);
  if (config) {
    row("Dataset", config.data);
    row("LoRA", `rank ${config.lora.r}, alpha ${config.lora.lora_alpha}, ${[config.lora.target_modules].flat().join(", ")}`);
    row("Learning rate", `${formatRate(config.learning_rate)}, ${config.lr_scheduler_type}`);
    row("Epochs", config.max_steps > 0 ? `${config.num_train_epochs}, at most ${config.max_steps} steps` : config.num_train_epochs);
    row("Batch size", config.batch_size);
  }
  row("Created", started(run));
  row("Run", run.id);
  const told = toldOf(run);
  if (told) text.appendMarkdown("\n\n").appendText(`${told.what} ${nextInEditor(told)}`);
  return text;
};

const messageItem = ({ kind, text, of }: MessageNode): vscode.TreeItem => {
  const item = new vscode.TreeItem(text);
  item.id = `${of.root}/${of.id}/${kind}`;
  item.iconPath = new vscode.ThemeIcon(kind === "what" ? "info" : "lightbulb");
  item.tooltip = text;
  item.accessibilityInformation = { label: `${kind === "next" ? "Next step" : of.summary.status === "paused" ? "Paused" : "Error"}: ${text}` };
  return item;
};
