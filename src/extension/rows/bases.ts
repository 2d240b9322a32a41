/** Which base a dataset's rows are looked at with: the one chosen for it, that of a run config that names it, or the setting's. In Restricted Mode nothing that the workspace brought along is used. */
import * as vscode from "vscode";
import { basename, dirname, isAbsolute } from "node:path";
import { type FoundMapping, mappingFromConfigs } from "../../core/data/formats/mappingSources";
import { isUserError } from "../../core/errors";
import { runConfigSchema } from "../../core/train/runConfig";
import { resolveBase } from "../../project/project";
import { type RowBasis } from "../../protocol/rows";
import { defaultBase, SECTION } from "../settings";
import { browseBase, findBases, projectOf } from "../workspace";
import { type KnownConfig, type RunConfigs } from "./runConfigs";

/** The choice of a person for one file, kept in the workspace's state; a config by its path, a base as it was named. */
interface Choice { readonly config?: string; readonly base?: string }

export interface ChosenBase {
  /** For the status bar: "starter", or the folder's name. */
  readonly label: string;
  /** Why this one, in a sentence. */
  readonly why: string;
  readonly basis: RowBasis;
  /** The run config that says so, where one does. */
  readonly config?: vscode.Uri;
}
/** What stands in the way of a base, for the status bar. */
export interface NoBase { readonly label: string; readonly why: string; readonly basis?: undefined }

const CHOICES = "tunesmith.rows.bases";
const DEFAULT_LENGTH = runConfigSchema.shape.max_length.parse(undefined);

export class Bases implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly disposables: vscode.Disposable[];
  /** Fires when another base may be the right one for some dataset. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly state: vscode.Memento, private readonly configs: RunConfigs) {
    this.disposables = [
      this.changed, configs.onDidChange(() => this.changed.fire()), vscode.workspace.onDidGrantWorkspaceTrust(() => this.changed.fire()),
      vscode.workspace.onDidChangeConfiguration((change) => { if (change.affectsConfiguration(`${SECTION}.defaultBase`)) this.changed.fire(); }),
    ];
  }

  of(file: vscode.TextDocument | vscode.Uri): ChosenBase | NoBase {
    const uri = uriOf(file);
    const choice = vscode.workspace.isTrusted ? this.choices()[uri.toString()] : undefined;
    const config = choice?.config === undefined ? undefined : this.configs.at(choice.config);
    if (config) return this.ofConfig(config, "chosen for this file");
    if (choice?.base !== undefined) return this.ofBase(uri, choice.base, "chosen for this file");
    const [first] = uri.scheme === "file" ? this.configs.naming(uri) : [];
    return first ? this.ofConfig(first, "which names this file") : this.ofBase(uri, defaultBase(file), `from the setting \`${SECTION}.defaultBase\``);
  }

  /** What the run configs that name the file say of its columns; where they disagree, the one whose base it is looked at with. */
  columnsOf(uri: vscode.Uri): FoundMapping {
    if (uri.scheme !== "file") return {};
    const naming = this.configs.naming(uri);
    if (naming.every(({ config }) => config.mapping === undefined)) return {};
    const shown = (path: vscode.Uri): string => vscode.workspace.asRelativePath(path);
    const chosen = vscode.workspace.isTrusted ? this.choices()[uri.toString()]?.config : undefined;
    return mappingFromConfigs(naming.map(({ uri: own, config: { mapping } }) => ({ name: shown(own), mapping })), chosen === undefined ? shown(naming[0]!.uri) : shown(vscode.Uri.file(chosen)));
  }

  /** The run configs of the workspace have been read. */
  get known(): Promise<void> { return this.configs.known; }

  /** Asks, and remembers the answer for this file. */
  async choose(file: vscode.TextDocument | vscode.Uri): Promise<void> {
    const uri = uriOf(file);
    const now = this.of(file);
    const item = (label: string, description: string, choice: Choice | "folder" | "gguf" | null) => ({ label, description, choice });
    const naming = uri.scheme === "file" ? this.configs.naming(uri) : [];
    const trusted = vscode.workspace.isTrusted;
    const found = trusted ? await findBases() : [];
    const picked = await vscode.window.showQuickPick([
      item("$(discard) Automatic", "a run config that names this file, else the default base", null),
      ...naming.map(({ uri: own, config }) => item(`$(file-code) ${vscode.workspace.asRelativePath(own)}`, `base ${config.base}, max_length ${config.max_length}`, { config: own.fsPath })),
      item("$(sparkle) starter", "the embedded base", { base: "starter" }),
      ...(trusted ? [...found.map((path) => item(`$(folder) ${basename(path)}`, path, { base: path })), item("$(folder-opened) Browse for a Hugging Face Folder…", "", "folder"), item("$(folder-opened) Browse for a GGUF File…", "", "gguf")] : []),
    ], { title: "Base for Diagnostics", placeHolder: `Now: ${now.label}, ${now.why}`, matchOnDescription: true });
    if (!picked) return;
    const choice = typeof picked.choice === "string" ? await browseBase(picked.choice).then((base) => base === undefined ? undefined : { base }) : picked.choice;
    if (choice === undefined) return;
    const key = uri.toString();
    const others = Object.entries(this.choices()).filter(([file]) => file !== key);
    await this.state.update(CHOICES, Object.fromEntries(choice === null ? others : [...others, [key, choice]]));
    this.changed.fire();
  }

  private choices(): Record<string, Choice> { return this.state.get<Record<string, Choice>>(CHOICES, {}); }

  private ofConfig({ uri, config }: KnownConfig, why: string): ChosenBase | NoBase {
    const found = resolved(uri, config.base, dirname(uri.fsPath), `of ${vscode.workspace.asRelativePath(uri)}, ${why}`, { maxLength: config.max_length, completionOnlyLoss: config.completion_only_loss, ...(config.template === undefined ? {} : { template: config.template }) });
    return found.basis ? { ...found, config: uri } : found;
  }

  private ofBase(uri: vscode.Uri, base: string, why: string): ChosenBase | NoBase {
    // A relative path leads into the workspace, which nobody has vouched for.
    if (!vscode.workspace.isTrusted && base !== "starter" && !isAbsolute(base) && !base.startsWith("~/")) return { label: "no base", why: `${base} lies in this workspace and waits until it is trusted` };
    const root = vscode.workspace.getWorkspaceFolder(uri) ?? vscode.workspace.workspaceFolders?.[0];
    return resolved(uri, base, root?.uri.fsPath ?? dirname(uri.fsPath), why, { maxLength: DEFAULT_LENGTH });
  }

  dispose(): void { vscode.Disposable.from(...this.disposables).dispose(); }
}

const uriOf = (file: vscode.TextDocument | vscode.Uri): vscode.Uri => file instanceof vscode.Uri ? file : file.uri;

const resolved = (file: vscode.Uri, base: string, relativeTo: string, why: string, settings: Omit<RowBasis, "base">): ChosenBase | NoBase => {
  try {
    const path = resolveBase(projectOf(file), base, relativeTo);
    return { label: base === "starter" ? base : basename(path), why, basis: { base: path, ...settings } };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { label: "no base", why: `${error.what} ${error.next}` };
  }
};
