/** Owns putting several rows together into one: their turns one after the other, in the text of the first row, or in Alpaca's `history` before the last row's question. */
import { entryOf, type Change, type JsonObject, type JsonValue } from "../json/tree";
import { conversationOf, sourceOf, withChanges, type Conversation, type History, type Refusal, type TurnList } from "./conversation";

export interface Merged {
  readonly row: string;
  /** What the merged row does not hold any more, in a few words each. */
  readonly losses: readonly string[];
}

export const OTHER_SYSTEM = "system messages that differ from the first row's: only the first one stays";
const dropped = (key: string): string => `\`${key}\` of the rows after the first`;

/** `rows` in the order in which they are to follow each other. Refuses rows of different kinds, and what holds no turns. */
export const mergeRows = (rows: readonly string[]): Merged | Refusal => {
  if (rows.length < 2) return { refusal: "Select two rows or more: they become one conversation." };
  const found: Conversation[] = [];
  for (const row of rows) {
    const one = conversationOf(row);
    if ("refusal" in one) return one;
    found.push(one);
  }
  if (found.every((one) => one.kind === "list")) return mergeLists(found);
  if (found.every((one) => one.kind === "history")) return mergeHistories(found);
  return { refusal: "These rows hold their turns in different ways. Convert the file to one format first." };
};

const mergeLists = (lists: readonly TurnList[]): Merged | Refusal => {
  const [first, ...others] = lists as [TurnList, ...TurnList[]];
  const keysOf = ({ entry, items }: TurnList): string => `${entry.key.value} ${entryOf(items[0]!, "from") ? "from" : "role"}`;
  if (others.some((list) => keysOf(list) !== keysOf(first))) return { refusal: "These rows name their turns in different ways. Convert the file to one format first." };
  const { row, items, entry } = first;
  const gap = items.length > 1 ? row.slice(items[0]!.end, items[1]!.start) : ", ";
  const added = others.flatMap((list) => list.items.slice(list.head).map((item) => gap + list.row.slice(item.start, item.end))).join("");
  const at = items.at(-1)!.end;
  const system = others.some((list) => systemOf(list) !== systemOf(first)) ? [OTHER_SYSTEM] : [];
  return { row: withChanges(row, [{ span: { start: at, end: at }, newText: added }]), losses: [...system, ...otherKeys(first, others, [entry.key.value, "system"])] };
};

/** The system's words before the first turn, or in the row's own column. */
const systemOf = ({ items, head, object }: TurnList): string =>
  [textOf(entryOf(object, "system")?.value), ...items.slice(0, head).map((item) => textOf((entryOf(item, "content") ?? entryOf(item, "value"))?.value))].filter((text) => text !== "").join("\n");

const textOf = (value: JsonValue | undefined): string => value?.kind === "string" ? value.value : "";

const mergeHistories = (found: readonly History[]): Merged => {
  const [first] = found as [History, ...History[]], last = found.at(-1)!, earlier = found.slice(0, -1);
  const written = (one: History): string[] => one.pairs.map((pair) => sourceOf(one.row, pair));
  const asked = (one: History): string => textOf(one.input?.value) === "" ? sourceOf(one.row, one.question.value) : JSON.stringify([textOf(one.question.value), textOf(one.input?.value)].filter((part) => part !== "").join("\n\n"));
  const pairs = [...earlier.flatMap((one) => [...written(one), `[${asked(one)}, ${sourceOf(one.row, one.answer.value)}]`]), ...written(last)];
  const changes: Change[] = [];
  const { row, object } = last, end = object.entries.at(-1)!.value.end, list = `[${pairs.join(", ")}]`;
  const added: string[] = [];
  if (last.history) changes.push({ span: last.history.value, newText: list });
  else added.push(`"history": ${list}`);
  const [system, own] = [entryOf(first.object, "system"), entryOf(object, "system")];
  const differ = found.some((one) => textOf(entryOf(one.object, "system")?.value) !== textOf(system?.value));
  if (own && textOf(own.value) !== textOf(system?.value)) changes.push({ span: own.value, newText: system ? sourceOf(first.row, system.value) : '""' });
  else if (!own && textOf(system?.value) !== "") added.push(`"system": ${sourceOf(first.row, system!.value)}`);
  if (added.length > 0) changes.push({ span: { start: end, end }, newText: added.map((text) => `, ${text}`).join("") });
  const joined = earlier.some(({ input }) => textOf(input?.value) !== "");
  return {
    row: withChanges(row, changes),
    losses: [...(differ ? [OTHER_SYSTEM] : []), ...(joined ? ["the line between instruction and input of earlier questions (they are joined by an empty line)"] : []), ...otherKeys(last, earlier, ["instruction", "input", "output", "response", "history", "system"], "before the last")],
  };
};

/** Keys of the rows that go, unless the row that stays says the same. */
const otherKeys = (stays: { readonly object: JsonObject; readonly row: string }, others: readonly { readonly object: JsonObject; readonly row: string }[], used: readonly string[], which = "after the first"): string[] => {
  const keys = others.flatMap(({ object, row }) => object.entries.filter(({ key, value }) => {
    const own = entryOf(stays.object, key.value);
    return !used.includes(key.value) && !(own && sourceOf(stays.row, own.value) === sourceOf(row, value));
  }).map(({ key }) => key.value));
  return [...new Set(keys)].map((key) => dropped(key).replace("after the first", which));
};
