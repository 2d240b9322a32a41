/** Owns the repairs of a conversation whose messages stand in an order that chat templates refuse. None is made unasked: each is one guess of several at what was meant. */
import { removalOf } from "../json/keys";
import { valueOf, type JsonArray, type JsonObject, type JsonString, type Repair } from "../json/tree";
import { type PlacedMessage } from "./chatMessage";
import { type ChatTags } from "./roles";

/** What can be done about message `index`, whose role does not fit what stands before it. */
export const orderRepairs = (text: string, list: JsonArray, placed: readonly PlacedMessage[], index: number, tags: ChatTags): Repair[] => {
  const { message: { role } } = placed[index]!;
  const merged = index > 0 && placed[index - 1]!.message.role === role ? merge(text, list, index, tags) : undefined;
  const moved = role === "system" && index > 0 && placed[0]!.message.role !== "system" ? moveToTheFront(text, list, index) : undefined;
  const onlyAnswer = role === "assistant" && placed.filter(({ message }) => message.role === role).length === 1;
  return [merged, moved, onlyAnswer ? undefined : remove(list, index)].filter((repair) => repair !== undefined);
};

const remove = (list: JsonArray, index: number): Repair => ({ title: "Remove this message", preferred: false, changes: [removalOf(list.items, index)] });

/** One message of two that follow each other in one role, a blank line between their texts. Only where they hold nothing but a role and a text. */
const merge = (text: string, list: JsonArray, index: number, tags: ChatTags): Repair | undefined => {
  const [first, second] = [plainText(list.items[index - 1], tags), plainText(list.items[index], tags)];
  if (!first || !second) return undefined;
  const between = first.value === "" || second.value === "" ? "" : "\\n\\n";
  // As they are written, escapes and all.
  const added = `${between}${text.slice(second.start + 1, second.end - 1)}`;
  return {
    title: "Merge this message into the one before", preferred: false,
    changes: [{ span: { start: first.end - 1, end: first.end - 1 }, newText: added }, { span: { start: list.items[index - 1]!.end, end: list.items[index]!.end }, newText: "" }],
  };
};

const plainText = (node: JsonArray["items"][number] | undefined, tags: ChatTags): JsonString | undefined => {
  if (node?.kind !== "object" || !onlyHas(node, [tags.role, tags.content])) return undefined;
  const content = valueOf(node, tags.content);
  return content?.kind === "string" && content.written === undefined ? content : undefined;
};

const onlyHas = (object: JsonObject, keys: readonly string[]): boolean => object.entries.length === keys.length && object.entries.every(({ key }) => keys.includes(key.value));

const moveToTheFront = (text: string, list: JsonArray, index: number): Repair => {
  const [first, node] = [list.items[0]!, list.items[index]!];
  return { title: "Move this message to the beginning", preferred: false, changes: [{ span: { start: first.start, end: first.start }, newText: `${text.slice(node.start, node.end)}, ` }, removalOf(list.items, index)] };
};
