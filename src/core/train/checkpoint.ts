/** A trainer's state as one safetensors file, and back. */
import { UserError } from "../errors";
import { type StoredTensor } from "../graph/ops";
import { readSafetensorsHeader, readTensor, writeSafetensors } from "../model/weights/safetensors";
import { emptyAdapter } from "../model/adapter/adapter";
import { type Base } from "../model/base";
import { type Folder } from "../runtime";
import { type RunConfig } from "./runConfig";
import { unwatched, type WatchState } from "./guard";
import { type TrainerState } from "./initial";

const vectors = ["parameters", "m", "v"] as const;

/** Vectors [P] parameters, m, v; the step and update counts and the lowest evaluation loss [3]; the guard's five figures and the newest losses [5 + n]. Counts below 2^24 are exact in 32-bit floats. */
export const stateBytes = ({ optimizer, step, bestEvalLoss, watch }: TrainerState): Uint8Array => writeSafetensors([
  ...vectors.map((name) => ({ name, dims: [optimizer[name].length], data: optimizer[name] })),
  { name: "counts", dims: [3], data: Float32Array.of(step, optimizer.updates, bestEvalLoss) },
  { name: "watch", dims: [5 + watch.recent.length], data: Float32Array.of(watch.highestLoss, watch.ceiling, watch.highestGradNorm, watch.lowestLevel, watch.lowestScatter, ...watch.recent) },
]);

/** Reads a checkpoint file of `folder` for a run of this base and config. Throws ADAPTER_INVALID where it is damaged or belongs to other settings. */
export async function readState(folder: Folder, file: string, base: Base, config: RunConfig): Promise<TrainerState> {
  const errors = { truncated: "ADAPTER_INVALID", invalid: "ADAPTER_INVALID", next: "Resume from an older checkpoint, or start the run again." } as const;
  const stored = await readSafetensorsHeader(folder, file, errors), adapter = emptyAdapter(base.config, config.lora);
  const damaged = (detail: string): UserError => new UserError("ADAPTER_INVALID", `${file} in ${folder.path} is damaged: ${detail}.`, errors.next);
  for (const [name, { dtype }] of stored) if (dtype !== "float32") throw damaged(`${name} is stored as ${dtype}`);
  const read = async (name: string, length: number): Promise<Float32Array> => {
    const tensor = stored.get(name);
    if (tensor?.dims[0] !== length || tensor.dims.length !== 1) throw new UserError("ADAPTER_INVALID", `${file} in ${folder.path} does not fit this run: ${name} has ${tensor?.dims[0] ?? "no"} values, not ${length}.`, errors.next);
    return readTensor(folder, tensor);
  };
  const [parameters, m, v] = await Promise.all(vectors.map((name) => read(name, adapter.layout.length))) as [Float32Array, Float32Array, Float32Array];
  const [step, updates, bestEvalLoss] = (await read("counts", 3)) as unknown as [number, number, number];
  for (const [name, count] of [["step", step], ["updates", updates]] as const) if (!Number.isSafeInteger(count) || count < 0) throw damaged(`counts says ${count} for ${name}`);
  for (const [name, values] of [["parameters", parameters], ["m", m], ["v", v]] as const) if (!values.every(Number.isFinite)) throw damaged(`${name} holds values that are no numbers`);
  return { adapter: { ...adapter, parameters }, optimizer: { parameters, m, v, updates }, step, bestEvalLoss, watch: await readWatch(folder, stored.get("watch")) };
}

/** A checkpoint from before there was a guard has none: it begins anew. */
async function readWatch(folder: Folder, tensor: StoredTensor | undefined): Promise<WatchState> {
  if (!tensor) return unwatched;
  const [highestLoss = -Infinity, ceiling = -Infinity, highestGradNorm = -Infinity, lowestLevel = Infinity, lowestScatter = 0, ...recent] = await readTensor(folder, tensor);
  return { highestLoss, ceiling, highestGradNorm, lowestLevel, lowestScatter, recent };
}
