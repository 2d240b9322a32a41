/** OpenAssistant's conversations: trees and threads in one row, or one message a row. Every answer is trained exactly once. */
import { at, checkAnswer, checkQuestion, expectString } from "../checks/text";
import { entryOf, valueOf, type JsonObject, type JsonValue } from "../json/tree";
import { type Message } from "../record";
import { type Row, type RowFormat, type RowRecord } from "./format";

const SOURCE = "LAION-AI/Open-Assistant oasst-data";
const ROLES: Readonly<Record<string, "user" | "assistant">> = { prompter: "user", user: "user", human: "user", assistant: "assistant" };
const NODE_KEYS = new Set([
  "message_id", "parent_id", "user_id", "created_date", "text", "role", "lang", "review_count", "review_result", "deleted", "rank", "synthetic", "model_name", "detoxify", "message_tree_id", "tree_state", "emojis", "labels", "replies", "events",
  "task_message_id", "user_message_id", "parent_message_id",
]);

const ASIDE = ["rank", "labels", "emojis", "review_count", "lang", "created_date", "user_id"];

const isTrue = (value: JsonValue | undefined, expected: boolean): boolean => value?.kind === "boolean" && value.value === expected;

/** One message; undefined where it is wrong, or was deleted or found to be spam, which is told once. */
const readNode = (row: Row, node: JsonObject): Message | undefined => {
  for (const entry of node.entries) if (!NODE_KEYS.has(entry.key.value)) row.unused(entry, "OpenAssistant messages");
  if (isTrue(valueOf(node, "deleted"), true) || isTrue(valueOf(node, "review_result"), false)) {
    row.remark("left-out", { start: node.start, end: node.start + 1 }, "Messages that were deleted, or found to be spam in review, are left out with what follows them.");
    return undefined;
  }
  const [role, text] = (["role", "text"] as const).map((key) => {
    const value = valueOf(node, key);
    if (!value) row.report("missing-key", "error", { start: node.start, end: node.start + 1 }, `This message has no \`${key}\`.`);
    return value && expectString(row, value, `\`${key}\``);
  });
  if (!role || !text) return undefined;
  const name = Object.hasOwn(ROLES, role.value) ? ROLES[role.value] : undefined;
  if (!name) {
    row.report("unknown-role", "error", at(role), `${JSON.stringify(role.value)} is not a role. Roles are prompter and assistant.`);
    return undefined;
  }
  if (name === "assistant") checkAnswer(row, text, "This answer");
  else checkQuestion(row, text, "This question");
  return { role: name, content: text.value, span: at(text), trained: name === "assistant" };
};

interface Branch { readonly message: Message; readonly replies: readonly Branch[] }

const readBranch = (row: Row, value: JsonValue, depth: number): Branch | undefined => {
  if (value.kind !== "object" || depth > 100) {
    row.report("wrong-type", "error", at(value), 'A message is an object: {"message_id": …, "text": …, "role": …, "replies": […]}.');
    return undefined;
  }
  const message = readNode(row, value);
  const replies = valueOf(value, "replies");
  const branches = replies?.kind === "array" ? replies.items.map((reply) => readBranch(row, reply, depth + 1)).filter((reply) => reply !== undefined) : [];
  return message && { message, replies: branches };
};

/** The ways from a root to its last answers. What a way shares with an earlier one is shown again but not trained again. */
export const waysOf = (root: Branch): Message[][] => {
  const seen = new Set<Message>();
  const ways: Message[][] = [];
  const walk = (branch: Branch, before: readonly Branch[]): void => {
    const way = [...before, branch];
    if (branch.replies.length > 0) {
      for (const reply of branch.replies) walk(reply, way);
      return;
    }
    let end = way.length;
    while (end > 0 && way[end - 1]!.message.role !== "assistant") end--;
    const messages = way.slice(0, end).map(({ message }) => message);
    if (!messages.some((message) => message.trained && !seen.has(message))) return;
    ways.push(messages.map((message) => seen.has(message) ? { ...message, trained: false } : message));
    for (const message of messages) seen.add(message);
  };
  walk(root, []);
  return ways;
};

const TREE_MASK = "One example for each way from the prompt to a last answer; an answer that several ways share is trained in the first alone. Deleted and spam messages are left out.";

const nothingIn = (row: Row, entry: JsonObject["entries"][number]): void => {
  row.report("no-assistant", "error", at(entry.key), "No message here has the role assistant, so there is nothing to learn from this row.");
};

