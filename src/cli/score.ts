/** `tunesmith score`: the negative log-likelihood that a model gives to the answers of a dataset. */
import { resolve } from "node:path";
import { UserError } from "../core/errors";
import { openRuntime } from "../node/device/open";
import { Inference } from "../project/inference";
import { findProject } from "../project/project";
import { deviceFrom } from "./devices";
import { chooseModels, precisionFrom, type PrecisionFlags, sharedSetting } from "./models";
import { counted, note, print, printJson } from "./output";

export interface ScoreOptions extends PrecisionFlags {
  readonly data: string; readonly base?: string; readonly adapter: readonly string[]; readonly template?: string; readonly completionOnlyLoss?: boolean;
  readonly maxLength?: number; readonly perRow?: boolean; readonly device?: string; readonly json?: boolean;
}

export const score = async ({ data, base, adapter, template, completionOnlyLoss, maxLength, perRow, json, ...flags }: ScoreOptions): Promise<number> => {
  if (adapter.length > 1) throw new UserError("BAD_ARGUMENT", "One adapter is scored at a time.", "Call it once for each --adapter.");
  const models = await chooseModels(findProject(process.cwd()), base, adapter);
  const chosen = template ?? sharedSetting(models.adapters, "template");
  const completionOnly = completionOnlyLoss ?? sharedSetting(models.adapters, "completion_only_loss") ?? false;
  const precision = precisionFrom(flags), inference = new Inference(() => openRuntime(deviceFrom(flags.device)), note);
  const result = await inference.score({
    base: models.base, data: resolve(data), completionOnly, maxLength: maxLength ?? sharedSetting(models.adapters, "max_length") ?? 512,
    ...(models.adapters[0] && { adapter: models.adapters[0].folder }), ...(chosen !== undefined && { template: chosen }), ...precision,
  });
  await inference.close();
  const { perRow: rows, ...figures } = result;
  if (json) printJson(perRow ? { ...figures, perRow: rows } : figures);
  else {
    if (perRow) for (const row of rows) print(`row ${row.row}: ${row.nll.toFixed(4)} (${counted(row.tokens, "token")})`);
    print(`${counted(figures.rows, "row")}, ${counted(figures.tokens, "token")}: nll ${figures.nll.toFixed(4)}, perplexity ${figures.perplexity.toFixed(3)}`);
  }
  return 0;
};
