/** What every suite needs inside the extension host: waiting, opening files of the scratch folder, reading diagnostics. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";

/** Asks again until the answer is neither undefined nor false. Rejects with `what` and the last look of things after the time. */
export async function eventually<T>(what: string, ask: () => T | undefined | false | Promise<T | undefined | false>, options: { timeoutMs?: number; describe?: () => string } = {}): Promise<T> {
  const deadline = Date.now() + (options.timeoutMs ?? 10_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${(options.timeoutMs ?? 10_000) / 1000} s: ${what}${options.describe ? `\n${options.describe()}` : ""}`);
    await delay(50);
  }
}

export const workspaceFolder = (): vscode.Uri => {
  const folder = vscode.workspace.workspaceFolders?.[0];
  if (!folder) throw new Error("The window has no folder.");
  return folder.uri;
};

export const fileUri = (name: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), name);

/** Writes a file of the scratch folder and shows it. */
export async function openText(name: string, content: string): Promise<vscode.TextDocument> {
  await vscode.workspace.fs.writeFile(fileUri(name), Buffer.from(content, "utf8"));
  const document = await vscode.workspace.openTextDocument(fileUri(name));
  await vscode.window.showTextDocument(document);
  return document;
}

/** Changes the document without saving it. */
export async function edit(document: vscode.TextDocument, range: vscode.Range, text: string): Promise<void> {
  const change = new vscode.WorkspaceEdit();
  change.replace(document.uri, range, text);
  if (!(await vscode.workspace.applyEdit(change))) throw new Error("VS Code refused the edit.");
}

/** Range of the first occurrence of `text`. */
export function rangeOf(document: vscode.TextDocument, text: string): vscode.Range {
  const start = document.getText().indexOf(text);
  if (start < 0) throw new Error(`"${text}" is not in ${document.uri.path}`);
  return new vscode.Range(document.positionAt(start), document.positionAt(start + text.length));
}

export const codeOf = (diagnostic: vscode.Diagnostic): string => String(typeof diagnostic.code === "object" ? diagnostic.code.value : diagnostic.code);

export const describeDiagnostics = (uri: vscode.Uri): string =>
  vscode.languages.getDiagnostics(uri).map((found) => `${found.range.start.line + 1}:${found.range.start.character + 1} ${codeOf(found)} ${found.message}`).join("\n") || "(no diagnostic)";

export const diagnosticWith = (uri: vscode.Uri, code: string): Promise<vscode.Diagnostic> =>
  eventually(`a diagnostic "${code}"`, () => vscode.languages.getDiagnostics(uri).find((found) => codeOf(found) === code), { describe: () => describeDiagnostics(uri) });

export const noDiagnostics = (uri: vscode.Uri): Promise<true> =>
  eventually("no diagnostic left", () => vscode.languages.getDiagnostics(uri).length === 0, { describe: () => describeDiagnostics(uri) });

export async function closeEverything(): Promise<void> {
  for (const document of vscode.workspace.textDocuments) if (document.isDirty && document.uri.scheme === "file") await document.save();
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}

export interface RunOnDisk { readonly id: string; readonly folder: string; readonly events: { event: string; [key: string]: unknown }[] }

/** The runs of the scratch folder with the whole lines of their journals, read as another program would. */
export function runsOnDisk(): RunOnDisk[] {
  const runs = join(workspaceFolder().fsPath, ".tunesmith", "runs");
  if (!existsSync(runs)) return [];
  return readdirSync(runs).map((id) => {
    const folder = join(runs, id);
    const journal = join(folder, "journal.jsonl");
    const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n").slice(0, -1) : [];
    return { id, folder, events: lines.filter(Boolean).map((line) => JSON.parse(line) as RunOnDisk["events"][number]) };
  });
}
