/** Owns the content of a message: a text, OpenAI's list of parts, or LLaMA-Factory's list of typed values. */
import { at, checkCharacters, expectString } from "../checks/text";
import { entryOf, valueOf, type JsonObject, type JsonString, type JsonValue } from "../json/tree";
import { addKey, renameKey, standIn } from "../json/keys";
import { type Role } from "../record";
import { type Span } from "../problem";
import { type Row } from "./format";
import { type ChatTags } from "./roles";
import { joined } from "./trainFlags";
import { readCallText } from "./toolCalls";

const OTHER_KEYS = { role: ["from", "speaker", "author", "sender"], content: ["value", "text", "message", "body"] } as const;
export const MESSAGE_KEYS = new Set(["name", "weight", "loss_weight", "train", "train_detail", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "reasoning_content", "reasoning", "thinking"]);

export interface Content {
  readonly text: string;
  readonly span: Span;
  /** There where one string holds it all. */
  readonly node?: JsonString;
  /** Where only some parts are trained (Axolotl's flag on a part). */
  readonly parts?: readonly Span[];
  /** What LLaMA-Factory's v1 keeps in the same list. */
  readonly reasoning?: string;
  readonly calls?: readonly unknown[];
}

/** The entry that was meant as a message's role or content. */
export const otherNameOf = (node: JsonObject, what: "role" | "content", tags: ChatTags) =>
  standIn(node, tags[what], [what, ...OTHER_KEYS[what]], new Set([...MESSAGE_KEYS, tags.role, tags.content]));

export const missingKey = (row: Row, node: JsonObject, what: "role" | "content", tags: ChatTags): undefined => {
  const entry = otherNameOf(node, what, tags);
  if (entry) row.report("missing-key", "error", at(entry.key), `${tags.title} call this \`${tags[what]}\`.`, renameKey(entry, tags[what]));
  else row.report("missing-key", "error", { start: node.start, end: node.start + 1 }, `This message has no \`${tags[what]}\`.`, addKey(node, tags[what]));
  return undefined;
};

export const readContent = (row: Row, message: JsonObject, role: Role | undefined, tags: ChatTags): Content | undefined => {
  const value = valueOf(message, tags.content);
  const calls = [valueOf(message, "tool_calls"), valueOf(message, "function_call")].find((node) => node && node.kind !== "null");
  // OpenAI leaves the content out, or null, where the answer is only tool calls.
  if (calls && role === "assistant" && (!value || value.kind === "null")) return { text: "", span: at(calls) };
  if (!value) return missingKey(row, message, "content", tags);
  if (value.kind === "array") return readParts(row, value.items, value, role, calls !== undefined);
  const node = expectString(row, value, `\`${tags.content}\``);
  return node && { text: node.value, span: at(node), node };
};

/** [{"type": "text", "text": …, "train"?}, …], or v1's [{"type": "text" | "reasoning" | "tool_call", "value": …}, …]. */
const readParts = (row: Row, items: readonly JsonValue[], list: JsonValue, role: Role | undefined, hasCalls: boolean): Content | undefined => {
  let text = "";
  let reasoning: string | undefined;
  let flagged = false;
  const trained: Span[] = [];
  const calls: unknown[] = [];
  for (const item of items) {
    const type = item.kind === "object" ? textOf(item, "type") : undefined;
    const node = item.kind === "object" ? valueOf(item, "text") ?? (type === "text" || type === "reasoning" || type === "tool_call" ? valueOf(item, "value") : undefined) : item;
    if (node?.kind !== "string") {
      row.report("wrong-type", "error", at(item), "Only text can be trained on; this part is something else.");
      return undefined;
    }
    checkCharacters(row, node);
    if (type === "reasoning") reasoning = (reasoning ?? "") + node.value;
    else if (type === "tool_call") calls.push(...readCallText(row, node));
    else {
      const flag = item.kind === "object" ? entryOf(item, "train") ?? entryOf(item, "weight") : undefined;
      const off = flag && (flag.value.kind === "boolean" && !flag.value.value || flag.value.kind === "number" && flag.value.value === 0);
      if (flag) flagged = true;
      if (!off) trained.push({ start: text.length, end: text.length + node.value.length });
      text += node.value;
    }
  }
  if (role === "assistant" && text.trim() === "" && !hasCalls && calls.length === 0) row.report("empty-output", "error", at(list), "This answer is empty, so there is nothing to learn from it.");
  return { text, span: at(list), ...(flagged ? { parts: joined(trained) } : {}), ...(reasoning === undefined ? {} : { reasoning }), ...(calls.length > 0 ? { calls } : {}) };
};

export const textOf = (node: JsonObject, ...keys: readonly string[]): string | undefined =>
  keys.map((key) => valueOf(node, key)).find((value): value is JsonString => value?.kind === "string")?.value;
