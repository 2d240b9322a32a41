/** Owns calls of tools and the list of tools in their several spellings, read as OpenAI writes them. */
import { at } from "../checks/text";
import { entryOf, toPlain, valueOf, type JsonObject, type JsonString, type JsonValue } from "../json/tree";
import { type Role } from "../record";
import { type Row } from "./format";

/** The JSON in a text; undefined where it is none. */
const parsed = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isCall = (value: unknown): value is { name: string; arguments?: unknown } => typeof value === "object" && value !== null && "name" in value && typeof value.name === "string";

/** LLaMA-Factory's {"name", "arguments"}, or a list of them, written into a text. */
export const readCallText = (row: Row, node: JsonString): unknown[] => {
  const value = parsed(node.value)?.value;
  const calls = Array.isArray(value) ? value as unknown[] : [value];
  if (!calls.every(isCall)) {
    row.report("wrong-type", "error", at(node), 'A call of a tool is JSON in a text: "{\\"name\\": …, \\"arguments\\": {…}}".');
    return [];
  }
  return calls.map(({ name, arguments: given }) => ({ type: "function", function: { name, arguments: typeof given === "string" ? given : JSON.stringify(given ?? {}) } }));
};

/** The calls of a message, the older `function_call` as the list that took its place. Reports what is wrong with them. */
export const readCalls = (row: Row, node: JsonObject, role: Role | undefined): unknown => {
  const entry = [entryOf(node, "tool_calls"), entryOf(node, "function_call")].find((candidate) => candidate && candidate.value.kind !== "null");
  if (!entry) return undefined;
  const { value: calls } = entry;
  const isList = entry.key.value === "tool_calls";
  if (isList ? calls.kind !== "array" || calls.items.some((call) => call.kind !== "object") : calls.kind !== "object") {
    row.report("wrong-type", "error", at(calls), isList ? "`tool_calls` is a list of objects." : "`function_call` is an object.");
    return undefined;
  }
  // Columns of a table are there in every row: an empty list says nothing.
  if (role && role !== "assistant" && !(calls.kind === "array" && calls.items.length === 0)) row.report("unknown-key", "warning", at(entry.key), "Only assistant messages call tools.");
  for (const call of calls.kind === "array" ? calls.items : [calls]) checkArguments(row, call);
  const plain = toPlain(calls);
  return isList ? (plain as unknown[]).length === 0 ? undefined : plain : [{ type: "function", function: plain }];
};

const checkArguments = (row: Row, call: JsonValue): void => {
  const called = call.kind === "object" ? valueOf(call, "function") ?? call : call;
  const given = called.kind === "object" ? valueOf(called, "arguments") : undefined;
  if (given?.kind === "object") {
    row.report("wrong-type", "warning", at(given), "OpenAI writes `arguments` as a string that holds JSON.",
      { title: "Write it as a string", changes: [{ span: at(given), newText: JSON.stringify(row.text.slice(given.start, given.end)) }], preferred: true });
  }
};

/** The ids of a message's calls. */
export const callIds = (calls: unknown): string[] =>
  Array.isArray(calls) ? calls.flatMap((call: unknown) => typeof call === "object" && call !== null && "id" in call && typeof call.id === "string" ? [call.id] : []) : [];

/** The `tools` (or older `functions`) of a row: a list, or a text that holds one; bare descriptions are put into OpenAI's {"type": "function", "function": …}. */
export const readTools = (row: Row, key = "tools"): unknown => {
  const value = [valueOf(row.object, key), valueOf(row.object, "functions")].find((node) => node && node.kind !== "null");
  if (!value) return undefined;
  if (value.kind === "string" && value.value.trim() === "") return undefined;
  const list = value.kind === "array" ? toPlain(value) : value.kind === "string" ? parsed(value.value)?.value : undefined;
  if (!Array.isArray(list)) {
    row.report("wrong-type", "error", at(value), `\`${key}\` is a list of tool descriptions.`);
    return undefined;
  }
  return list.length === 0 && value.kind === "string" ? undefined : list.map((tool: unknown) => isCall(tool) && !("function" in tool) && !("type" in tool) ? { type: "function", function: tool } : tool);
};
