/** LoRA (Hu et al. 2021, as in PEFT) and its relatives: which modules get an adapter, with which rank and scale, and how its matrices lie in one flat vector. */
import { UserError } from "../../errors";
import { reshape, slice } from "../../graph/graph";
import { product, type Value } from "../../graph/ops";
import { type ModelConfig } from "../family/config";
import { modulePattern, patternFault } from "./modulePattern";
import { blockLinears, linearSpecs, type TensorSpec, tensorSpecs } from "../family/tensors";

/** PEFT's settings, by PEFT's names. */
export interface LoraSettings {
  readonly r: number;
  readonly lora_alpha: number;
  readonly target_modules: "all-linear" | readonly string[];
  /** Only training reads it. */
  readonly lora_dropout?: number;
  /** Scale by alpha / √r (Kalajdzievski 2023) instead of alpha / r. */
  readonly use_rslora?: boolean;
  /** Learn the magnitude of every output apart from its direction (Liu et al. 2024). */
  readonly use_dora?: boolean;
  /** Module name pattern → rank or alpha of its own. */
  readonly rank_pattern?: Readonly<Record<string, number>>;
  readonly alpha_pattern?: Readonly<Record<string, number>>;
  /** Modules that are trained whole, such as lm_head. */
  readonly modules_to_save?: readonly string[];
}

/** A linear layer or the embedding table with an adapter of its own rank, or a module trained whole. */
export type Target =
  | { readonly kind: "linear"; readonly module: string; readonly from: number; readonly to: number; readonly r: number; readonly scaling: number; readonly dora: boolean }
  | { readonly kind: "embedding"; readonly module: string; readonly from: number; readonly to: number; readonly r: number; readonly scaling: number }
  | { readonly kind: "saved"; readonly module: string; readonly tensors: readonly TensorSpec[] };

/** One trained matrix inside the flat parameter vector. */
export interface LayoutEntry { readonly name: string; readonly dims: readonly number[]; readonly offset: number; readonly length: number }
export interface Layout { readonly entries: readonly LayoutEntry[]; readonly length: number }

export function makeLayout(tensors: readonly TensorSpec[]): Layout {
  let length = 0;
  const entries = tensors.map(({ name, dims }) => {
    const entry = { name, dims, offset: length, length: product(dims) };
    length += entry.length;
    return entry;
  });
  return { entries, length };
}

/** The trained matrices as values, cut out of the flat vector. */
export const piecesOf = ({ entries }: Layout, vector: Value): Map<string, Value> =>
  new Map(entries.map(({ name, dims, offset, length }) => [name, reshape(slice(vector, 0, offset, offset + length), dims)]));

/** What the settings select in this model. Throws NOTHING_TO_TRAIN naming what there is, BAD_ARGUMENT for a pattern that is no regular expression. */
export function loraTargets(config: ModelConfig, settings: LoraSettings): Target[] {
  const { target_modules: wanted, modules_to_save: saved = [] } = settings;
  const linears = linearSpecs(config), embedding = { module: config.architecture.names.embedding, from: config.vocabularySize, to: config.hiddenSize };
  const unknown = wanted === "all-linear" ? [] : wanted.filter((name) => ![...linears, embedding].some(({ module }) => namesModule(name, module)));
  if (unknown.length > 0 || wanted.length === 0) {
    const known = [...blockLinears(config).map(({ module }) => lastPart(module)), lastPart(embedding.module)].join(", ");
    throw new UserError("NOTHING_TO_TRAIN", `target_modules ${unknown.map((name) => `"${name}"`).join(", ") || "is empty: it"} names no linear layer of this model.`, `Use "all-linear" or some of: ${known}.`);
  }
  const selected = (module: string): boolean => wanted !== "all-linear" && wanted.some((name) => namesModule(name, module));
  const { use_dora: dora = false } = settings;
  return [
    ...(selected(embedding.module) ? [{ kind: "embedding", ...embedding, ...rankOf(embedding.module, settings) } as const] : []),
    ...linears.filter(({ module }) => wanted === "all-linear" || selected(module)).map(({ module, from, to }) => ({ kind: "linear", module, from, to, dora, ...rankOf(module, settings) } as const)),
    ...saved.map((name) => savedModule(config, name)),
  ];
}

/** PEFT: a module is named by its whole path or by the end of it. */
const namesModule = (name: string, module: string): boolean => module === name || module.endsWith(`.${name}`);
const lastPart = (module: string): string => module.split(".").at(-1)!;

/** Rank and scale of a module, its patterns applied. */
export function rankOf(module: string, settings: LoraSettings): { r: number; scaling: number } {
  const r = byPattern(module, settings.rank_pattern) ?? settings.r, alpha = byPattern(module, settings.alpha_pattern) ?? settings.lora_alpha;
  return { r, scaling: alpha / (settings.use_rslora ? Math.sqrt(r) : r) };
}

const byPattern = (module: string, patterns: Readonly<Record<string, number>> = {}): number | undefined => Object.entries(patterns).find(([key]) => {
  const fault = patternFault(key);
  if (fault !== undefined) throw new UserError("BAD_ARGUMENT", `"${key}" in rank_pattern or alpha_pattern ${fault}.`, "Write a module name such as q_proj.");
  return modulePattern(key).test(module);
})?.[1];

function savedModule(config: ModelConfig, name: string): Target {
  const specs = tensorSpecs(config), modules = [...new Set(specs.map((spec) => spec.name.replace(/\.(weight|bias)$/, "")))];
  const module = modules.find((candidate) => namesModule(name, candidate));
  if (module === undefined) throw new UserError("NOTHING_TO_TRAIN", `modules_to_save "${name}" is no module of this model${config.tied ? " (its output head is the embedding table)" : ""}.`, `Use some of: ${[...new Set(modules.map(lastPart))].join(", ")}.`);
  if (config.tied && module === config.architecture.names.embedding) throw new UserError("NOTHING_TO_TRAIN", `modules_to_save "${name}" is also the output head of this base.`, "Train it with an adapter instead: add it to target_modules.");
  return { kind: "saved", module, tensors: specs.filter((spec) => spec.name.startsWith(`${module}.`)) };
}

/** PEFT's tensor names inside adapter_model.safetensors. */
const PREFIX = "base_model.model.";
export const loraName = (module: string, side: "A" | "B"): string => `${PREFIX}${module}.lora_${side}.weight`;
export const embeddingName = (module: string, side: "A" | "B"): string => `${PREFIX}${module}.lora_embedding_${side}`;
export const magnitudeName = (module: string): string => `${PREFIX}${module}.lora_magnitude_vector`;
export const savedName = (tensor: string): string => `${PREFIX}${tensor}`;

/** The matrices of every target, in order: A [r, in] and B [out, r]; DoRA's magnitude [out]; a saved module's tensors. */
export const loraLayout = (targets: readonly Target[]): Layout => makeLayout(targets.flatMap((target): TensorSpec[] => {
  switch (target.kind) {
    case "linear": return [
      { name: loraName(target.module, "A"), dims: [target.r, target.from] }, { name: loraName(target.module, "B"), dims: [target.to, target.r] },
      ...(target.dora ? [{ name: magnitudeName(target.module), dims: [target.to] }] : []),
    ];
    case "embedding": return [{ name: embeddingName(target.module, "A"), dims: [target.r, target.from] }, { name: embeddingName(target.module, "B"), dims: [target.to, target.r] }];
    case "saved": return target.tensors.map(({ name, dims }) => ({ name: savedName(name), dims }));
  }
}));
