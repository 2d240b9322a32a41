/** The command that asks which key of a dataset's rows holds what, and writes the answers where every reader of the dataset finds them. */
import { basename } from "node:path";
import * as vscode from "vscode";
import { keysOf, likeliest, messagesUnder, sampleRows, type AskedFor, type SeenKey } from "../../core/data/formats/describe";
import { type MappingEntry } from "../../core/data/formats/mappingSchema";
import { entryOfMapping, withEntry } from "../../core/data/formats/mappingSources";
import { parseDataset } from "../../core/data/parse";
import { DATASET_INFO } from "../../node/readDataset";
import { folderMappings, writeFolderMappings } from "../settings";
import { activeDataset, pickDataset } from "./checkDataset";
import { datasetOf, isDatasetDocument } from "./datasets";

type Row = ReturnType<typeof sampleRows>[number];
type Answers = Pick<MappingEntry, "formatting" | "ranking"> & { readonly columns: Record<string, string>; readonly tags: Record<string, string> };

/** `given` from a menu or a quick fix; else the active editor's dataset; else the person chooses. */
export const describeFormat = async (given?: vscode.Uri): Promise<void> => {
  const file = given ?? activeDataset() ?? await pickDataset("Which dataset should be described?");
  if (!file) return;
  const name = basename(file.path), document = await vscode.workspace.openTextDocument(file);
  const rows = sampleRows(document.getText(), name), keys = keysOf(rows);
  if (keys.length === 0) {
    void vscode.window.showWarningMessage(`${name} has no row with keys that could be described.`);
    return;
  }
  const answers = await ask(name, rows, keys);
  if (!answers) return;
  const entry = entryOfMapping(answers);
  if (!await keep(file, name, entry)) return;
  const { usable, rows: all } = parseDataset(document.getText(), { file: name, mapping: { ...answers, name, columnNames: Object.values(answers.columns), reason: "" } });
  void vscode.window.showInformationMessage(`${name} is read as described: ${usable.toLocaleString("en")} of ${all.toLocaleString("en")} rows can be trained on.`);
};

const NONE = { label: "$(circle-slash) None of them", name: undefined };

/** One question of several; undefined where the person turned away, "" for none of them. */
const choose = async (title: string, placeHolder: string, choices: readonly Pick<SeenKey, "name" | "example">[], optional = false): Promise<string | undefined> => {
  const items = [...choices.map(({ name, example }) => ({ label: name, detail: example, name })), ...(optional ? [NONE] : [])];
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDetail: true, ignoreFocusOut: true });
  return chosen && (chosen.name ?? "");
};

const ask = async (file: string, rows: readonly Row[], keys: readonly SeenKey[]): Promise<Answers | undefined> => {
  const title = `Describe ${file}`, usable = keys.filter(({ kind }) => kind !== "other");
  const lists = usable.filter(({ kind }) => kind === "messages"), texts = usable.filter(({ kind }) => kind === "text");
  const prompt = await choose(title, lists.length > 0 ? "Which key holds the conversation, or the question?" : "Which key holds the question or instruction?", [...lists, ...likeliest(texts, "prompt")]);
  if (prompt === undefined) return undefined;
  const left = (...taken: readonly string[]): SeenKey[] => texts.filter(({ name }) => !taken.includes(name));
  if (lists.some(({ name }) => name === prompt)) return askMessages(title, rows, prompt, left());
  const response = await choose(title, "Which key holds the answer?", likeliest(left(prompt), "response"));
  if (response === undefined) return undefined;
  const columns: Record<string, string> = { prompt, response };
  for (const [key, question] of [["query", "Which key holds what the question is about, such as a text or a log?"], ["system", "Which key holds a system message?"]] as const) {
    const choices = left(...Object.values(columns));
    if (choices.length === 0) break;
    const name = await choose(title, question, choices, true);
    if (name === undefined) return undefined;
    if (name !== "") columns[key] = name;
  }
  return { formatting: "alpaca", ranking: false, columns, tags: {} };
};

