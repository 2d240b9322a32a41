/** `--base` and `--adapter` to folders: what the models of a command are, and which settings their runs bring along. */
import { existsSync } from "node:fs";
import { basename } from "node:path";
import { UserError } from "../core/errors";
import { type RunManifest } from "../core/manifest";
import { type Precision, precisionOf } from "../core/model/weights/precision";
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

export interface PrecisionFlags { readonly dtype?: string; readonly loadIn4bit?: boolean; readonly loadIn8bit?: boolean }

/** --dtype, --load-in-4bit and --load-in-8bit; none: left to the runs of the adapters. Throws BAD_ARGUMENT. */
export const precisionFrom = ({ dtype, loadIn4bit, loadIn8bit }: PrecisionFlags): { precision?: Precision } => {
  if (loadIn4bit && loadIn8bit) throw new UserError("BAD_ARGUMENT", "--load-in-4bit and --load-in-8bit do not go together.", "Give one of them.");
  if (dtype !== undefined && !isDtype(dtype)) throw new UserError("BAD_ARGUMENT", `There is no dtype "${dtype}".`, `Give ${dtypes.join(", ")}.`);
  if (dtype === undefined && !loadIn4bit && !loadIn8bit) return {};
  return { precision: precisionOf({ dtype, load_in_4bit: loadIn4bit, load_in_8bit: loadIn8bit }) };
};
const dtypes = ["auto", "float32", "float16", "bfloat16"] as const;
const isDtype = (text: string): text is Precision["dtype"] => (dtypes as readonly string[]).includes(text);

/** A setting that every run behind the adapters has in common. */
export const sharedSetting = <Key extends "template" | "max_length" | "completion_only_loss">(adapters: readonly ChosenAdapter[], key: Key): RunManifest["config"][Key] | undefined => {
  const values = new Set(adapters.map(({ run }) => run?.config[key]));
  return values.size === 1 ? [...values][0] : undefined;
};
