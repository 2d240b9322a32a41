/** Owns a user's own column names: LLaMA-Factory's dataset_info.json, which says for each file what its columns and roles are called. */
import { z } from "zod";
import { entryOf } from "../json/tree";
import { type RowFormat } from "./format";
import { readChat } from "./openaiChat";
import { readPair, type Columns } from "./pairs";
import { readPreference } from "./preference";
import { type ChatTags } from "./roles";
import { plainText } from "./tasks";

const columnsSchema = z.looseObject({
  prompt: z.string(), query: z.string(), response: z.string(), history: z.string(), messages: z.string(), system: z.string(), tools: z.string(), chosen: z.string(), rejected: z.string(), kto_tag: z.string(), images: z.string(), videos: z.string(), audios: z.string(),
}).partial();
const tagsSchema = z.looseObject({
  role_tag: z.string(), content_tag: z.string(), user_tag: z.string(), assistant_tag: z.string(), observation_tag: z.string(), function_tag: z.string(), system_tag: z.string(),
}).partial();
const entrySchema = z.looseObject({
  file_name: z.string().optional(), formatting: z.enum(["alpaca", "sharegpt", "openai"]).default("alpaca"), ranking: z.boolean().default(false), columns: columnsSchema.optional(), tags: tagsSchema.optional(),
});
type Entry = z.infer<typeof entrySchema>;

/** What a dataset's columns hold. Plain data, so that it can be compared and kept. */
export interface Mapping {
  /** The entry's name in dataset_info.json. */
  readonly name: string;
  readonly formatting: Entry["formatting"];
  readonly ranking: boolean;
  readonly columns: Readonly<Record<string, string | undefined>>;
  readonly tags: Readonly<Record<string, string | undefined>>;
  /** The names in the file that the mapping uses. */
  readonly columnNames: readonly string[];
  readonly reason: string;
}

const strings = (object: Readonly<Record<string, unknown>> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(object ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

/**
 * The mapping of the dataset `file` (a name beside the dataset_info.json whose text this is); undefined where the file is not in it, or is an entry
 * that says nothing about columns: then the format is found out. `problem` says in a sentence why an entry cannot be used.
 */
export const mappingFrom = (text: string, file: string): { readonly mapping?: Mapping; readonly problem?: string } => {
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: `dataset_info.json beside it is not JSON: ${error.message}` };
    throw error;
  }
  if (typeof info !== "object" || info === null || Array.isArray(info)) return { problem: "dataset_info.json beside it is no object of dataset names." };
  for (const [name, value] of Object.entries(info)) {
    if (typeof value !== "object" || value === null || (value as { file_name?: unknown }).file_name !== file) continue;
    const parsed = entrySchema.safeParse(value);
    if (!parsed.success) return { problem: `The entry ${JSON.stringify(name)} of dataset_info.json beside it cannot be read: ${parsed.error.issues[0]!.path.join(".")}: ${parsed.error.issues[0]!.message}.` };
    const { formatting, ranking, columns, tags } = parsed.data;
    if (!columns && !tags && formatting === "alpaca" && !ranking) return {};
    const names = strings(columns);
    if (names.images ?? names.videos ?? names.audios ?? names.kto_tag) return {};
    const said = Object.entries(names).map(([key, column]) => `${key} is \`${column}\``).join(", ");
    return { mapping: { name, formatting, ranking, columns: names, tags: strings(tags), columnNames: Object.values(names), reason: `dataset_info.json describes it as ${JSON.stringify(name)}${said ? `: ${said}` : ""}.` } };
  }
  return {};
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
