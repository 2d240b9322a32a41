/** The user's settings, read when they are needed, with their types; the only reader of the `tunesmith` configuration. */
import * as vscode from "vscode";
import { type ProblemCode, type Severity } from "../core/data/problem";

export const SECTION = "tunesmith";

export type SeverityOverride = Severity | "hint" | "off";

const read = <T>(name: string, fallback: T, scope?: vscode.ConfigurationScope): T => vscode.workspace.getConfiguration(SECTION, scope).get<T>(name) ?? fallback;

export const diagnosticsEnabled = (scope: vscode.ConfigurationScope): boolean => read("diagnostics.enabled", true, scope);
export const severityOverrides = (scope: vscode.ConfigurationScope): Partial<Record<ProblemCode, SeverityOverride>> => read("diagnostics.severity", {}, scope);
/** Patterns of .json, .csv and .tsv files that are datasets, or are none; other files are looked into. */
export const datasetFiles = (scope: vscode.ConfigurationScope): Record<string, boolean> => read("datasets.files", {}, scope);
export const defaultBase = (scope?: vscode.ConfigurationScope): string => read("defaultBase", "starter", scope).trim() || "starter";
export type DeviceSetting = "auto" | "cpu" | "webgpu" | "cuda";
/** Where runs train whose config leaves it open, and where the playground's answers come from if it is no "auto". */
export const deviceSetting = (): DeviceSetting => read("device", "auto");
export const setDevice = (device: DeviceSetting): Thenable<void> => vscode.workspace.getConfiguration(SECTION).update("device", device, vscode.ConfigurationTarget.Global);
/** Empty where the person named none. */
export const cudaFolderOf = (): string => read("cudaFolder", "").trim();
export const setCudaFolder = (folder: string): Thenable<void> => vscode.workspace.getConfiguration(SECTION).update("cudaFolder", folder, vscode.ConfigurationTarget.Global);
/** Whether rows are also looked at as the base would see them. */
export const baseDiagnosticsEnabled = (scope: vscode.ConfigurationScope): boolean => diagnosticsEnabled(scope) && read("diagnostics.base", true, scope);
export const rowCounts = (scope: vscode.ConfigurationScope): "inlay" | "codeLens" | "off" => read("rowCounts", "inlay", scope);

/** Descriptions of columns in a folder's own settings file. Those of the user are passed over: runs and the command line do not know them, and would read a file as something else than the editor shows. */
export const folderMappings = (folder: vscode.WorkspaceFolder): unknown => {
  const found = vscode.workspace.getConfiguration(SECTION, folder).inspect("datasets.mappings");
  return found?.workspaceFolderValue ?? (vscode.workspace.workspaceFile === undefined ? found?.workspaceValue : undefined);
};

/** Writes them into the folder's settings.json. */
export const writeFolderMappings = (folder: vscode.WorkspaceFolder, mappings: object): Thenable<void> =>
  vscode.workspace.getConfiguration(SECTION, folder).update("datasets.mappings", mappings, vscode.workspace.workspaceFile === undefined ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.WorkspaceFolder);
