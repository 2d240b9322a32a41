/** The playground's panel: one to a window. Joins the page, the session and the choices; the worker alone loads models. */
import * as vscode from "vscode";
import { UserError } from "../../core/errors";
import { openProject, resolveBase } from "../../project/project";
import { type AdapterChoice, isPlaygroundRequest, isPlaygroundState, type PlaygroundRequest, type PlaygroundUpdate } from "../../protocol/playground";
import { type Reporter } from "../report";
import { isRunRef, type KnownRun, refKey } from "../runs/runRef";
import { type RunsModel } from "../runs/runsModel";
import { pageHtml, pageOptions } from "../webviewPage";
import { defaultBase, deviceSetting } from "../settings";
import { browseBase, isBase, mayRun } from "../workspace";
import { adapterChoice, baseChoices, examplePrompts, isAdapterFolder, type TunedModel, tunedModels } from "./choices";
import { PlaygroundSession } from "./session";

export const PLAYGROUND = "tunesmith.playground";
const ADDED_BASES = "tunesmith.playground.bases";

export class Playground implements vscode.Disposable {
  private open: { panel: vscode.WebviewPanel; session: PlaygroundSession } | undefined;
  private ready = false;
  private tuned: TunedModel[] = [];
  private added: AdapterChoice[] = [];
  /** Models that a command asked to have ticked, until the page has been told. */
  private select: { base: string; adapters: string[] } | null = null;
  private offering: Promise<void> | undefined;
  private offered = "";
  private readonly disposables: vscode.Disposable[];

  constructor(private readonly context: vscode.ExtensionContext, private readonly model: RunsModel, private readonly reporter: Reporter) {
    this.disposables = [
      vscode.window.registerWebviewPanelSerializer(PLAYGROUND, { deserializeWebviewPanel: async (panel, state) => this.adopt(panel, state) }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.offer()),
    ];
  }

  /** Shows the playground; a run given (from a menu or its view) is ticked there. */
  async show(given: unknown): Promise<void> {
    if (!await mayRun()) return;
    if (isRunRef(given)) {
      await this.model.refresh();
      const run = (await this.model.all()).find((each) => refKey(each) === refKey(given));
      const [model] = run ? await tunedModels([run]) : [];
      if (!model) throw new UserError("ADAPTER_NOT_FOUND", "This run has no adapter to ask.", "Let it finish, or stop it, and compare then.");
      this.select = { base: model.choice.base, adapters: [model.choice.id] };
    } else if (!this.open && defaultBase() !== "starter") this.select = { base: this.folderOf(defaultBase()), adapters: [] };
    if (this.open) {
      this.open.panel.reveal();
      return this.offer();
    }
    const panel = vscode.window.createWebviewPanel(PLAYGROUND, "Tunesmith Playground", vscode.ViewColumn.Active, { ...pageOptions(this.context.extensionUri), retainContextWhenHidden: false });
    this.adopt(panel, undefined);
  }

  private adopt(panel: vscode.WebviewPanel, state: unknown): void {
    if (this.open) return panel.dispose();
    const kept = isPlaygroundState(state) ? state.exchanges : [];
    // What was being answered when the window went away never will be.
    for (const answer of kept.flatMap(({ answers }) => answers)) if (answer.state === "waiting" || answer.state === "streaming") answer.state = "stopped";
    for (const exchange of kept) if (exchange.failure) exchange.failure = { ...exchange.failure, restart: false };
    const session = new PlaygroundSession(kept, {
      start: async () => (await import("../../project/client")).startPlayground(deviceSetting()),
      baseFolder: (base) => this.folderOf(base),
      adapterName: (adapter) => this.offeredAdapters().find(({ id }) => id === adapter)?.label ?? adapter,
      template: (adapters) => this.tuned.find(({ choice, template }) => template !== undefined && adapters.includes(choice.id))?.template,
      tell: (update) => this.tell(update),
      onBug: (error) => this.reporter.log.error(error instanceof Error ? error : String(error)),
    });
    this.open = { panel, session };
    panel.iconPath = { light: vscode.Uri.joinPath(this.context.extensionUri, "media", "playground-light.svg"), dark: vscode.Uri.joinPath(this.context.extensionUri, "media", "playground-dark.svg") };
    panel.webview.options = pageOptions(this.context.extensionUri);
    const listening = [
      panel.webview.onDidReceiveMessage((message: unknown) => void this.reporter.guard(() => this.receive(message))),
      panel.onDidChangeViewState(() => { if (!panel.visible) this.ready = false; }),
      this.model.onDidChange(() => void this.offerIfNew()),
    ];
    panel.onDidDispose(() => {
      vscode.Disposable.from(...listening).dispose();
      session.dispose();
      this.open = undefined;
      this.ready = false;
    });
    panel.webview.html = pageHtml(panel.webview, this.context.extensionUri, "playground", "Tunesmith Playground");
  }

