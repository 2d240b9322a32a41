/** Rows with a prompt and a completion, and preference rows: of two answers the chosen one can be trained on as an ordinary answer. */
import { at, checkAnswer, checkCharacters } from "../checks/text";
import { entryOf, valueOf, type JsonEntry, type JsonObject } from "../json/tree";
import { type FormatName, type Message, type Role } from "../record";
import { readConversation } from "./conversation";
import { type Row, type RowFormat, type RowRecord } from "./format";
import { message, readPair } from "./pairs";
import { promptCompletionText } from "./pairFormats";
import { tagsOf } from "./roles";
import { readTools } from "./toolCalls";

const has = (key: string, kind: "boolean") => (object: JsonObject): boolean => valueOf(object, key)?.kind === kind;

interface SideOptions { readonly role: Role; readonly answered: boolean; readonly after?: Role }

/** A text, one message, or a list of messages. */
const readSide = (row: Row, entry: JsonEntry, { role, answered, after }: SideOptions): Message[] | undefined => {
  const { key, value } = entry;
  if (value.kind === "string") {
    checkCharacters(row, value);
    if (answered) checkAnswer(row, value, `\`${key.value}\``);
    return [{ ...message(role, value), trained: answered && role === "assistant" }];
  }
  const list = value.kind === "object" ? { kind: "array" as const, start: value.start, end: value.end, items: [value] } : value;
  const first = list.kind === "array" ? list.items[0] : undefined;
  return readConversation(row, list, { tags: tagsOf(first?.kind === "object" ? first : undefined), name: key, key: key.value, answered, ...(after ? { after } : {}) });
};

/** The same words where two conversations begin alike: the prompt that a preference row without `prompt` implies (TRL). */
const commonStart = (a: readonly Message[], b: readonly Message[]): number => {
  let count = 0;
  while (count < Math.min(a.length, b.length) && a[count]!.role === b[count]!.role && a[count]!.content === b[count]!.content) count++;
  return count;
};

const untrained = (messages: readonly Message[]): Message[] => messages.map(({ trainedParts: _, ...rest }) => ({ ...rest, trained: false }));

type Sides = (object: JsonObject) => { readonly prompt?: JsonEntry | undefined; readonly query?: JsonEntry | undefined; readonly chosen?: JsonEntry | undefined; readonly rejected?: JsonEntry | undefined };

interface PreferenceFormat {
  readonly name: FormatName; readonly title: string; readonly source: string; readonly example: string;
  readonly signatures: RowFormat["signatures"];
  /** Where the question, the better and the worse answer stand. */
  readonly sides: Sides;
  readonly known?: readonly string[];
}

const preferenceFormat = ({ name, title, source, example, signatures, sides, known = [] }: PreferenceFormat): RowFormat => ({
  name, title, source, example, signatures,
  mask: "The chosen answer with the base's end token, as in plain instruction tuning; the rejected one is kept for preference features and not trained on.",
  read: readPreference(`${title} rows`, sides, known),
});

/** `sides` finds the question, the better and the worse answer; `known` are keys with no text. */
export const readPreference = (rows: string, sides: Sides, known: readonly string[]) => (row: Row): readonly RowRecord[] => {
  const { prompt, query, chosen, rejected } = sides(row.object);
  const system = entryOf(row.object, "system");
  for (const entry of row.object.entries) if (![prompt, query, chosen, rejected, system].includes(entry) && !known.includes(entry.key.value)) row.unused(entry, rows);
  if (!chosen) {
    row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, "The chosen answer is missing, so the row has nothing to learn.");
    return [];
  }
  row.remark("preference", at(chosen.key), `Of each pair only the chosen answer (\`${chosen.key.value}\`) is trained on, as in plain instruction tuning; the rejected one is not used.`);
  const asked = prompt && readSide(row, prompt, { role: "user", answered: false });
  const before = asked?.at(-1)?.role;
  const better = readSide(row, chosen, { role: "assistant", answered: true, ...(before ? { after: before } : {}) });
  // Whatever is wrong with an answer that is not used is no problem of the row.
  const worse = rejected && readSide({ ...row, report: () => {}, unused: () => {}, remark: () => {} }, rejected, { role: "assistant", answered: true, ...(before ? { after: before } : {}) });
  if (!better || prompt && !asked) return [];
  const shared = worse && !asked ? commonStart(better, worse) : 0;
  const more = query?.value.kind === "string" && query.value.value !== "" ? query.value : undefined;
  const question = more && asked?.length === 1 ? [{ ...asked[0]!, content: `${asked[0]!.content}\n\n${more.value}` }] : asked ?? [];
  const lead = system?.value.kind === "string" && system.value.value !== "" ? [message("system", system.value)] : [];
  const tools = readTools(row);
  return [{
    messages: [...lead, ...untrained(question), ...untrained(better.slice(0, shared)), ...better.slice(shared)],
    ...(worse ? { rejected: untrained(worse.slice(shared)) } : {}), ...(tools === undefined ? {} : { tools }),
  }];
};

const entry = (object: JsonObject, ...keys: readonly string[]): JsonEntry | undefined => keys.map((key) => entryOf(object, key)).find((found) => found !== undefined);
const inside = (object: JsonObject, outer: string, inner: string): JsonEntry | undefined => {
  const value = valueOf(object, outer);
  return value?.kind === "object" ? entryOf(value, inner) : undefined;
};

