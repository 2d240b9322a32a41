/** An adapter that training goes on from: whether it has the settings of the run, and its values as the run lays them out. */
import { UserError } from "../../errors";
import { type Adapter, emptyAdapter } from "./adapter";
import { type ModelConfig } from "../family/config";
import { type LoraSettings, type Target } from "./lora";

/** `adapter` in the layout of `settings`. `shown` is its folder, for the message. Throws ADAPTER_MISMATCH where a rank, a scale or a module differs; dropout is the run's own. */
export function continueAdapter(adapter: Adapter, config: ModelConfig, settings: LoraSettings, shown: string): Adapter {
  const own = emptyAdapter(config, settings), difference = firstDifference(adapter.targets, own.targets);
  if (difference !== undefined) {
    const { r, lora_alpha, use_rslora = false, use_dora = false } = adapter.settings;
    throw new UserError("ADAPTER_MISMATCH", `The adapter in ${shown} was made with other settings than this run's lora: ${difference}.`, `Write the adapter's own settings (${JSON.stringify({ r, lora_alpha, use_rslora, use_dora })}, and its modules), or leave adapter_name_or_path out.`);
  }
  const entries = new Map(adapter.layout.entries.map((entry) => [entry.name, entry]));
  for (const { name, offset } of own.layout.entries) {
    const from = entries.get(name)!;
    own.parameters.set(adapter.parameters.subarray(from.offset, from.offset + from.length), offset);
  }
  return own;
}

/** What the adapter has otherwise, in one clause; patterns count by what they come to. */
function firstDifference(has: readonly Target[], wanted: readonly Target[]): string | undefined {
  const key = ({ kind, module }: Target): string => `${kind} ${module}`, byKey = new Map(has.map((target) => [key(target), target])), asked = new Set(wanted.map(key));
  for (const target of wanted) {
    const found = byKey.get(key(target)), setting = target.kind === "saved" ? "modules_to_save" : "target_modules";
    if (!found) return `${setting} selects ${target.module}, which the adapter does not have`;
    if (target.kind === "saved" || found.kind === "saved") continue;
    if (found.r !== target.r) return `r of ${target.module} is ${found.r} in the adapter and ${target.r} in the run`;
    if (found.scaling !== target.scaling) return `the scale of ${target.module} (from lora_alpha, r and use_rslora) is ${found.scaling} in the adapter and ${target.scaling} in the run`;
    if (target.kind === "linear" && found.kind === "linear" && found.dora !== target.dora) return `use_dora is ${found.dora} in the adapter and ${target.dora} in the run`;
  }
  const extra = has.find((target) => !asked.has(key(target)));
  return extra && `the adapter has ${extra.module}, which ${extra.kind === "saved" ? "modules_to_save" : "target_modules"} does not select`;
}
