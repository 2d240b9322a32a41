/** The schema of `*.tune.json`: one zod object gives the types, the defaults and the JSON Schema that the editor completes from. Names are PEFT's and Hugging Face's. */
import * as z from "zod";
import { mappingSchema } from "../data/formats/mappingSchema";
import { patternFault } from "../model/adapter/modulePattern";

const LINEARS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;

const patterns = <Value extends z.ZodType<number>>(value: Value) => z.record(z.string(), value).superRefine((given, context) => {
  for (const key of Object.keys(given)) {
    const fault = patternFault(key);
    if (fault !== undefined) context.addIssue({ code: "custom", message: `the pattern "${key.slice(0, 100)}" ${fault}`, path: [] });
  }
});

const lora = z.strictObject({
  r: z.int().min(1).max(1024).default(8).describe("Rank of the update matrices."),
  lora_alpha: z.number().positive().default(16).describe("The update is scaled by lora_alpha / r."),
  lora_dropout: z.number().min(0).lt(1).default(0).describe("Share of each adapter's input that is dropped at random in training."),
  target_modules: z.union([z.literal("all-linear"), z.array(z.string().min(1)).min(1)], { error: 'must be "all-linear" or a list of names of linear layers, such as ["q_proj", "v_proj"]' }).default("all-linear")
    .describe(`Which layers get an adapter: "all-linear", or a list such as ${JSON.stringify(LINEARS.slice(0, 4))}; "embed_tokens" is possible too.`),
  use_rslora: z.boolean().default(false).describe("Scale by lora_alpha / sqrt(r): steadier at high ranks (rsLoRA)."),
  use_dora: z.boolean().default(false).describe("Learn magnitude and direction apart (DoRA): slower, sometimes better at low ranks."),
  loraplus_lr_ratio: z.number().positive().default(1).describe("LoRA+: how much faster B learns than A; the paper suggests 16. 1 is plain LoRA."),
  rank_pattern: patterns(z.int().min(1)).default({}).describe("Ranks of their own: module name pattern to rank."),
  alpha_pattern: patterns(z.number().positive()).default({}).describe("Alphas of their own: module name pattern to lora_alpha."),
  modules_to_save: z.array(z.string().min(1)).default([]).describe('Modules trained whole, such as "lm_head".'),
});

