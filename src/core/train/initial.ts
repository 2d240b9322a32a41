/** Where a tuning run starts: an adapter that changes nothing yet (or one that a person gave), and an optimizer that has seen nothing. */
import { type Adapter, emptyAdapter } from "../model/adapter/adapter";
import { type Base } from "../model/base";
import { type LayoutEntry, magnitudeName, savedName } from "../model/adapter/lora";
import { readTensor } from "../model/weights/safetensors";
import { normal, seededRandom } from "../random";
import { unwatched, type WatchState } from "./guard";
import { type RunConfig } from "./runConfig";
import { type OptimizerState } from "./stepper";

/** Everything that a run needs to go on from where it stood: the adapter, the optimizer's moments, how many steps were made, the lowest evaluation loss so far (Infinity before the first), and what the guard remembers. The order of the data follows from the config's seed. */
export interface TrainerState { readonly adapter: Adapter; readonly optimizer: OptimizerState; readonly step: number; readonly bestEvalLoss: number; readonly watch: WatchState }

/**
 * The state before the first step, as PEFT draws it: A uniform in ±1/√in and B zero; an embedding's A zero and B standard normal; DoRA's magnitudes the norms of the base's rows; saved modules as the base has them.
 * So the tuned model starts as the base. Reads the weights that it copies, throws NOTHING_TO_TRAIN where the settings select nothing.
 */
export async function initialState(base: Pick<Base, "config" | "folder" | "weights">, { lora, seed }: Pick<RunConfig, "lora" | "seed">): Promise<TrainerState> {
  const adapter = emptyAdapter(base.config, lora), { parameters, layout, targets } = adapter;
  const entries = new Map(layout.entries.map((entry) => [entry.name, entry]));
  const fill = ({ offset, length }: LayoutEntry, at: (i: number) => number): void => { for (let i = 0; i < length; i++) parameters[offset + i] = at(i); };
  for (const entry of layout.entries) {
    const random = seededRandom(`${seed}/lora/${entry.name}`), bound = 1 / Math.sqrt(entry.dims[1] ?? 1);
    if (entry.name.includes(".lora_A.")) fill(entry, () => (2 * random() - 1) * bound);
    if (entry.name.endsWith(".lora_embedding_B")) fill(entry, () => normal(random));
  }
  for (const target of targets) {
    if (target.kind === "saved") for (const { name } of target.tensors) parameters.set(await weightOf(base, name), entries.get(savedName(name))!.offset);
    if (target.kind === "linear" && target.dora) {
      const w = await weightOf(base, `${target.module}.weight`), { from, to } = target, transposed = base.config.architecture.transposed === true;
      fill(entries.get(magnitudeName(target.module))!, (row) => {
        let total = 0;
        for (let i = 0; i < from; i++) total += w[transposed ? i * to + row : row * from + i]! ** 2;
        return Math.sqrt(total);
      });
    }
  }
  return freshState(adapter);
}

/** This adapter before the first step, with an optimizer that has seen nothing. */
export function freshState(adapter: Adapter): TrainerState {
  const zeros = (): Float32Array => new Float32Array(adapter.layout.length);
  return { adapter, optimizer: { parameters: adapter.parameters, m: zeros(), v: zeros(), updates: 0 }, step: 0, bestEvalLoss: Infinity, watch: unwatched };
}

const weightOf = ({ folder, weights }: Pick<Base, "folder" | "weights">, name: string): Promise<Float32Array> => readTensor(folder, weights.get(name)!);