export const oasstTree: RowFormat = {
  name: "oasst-tree", title: "OpenAssistant trees", source: SOURCE, mask: TREE_MASK, aside: ASIDE,
  example: '{"message_tree_id": "…", "prompt": {"message_id": "…", "text": "…", "role": "prompter", "replies": [{"message_id": "…", "text": "…", "role": "assistant", "replies": []}]}}',
  signatures: [{ needs: ["message_tree_id", "prompt"], helps: ["tree_state"], weight: 10 }],
  read: (row): RowRecord[] => {
    const prompt = entryOf(row.object, "prompt");
    for (const entry of row.object.entries) if (entry !== prompt && !["message_tree_id", "tree_state", "origin"].includes(entry.key.value)) row.unused(entry, "OpenAssistant trees");
    if (!prompt) {
      row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, "`prompt` is missing, so the tree is empty.");
      return [];
    }
    const root = readBranch(row, prompt.value, 0);
    const ways = root ? waysOf(root) : [];
    if (root && ways.length === 0) nothingIn(row, prompt);
    return ways.map((messages) => ({ messages }));
  },
};

export const oasstThread: RowFormat = {
  name: "oasst-thread", title: "OpenAssistant threads", source: SOURCE, aside: ASIDE, mask: "Every answer of the thread with the base's end token.",
  example: '{"thread_id": "…", "thread": [{"message_id": "…", "text": "…", "role": "prompter"}, {"message_id": "…", "text": "…", "role": "assistant"}]}',
  signatures: [{ needs: ["thread_id", "thread"], weight: 10 }, { needs: ["thread_id", "messages"], weight: 10 }],
  read: (row): RowRecord[] => {
    const list = entryOf(row.object, "thread") ?? entryOf(row.object, "messages");
    if (list?.value.kind !== "array") {
      row.report(list ? "wrong-type" : "missing-key", "error", list ? at(list.value) : { start: row.object.start, end: row.object.start + 1 }, "`thread` is a list of messages.");
      return [];
    }
    const messages: Message[] = [];
    for (const item of list.value.items) {
      const message = item.kind === "object" ? readNode(row, item) : row.report("wrong-type", "error", at(item), "A message is an object.") as undefined;
      // What follows a message that was left out would answer nothing.
      if (!message) break;
      messages.push(message);
    }
    while (messages.length > 0 && messages.at(-1)!.role !== "assistant") messages.pop();
    if (messages.length === 0) nothingIn(row, list);
    return messages.length === 0 ? [] : [{ messages }];
  },
};

const textUnder = (object: JsonObject, key: string): string | undefined => {
  const value = valueOf(object, key);
  return value?.kind === "string" ? value.value : undefined;
};

export const oasstMessages: RowFormat = {
  name: "oasst-messages", title: "OpenAssistant messages", source: `${SOURCE}; Open-Assistant backend seed data`, mask: TREE_MASK, aside: ASIDE,
  example: '{"message_id": "2", "parent_id": "1", "text": "…", "role": "assistant"}',
  signatures: [{ needs: ["message_id", "text", "role"], helps: ["parent_id"], weight: 5 }, { needs: ["user_message_id", "parent_message_id", "text", "role"], weight: 5 }],
  read: (row): RowRecord[] => {
    const message = readNode(row, row.object);
    return message ? [{ messages: [message] }] : [];
  },
  links: (object) => {
    const id = textUnder(object, "message_id") ?? textUnder(object, "user_message_id");
    return id === undefined ? undefined : { id, parent: textUnder(object, "parent_id") ?? textUnder(object, "parent_message_id") };
  },
};

/** A message with its place, from one row. */
export interface LinkedMessage { readonly id: string; readonly parent: string | undefined; readonly message: Message }

/** The conversations that messages on rows of their own make, each by its last answer; a message whose parent is missing begins one. */
export const joinMessages = (nodes: readonly LinkedMessage[]): Message[][] => {
  const branches = new Map<string, { message: Message; replies: Branch[] }>();
  for (const { id, message } of nodes) if (!branches.has(id)) branches.set(id, { message, replies: [] });
  const roots: Branch[] = [];
  for (const { id, parent, message } of nodes) {
    const branch = branches.get(id)!;
    if (branch.message !== message) continue;
    const above = parent === undefined ? undefined : branches.get(parent);
    if (above) above.replies.push(branch);
    else if (message.role === "user") roots.push(branch);
  }
  return roots.flatMap(waysOf);
};