  private async receive(message: unknown): Promise<void> {
    if (!isPlaygroundRequest(message)) return this.reporter.log.warn("The playground sent a message of unknown shape.");
    const session = this.open?.session;
    if (!session) return;
    const handlers: { [T in PlaygroundRequest["type"]]: (request: Extract<PlaygroundRequest, { type: T }>) => unknown } = {
      ready: async () => {
        this.ready = true;
        this.tell({ type: "session", exchanges: session.exchanges });
        this.tell({ type: "state", state: session.state });
        await this.offer();
      },
      send: async (request) => { if (await mayRun()) await session.send(request); },
      stop: () => session.stop(),
      restart: async () => { if (await mayRun()) await session.restart(); },
      clear: () => session.clear(),
      copy: (request) => vscode.env.clipboard.writeText(request.text),
      browseBase: () => this.browseBase(),
      browseAdapter: () => this.browseAdapter(),
      startRun: () => vscode.commands.executeCommand("tunesmith.startRun"),
    };
    await (handlers[message.type] as (request: PlaygroundRequest) => unknown)(message);
  }

  /** Tells the page what there is to ask. */
  private async offer(): Promise<void> {
    if (!this.ready) return;
    this.offering ??= this.gather().finally(() => { this.offering = undefined; });
    await this.offering;
  }

  /** While a run trains the model changes twice a second; only a run that came to its adapter, or went, is news here. */
  private async offerIfNew(): Promise<void> {
    if (this.ready && tunedKey(await this.model.all()) !== this.offered) await this.offer();
  }

  private async gather(): Promise<void> {
    const runs = await this.model.all();
    this.offered = tunedKey(runs);
    this.tuned = await tunedModels(runs);
    const adapters = this.offeredAdapters();
    const bases = await baseChoices(adapters, this.context.workspaceState.get<string[]>(ADDED_BASES, []).filter(isBase));
    const update: PlaygroundUpdate = { type: "choices", bases, adapters, examples: await examplePrompts(), trusted: vscode.workspace.isTrusted, select: this.select };
    if (!this.ready) return;
    this.select = null;
    this.tell(update);
  }

  private async browseBase(): Promise<void> {
    const kind = await vscode.window.showQuickPick([{ label: "Hugging Face Folder", value: "folder" as const }, { label: "GGUF File", value: "gguf" as const }], { placeHolder: "What kind of base?" });
    const base = kind && await browseBase(kind.value);
    if (!base) return;
    if (!isBase(base)) throw new UserError("BASE_NOT_FOUND", `${base} holds no model.`, "Choose a folder with config.json, tokenizer.json and model.safetensors, or a GGUF file.");
    await this.context.workspaceState.update(ADDED_BASES, [...new Set([...this.context.workspaceState.get<string[]>(ADDED_BASES, []), base])]);
    this.select = { base, adapters: [] };
    await this.offer();
  }

  private async browseAdapter(): Promise<void> {
    const [folder] = await vscode.window.showOpenDialog({ title: "Adapter: a PEFT folder", openLabel: "Compare This", canSelectFolders: true, canSelectFiles: false }) ?? [];
    if (!folder) return;
    if (!await isAdapterFolder(folder.fsPath)) throw new UserError("ADAPTER_NOT_FOUND", `${folder.fsPath} holds no adapter.`, "Choose a PEFT folder: one with adapter_config.json and adapter_model.safetensors.");
    const bases = await baseChoices(this.offeredAdapters(), this.context.workspaceState.get<string[]>(ADDED_BASES, []));
    const base = bases.length === 1 ? bases[0] : await vscode.window.showQuickPick(bases.map((each) => ({ ...each, description: each.detail, detail: undefined })), { placeHolder: "Which base was it tuned on?" });
    if (!base) return;
    this.added = [...this.added.filter(({ id }) => id !== folder.fsPath), adapterChoice(folder.fsPath, base.id)];
    this.select = { base: base.id, adapters: [folder.fsPath] };
    await this.offer();
  }

  private offeredAdapters(): AdapterChoice[] { return [...this.tuned.map(({ choice }) => choice), ...this.added]; }

  private folderOf(base: string): string {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? this.context.extensionUri.fsPath;
    return resolveBase(openProject(root), base, root);
  }

  private tell(update: PlaygroundUpdate): void {
    if (this.ready) void this.open?.panel.webview.postMessage(update);
  }

  dispose(): void {
    this.open?.session.dispose();
    vscode.Disposable.from(...this.disposables).dispose();
  }
}

const tunedKey = (runs: readonly KnownRun[]): string => JSON.stringify(runs.map(({ id, summary }) => [id, summary.adapter !== null && summary.status]));
