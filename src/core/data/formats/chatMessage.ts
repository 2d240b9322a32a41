/** One message of an OpenAI chat row: {"role", "content", "name"?, "weight"?, "tool_calls"?, "tool_call_id"?}. */
import { at, checkAnswer, checkCharacters, checkQuestion, expectString } from "../checks";
import { entryOf, toPlain, valueOf, type JsonObject, type JsonString, type JsonValue } from "../json";
import { addKey, renameKey, standIn } from "../keys";
import { type Message, type Role } from "../record";
import { type Span } from "../problem";
import { type Row } from "./format";

const KEYS = new Set(["role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal", "audio", "reasoning_content", "reasoning", "thinking"]);
/** `developer` is OpenAI's newer word for system, `function` its older one for tool. */
const ROLES: Readonly<Record<string, Role>> = { system: "system", developer: "system", user: "user", assistant: "assistant", tool: "tool", function: "tool" };
const OTHER_ROLES: Readonly<Record<string, Role>> = {
  human: "user", prompter: "user", question: "user", instruction: "user", customer: "user",
  gpt: "assistant", bot: "assistant", model: "assistant", ai: "assistant", chatgpt: "assistant", chatbot: "assistant", agent: "assistant", answer: "assistant", assistent: "assistant", bing: "assistant", bard: "assistant", claude: "assistant",
  observation: "tool", ipython: "tool", function_response: "tool", sys: "system", context: "system",
};
const OTHER_KEYS = { role: ["from", "speaker", "author", "sender"], content: ["value", "text", "message", "body"] } as const;

/** A message with where its role stands, for the checks on the order of messages. */
export interface PlacedMessage { readonly message: Message; readonly role: Span; readonly node: JsonValue }

/** The role that a word stands for, whatever its capitals. */
export const roleMeantBy = (word: string): string | undefined => {
  const plain = word.trim().toLowerCase();
  return Object.hasOwn(ROLES, plain) ? plain : Object.hasOwn(OTHER_ROLES, plain) ? OTHER_ROLES[plain] : undefined;
};

export const readMessage = (row: Row, node: JsonValue): PlacedMessage | undefined => {
  if (node.kind !== "object") {
    row.report("wrong-type", "error", at(node), 'A message is an object: {"role": …, "content": …}.');
    return undefined;
  }
  const role = readRole(row, node);
  const calls = valueOf(node, "tool_calls") ?? valueOf(node, "function_call");
  const content = readContent(row, node, role?.name, calls !== undefined && calls.kind !== "null");
  extraKeys(row, node);
  const weight = readWeight(row, node, role?.name);
  if (calls && calls.kind !== "null") checkCalls(row, node, calls, role?.name);
  if (!role || !content) return undefined;
  const trained = role.name === "assistant" && weight !== 0;
  if (content.node) {
    if (trained && !(calls && content.text === "")) checkAnswer(row, content.node, "This answer");
    if (role.name === "user") checkQuestion(row, content.node, "This question");
  }
  const text = (...keys: string[]): string | undefined => keys.map((key) => valueOf(node, key)).find((value): value is JsonString => value?.kind === "string")?.value;
  const [name, id, thoughts] = [text("name"), text("tool_call_id"), text("reasoning_content", "reasoning", "thinking")];
  return {
    role: role.span, node,
    message: {
      role: role.name, content: content.text, span: content.span, trained,
      ...(name !== undefined ? { name } : {}), ...(id !== undefined ? { tool_call_id: id } : {}), ...(thoughts !== undefined ? { reasoning_content: thoughts } : {}),
      ...(entryOf(node, "tool_calls") && calls?.kind === "array" ? { tool_calls: toPlain(calls) } : {}),
    },
  };
};

const readRole = (row: Row, node: JsonObject): { name: Role; span: Span } | undefined => {
  const value = valueOf(node, "role");
  if (!value) return missing(row, node, "role");
  const role = expectString(row, value, "`role`");
  if (!role) return undefined;
  if (Object.hasOwn(ROLES, role.value)) return { name: ROLES[role.value]!, span: at(role) };
  const meant = roleMeantBy(role.value);
  row.report("unknown-role", "error", at(role), `${JSON.stringify(role.value)} is not a role. Roles are system, user, assistant and tool.`,
    meant === undefined ? undefined : { title: `Write "${meant}"`, changes: [{ span: at(role), newText: `"${meant}"` }], preferred: true });
  return undefined;
};

