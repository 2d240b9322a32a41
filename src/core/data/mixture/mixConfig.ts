/** The schema of `*.mix.json`: which datasets are mixed, in what proportions, and how the rows are split; one zod object gives types, defaults and the editor's JSON Schema. */
import * as z from "zod";
import { parseConfigFile } from "../../configFile";

const source = z.strictObject({
  file: z.string().min(1).describe("A dataset in any format that Tunesmith reads, relative to this file."),
  weight: z.number().positive().default(1).describe("Multiplies the share of every task of this file."),
  max_rows: z.int().min(1).optional().describe("At most this many rows of this file are considered."),
  task: z.string().min(1).optional().describe("Name of the task that the rows belong to; left out, the file's name. Files with one task share one cap."),
  task_key: z.string().min(1).optional().describe("Key of a row that names its task (dots reach inside, such as \"meta.task\"), for files that hold many."),
});

export const mixSchema = z.strictObject({
  $schema: z.string().optional(),
  sources: z.array(source).min(1).describe("The datasets to mix."),
  mixing: z.enum(["examples-proportional", "temperature-scaled", "equal"]).default("examples-proportional")
    .describe("How large a share of the mixture each task gets (Raffel et al. 2020, section 3.5.2): by its number of rows, by that number to the power 1 / temperature, or all the same."),
  cap: z.int().min(1).optional().describe("A task counts as at most this many rows, so that a large one does not drown the others (FLAN mixed with a cap of 3,000; Wei et al. 2022)."),
  temperature: z.number().min(1).default(2).describe("For temperature-scaled mixing: 1 is proportional, large values come close to equal."),
  rows: z.int().min(1).optional().describe("Rows of the mixture in all. Left out: as many as the shares allow without repeating a row."),
  repeat: z.boolean().default(false).describe("Whether rows of small tasks may be repeated in training to reach their share."),
  eval_fraction: z.number().min(0).max(0.5).default(0.1).describe("Share of the groups of rows that is held out for evaluation."),
  group_by: z.array(z.string().min(1)).default([]).describe("Keys of a row (dots reach inside): rows with an equal value in one of them stay on the same side of the split, such as the turns of one conversation or the questions about one document."),
  near_duplicates: z.enum(["together", "drop", "ignore"]).default("together").describe("Rows that say nearly the same: kept on the same side of the split, dropped but one, or treated as different rows. Equal rows are always dropped but one."),
  format: z.enum(["openai-chat", "alpaca"]).default("openai-chat").describe("The format of the written files."),
  seed: z.int().min(0).default(42).describe("Seeds the choice of rows, the split and the order."),
});

export type MixConfig = z.output<typeof mixSchema>;

/** Throws CONFIG_INVALID with the line of each fault. `name` is shown in messages. */
export const parseMixConfig = (text: string, name: string): MixConfig => parseConfigFile(mixSchema, text, name);

/** JSON Schema (draft 7) of `*.mix.json`, for the editor.
 * @public used by scripts/build.mjs */
export const mixJsonSchema = (): unknown => z.toJSONSchema(mixSchema, { io: "input", target: "draft-7" });
