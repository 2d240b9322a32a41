/** One message of a conversation: {"role", "content", …} as OpenAI writes it, or {"from", "value"} as ShareGPT does. */
import { at, checkAnswer, checkQuestion, expectString } from "../checks/text";
import { entryOf, valueOf, type JsonObject, type JsonValue } from "../json/tree";
import { type Message, type Role } from "../record";
import { type Span } from "../problem";
import { MESSAGE_KEYS, missingKey, otherNameOf, readContent, textOf } from "./content";
import { type Row } from "./format";
import { roleMeantBy, type ChatTags } from "./roles";
import { readCalls, readCallText } from "./toolCalls";
import { readTrainFlags } from "./trainFlags";

/** A message with where its role stands, for the checks on the order of messages. */
export interface PlacedMessage { readonly message: Message; readonly role: Span; readonly node: JsonValue }

/** `trains` is false where the conversation is only what was asked, so that no answer in it is looked at as one. */
export const readMessage = (row: Row, node: JsonValue, tags: ChatTags, trains = true): PlacedMessage | undefined => {
  if (node.kind !== "object") {
    row.report("wrong-type", "error", at(node), `A message is an object: {"${tags.role}": …, "${tags.content}": …}.`);
    return undefined;
  }
  const role = readRole(row, node, tags);
  const content = readContent(row, node, role?.name, tags);
  const standIns = (["role", "content"] as const).filter((what) => !entryOf(node, tags[what])).map((what) => otherNameOf(node, what, tags));
  for (const entry of node.entries) {
    if (!MESSAGE_KEYS.has(entry.key.value) && entry.key.value !== tags.role && entry.key.value !== tags.content && !standIns.includes(entry)) row.unused(entry, tags.title);
  }
  const written = readCalls(row, node, role?.name);
  const flags = readTrainFlags(row, node, role?.name, content?.text ?? "");
  if (!role || !content) return undefined;
  const called = role.calls && content.node ? readCallText(row, content.node) : content.calls;
  const calls = written ?? (called && called.length > 0 ? called : undefined);
  const parts = content.parts && flags.trained ? content.parts : flags.parts;
  const trained = trains && flags.trained && parts?.length !== 0;
  const text = role.calls ? "" : content.text;
  if (content.node && !role.calls) {
    if (trained && !(calls && text === "")) checkAnswer(row, content.node, "This answer");
    if (role.name === "user") checkQuestion(row, content.node, "This question");
  }
  const [name, id, thoughts] = [textOf(node, "name"), textOf(node, "tool_call_id"), textOf(node, "reasoning_content", "reasoning", "thinking") ?? content.reasoning];
  return {
    role: role.span, node,
    message: {
      role: role.name, content: text, span: content.span, trained, ...(trained && parts ? { trainedParts: parts } : {}),
      ...(name !== undefined ? { name } : {}), ...(id !== undefined ? { tool_call_id: id } : {}), ...(thoughts !== undefined ? { reasoning_content: thoughts } : {}),
      ...(calls !== undefined ? { tool_calls: calls } : {}),
    },
  };
};

const readRole = (row: Row, node: JsonObject, tags: ChatTags): { name: Role; calls: boolean; span: Span } | undefined => {
  const value = valueOf(node, tags.role);
  if (!value) return missingKey(row, node, "role", tags);
  const role = expectString(row, value, `\`${tags.role}\``);
  if (!role) return undefined;
  if (Object.hasOwn(tags.roles, role.value)) {
    const name = tags.roles[role.value]!;
    return name === "call" ? { name: "assistant", calls: true, span: at(role) } : { name, calls: false, span: at(role) };
  }
  const meant = roleMeantBy(role.value, tags);
  row.report("unknown-role", "error", at(role), `${JSON.stringify(role.value)} is not a role. Roles are ${tags.roleNames}.`,
    meant === undefined ? undefined : { title: `Write "${meant}"`, changes: [{ span: at(role), newText: JSON.stringify(meant) }], preferred: true });
  return undefined;
};
