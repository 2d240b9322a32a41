/** Conversations in one row: OpenAI chat, ShareGPT, and LLaMA-Factory's v1. */
import { at } from "../checks/text";
import { entryOf, valueOf, type JsonEntry, type JsonObject, type JsonString } from "../json/tree";
import { renameKey } from "../json/keys";
import { type Message } from "../record";
import { readConversation } from "./conversation";
import { type Row, type RowFormat, type RowRecord } from "./format";
import { isListWith, openaiTags, shareGptTags, type ChatTags } from "./roles";
import { readTools } from "./toolCalls";

/** Names under which a list of messages is found. */
export const CHAT_LISTS: readonly string[] = ["messages", "conversations", "conversation", "dialogue", "dialog", "chat", "turns"];
/** Keys that number a row; nobody wonders that a model does not learn them. */
const ROW_IDS = ["id", "idx", "prompt_id", "conversation_id"] as const;
const KEYS = new Set<string>(["tools", "parallel_tool_calls", "functions", ...ROW_IDS]);

interface ChatOptions {
  readonly tags: ChatTags;
  /** The names under which the list is looked for. */
  readonly keys: readonly string[];
  /** Whose rows these are, in problems. */
  readonly rows: string;
  /** The key that holds a system message, where rows have one. */
  readonly system?: string;
  readonly tools?: string;
}

export const readChat = ({ tags, keys, rows: title, system: systemKey, tools: toolsKey = "tools" }: ChatOptions) => (row: Row): readonly RowRecord[] => {
  const name = keys.find((key) => entryOf(row.object, key)) ?? keys[0]!;
  const entry = entryOf(row.object, name);
  const meant = entry ? undefined : otherName(row.object);
  for (const other of row.object.entries) {
    if (!KEYS.has(other.key.value) && ![name, systemKey, toolsKey].includes(other.key.value) && other !== meant) row.unused(other, title);
  }
  if (!entry) {
    if (meant) row.report("missing-key", "error", at(meant.key), `${title} call this \`${name}\`.`, renameKey(meant, name));
    else row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, `\`${name}\` is missing.`);
    return [];
  }
  const messages = readConversation(row, entry.value, { tags, name: entry.key, key: name });
  const tools = readTools(row, toolsKey);
  const system = systemKey === undefined ? undefined : valueOf(row.object, systemKey);
  if (!messages) return [];
  return [{ messages: system?.kind === "string" && system.value !== "" && messages[0]?.role !== "system" ? [systemMessage(system), ...messages] : messages, ...(tools === undefined ? {} : { tools }) }];
};

const systemMessage = (node: JsonString): Message => ({ role: "system", content: node.value, span: at(node), trained: false });

/** A list of messages under a name that no format uses. */
const otherName = (object: JsonObject): JsonEntry | undefined => object.entries.find(({ value }) => value.kind === "array" && value.items.length > 0 && value.items.every((item) => item.kind === "object" && (entryOf(item, "role") && entryOf(item, "content") || entryOf(item, "from") && entryOf(item, "value"))));

/** Whether a row may be meant as OpenAI chat though its list has another name. */
export const hasOtherList = (object: JsonObject): string | undefined => otherName(object)?.key.value;

const isV1 = (object: JsonObject): boolean => {
  const list = valueOf(object, "messages");
  const first = list?.kind === "array" ? list.items[0] : undefined;
  return first?.kind === "object" && isListWith(first, "content", "type", "value");
};

export const openaiChat: RowFormat = {
  name: "openai-chat", title: "OpenAI chat", source: "OpenAI fine-tuning API; Axolotl chat_template; TRL conversational",
  example: '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}',
  aside: ROW_IDS,
  mask: "Every answer of the assistant with its end token, except where `weight` is 0 or `train` is false; with `train_detail`, or `train` on a part, only those characters.",
  signatures: [
    { needs: ["messages"], helps: ["tools", "functions"], weight: 10 },
    ...CHAT_LISTS.slice(1).map((list) => ({ needs: [list], weight: 12, also: (object: JsonObject) => isListWith(object, list, "role", "content") })),
  ],
  read: readChat({ tags: openaiTags, keys: CHAT_LISTS, rows: "OpenAI chat rows" }),
};

export const shareGpt: RowFormat = {
  name: "sharegpt", title: "ShareGPT", source: "lm-sys/FastChat (Vicuna); LLaMA-Factory sharegpt; SlimOrca",
  example: '{"conversations": [{"from": "human", "value": "…"}, {"from": "gpt", "value": "…"}]}',
  aside: ROW_IDS,
  mask: "Every answer (gpt, function_call) with its end token; not what system, human and observation say, nor turns of `weight` 0.",
  signatures: [
    { needs: ["conversations"], helps: ["tools", "system"], weight: 10 },
    ...CHAT_LISTS.slice(2).map((list) => ({ needs: [list], weight: 10, also: (object: JsonObject) => isListWith(object, list, "from", "value") })),
  ],
  read: readChat({ tags: shareGptTags, keys: CHAT_LISTS.slice(1), rows: "ShareGPT rows", system: "system" }),
};

export const llamaFactoryV1: RowFormat = {
  name: "llama-factory-v1", title: "LLaMA-Factory v1", source: "hiyouga/LLaMA-Factory v1 messages",
  example: '{"messages": [{"role": "user", "content": [{"type": "text", "value": "…"}]}, {"role": "assistant", "content": [{"type": "text", "value": "…"}], "loss_weight": 1.0}]}',
  mask: "Every answer of the assistant with its end token, except where `loss_weight` is 0; other weights count as 1.",
  signatures: [{ needs: ["messages"], weight: 12, also: isV1 }],
  read: readChat({ tags: openaiTags, keys: ["messages"], rows: "LLaMA-Factory v1 rows" }),
};
