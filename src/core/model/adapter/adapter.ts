/** An adapter: read from and written to PEFT's folder layout (adapter_config.json, adapter_model.safetensors). */
import * as z from "zod";
import { UserError } from "../../errors";
import { type StoredTensor } from "../../graph/ops";
import { type Folder } from "../../runtime";
import { type Base } from "../base";
import { type ModelConfig } from "../family/config";
import { embeddingName, type Layout, loraLayout, loraName, type LoraSettings, loraTargets, savedName, type Target } from "./lora";
import { patternFault } from "./modulePattern";
import { readSafetensorsHeader, readTensor, writeSafetensors } from "../weights/safetensors";
import { linearSpecs, tensorSpecs } from "../family/tensors";
import { readText } from "../weights/weights";

export interface Adapter {
  readonly settings: LoraSettings;
  readonly targets: readonly Target[];
  readonly layout: Layout;
  /** Flat, as `layout` says. */
  readonly parameters: Float32Array;
}

export type AdapterFiles = Readonly<Record<"adapter_config.json" | "adapter_model.safetensors", Uint8Array>>;

/** The adapter that the settings describe, all zeros: its shape. */
export function emptyAdapter(config: ModelConfig, settings: LoraSettings): Adapter {
  const targets = loraTargets(config, settings), layout = loraLayout(targets);
  return { settings, targets, layout, parameters: new Float32Array(layout.length) };
}

/** The two files of a PEFT folder. `baseName` becomes base_model_name_or_path; `config` is the base's. */
export function adapterFiles({ settings, targets, layout, parameters }: Adapter, baseName: string, { architecture }: Pick<ModelConfig, "architecture">): AdapterFiles {
  const lastParts = (kinds: readonly Target["kind"][]): string[] => [...new Set(targets.filter(({ kind }) => kinds.includes(kind)).map(({ module }) => module.split(".").at(-1)!))].sort();
  const saved = lastParts(["saved"]);
  const peft = {
    alpha_pattern: settings.alpha_pattern ?? {}, base_model_name_or_path: baseName, bias: "none", fan_in_fan_out: architecture.transposed === true, inference_mode: true, init_lora_weights: true,
    lora_alpha: settings.lora_alpha, lora_dropout: settings.lora_dropout ?? 0, modules_to_save: saved.length > 0 ? saved : null, peft_type: "LORA", r: settings.r, rank_pattern: settings.rank_pattern ?? {},
    // PEFT matches by suffix, so the short names do, and they are what people expect to read.
    target_modules: lastParts(["linear", "embedding"]), task_type: "CAUSAL_LM", use_dora: settings.use_dora === true, use_rslora: settings.use_rslora === true,
  };
  const tensors = layout.entries.map(({ name, dims, offset, length }) => ({ name, dims, data: parameters.subarray(offset, offset + length) }));
  return { "adapter_config.json": new TextEncoder().encode(`${JSON.stringify(peft, null, 2)}\n`), "adapter_model.safetensors": writeSafetensors(tensors, { metadata: { format: "pt" } }) };
}

const patternSchema = z.record(z.string().superRefine((key, context) => {
  const fault = patternFault(key);
  if (fault !== undefined) context.addIssue({ code: "custom", message: `the pattern ${JSON.stringify(key.slice(0, 100))} ${fault}` });
}), z.number().positive()).nullish().transform((value) => value ?? {});
const configSchema = z.looseObject({
  peft_type: z.string(), r: z.int().positive(), lora_alpha: z.number().positive(), use_rslora: z.boolean().default(false), use_dora: z.boolean().default(false), bias: z.string().default("none"),
  rank_pattern: patternSchema, alpha_pattern: patternSchema, modules_to_save: z.array(z.string()).nullish(), trainable_token_indices: z.unknown().optional(),
});

/** Reads an adapter for this base. Throws ADAPTER_NOT_FOUND, ADAPTER_INVALID, or ADAPTER_MISMATCH where it was made for another model. */
export async function loadAdapter(folder: Folder, base: Pick<Base, "config" | "name">): Promise<Adapter> {
  const peft = await readConfig(folder), file = ADAPTER_FILES[1];
  const invalid = (detail: string): UserError => new UserError("ADAPTER_INVALID", `${file} in ${folder.path}: ${detail}.`, EXPORT_AGAIN);
  const stored = await readSafetensorsHeader(folder, file, { truncated: "ADAPTER_INVALID", invalid: "ADAPTER_INVALID", next: EXPORT_AGAIN });
  const settings = settingsOf(folder, base, peft, stored), targets = loraTargets(base.config, settings), layout = loraLayout(targets);
  checkNames(folder, base, layout, stored);
  // Every size is compared with what is stored before room is made for it: a rank may be any number.
  for (const { name, dims } of layout.entries) {
    const tensor = stored.get(name);
    if (!tensor) throw mismatch(folder, base, `${name} is missing`);
    if (tensor.dims.join() !== dims.join()) throw mismatch(folder, base, `${name} has shape [${tensor.dims.join(", ")}]; the base with the ranks of adapter_config.json needs [${dims.join(", ")}]`);
    if (!["float32", "float16", "bfloat16"].includes(tensor.dtype)) throw invalid(`${name} is stored as ${tensor.dtype}, not as floating-point numbers`);
  }
  const parameters = new Float32Array(layout.length);
  for (const { name, offset } of layout.entries) {
    const values = await readTensor(folder, stored.get(name)!);
    if (!values.every(Number.isFinite)) throw invalid(`${name} holds values that are no numbers (NaN or infinite)`);
    parameters.set(values, offset);
  }
  return { settings, targets, layout, parameters };
}