const askMessages = async (title: string, rows: readonly Row[], messages: string, others: readonly SeenKey[]): Promise<Answers | undefined> => {
  const { keys, words } = messagesUnder(rows, messages), texts = keys.filter(({ kind }) => kind === "text");
  const tags: Record<string, string> = {};
  const next = async (tag: AskedFor & string, question: string, choices: readonly Pick<SeenKey, "name" | "example">[], optional = false): Promise<boolean> => {
    const free = choices.filter(({ name }) => !Object.values(tags).includes(name));
    if (optional && free.length === 0) return true;
    const name = await choose(title, question, likeliest(free, tag), optional);
    if (name) tags[tag] = name;
    return name !== undefined;
  };
  if (!await next("role_tag", "Which key of a message says who speaks?", texts) || !await next("content_tag", "Which key of a message holds the text?", texts)) return undefined;
  const roles = words(tags.role_tag!).map((name) => ({ name, example: "" }));
  if (!await next("user_tag", "Who asks?", roles) || !await next("assistant_tag", "Who answers? These answers are trained.", roles) || !await next("system_tag", "Which one is the system message?", roles, true)) return undefined;
  const columns: Record<string, string> = { messages };
  if (tags.system_tag === undefined && others.length > 0) {
    const system = await choose(title, "Which key beside the list holds a system message?", others, true);
    if (system === undefined) return undefined;
    if (system !== "") columns.system = system;
  }
  return { formatting: "sharegpt", ranking: false, columns, tags };
};

/** False where the person turned away. */
const keep = async (file: vscode.Uri, name: string, entry: Partial<MappingEntry>): Promise<boolean> => {
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const beside = { label: `$(file) ${DATASET_INFO} beside the file`, detail: "Goes where the dataset goes; LLaMA-Factory reads it too." }, settings = { label: "$(settings-gear) The folder's settings", detail: "For several files of one kind: widen the pattern afterwards." };
  const chosen = folder ? await vscode.window.showQuickPick([beside, settings], { title: `Describe ${name}`, placeHolder: "Where should the description be kept?", ignoreFocusOut: true }) : beside;
  if (chosen === settings) await writeFolderMappings(folder!, { ...folderMappings(folder!) as object, [vscode.workspace.asRelativePath(file, false)]: entry });
  if (chosen !== beside) return chosen !== undefined;
  const info = vscode.Uri.joinPath(file, "..", DATASET_INFO);
  let text = "";
  try {
    text = new TextDecoder().decode(await vscode.workspace.fs.readFile(info));
  } catch (error) {
    if (!(error instanceof vscode.FileSystemError)) throw error; // There is none yet.
  }
  await vscode.workspace.fs.writeFile(info, new TextEncoder().encode(withEntry(text, name, entry)));
  return true;
};

/** "Describe this format…" under the problem that says that the format is not known. */
export class DescribeFix implements vscode.CodeActionProvider {
  static register(selector: vscode.DocumentSelector): vscode.Disposable {
    return vscode.languages.registerCodeActionsProvider(selector, new DescribeFix(), { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] });
  }

  provideCodeActions(document: vscode.TextDocument, _range: vscode.Range, { diagnostics }: vscode.CodeActionContext): vscode.CodeAction[] {
    const unknown = diagnostics.filter(({ code }) => (typeof code === "object" ? code.value : code) === "unknown-format");
    if (unknown.length === 0 || !isDatasetDocument(document) || datasetOf(document).rows === 0) return [];
    const action = new vscode.CodeAction("Describe this format…", vscode.CodeActionKind.QuickFix);
    action.command = { command: "tunesmith.describeFormat", title: action.title, arguments: [document.uri] };
    action.diagnostics = unknown;
    action.isPreferred = true;
    return [action];
  }
}