const missing = (row: Row, node: JsonObject, key: "role" | "content"): undefined => {
  const entry = standIn(node, key, OTHER_KEYS[key], KEYS);
  if (entry) row.report("missing-key", "error", at(entry.key), `OpenAI chat messages call this \`${key}\`.`, renameKey(entry, key));
  else row.report("missing-key", "error", { start: node.start, end: node.start + 1 }, `This message has no \`${key}\`.`, addKey(node, key));
  return undefined;
};

/** The text of `content`; `node` is there where one string holds it all. */
const readContent = (row: Row, message: JsonObject, role: Role | undefined, hasCalls: boolean): { text: string; span: Span; node?: JsonString } | undefined => {
  const value = valueOf(message, "content");
  // OpenAI leaves the content out, or null, where the answer is only tool calls.
  if (hasCalls && role === "assistant" && (!value || value.kind === "null")) return { text: "", span: at(valueOf(message, "tool_calls") ?? valueOf(message, "function_call") ?? message) };
  if (!value) return missing(row, message, "content");
  if (value.kind !== "array") {
    const node = expectString(row, value, "`content`");
    return node && { text: node.value, span: at(node), node };
  }
  const texts = value.items.map((part) => part.kind === "object" ? valueOf(part, "text") : part);
  const other = value.items.find((_, index) => texts[index]?.kind !== "string");
  if (other) {
    row.report("wrong-type", "error", at(other), "Only text can be trained on; this part is something else.");
    return undefined;
  }
  const strings = texts as JsonString[];
  for (const node of strings) checkCharacters(row, node);
  const joined = strings.map((node) => node.value).join("");
  if (role === "assistant" && joined.trim() === "" && !hasCalls) row.report("empty-output", "error", at(value), "This answer is empty, so there is nothing to learn from it.");
  return { text: joined, span: at(value) };
};

const readWeight = (row: Row, node: JsonObject, role: Role | undefined): number => {
  const weight = valueOf(node, "weight");
  if (!weight || weight.kind === "null") return 1;
  if (weight.kind !== "number" || weight.value !== 0 && weight.value !== 1) {
    row.report("wrong-type", "warning", at(weight), "`weight` is 0 (do not train on this answer) or 1.");
    return weight.kind === "number" && weight.value <= 0 ? 0 : 1;
  }
  if (role && role !== "assistant") row.report("unknown-key", "warning", at(entryOf(node, "weight")!.key), "`weight` only counts on assistant messages.");
  return weight.value;
};

const checkCalls = (row: Row, node: JsonObject, calls: JsonValue, role: Role | undefined): void => {
  const isList = entryOf(node, "tool_calls") !== undefined;
  if (isList && (calls.kind !== "array" || calls.items.some((call) => call.kind !== "object"))) {
    row.report("wrong-type", "error", at(calls), "`tool_calls` is a list of objects.");
    return;
  }
  if (role && role !== "assistant") row.report("unknown-key", "warning", at(entryOf(node, isList ? "tool_calls" : "function_call")!.key), "Only assistant messages call tools.");
  for (const call of calls.kind === "array" ? calls.items : [calls]) {
    const called = call.kind === "object" ? valueOf(call, "function") ?? call : call;
    const given = called.kind === "object" ? valueOf(called, "arguments") : undefined;
    if (given?.kind === "object") {
      row.report("wrong-type", "warning", at(given), "OpenAI writes `arguments` as a string that holds JSON.",
        { title: "Write it as a string", changes: [{ span: at(given), newText: JSON.stringify(row.text.slice(given.start, given.end)) }], preferred: true });
    }
  }
};

const extraKeys = (row: Row, node: JsonObject): void => {
  const standIns = (["role", "content"] as const).filter((key) => !entryOf(node, key)).map((key) => standIn(node, key, OTHER_KEYS[key], KEYS));
  for (const entry of node.entries) if (!KEYS.has(entry.key.value) && !standIns.includes(entry)) row.unused(entry, "OpenAI chat messages");
};
