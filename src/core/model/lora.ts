/** LoRA (Hu et al. 2021, as in PEFT): which linears get an adapter, how its matrices lie in one flat vector, and what they add to a layer. */
import { UserError } from "../errors";
import { add, matmul, reshape, scale, slice } from "../graph/graph";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "./config";
import { blockLinears, type LinearSpec, linearSpecs } from "./tensors";

export interface LoraSettings { readonly r: number; readonly lora_alpha: number; readonly target_modules: "all-linear" | readonly string[] }

/** One trained matrix inside the flat parameter vector. */
export interface LayoutEntry { readonly name: string; readonly dims: readonly number[]; readonly offset: number; readonly length: number }
export interface Layout { readonly entries: readonly LayoutEntry[]; readonly length: number }

export function makeLayout(tensors: readonly { name: string; dims: readonly number[] }[]): Layout {
  let length = 0;
  const entries = tensors.map(({ name, dims }) => {
    const size = dims.reduce((a, b) => a * b, 1), entry = { name, dims, offset: length, length: size };
    length += size;
    return entry;
  });
  return { entries, length };
}

/** The trained matrices as values, cut out of the flat vector. */
export const piecesOf = ({ entries }: Layout, vector: Value): Map<string, Value> =>
  new Map(entries.map(({ name, dims, offset, length }) => [name, reshape(slice(vector, 0, offset, offset + length), dims)]));

/** The linears that `target_modules` selects. PEFT's rule: a name selects a module equal to it or ending in ".name". Throws NOTHING_TO_TRAIN naming what there is. */
export function loraTargets(config: ModelConfig, { target_modules }: LoraSettings): LinearSpec[] {
  const linears = linearSpecs(config);
  if (target_modules === "all-linear") return linears;
  const matches = (name: string): LinearSpec[] => linears.filter(({ module }) => module === name || module.endsWith(`.${name}`));
  const unknown = target_modules.filter((name) => matches(name).length === 0);
  if (unknown.length > 0 || target_modules.length === 0) {
    const known = blockLinears(config).map(({ module }) => module.split(".").at(-1)).join(", ");
    throw new UserError("NOTHING_TO_TRAIN", `target_modules ${unknown.map((name) => `"${name}"`).join(", ")} names no linear layer of this model.`, `Use "all-linear" or some of: ${known}.`);
  }
  const chosen = new Set(target_modules.flatMap(matches));
  return linears.filter((linear) => chosen.has(linear));
}

/** PEFT's tensor names inside adapter_model.safetensors. */
export const loraName = (module: string, side: "A" | "B"): string => `base_model.model.${module}.lora_${side}.weight`;

/** A [r, in] and B [out, r] of every target, in order. */
export const loraLayout = (targets: readonly LinearSpec[], r: number): Layout =>
  makeLayout(targets.flatMap(({ module, from, to }) => [{ name: loraName(module, "A"), dims: [r, from] }, { name: loraName(module, "B"), dims: [to, r] }]));

/** y + (alpha/r · x · Aᵀ) · Bᵀ for x [N, in]; the scale sits on the narrow product. */
export const addLora = (y: Value, x: Value, a: Value, b: Value, scaling: number): Value =>
  add(y, matmul(scale(matmul(x, a, { transposeB: true }), scaling), b, { transposeB: true }));

/** The same for S adapters at once, rows of x in S equal groups: x [S·R, in], a [S, r, in], b [S, out, r] with their scale already in b. */
export function addLoraGrouped(y: Value, x: Value, a: Value, b: Value): Value {
  const S = a.dims[0]!, R = x.dims[0]! / S;
  const narrow = matmul(reshape(x, [S, R, x.dims[1]!]), a, { transposeB: true }); // S R r
  return add(y, reshape(matmul(narrow, b, { transposeB: true }), y.dims));
}
