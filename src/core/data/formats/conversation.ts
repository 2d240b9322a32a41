/** Owns a list of messages as a whole: reading them, their order, and what answers what. */
import { at } from "../checks/text";
import { type JsonArray, type JsonValue } from "../json/tree";
import { removalOf } from "../json/keys";
import { type Message, type Role } from "../record";
import { type Span } from "../problem";
import { readMessage, type PlacedMessage } from "./chatMessage";
import { type Row } from "./format";
import { orderRepairs } from "./messageOrder";
import { wordFor, type ChatTags } from "./roles";
import { callIds } from "./toolCalls";

export interface ConversationOptions {
  readonly tags: ChatTags;
  /** Where the list's name stands, for problems of the whole. */
  readonly name: Span;
  readonly key: string;
  /** False where an answer follows from elsewhere in the row: then the list may end with a question, and nothing in it is trained. */
  readonly answered?: boolean;
  /** The role of what stands before the list, where it goes on from elsewhere. */
  readonly after?: Role;
}

/** The messages; undefined where one could not be read. */
export const readConversation = (row: Row, value: JsonValue, { tags, name, key, answered = true, after }: ConversationOptions): Message[] | undefined => {
  if (value.kind !== "array") {
    row.report("wrong-type", "error", at(value), `\`${key}\` is a list: [{"${tags.role}": …, "${tags.content}": …}, …].`);
    return undefined;
  }
  if (value.items.length === 0) {
    row.report("empty-messages", "error", at(value), `\`${key}\` is empty, so there is nothing to learn from this row.`);
    return undefined;
  }
  const placed = value.items.map((item) => readMessage(row, item, tags, answered));
  const whole = placed.filter((message) => message !== undefined);
  if (whole.length !== placed.length) return undefined;
  checkOrder(row, value, whole, tags, after);
  if (answered) checkAnswers(row, name, value, whole, tags);
  return whole.map(({ message }) => message);
};

const checkOrder = (row: Row, list: JsonArray, placed: readonly PlacedMessage[], tags: ChatTags, after: Role | undefined): void => {
  const asked = new Set<string>();
  placed.forEach(({ message: { role, tool_calls, tool_call_id }, role: span }, index) => {
    const previous = index === 0 ? after : placed[index - 1]!.message.role;
    const wrong = role === "system" ? previous !== undefined && "A system message comes first or not at all."
      : role === "tool" ? previous !== "assistant" && previous !== "tool" && "A tool message answers the tool calls of an assistant message, which is not before it."
      : role === "assistant" ? previous === "assistant" ? "Two assistant messages in a row." : (previous === undefined || previous === "system") && "No user message comes before this answer."
      : previous === "user" && "Two user messages in a row.";
    if (wrong) row.report("role-order", "warning", span, `${wrong} Many chat templates refuse this order.`, ...orderRepairs(row.text, list, placed, index, tags));
    for (const id of callIds(tool_calls)) asked.add(id);
    if (tool_call_id !== undefined && asked.size > 0 && !asked.has(tool_call_id)) row.report("tool-call-id", "warning", span, `No call before this has the id ${JSON.stringify(tool_call_id)}.`);
  });
};

const checkAnswers = (row: Row, name: Span, list: JsonArray, placed: readonly PlacedMessage[], tags: ChatTags): void => {
  const answers = placed.filter(({ message }) => message.role === "assistant");
  if (answers.length === 0) row.report("no-assistant", "error", at(name), `No message has the role ${wordFor("assistant", tags)}, so there is nothing to learn from this row.`);
  else if (answers.every(({ message }) => !message.trained)) row.report("no-assistant", "error", at(name), "Every answer is switched off (`weight` 0 or `train` false), so there is nothing to learn from this row.");
  const last = placed.at(-1)!;
  if (answers.length > 0 && last.message.role !== "assistant") {
    const until = placed.lastIndexOf(answers.at(-1)!);
    const change = { span: { start: until < 0 ? removalOf(list.items, until + 1).span.start : list.items[until]!.end, end: last.node.end }, newText: "" };
    row.report("last-not-assistant", "warning", last.role, "Nothing is learned from what follows the last assistant message.",
      { title: "Remove what follows the last answer", changes: [change], preferred: false });
  }
};
