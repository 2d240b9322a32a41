/** Where each kind of problem is explained: a line of docs/problems.md, which comes with the extension. */
import * as vscode from "vscode";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ProblemCode } from "../../core/data/problem";

let root: string | undefined;
let lines: ReadonlyMap<string, number> | undefined;

/** Says where the extension lies; without it no problem has a link. */
export const explainProblemsFrom = (extensionRoot: string): void => { root = extensionRoot; };

export const explanationOf = (code: ProblemCode): vscode.Uri | undefined => {
  if (root === undefined) return undefined;
  const file = join(root, "docs", "problems.md");
  lines ??= new Map(readFileSync(file, "utf8").split("\n").flatMap((line, index) => line.startsWith("### ") ? [[line.slice(4).trim(), index + 1] as const] : []));
  const line = lines.get(code);
  return line === undefined ? undefined : vscode.Uri.file(file).with({ fragment: `L${line}` });
};