export const runConfigSchema = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().optional().describe("A short name for the run; shown in the Runs view."),
  base: z.string().default("starter").describe("The frozen model: a Hugging Face folder or a GGUF file (relative to this file), or \"starter\"."),
  dtype: z.enum(["auto", "float32", "float16", "bfloat16"]).default("auto").describe("How the frozen weights are held: \"auto\" as in the base's files (GGUF: float32). All are computed with in float32."),
  load_in_8bit: z.boolean().default(false).describe("Hold the linear layers of the frozen base in 8 bits and multiply in integers: faster steps on processors with AMX or VNNI, less memory, at a small loss of quality, which the run measures."),
  load_in_4bit: z.boolean().default(false).describe("Hold the linear layers of the frozen base in 4 bits (QLoRA): the least memory, at some loss of quality, which the run measures."),
  device: z.enum(["auto", "cpu", "webgpu", "cuda"]).default("auto").describe("Where to train: \"auto\" takes the fastest device whose first step agrees with the CPU's; \"webgpu\" is any graphics card, \"cuda\" NVIDIA's with its own libraries."),
  data: z.string().describe("The dataset to train on (relative to this file)."),
  eval: z.string().optional().describe("A dataset to evaluate on. Without it, eval_fraction of the training rows is held out."),
  mapping: mappingSchema.optional().describe("What the columns of data and eval are called, with the keys of dataset_info.json: {\"columns\": {\"prompt\": \"ticket\", \"response\": \"reply\"}}. It goes before a dataset_info.json and the folder's settings."),
  allow_leak: z.boolean().default(false).describe("Start although rows of the evaluation dataset are in the training dataset too."),
  eval_fraction: z.number().min(0).max(0.5).default(0.1).describe("Share of the rows to hold out for evaluation where no eval file is given."),
  template: z.string().optional().describe("\"chat\" (the base's own chat template) or \"alpaca\". Left out: chat where the base has a template."),
  max_length: z.int().min(8).max(131072).default(512).describe("Longer examples are cut at the end, in tokens."),
  completion_only_loss: z.boolean().default(false).describe("Train all that follows the prompt, as TRL's completion_only_loss does: also what the template writes after an answer's end token, such as a line break. Off: each answer up to its end token."),
  lora: lora.default(lora.parse({})).describe("LoRA settings, as in PEFT."),
  adapter_name_or_path: z.string().min(1).optional().describe("Start from this adapter instead of a new one: a PEFT folder (relative to this file), the id of a run, or \"latest\". Its settings must be those of lora."),
  num_train_epochs: z.number().positive().default(3).describe("How often every row is seen."),
  max_steps: z.int().min(-1).default(-1).describe("Stop after this many optimizer steps; -1 for no limit."),
  batch_size: z.int().min(1).max(1024).default(8).describe("Rows that are computed at once."),
  gradient_accumulation_steps: z.int().min(1).max(1024).default(1).describe("How many batches make one step: the memory of one, the effect of all."),
  gradient_checkpointing: z.boolean().default(false).describe("Keep only what enters each layer and compute the rest again on the way back: much less memory, a third to a half more time, the same adapter bit for bit."),
  train_sampling_strategy: z.enum(["group_by_length", "random", "sequential"]).default("group_by_length").describe("Order of the rows: \"group_by_length\" shuffles and puts neighbours in length together (least padding), \"random\" only shuffles, \"sequential\" keeps the file's order in every epoch."),
  packing: z.boolean().default(false).describe("Put short examples together into rows of max_length; they do not see each other. A beginning that all share is computed once in a row."),
  learning_rate: z.number().positive().default(2e-4).describe("Peak learning rate."),
  lr_scheduler_type: z.enum(["constant", "linear", "cosine"]).default("cosine").describe("Shape of the learning rate after warm-up."),
  warmup_steps: z.int().min(0).default(10).describe("Steps over which the learning rate rises from 0."),
  weight_decay: z.number().min(0).default(0).describe("Decoupled weight decay (AdamW)."),
  adam_beta1: z.number().min(0).lt(1).default(0.9), adam_beta2: z.number().min(0).lt(1).default(0.999), adam_epsilon: z.number().positive().default(1e-8),
  max_grad_norm: z.number().min(0).default(1).describe("Gradients are scaled down to this norm; 0 switches clipping off."),
  loss_watchdog: z.boolean().default(true).describe("Pause the run where its loss spikes or it diverges, before the step is made. A loss that is not a number pauses it always."),
  loss_watchdog_threshold: z.number().positive().optional().describe("Pause after loss_watchdog_patience steps in a row with a loss above this, nats; about twice the loss at the start. Left out: only what the loss itself shows counts."),
  loss_watchdog_patience: z.int().min(1).max(32).default(10).describe("Over how many steps a run must have diverged before it is paused."),
  eval_steps: z.int().min(0).default(50).describe("Evaluate every so many steps and at the end; 0: only at the end."),
  save_steps: z.int().min(0).default(100).describe("Write a checkpoint every so many steps; 0: only at the end."),
  save_total_limit: z.int().min(1).max(1000).default(2).describe("How many of the newest checkpoints are kept."),
  load_best_model_at_end: z.boolean().default(false).describe("Finish with the adapter of the best evaluation instead of the last one."),
  seed: z.int().min(0).default(42).describe("Seeds the adapter's start and the order of the rows."),
}).refine(({ load_in_4bit, load_in_8bit }) => !(load_in_4bit && load_in_8bit), { path: ["load_in_4bit"], message: "it does not go together with load_in_8bit; set one of them to false" });

export type RunConfig = z.output<typeof runConfigSchema>;
export type RunConfigInput = z.input<typeof runConfigSchema>;

/** What may change in the middle of a run: nothing that decides which steps it has or what an adapter is. */
export const CHANGEABLE = ["learning_rate", "max_grad_norm", "loss_watchdog", "loss_watchdog_threshold", "loss_watchdog_patience"] as const satisfies readonly (keyof RunConfig)[];
export type ChangedSettings = Partial<Pick<RunConfig, (typeof CHANGEABLE)[number]>>;

/** JSON Schema (draft 7) of `*.tune.json`, for the editor.
 * @public used by scripts/build.mjs */
export const runConfigJsonSchema = (): unknown => z.toJSONSchema(runConfigSchema, { io: "input", target: "draft-7" });

export interface Preset { readonly name: string; readonly description: string; readonly values: Partial<RunConfigInput> }

export const presets: readonly Preset[] = [
  { name: "quick", description: "A first look: one epoch, rank 8.", values: { num_train_epochs: 1, learning_rate: 5e-4 } },
  { name: "balanced", description: "Three epochs, rank 8, cosine schedule.", values: {} },
  { name: "thorough", description: "Six epochs, rank 16, lower learning rate.", values: { num_train_epochs: 6, learning_rate: 1e-4, lora: { r: 16, lora_alpha: 32 } } },
  { name: "starter", description: "What suits the embedded starter base: a tiny model wants a high learning rate.", values: { num_train_epochs: 6, learning_rate: 3e-3, max_length: 128 } },
];
