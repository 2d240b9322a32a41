/** Owns a user's own column names: what the columns and roles of a dataset are called, as LLaMA-Factory's dataset_info.json says it. `mappingSources.ts` says where such descriptions stand. */
import { z } from "zod";
import { entryOf } from "../json/tree";
import { type RowFormat } from "./format";
import { readChat } from "./openaiChat";
import { readPair, type Columns } from "./pairs";
import { readPreference } from "./preference";
import { type ChatTags } from "./roles";
import { plainText } from "./tasks";

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

/** What a dataset's columns hold. Plain data, so that it can be compared and kept. */
export interface Mapping {
  /** The entry's name in dataset_info.json, or the pattern in the settings. */
  readonly name: string;
  readonly formatting: MappingEntry["formatting"];
  readonly ranking: boolean;
  readonly columns: Readonly<Record<string, string | undefined>>;
  readonly tags: Readonly<Record<string, string | undefined>>;
  /** The names in the file that the mapping uses. */
  readonly columnNames: readonly string[];
  readonly reason: string;
}

const strings = (object: Readonly<Record<string, unknown>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(object ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

/** `who` begins the sentence that says why. */
export const mappingOf = (name: string, who: string, { formatting, ranking, columns, tags }: Pick<z.output<typeof entrySchema>, "formatting" | "ranking" | "columns" | "tags">): Mapping => {
  const names = strings(columns), words = strings(tags);
  const said = [...Object.entries(names), ...Object.entries(words)].map(([key, word]) => `${key} is \`${word}\``).join(", ");
  return { name, formatting, ranking, columns: names, tags: words, columnNames: Object.values(names), reason: `${who}${said ? `: ${said}` : ""}.` };
};

/** The format that a mapping describes. */
export const mappedFormat = (mapping: Mapping): RowFormat => {
  const { formatting, columns, ranking } = mapping;
  const base = {
    name: "mapped" as const, title: "Mapped columns", source: "LLaMA-Factory dataset_info.json", example: '{"my_data": {"file_name": "my_data.jsonl", "columns": {"prompt": "q", "response": "a"}}}',
    mask: "As the format that it is mapped to: answers with the base's end token.", signatures: [],
  };
  if (ranking) {
    const prompt = formatting === "alpaca" ? columns.prompt ?? "instruction" : columns.messages ?? (formatting === "openai" ? "messages" : "conversations");
    return { ...base, read: readPreference("Mapped rows", (object) => ({
      prompt: entryOf(object, prompt), query: formatting === "alpaca" ? entryOf(object, columns.query ?? "input") : undefined, chosen: entryOf(object, columns.chosen ?? "chosen"), rejected: entryOf(object, columns.rejected ?? "rejected"),
    }), []) };
  }
  if (formatting !== "alpaca") {
    const list = columns.messages ?? (formatting === "openai" ? "messages" : "conversations");
    return { ...base, read: readChat({ tags: tagsFrom(mapping), keys: [list], rows: "Mapped rows", system: columns.system ?? "system", tools: columns.tools ?? "tools" }) };
  }
  // {"columns": {"prompt": "text"}} is how LLaMA-Factory is told of plain text.
  if (columns.prompt === "text" && columns.response === undefined) return { ...base, read: (row) => plainText.read(row, undefined) };
  const { prompt = "instruction", query = "input", response = "output", system = "system", history = "history", tools } = columns;
  const pair: Columns = { prompt, query, response, system, history, ...(tools === undefined ? {} : { tools }) };
  return { ...base, read: readPair({ rows: "Mapped rows", columns: pair }) };
};

const tagsFrom = ({ formatting, tags }: Mapping): ChatTags => {
  const openai = formatting === "openai";
  const word = (tag: string, otherwise: string): string => tags[tag] ?? otherwise;
  const names = [word("system_tag", "system"), word("user_tag", openai ? "user" : "human"), word("assistant_tag", openai ? "assistant" : "gpt"), word("observation_tag", openai ? "tool" : "observation"), word("function_tag", "function_call")] as const;
  return {
    title: "Mapped messages", role: word("role_tag", openai ? "role" : "from"), content: word("content_tag", openai ? "content" : "value"), roleNames: names.join(", "),
    roles: { [names[4]]: "call", [names[3]]: "tool", [names[0]]: "system", [names[1]]: "user", [names[2]]: "assistant" },
  };
};
