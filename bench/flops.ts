/** Counts the multiplications and additions of matrix products in a graph: what its time is measured against. */
import { product, type Value } from "../src/core/graph/ops";
import { emptyAdapter } from "../src/core/model/adapter/adapter";
import { lossBucket } from "../src/core/text/batch";
import { lossAndGradient, loraTrainable } from "../src/core/train/graphs";
import { openBase } from "../src/project/base";
import { type StepTask } from "./step";

export interface Products { /** FLOP of all. */ readonly all: number; /** Of those between activations alone, with heads as leading axes: attention. */ readonly attention: number }

export function productsOf(outputs: Iterable<Value>): Products {
  const seen = new Set<Value>(), open = [...outputs];
  let all = 0, attention = 0;
  for (let value = open.pop(); value; value = open.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    open.push(...value.inputs);
    if (value.op !== "matmul") continue;
    const inner = value.inputs[0]!.dims.at(value.attributes.transposeA ? -2 : -1)!, work = 2 * product(value.dims) * inner;
    all += work;
    if (value.dims.length > 2) attention += work;
  }
  return { all, attention };
}

/** Of one step of the task, in 32 bits without checkpointing. */
export async function stepProducts({ base: path, ids, labels, r, alpha }: StepTask): Promise<Products> {
  const base = await openBase(path), B = ids.length, T = ids[0]!.length, trained = labels.flat().filter((label) => label !== -100).length;
  const { targets } = emptyAdapter(base.config, { r, lora_alpha: alpha, target_modules: "all-linear" });
  const { loss, gradient } = lossAndGradient(loraTrainable(base, targets), base.config, { B, T, K: lossBucket(trained, B * T) });
  return productsOf([loss, gradient]);
}
