/** `tunesmith train`: a config, or a dataset and defaults, to a run; starts its worker and watches it. */
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { type Leaks } from "../core/data/content/compareRows";
import { entryOfMapping, mappingFromWords } from "../core/data/formats/mappingSources";
import { isUserError, UserError } from "../core/errors";
import { withSettings } from "../core/configFile";
import { checkRunConfig, parseRunConfig, withPreset } from "../core/train/parseConfig";
import { type RunConfig } from "../core/train/runConfig";
import { startRun } from "../project/client";
import { leakError, leaksBetween } from "../project/leaks";
import { findProject } from "../project/project";
import { createRun } from "../project/runs";
import { deviceFrom } from "./devices";
import { concludeRun, followRun } from "./follow";
import { print, printJson } from "./output";

export interface TrainOptions {
  readonly data?: string; readonly eval?: string; readonly base?: string; readonly preset?: string;
  /** What the columns are called: `prompt=ticket,response=reply`. */
  readonly columns?: string;
  readonly set: readonly string[]; readonly device?: string; readonly allowLeak?: boolean; readonly detach?: boolean; readonly json?: boolean;
}

export const train = async (configFile: string | undefined, options: TrainOptions): Promise<number> => {
  deviceFrom(options.device);
  const { config, configFolder } = await readConfig(configFile, options);
  await refuseLeaks(config, configFolder);
  const project = findProject(process.cwd());
  const run = await createRun(project, { config, configFolder });
  await startRun(project, run);
  if (options.detach) {
    if (options.json) printJson({ run: run.id, folder: run.folder });
    else print(run.id);
    return 0;
  }
  return concludeRun(run, await followRun(project, run, { json: options.json, interrupt: "stop" }));
};

/** Files that cannot be read are told of when the run is made. Throws EVAL_LEAK. */
const refuseLeaks = async ({ data, eval: evaluation, allow_leak: allowed, mapping }: RunConfig, folder: string): Promise<void> => {
  if (evaluation === undefined || allowed) return;
  let found: Leaks;
  try {
    found = await leaksBetween(resolve(folder, data), resolve(folder, evaluation), { turn: async () => {} }, mapping);
  } catch (error) {
    if (isUserError(error)) return;
    throw error;
  }
  if (found.leaks.length > 0) throw leakError(found, { train: data, eval: evaluation });
};

/** What the flags say lies over the config, as if it stood there; their paths are relative to the current folder, not to the config. */
const readConfig = async (file: string | undefined, { data, eval: evaluation, base, preset, columns, set, allowLeak, device }: TrainOptions): Promise<{ config: RunConfig; configFolder: string }> => {
  const flags = {
    ...(data !== undefined && { data: resolve(data) }), ...(evaluation !== undefined && { eval: resolve(evaluation) }),
    ...(columns !== undefined && { mapping: entryOfMapping(mappingFromWords(columns)) }),
    ...(allowLeak && { allow_leak: true }), ...(device !== undefined && { device: device as RunConfig["device"] }), ...(base !== undefined && { base: base === "starter" || !/[\\/.]/.test(base) ? base : resolve(base) }),
  };
  if (file !== undefined) {
    if (preset !== undefined) throw new UserError("BAD_ARGUMENT", "A config and --preset do not go together.", "Leave --preset out, or give --data instead of a config.");
    const given = Object.entries(flags).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
    return { config: parseRunConfig(await readText(file), basename(file), [...given, ...set]), configFolder: dirname(resolve(file)) };
  }
  if (flags.data === undefined) throw new UserError("BAD_ARGUMENT", "There is nothing to train on.", "Give a *.tune.json, or --data FILE.");
  const chosen = preset ?? ((base ?? "starter") === "starter" ? "starter" : "balanced");
  const values = withPreset(chosen, { ...flags, data: flags.data });
  return { config: checkRunConfig(withSettings({ ...values }, set), "--set"), configFolder: process.cwd() };
};

const readText = async (file: string): Promise<string> => {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new UserError("CONFIG_NOT_FOUND", code === "ENOENT" ? `There is no config ${file}.` : `The config ${file} cannot be read (${code ?? String(cause)}).`, "Give a *.tune.json, or --data FILE.", { cause });
  }
};
