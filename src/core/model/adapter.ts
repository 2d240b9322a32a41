/** A LoRA adapter: read from and written to PEFT's folder layout (adapter_config.json, adapter_model.safetensors). */
import { z } from "zod";
import { UserError } from "../errors";
import { type Folder } from "../runtime";
import { type Base } from "./base";
import { type ModelConfig } from "./config";
import { type Layout, loraLayout, loraName } from "./lora";
import { readSafetensorsHeader, readTensor, writeSafetensors } from "./safetensors";
import { type LinearSpec, linearSpecs } from "./tensors";
import { readText } from "./weights";

export interface Adapter {
  /** Linear layers that it adds to. */
  readonly targets: readonly LinearSpec[];
  readonly r: number;
  readonly alpha: number;
  /** What x·Aᵀ·Bᵀ is multiplied by: alpha / r, or alpha / √r for rsLoRA. */
  readonly scaling: number;
  readonly layout: Layout;
  /** Flat, as `layout` says. */
  readonly parameters: Float32Array;
}

export type AdapterFiles = Readonly<Record<"adapter_config.json" | "adapter_model.safetensors", Uint8Array>>;

/** The two files of a PEFT folder. `baseName` becomes base_model_name_or_path; `config` is the base's. */
export function adapterFiles({ targets, r, alpha, layout, parameters }: Adapter, baseName: string, { architecture }: Pick<ModelConfig, "architecture">): AdapterFiles {
  const peft = {
    base_model_name_or_path: baseName, bias: "none", fan_in_fan_out: architecture.transposed === true, inference_mode: true, init_lora_weights: true,
    lora_alpha: alpha, lora_dropout: 0, modules_to_save: null, peft_type: "LORA", r, rank_pattern: {}, alpha_pattern: {}, target_modules: targetNames(targets), task_type: "CAUSAL_LM", use_dora: false, use_rslora: false,
  };
  const tensors = layout.entries.map(({ name, dims, offset, length }) => ({ name, dims, data: parameters.subarray(offset, offset + length) }));
  return {
    "adapter_config.json": new TextEncoder().encode(`${JSON.stringify(peft, null, 2)}\n`),
    "adapter_model.safetensors": writeSafetensors(tensors, { metadata: { format: "pt" } }),
  };
}

/** PEFT matches by suffix, so the short names do where every layer has them; they are what people expect to read. */
const targetNames = (targets: readonly LinearSpec[]): string[] => [...new Set(targets.map(({ module }) => module.split(".").at(-1)!))].sort();

const configSchema = z.looseObject({
  peft_type: z.string(), r: z.int().positive(), lora_alpha: z.number().positive(), use_rslora: z.boolean().default(false), use_dora: z.boolean().default(false),
  rank_pattern: z.record(z.string(), z.number()).nullish(), alpha_pattern: z.record(z.string(), z.number()).nullish(),
});

/** Reads an adapter for this base. Throws ADAPTER_NOT_FOUND, ADAPTER_INVALID, or ADAPTER_MISMATCH where it was made for another model. */
export async function loadAdapter(folder: Folder, base: Pick<Base, "config" | "name">): Promise<Adapter> {
  const config = await readConfig(folder);
  const stored = await readSafetensorsHeader(folder, "adapter_model.safetensors", { truncated: "ADAPTER_INVALID", invalid: "ADAPTER_INVALID", next: "Export or copy the adapter again." });
  const targets = linearSpecs(base.config).filter(({ module }) => stored.has(loraName(module, "A")));
  const layout = loraLayout(targets, config.r);
  const mismatch = (detail: string): UserError => new UserError("ADAPTER_MISMATCH", `The adapter in ${folder.path} does not fit the base ${base.name}: ${detail}.`, "Use it with the base that it was trained on.");
  const known = new Set(layout.entries.map(({ name }) => name));
  for (const name of stored.keys()) if (!known.has(name)) throw mismatch(`this base has no place for ${name}`);

  const parameters = new Float32Array(layout.length);
  for (const { name, dims, offset } of layout.entries) {
    const tensor = stored.get(name);
    if (!tensor) throw mismatch(`${name} is missing`);
    if (tensor.dims.join() !== dims.join()) throw mismatch(`${name} has shape [${tensor.dims.join(", ")}], the base needs [${dims.join(", ")}]`);
    parameters.set(await readTensor(folder, tensor), offset);
  }
  if (targets.length === 0) throw new UserError("ADAPTER_INVALID", `The adapter in ${folder.path} holds no LoRA matrices.`, "Choose a PEFT LoRA folder.");
  return { targets, r: config.r, alpha: config.lora_alpha, scaling: config.lora_alpha / (config.use_rslora ? Math.sqrt(config.r) : config.r), layout, parameters };
}

async function readConfig(folder: Folder): Promise<z.output<typeof configSchema>> {
  for (const file of ["adapter_config.json", "adapter_model.safetensors"]) {
    if (!(await folder.exists(file))) throw new UserError("ADAPTER_NOT_FOUND", `There is no adapter in ${folder.path}: ${file} is missing.`, "Give a PEFT adapter folder or the id of a finished run.");
  }
  const invalid = (detail: string, next = "Export or copy the adapter again."): UserError => new UserError("ADAPTER_INVALID", `adapter_config.json in ${folder.path} ${detail}.`, next);
  let raw: unknown;
  try {
    raw = JSON.parse(await readText(folder, "adapter_config.json"));
  } catch {
    throw invalid("is not valid JSON");
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw invalid(`is not a PEFT LoRA configuration (${parsed.error.issues[0]!.path.join(".")}: ${parsed.error.issues[0]!.message})`);
  const { peft_type: type, use_dora, rank_pattern, alpha_pattern } = parsed.data;
  if (type !== "LORA" || use_dora) throw invalid(`describes ${use_dora ? "DoRA" : type}, which Tunesmith does not read yet`, "Choose a LoRA adapter.");
  if (Object.keys(rank_pattern ?? {}).length + Object.keys(alpha_pattern ?? {}).length > 0) throw invalid("uses rank_pattern or alpha_pattern, which Tunesmith does not read yet", "Choose an adapter with one rank.");
  return parsed.data;
}