export const preferenceFormats: readonly RowFormat[] = [
  preferenceFormat({
    name: "preference", title: "Preference pairs", source: "TRL preference; LLaMA-Factory ranking; axolotl; Anthropic HH", example: '{"prompt": "…", "chosen": "…", "rejected": "…"}',
    signatures: [{ needs: ["chosen", "rejected"], weight: 20 }, { needs: ["chosen_messages", "rejected_messages"], weight: 20 }, { needs: ["question", "response_j", "response_k"], weight: 20 }],
    sides: (object) => ({ prompt: entry(object, "prompt", "instruction", "question", "conversations", "messages"), query: entry(object, "input"), chosen: entry(object, "chosen", "chosen_messages", "response_j"), rejected: entry(object, "rejected", "rejected_messages", "response_k") }),
    known: ["tools"],
  }),
  preferenceFormat({
    name: "openai-preference", title: "OpenAI preference", source: "OpenAI fine-tuning API (DPO); azure-ai-foundry/fine-tuning", example: '{"input": {"messages": […]}, "preferred_output": […], "non_preferred_output": […]}',
    signatures: [{ needs: ["preferred_output", "non_preferred_output"], weight: 20 }],
    sides: (object) => ({ prompt: inside(object, "input", "messages"), chosen: entry(object, "preferred_output"), rejected: entry(object, "non_preferred_output") }),
    known: ["input"],
  }),
  preferenceFormat({
    name: "comparison", title: "GPT-4 comparison", source: "Instruction-Tuning-with-GPT-4 (comparison_data: completion_a is ranked higher)", example: '{"user_input": "…", "completion_a": "…", "completion_b": "…"}',
    signatures: [{ needs: ["completion_a", "completion_b"], weight: 20 }],
    sides: (object) => ({ prompt: entry(object, "user_input", "prompt"), chosen: entry(object, "completion_a"), rejected: entry(object, "completion_b") }),
  }),
];

/** Prompt and completion, each a text or a list of messages; what the list's earlier answers say is not trained (TRL's completion_only_loss). */
const readCompletion = (row: Row): readonly RowRecord[] => {
  const [prompt, completion] = [entryOf(row.object, "prompt"), entryOf(row.object, "completion")];
  if (prompt?.value.kind !== "array" && completion?.value.kind !== "array" || !prompt || !completion) return readPair(promptCompletionText)(row);
  for (const other of row.object.entries) if (other !== prompt && other !== completion && other.key.value !== "tools" && other.key.value !== "label") row.unused(other, "Prompt and completion rows");
  const asked = readSide(row, prompt, { role: "user", answered: false });
  const before = asked?.at(-1)?.role;
  const answer = readSide(row, completion, { role: "assistant", answered: true, ...(before ? { after: before } : {}) });
  const tools = readTools(row);
  return asked && answer ? [{ messages: [...untrained(asked), ...answer], ...(tools === undefined ? {} : { tools }) }] : [];
};

export const promptCompletion: RowFormat = {
  name: "prompt-completion", title: "Prompts with completions", source: "TRL prompt-completion; Self-Instruct fine-tuning data; P3/T0", example: '{"prompt": "…", "completion": "…"}',
  mask: "The completion with the base's end token; a trailing `<|endoftext|>` is left off.",
  signatures: [{ needs: ["prompt", "completion"], helps: ["tools"] }], read: readCompletion,
};

/** Rows with a label that says whether the answer is good (KTO). */
export const kto: RowFormat = {
  name: "kto", title: "KTO", source: "TRL unpaired preference; LLaMA-Factory kto_tag", example: '{"prompt": "…", "completion": "…", "label": true}',
  mask: "The answers of rows whose label is true; rows labelled false are left out.",
  signatures: [
    { needs: ["messages", "label"], weight: 20, also: has("label", "boolean") }, { needs: ["prompt", "completion", "label"], weight: 20, also: has("label", "boolean") },
    { needs: ["messages", "kto_tag"], weight: 20 }, { needs: ["instruction", "output", "kto_tag"], weight: 20 },
  ],
  read: (row) => {
    const label = entry(row.object, "label", "kto_tag");
    const rest: Row = { ...row, unused: (found, where) => { if (found !== label) row.unused(found, where); } };
    const records = readKto(rest);
    if (label?.value.kind !== "boolean") {
      row.report("wrong-type", "error", at(label?.value ?? row.object), "`label` is true for a good answer and false for a bad one.");
      return [];
    }
    if (label.value.value) return records;
    row.remark("left-out", at(label.key), "Rows labelled false hold answers that are not wanted; they are left out of training.");
    return [];
  },
};

const readKto = (row: Row): readonly RowRecord[] => {
  const list = entryOf(row.object, "messages");
  if (!list) return entryOf(row.object, "instruction") ? readPair({ rows: "KTO rows", columns: { prompt: "instruction", query: "input", response: "output", system: "system" } })(row) : readCompletion(row);
  for (const other of row.object.entries) if (other !== list && other.key.value !== "tools") row.unused(other, "KTO rows");
  const first = list.value.kind === "array" ? list.value.items[0] : undefined;
  const messages = readConversation(row, list.value, { tags: tagsOf(first?.kind === "object" ? first : undefined), name: list.key, key: "messages" });
  const tools = readTools(row);
  return messages ? [{ messages, ...(tools === undefined ? {} : { tools }) }] : [];
};
