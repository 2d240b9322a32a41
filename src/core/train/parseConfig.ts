/** From the text of a `*.tune.json`, a preset and `key=value` settings to a RunConfig. */
import { checkConfig, parseConfigFile } from "../configFile";
import { UserError } from "../errors";
import { presets, runConfigSchema, type RunConfig, type RunConfigInput } from "./runConfig";

/** Throws CONFIG_INVALID with the line of each fault. `name` is shown in messages. `settings` lie over what the file says. */
export const parseRunConfig = (text: string, name: string, settings: readonly string[] = []): RunConfig => parseConfigFile(runConfigSchema, text, name, settings);

/** Validates a value against the schema and fills in the defaults. Throws CONFIG_INVALID. */
export const checkRunConfig = (value: unknown, name: string): RunConfig => checkConfig(runConfigSchema, value, name);

/** The values of a preset under what the user gave. Throws BAD_ARGUMENT. */
export const withPreset = (preset: string, values: RunConfigInput): RunConfigInput => {
  const found = presets.find(({ name }) => name === preset);
  if (!found) throw new UserError("BAD_ARGUMENT", `There is no preset "${preset}".`, `Choose one of ${presets.map(({ name }) => name).join(", ")}.`);
  return { ...found.values, ...values };
};
