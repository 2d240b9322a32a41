/** OpenAI chat rows: {"messages": [{"role", "content"}, …], "tools"?}. */
import { at } from "../checks";
import { entryOf, toPlain, valueOf, type JsonArray, type JsonEntry, type JsonObject } from "../json";
import { removalOf, renameKey } from "../keys";
import { type DatasetRecord } from "../record";
import { readMessage, type PlacedMessage } from "./chatMessage";
import { type Row, type RowFormat } from "./format";

const KEYS = new Set(["messages", "tools", "parallel_tool_calls", "functions"]);

/** The list of messages under another name (`conversations`, `chat`, …). */
const otherName = (object: JsonObject): JsonEntry | undefined =>
  object.entries.find(({ value }) => value.kind === "array" && value.items.length > 0 && value.items.every((item) => item.kind === "object" && entryOf(item, "role") && entryOf(item, "content")));

const recognise = (object: JsonObject): string | undefined => entryOf(object, "messages") ? "messages" : otherName(object)?.key.value;

const read = (row: Row): DatasetRecord | undefined => {
  const entry = entryOf(row.object, "messages");
  for (const other of row.object.entries) if (!KEYS.has(other.key.value) && (entry || other !== otherName(row.object))) row.unused(other, "OpenAI chat rows");
  if (!entry) {
    const meant = otherName(row.object);
    if (meant) row.report("missing-key", "error", at(meant.key), "OpenAI chat rows call this `messages`.", renameKey(meant, "messages"));
    else row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, "`messages` is missing.");
    return undefined;
  }
  if (entry.value.kind !== "array") {
    row.report("wrong-type", "error", at(entry.value), '`messages` is a list: [{"role": …, "content": …}, …].');
    return undefined;
  }
  if (entry.value.items.length === 0) {
    row.report("empty-messages", "error", at(entry.value), "`messages` is empty, so there is nothing to learn from this row.");
    return undefined;
  }
  const placed = entry.value.items.map((item) => readMessage(row, item));
  const whole = placed.filter((message) => message !== undefined);
  if (whole.length === placed.length) checkOrder(row, entry, entry.value, whole);
  const tools = readTools(row);
  return { line: row.line, format: "openai-chat", messages: whole.map(({ message }) => message), ...(tools === undefined ? {} : { tools }) };
};

const checkOrder = (row: Row, entry: JsonEntry, list: JsonArray, placed: readonly PlacedMessage[]): void => {
  const answers = placed.filter(({ message }) => message.role === "assistant");
  if (answers.length === 0) row.report("no-assistant", "error", at(entry.key), "No message has the role assistant, so there is nothing to learn from this row.");
  else if (answers.every(({ message }) => !message.trained)) row.report("no-assistant", "error", at(entry.key), "Every assistant message has `weight` 0, so there is nothing to learn from this row.");
  placed.forEach(({ message: { role }, role: span }, index) => {
    const previous = placed[index - 1]?.message.role;
    const wrong = role === "system" ? index > 0 && "A system message comes first or not at all."
      : role === "tool" ? previous !== "assistant" && previous !== "tool" && "A tool message answers the tool calls of an assistant message, which is not before it."
      : role === "assistant" ? previous === "assistant" ? "Two assistant messages in a row." : (previous === undefined || previous === "system") && "No user message comes before this answer."
      : previous === "user" && "Two user messages in a row.";
    if (wrong) row.report("role-order", "warning", span, `${wrong} Many chat templates refuse this order.`);
  });
  const last = placed.at(-1)!;
  if (answers.length > 0 && last.message.role !== "assistant") {
    const until = placed.lastIndexOf(answers.at(-1)!);
    const start = removalOf(list.items, until + 1).span.start;
    const change = { span: { start: until < 0 ? start : list.items[until]!.end, end: last.node.end }, newText: "" };
    row.report("last-not-assistant", "warning", last.role, "Nothing is learned from what follows the last assistant message.",
      { title: "Remove what follows the last answer", changes: [change], preferred: false });
  }
};

const readTools = (row: Row): unknown => {
  const value = valueOf(row.object, "tools") ?? valueOf(row.object, "functions");
  if (!value || value.kind === "null") return undefined;
  if (value.kind === "array") return toPlain(value);
  if (value.kind === "string") {
    // Some datasets hold the list as a string with JSON in it.
    try {
      const parsed: unknown = value.value.trim() === "" ? undefined : JSON.parse(value.value);
      if (parsed === undefined || Array.isArray(parsed)) return parsed;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  row.report("wrong-type", "error", at(value), "`tools` is a list of tool descriptions.");
  return undefined;
};

export const openaiChat: RowFormat = {
  name: "openai-chat", title: "OpenAI chat", example: '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}', recognise, read,
};