/** What was really adapted is what the file holds; target_modules may be a pattern that only PEFT understands. */
function settingsOf(folder: Folder, base: Pick<Base, "config" | "name">, peft: z.output<typeof configSchema>, stored: ReadonlyMap<string, StoredTensor>): LoraSettings {
  const { config } = base, { r, lora_alpha, use_rslora, use_dora, rank_pattern, alpha_pattern } = peft, { embedding } = config.architecture.names;
  const target_modules = [...linearSpecs(config).filter(({ module }) => stored.has(loraName(module, "A"))).map(({ module }) => module), ...(stored.has(embeddingName(embedding, "A")) ? [embedding] : [])];
  if (target_modules.length === 0) {
    if (stored.size > 0) throw mismatch(folder, base, `this base has no place for ${[...stored.keys()][0]}`);
    throw new UserError("ADAPTER_INVALID", `The adapter in ${folder.path} holds no LoRA matrices in ${ADAPTER_FILES[1]}.`, "Choose a PEFT LoRA folder.");
  }
  const modules_to_save = [...new Set(tensorSpecs(config).filter(({ name }) => stored.has(savedName(name))).map(({ name }) => name.replace(/\.(weight|bias)$/, "")))];
  if (config.tied && modules_to_save.includes(embedding)) throw mismatch(folder, base, `${savedName(`${embedding}.weight`)} is trained whole, and is also this base's output head`);
  return { r, lora_alpha, use_rslora, use_dora, rank_pattern, alpha_pattern, target_modules, modules_to_save };
}

function checkNames(folder: Folder, base: Pick<Base, "config" | "name">, layout: Layout, stored: ReadonlyMap<string, StoredTensor>): void {
  const known = new Set(layout.entries.map(({ name }) => name));
  // PEFT stores the untouched table beside an adapter of it.
  const ignored = savedName(`${base.config.architecture.names.embedding}.base_layer.weight`);
  for (const name of stored.keys()) if (!known.has(name) && name !== ignored) throw mismatch(folder, base, `this base has no place for ${name}`);
}

const EXPORT_AGAIN = "Export or copy the adapter again.";

const mismatch = (folder: Folder, base: Pick<Base, "name">, detail: string): UserError =>
  new UserError("ADAPTER_MISMATCH", `The adapter in ${folder.path} does not fit the base ${base.name}: ${detail}.`, "Use it with the base that it was trained on.");

/** The files of a PEFT folder that are read. */
export const ADAPTER_FILES = ["adapter_config.json", "adapter_model.safetensors"] as const;
/** PEFT's older form is a pickle, which can run any code when it is read: its presence is told, it is never opened. */
const PICKLE = "adapter_model.bin";

/** Throws ADAPTER_NOT_FOUND where a file is missing, ADAPTER_INVALID where the weights are there as a pickle only. */
export async function requireAdapterFiles(folder: Folder): Promise<void> {
  for (const file of ADAPTER_FILES) {
    if (await folder.exists(file)) continue;
    if (file === "adapter_model.safetensors" && await folder.exists(PICKLE)) throw new UserError("ADAPTER_INVALID", `${folder.path} has its weights in ${PICKLE} only, a Python pickle, which is never read because it can run code.`, "Save the adapter again with PEFT's save_pretrained(…, safe_serialization=True).");
    throw new UserError("ADAPTER_NOT_FOUND", `There is no adapter in ${folder.path}: ${file} is missing.`, "Give a PEFT adapter folder or the id of a finished run.");
  }
}

async function readConfig(folder: Folder): Promise<z.output<typeof configSchema>> {
  await requireAdapterFiles(folder);
  const invalid = (detail: string, next = EXPORT_AGAIN): UserError => new UserError("ADAPTER_INVALID", `adapter_config.json in ${folder.path} ${detail}.`, next);
  const text = await readText(folder, "adapter_config.json", "ADAPTER_INVALID");
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw invalid("is not valid JSON");
  }
  const parsed = configSchema.safeParse(raw);
  if (!parsed.success) throw invalid(`is not a PEFT LoRA configuration (${issueOf(parsed.error)})`);
  const { peft_type: type, bias, trainable_token_indices: tokens } = parsed.data;
  if (type !== "LORA") throw invalid(`describes ${type}, which Tunesmith does not read`, "Choose a LoRA adapter.");
  if (bias !== "none" || (tokens !== null && tokens !== undefined)) throw invalid(`trains ${bias !== "none" ? "biases" : "single tokens"}, which Tunesmith does not read`, "Choose an adapter without them.");
  return parsed.data;
}

const issueOf = ({ issues: [issue] }: z.ZodError): string => {
  const nested = issue!.code === "invalid_key" ? issue!.issues[0]?.message : undefined;
  return `${issue!.path.map(String).join(".") || "the file"}: ${nested ?? issue!.message}`;
};
