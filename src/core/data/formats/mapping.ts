/** Owns a user's own column names: what the columns and roles of a dataset are called, as LLaMA-Factory's dataset_info.json says it. `mappingSources.ts` says where such descriptions stand. */
import { entryOf } from "../json/tree";
import { type RowFormat } from "./format";
import { readChat } from "./openaiChat";
import { readPair, type Columns } from "./pairs";
import { readPreference } from "./preference";
import { type MappingEntry, type MappingFileEntry } from "./mappingSchema";
import { type ChatTags } from "./roles";
import { plainText } from "./tasks";

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
export const mappingOf = (name: string, who: string, { formatting, ranking, columns, tags }: Pick<MappingFileEntry, "formatting" | "ranking" | "columns" | "tags">): Mapping => {
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
