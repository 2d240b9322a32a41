/** The user's settings, read when they are needed, with their types; the only reader of the `tunesmith` configuration. */
import * as vscode from "vscode";
import { type ProblemCode, type Severity } from "../core/data/problem";

export const SECTION = "tunesmith";

export type SeverityOverride = Severity | "hint" | "off";

const read = <T>(name: string, fallback: T, scope?: vscode.ConfigurationScope): T => vscode.workspace.getConfiguration(SECTION, scope).get<T>(name) ?? fallback;

export const diagnosticsEnabled = (scope: vscode.ConfigurationScope): boolean => read("diagnostics.enabled", true, scope);
export const severityOverrides = (scope: vscode.ConfigurationScope): Partial<Record<ProblemCode, SeverityOverride>> => read("diagnostics.severity", {}, scope);
export const defaultBase = (scope?: vscode.ConfigurationScope): string => read("defaultBase", "starter", scope).trim() || "starter";
/** Whether rows are also looked at as the base would see them. */
export const baseDiagnosticsEnabled = (scope: vscode.ConfigurationScope): boolean => diagnosticsEnabled(scope) && read("diagnostics.base", true, scope);
export const rowCounts = (scope: vscode.ConfigurationScope): "inlay" | "codeLens" | "off" => read("rowCounts", "inlay", scope);
