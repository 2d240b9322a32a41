/** Reads a `*.tune.json` as the editor has it; its faults come out as one CONFIG_INVALID. */
import * as vscode from "vscode";
import { UserError } from "../../core/errors";
import { type RunConfig, runConfigSchema } from "../../core/train/runConfig";

export const readConfig = async (file: vscode.Uri): Promise<RunConfig> => {
  const text = (await vscode.workspace.openTextDocument(file)).getText();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UserError("CONFIG_INVALID", `${vscode.workspace.asRelativePath(file)} is not valid JSON.`, "The editor underlines where it breaks off.", { cause });
  }
  return resolveConfig(value, vscode.workspace.asRelativePath(file));
};

/** With every default filled in. Throws CONFIG_INVALID. */
export const resolveConfig = (value: unknown, name: string): RunConfig => {
  const result = runConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError("CONFIG_INVALID", `${name}: ${issue?.path.length ? `"${issue.path.join(".")}": ` : ""}${issue?.message ?? "it does not fit the schema"}.`, "Complete or correct it in the editor, which knows every setting.");
};
