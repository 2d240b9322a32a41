/** `--base` and `--adapter` to folders: what the models of a command are, and which settings their runs bring along. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type RunManifest } from "../core/manifest";
import { resolveBase, type Project } from "../project/project";
import { findAdapter } from "../project/runs";

export interface ChosenAdapter { readonly name: string; readonly folder: string; readonly run?: RunManifest }
export interface ChosenModels { readonly base: string; readonly adapters: readonly ChosenAdapter[] }

/** Without `base`: the one that the adapters' runs were trained on, else the starter. Throws BASE_NOT_FOUND, ADAPTER_NOT_FOUND. */
export const chooseModels = async (project: Project, base: string | undefined, adapters: readonly string[]): Promise<ChosenModels> => {
  const chosen: ChosenAdapter[] = [];
  for (const adapter of adapters) chosen.push(await chooseAdapter(project, adapter));
  const bases = new Set(chosen.map(({ run }) => run?.base.path));
  const [only] = bases;
  if (base === undefined && bases.size === 1 && only !== undefined) return { base: only, adapters: chosen };
  return { base: resolveBase(project, base ?? "starter", process.cwd()), adapters: chosen };
};

const chooseAdapter = async (project: Project, text: string): Promise<ChosenAdapter> => {
  const at = text.indexOf("=");
  const [name, place] = at > 0 && !existsSync(text) ? [text.slice(0, at), text.slice(at + 1)] : [undefined, text];
  const found = await findAdapter(project, place, process.cwd());
  return { name: name ?? found.run?.id ?? basename(found.folder), ...found };
};

/** A setting that every run behind the adapters has in common. */
export const sharedSetting = <Key extends "template" | "max_length" | "completion_only_loss">(adapters: readonly ChosenAdapter[], key: Key): RunManifest["config"][Key] | undefined => {
  const values = new Set(adapters.map(({ run }) => run?.config[key]));
  return values.size === 1 ? [...values][0] : undefined;
};
