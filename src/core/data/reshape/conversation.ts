/** Owns how a row holds its conversation, as far as rows are taken apart and put together: a list of turns, or Alpaca's last question with earlier ones in `history`. */
import { CHAT_LISTS } from "../formats/openaiChat";
import { roleMeantBy, tagsOf } from "../formats/roles";
import { readRow } from "../rows/container";
import { entryOf, type Change, type JsonArray, type JsonEntry, type JsonObject, type JsonValue } from "../json/tree";

/** Why a row cannot be taken apart or put together, in a sentence or two with what to do instead. */
export interface Refusal { readonly refusal: string }

export interface TurnList {
  readonly kind: "list";
  readonly row: string;
  readonly object: JsonObject;
  readonly entry: JsonEntry;
  readonly items: readonly JsonObject[];
  /** Of each item: `system`, `user`, `assistant` (calls of tools included), `tool`, or undefined for a word that is none. */
  readonly roles: readonly (string | undefined)[];
  /** How many items stand first and are the system's. */
  readonly head: number;
}

/** Earlier questions with their answers before the row's own. */
export interface History {
  readonly kind: "history";
  readonly row: string;
  readonly object: JsonObject;
  readonly question: JsonEntry;
  readonly input: JsonEntry | undefined;
  readonly answer: JsonEntry;
  readonly history: JsonEntry | undefined;
  /** [question, answer] pairs, the oldest first. */
  readonly pairs: readonly JsonArray[];
}

export type Conversation = TurnList | History;

const BROKEN = "This row is not read as JSON yet. Mend it first: the light bulb repairs most slips.";
const SINGLE = "Rows of this format hold one question and one answer. Convert the file to OpenAI chat first, then its rows can hold conversations.";

export const conversationOf = (row: string): Conversation | Refusal => {
  const { value, faults } = readRow(row);
  if (value?.kind !== "object" || faults.length > 0) return { refusal: BROKEN };
  const entry = value.entries.findLast(({ key, value: list }) => CHAT_LISTS.includes(key.value) && list.kind === "array" && list.items.length > 0 && list.items.every(isTurn));
  if (entry?.value.kind === "array") {
    const items = entry.value.items as readonly JsonObject[];
    const roles = items.map(roleOf);
    const head = roles.findIndex((role) => role !== "system");
    return { kind: "list", row, object: value, entry, items, roles, head: head < 0 ? items.length : head };
  }
  const question = entryOf(value, "instruction"), answer = entryOf(value, "output") ?? entryOf(value, "response"), history = entryOf(value, "history"), input = entryOf(value, "input");
  if (question?.value.kind !== "string" || answer?.value.kind !== "string" || entryOf(value, "context")) return { refusal: SINGLE };
  const pairs = history?.value.kind === "array" ? history.value.items : [];
  if (history && history.value.kind !== "null" && (history.value.kind !== "array" || !pairs.every((pair) => pair.kind === "array" && pair.items.length === 2 && pair.items.every(({ kind }) => kind === "string")))) return { refusal: "The earlier turns in `history` are not a list of [question, answer] pairs. Mend them first." };
  return { kind: "history", row, object: value, question, input, answer, history, pairs: pairs as readonly JsonArray[] };
};

const isTurn = (item: JsonValue): boolean => item.kind === "object" && (entryOf(item, "role") ?? entryOf(item, "from"))?.value.kind === "string";

const roleOf = (item: JsonObject): string | undefined => {
  const tags = tagsOf(item), word = entryOf(item, tags.role)?.value;
  const meant = word?.kind === "string" ? roleMeantBy(word.value, tags) : undefined;
  const role = meant === undefined ? undefined : tags.roles[meant];
  return role === "call" ? "assistant" : role;
};

/** The list's brackets and its items with the blanks and commas of the row itself: `from` to `to`, after the first `head` items. */
export const listText = ({ row, entry, items }: TurnList, head: number, from: number, to: number): string => {
  const list = entry.value, picked = [...items.slice(0, Math.min(head, from)), ...items.slice(from, to)];
  const gap = items.length > 1 ? row.slice(items[0]!.end, items[1]!.start) : ", ";
  const opening = row.slice(list.start, items[0]!.start), closing = row.slice(items.at(-1)!.end, list.end);
  let text = opening;
  picked.forEach((item, index) => {
    const after = items[items.indexOf(item) - 1];
    // Two that stood side by side keep what stood between them.
    if (index > 0) text += after && after === picked[index - 1] ? row.slice(after.end, item.start) : gap;
    text += row.slice(item.start, item.end);
  });
  return text + closing;
};

/** `changes` made in the text, in any order; none touches another. */
export const withChanges = (text: string, changes: readonly Change[]): string => {
  let result = "", from = 0;
  for (const { span, newText } of [...changes].sort((a, b) => a.span.start - b.span.start)) {
    result += text.slice(from, span.start) + newText;
    from = span.end;
  }
  return result + text.slice(from);
};

export const sourceOf = (row: string, { start, end }: JsonValue): string => row.slice(start, end);
