/** Owns switching an answer's training on and off in its row: which key a format says it with, and the smallest edit that says it. */
import { entryOf, type Change, type JsonEntry, type JsonObject, type JsonValue } from "../json/tree";
import { type Span } from "../problem";
import { readJson } from "../json/readJson";
import { roleMeantBy } from "../formats/roles";

export interface FlagEdit {
  readonly changes: readonly Change[];
  /** Whether the answers are trained afterwards, and how many they are. */
  readonly trained: boolean;
  readonly turns: number;
}
/** Why the row cannot say it, in a sentence or two. */
export interface FlagRefusal { readonly refusal: string }

/** OpenAI's, Axolotl's, LLaMA-Factory's; `label` is that of Axolotl's segments. */
const FLAGS = ["weight", "train", "loss_weight", "label"] as const;
type Flag = typeof FLAGS[number];
const TEXT_KEYS = ["content", "value", "text", "tool_calls", "function_call"];

/** For the answers that the range `at` of the row touches: where any is trained they are switched off, else on. */
export const toggleTraining = (row: string, at: Span): FlagEdit | FlagRefusal => {
  const { value } = readJson(row);
  if (value?.kind !== "object") return { refusal: "This line is not a row yet: mend its JSON first." };
  const turns = turnsOf(value);
  if (turns.length === 0) return { refusal: "Rows of this format have no place for a flag that leaves an answer out. Write the row as OpenAI chat, `messages` with `weight`, or remove it." };
  const touched = turns.filter(({ node }) => node.start < Math.max(at.end, at.start + 1) && node.end > at.start);
  const answers = touched.filter(({ isAnswer }) => isAnswer);
  if (answers.length === 0) {
    return { refusal: touched.length === 0 ? "Put the cursor into an answer, or select several." : "Only what the assistant says is trained on. Put the cursor into an answer, or select several." };
  }
  const habit = turns.map(({ node }) => flagOf(node)?.key.value as Flag | undefined).find((key) => key !== undefined);
  const trained = !answers.some(({ node }) => isOn(flagOf(node)));
  return { changes: answers.map(({ node, fallback }) => change(row, node, habit ?? fallback, trained)), trained, turns: answers.length };
};

interface Turn { readonly node: JsonObject; readonly isAnswer: boolean; readonly fallback: Flag }

/** Every message or segment of the row: objects in a list, with a role, or with Axolotl's label. */
const turnsOf = (value: JsonValue): Turn[] => {
  if (value.kind === "object") return value.entries.flatMap((entry) => entry.key.value === "tools" ? [] : turnsOf(entry.value));
  if (value.kind !== "array") return [];
  return value.items.flatMap((item): Turn[] => {
    if (item.kind !== "object") return turnsOf(item);
    const role = entryOf(item, "role")?.value ?? entryOf(item, "from")?.value;
    if (role?.kind === "string" && TEXT_KEYS.some((key) => entryOf(item, key))) {
      const meant = roleMeantBy(role.value);
      return [{ node: item, isAnswer: meant === "assistant" || role.value === "function_call", fallback: "weight" }];
    }
    if (entryOf(item, "text") && entryOf(item, "label")?.value.kind === "boolean") return [{ node: item, isAnswer: true, fallback: "label" }];
    return turnsOf(item);
  });
};

const flagOf = (node: JsonObject): JsonEntry | undefined => FLAGS.map((key) => entryOf(node, key)).find((entry) => entry !== undefined && entry.value.kind !== "null");
const isOn = (flag: JsonEntry | undefined): boolean => !flag || !(flag.value.kind === "boolean" ? !flag.value.value : flag.value.kind === "number" && flag.value.value <= 0);

const change = (row: string, node: JsonObject, habit: Flag, trained: boolean): Change => {
  const written = (key: string): string => key === "train" || key === "label" ? String(trained) : trained ? "1" : "0";
  const own = flagOf(node);
  if (own) return { span: { start: own.value.start, end: own.value.end }, newText: written(own.key.value) };
  // A turn in a list of turns has a role, so there is an entry to follow, written as this row writes its colons and commas.
  const [before, last] = [node.entries.at(-2), node.entries.at(-1)!];
  const colon = row.slice(last.key.end, last.value.start), comma = before ? row.slice(before.value.end, last.key.start) : ", ";
  return { span: { start: last.value.end, end: last.value.end }, newText: `${comma}"${habit}"${colon}${written(habit)}` };
};
