/** Owns writing the roles of turns with the words that their format has for them, or with user and assistant everywhere: edits of those words alone. */
import { openaiTags, roleMeantBy, shareGptTags, tagsOf } from "../formats/roles";
import { entryOf, type Change, type JsonObject, type JsonValue } from "../json/tree";
import { readJson } from "../json/readJson";

/** `format`: human and gpt in ShareGPT's lists, user and assistant in OpenAI's. `plain`: user and assistant in both. */
export type RoleWords = "format" | "plain";

export interface RoleChanges {
  readonly changes: readonly Change[];
  /** Words that are no role that is known; they stay. */
  readonly unknown: readonly string[];
  /** Words that have no plain counterpart, such as a call of a function; they stay. */
  readonly kept: readonly string[];
}

const SHAREGPT = { system: "system", user: "human", assistant: "gpt", tool: "observation", call: "function_call" } as const;
const TEXT_KEYS = ["content", "value", "tool_calls", "function_call"];

/** Of every turn of the row's text, wherever in it lists of turns are; a row that is not quite JSON is read as far as it can be. */
export const roleChanges = (row: string, words: RoleWords): RoleChanges => {
  const { value } = readJson(row);
  const changes: Change[] = [], unknown = new Set<string>(), kept = new Set<string>();
  for (const turn of value ? turnsIn(value) : []) {
    const tags = tagsOf(turn), node = entryOf(turn, tags.role)?.value;
    if (node?.kind !== "string") continue;
    const meant = roleMeantBy(node.value, tags);
    const wanted = meant === undefined ? undefined : wordFor(meant, tags === shareGptTags, words);
    if (wanted === undefined) (meant === undefined ? unknown : kept).add(node.value);
    else if (wanted !== node.value) changes.push({ span: { start: node.start, end: node.end }, newText: JSON.stringify(wanted) });
  }
  return { changes, unknown: [...unknown], kept: [...kept] };
};

/** `meant` is a word of the list's own. Undefined where it has no counterpart among the wanted ones. */
const wordFor = (meant: string, isShareGpt: boolean, words: RoleWords): string | undefined => {
  // OpenAI's older and newer words mean more than the plain one, and the templates know them.
  if (!isShareGpt) return meant;
  const role = shareGptTags.roles[meant]!;
  if (words === "format") return SHAREGPT[role];
  return role === "call" ? undefined : Object.hasOwn(openaiTags.roles, role) ? role : undefined;
};

const turnsIn = (value: JsonValue): JsonObject[] => {
  if (value.kind === "object") return value.entries.flatMap(({ key, value: inner }) => key.value === "tools" || key.value === "functions" ? [] : turnsIn(inner));
  if (value.kind !== "array") return [];
  return value.items.flatMap((item) => {
    const isTurn = item.kind === "object" && (entryOf(item, "role") ?? entryOf(item, "from")) && TEXT_KEYS.some((key) => entryOf(item, key));
    return isTurn ? [item] : turnsIn(item);
  });
};
