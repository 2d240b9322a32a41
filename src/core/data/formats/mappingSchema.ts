/** Owns what a description of columns may hold. Apart from `mapping.ts`, so that whoever reads no description need not load its schema. */
import * as z from "zod";

const column = (holds: string): z.ZodOptional<z.ZodString> => z.string().min(1).describe(`Name of the column that holds ${holds}.`).optional();

/** The keys of `columns`, and what each names. */
export const columnKeys = {
  prompt: column("the question or instruction"), query: column("what the question is about (Alpaca's input)"), response: column("the answer"), system: column("the system message"),
  history: column("earlier turns, [[question, answer], …]"), messages: column("the list of messages"), tools: column("the descriptions of tools"),
  chosen: column("the better answer"), rejected: column("the worse answer"),
} as const;

const tag = (what: string): z.ZodOptional<z.ZodString> => z.string().min(1).describe(what).optional();

/** The keys of `tags`. */
export const tagKeys = {
  role_tag: tag("Key of a message that holds its role."), content_tag: tag("Key of a message that holds its text."), user_tag: tag("Word for the role of who asks."), assistant_tag: tag("Word for the role of who answers."),
  observation_tag: tag("Word for the role of a tool's result."), function_tag: tag("Word for the role of an answer that calls a tool."), system_tag: tag("Word for the role of a system message."),
} as const;

const kinds = {
  formatting: z.enum(["alpaca", "sharegpt", "openai"]).describe("alpaca: one question and answer a row; sharegpt or openai: a list of messages."),
  ranking: z.boolean().describe("Whether a row holds a better and a worse answer."),
} as const;

/** A description of columns in the settings: misspelt keys are faults. */
export const mappingSchema = z.strictObject({
  formatting: kinds.formatting.default("alpaca"), ranking: kinds.ranking.default(false),
  columns: z.strictObject(columnKeys).describe("What the columns are called.").optional(), tags: z.strictObject(tagKeys).describe("What the keys and roles of messages are called.").optional(),
});
/** The same in dataset_info.json, where LLaMA-Factory keeps more about a dataset. */
export const entrySchema = z.looseObject({
  file_name: z.string().describe("The dataset, in the same folder.").optional(), formatting: kinds.formatting.default("alpaca"), ranking: kinds.ranking.default(false),
  columns: z.looseObject({ ...columnKeys, kto_tag: z.string().optional(), images: z.string().optional(), videos: z.string().optional(), audios: z.string().optional() }).describe("What the columns are called.").optional(),
  tags: z.looseObject(tagKeys).describe("What the keys and roles of messages are called.").optional(),
});
export type MappingEntry = z.output<typeof mappingSchema>;
export type MappingFileEntry = z.output<typeof entrySchema>;
