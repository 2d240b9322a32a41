/** Owns the table of dataset formats, and the choice of one for a file: what most of its rows look like. */
import { entryOf, type Change, type JsonObject, type JsonValue, type Repair } from "../json";
import { renameKeys } from "../keys";
import { type FormatName } from "../record";
import { alpaca } from "./alpaca";
import { type RowFormat } from "./format";
import { roleMeantBy } from "./chatMessage";
import { openaiChat } from "./openaiChat";

export const formats: Readonly<Record<FormatName, RowFormat>> = { alpaca, "openai-chat": openaiChat };
export const formatNames = Object.keys(formats) as FormatName[];

/** A shape that is known by sight but not trained on. */
export interface Shape {
  readonly title: string;
  /** A row with all of these keys has this shape. */
  readonly keys: readonly string[];
  /** What to do about it, where renaming keys is not enough. */
  readonly advice: string;
  /** Makes the row one of a known format, where other names for keys and roles are all that is wrong. */
  readonly repair?: (object: JsonObject) => Repair | undefined;
}

const PREFERENCE = "Preference pairs (a chosen and a rejected answer) are not trained on. Keep the chosen answer only, as an assistant message or an `output`.";
const TEXT_ONLY = "Only text can be trained on. Remove the rows that need other media.";
const RENAME = "Renaming its keys makes it Alpaca.";

const renamed = (names: Readonly<Record<string, string>>) => (object: JsonObject): Repair | undefined => {
  const renames = Object.entries(names).flatMap(([from, to]) => {
    const entry = entryOf(object, from);
    return entry && !entryOf(object, to) ? [[entry, to] as const] : [];
  });
  return renames.length === 0 ? undefined : renameKeys("Rename the keys", renames);
};

/** {"conversations": [{"from": "human", "value": …}, …]} as OpenAI chat. */
const shareGptAsChat = (object: JsonObject): Repair | undefined => {
  const list = entryOf(object, "conversations");
  if (list?.value.kind !== "array" || entryOf(object, "messages")) return undefined;
  const messages = list.value.items.flatMap((item) => item.kind === "object" ? [item] : []);
  const roles = messages.flatMap((message): Change[] => {
    const role = entryOf(message, "from")?.value;
    const meant = role?.kind === "string" ? roleMeantBy(role.value) : undefined;
    return role && meant !== undefined ? [{ span: { start: role.start, end: role.end }, newText: `"${meant}"` }] : [];
  });
  const keys = messages.flatMap((message) => renamed({ from: "role", value: "content" })(message)?.changes ?? []);
  return { title: "Write it as OpenAI chat", preferred: true, changes: [...renameKeys("", [[list, "messages"]]).changes, ...keys, ...roles] };
};

/** In the order of asking: a shape with more particular keys comes first. */
const shapes: readonly Shape[] = [
  { title: "a tokenized dataset", keys: ["input_ids"], advice: "Tunesmith needs the text, to tokenize it for the base that you choose." },
  { title: "OpenAI preference rows", keys: ["preferred_output", "non_preferred_output"], advice: PREFERENCE },
  { title: "preference rows", keys: ["chosen", "rejected"], advice: PREFERENCE },
  { title: "preference rows", keys: ["completion_a", "completion_b"], advice: PREFERENCE },
  { title: "preference rows", keys: ["response_j", "response_k"], advice: PREFERENCE },
  { title: "KTO rows", keys: ["messages", "label"], advice: "Rows with a good-or-bad label are not trained on. Keep the rows whose label is true, without the label." },
  { title: "KTO rows", keys: ["prompt", "completion", "label"], advice: "Rows with a good-or-bad label are not trained on. Keep the rows whose label is true, without the label." },
  ...["images", "audios", "videos"].map((media): Shape => ({ title: `rows with ${media}`, keys: ["messages", media], advice: TEXT_ONLY })),
  { title: "ShareGPT", keys: ["conversations"], advice: "Renaming `conversations` to `messages`, `from` to `role`, `value` to `content`, human to user and gpt to assistant makes it OpenAI chat.", repair: shareGptAsChat },
  { title: "Self-Instruct seed tasks", keys: ["instruction", "instances"], advice: 'Write one row for each instance: {"instruction": …, "input": …, "output": …}.' },
  { title: "Natural Instructions", keys: ["Definition", "Instances"], advice: 'Write one row for each instance: {"instruction": definition, "input": …, "output": …}.' },
  { title: "OpenAssistant message trees", keys: ["message_tree_id"], advice: "Write each way from the prompt to an answer as the `messages` of one row." },
  { title: "OpenAssistant messages", keys: ["message_id", "text", "role"], advice: "Join the messages of each thread as the `messages` of one row." },
  { title: "axolotl's segments", keys: ["segments"], advice: 'Write the trained segments as `output`, what is before them as `instruction`.' },
  { title: "Dolly", keys: ["instruction", "context", "response"], advice: RENAME, repair: renamed({ context: "input", response: "output" }) },
  { title: "OpenOrca", keys: ["question", "response"], advice: RENAME, repair: renamed({ system_prompt: "system", question: "instruction", response: "output" }) },
  { title: "prompts with completions", keys: ["prompt", "completion"], advice: RENAME, repair: renamed({ prompt: "instruction", completion: "output" }) },
  { title: "questions with answers, as in GSM8K", keys: ["question", "answer"], advice: RENAME, repair: renamed({ question: "instruction", answer: "output" }) },
  { title: "FLAN rows", keys: ["inputs", "targets"], advice: RENAME, repair: renamed({ inputs: "instruction", targets: "output" }) },
  { title: "MT-bench questions", keys: ["question_id", "turns"], advice: "They hold no answers to learn from." },
  { title: "benchmark questions", keys: ["question_id", "text"], advice: "They hold no answers to learn from." },
  { title: "plain text", keys: ["text"], advice: "Plain text has no question and answer. Split it into `instruction` and `output`." },
];
const BESIDE_A_CHAT: ReadonlySet<string> = new Set(["plain text", "a tokenized dataset"]);
/** Two keys that are Alpaca's own, so only without `instruction`. */
const evolInstruct: Shape = { title: "Evol-Instruct rows without instruction", keys: ["input", "output"], advice: RENAME, repair: renamed({ input: "instruction" }) };

export type Kind = { readonly format: RowFormat; readonly key: string } | { readonly shape: Shape } | undefined;

/** What one row looks like by its keys. */
export const kindOf = (value: JsonValue): Kind => {
  if (value.kind !== "object") return undefined;
  const has = (key: string): boolean => entryOf(value, key) !== undefined;
  if (has("instruction") && has("output")) return { format: alpaca, key: "instruction" };
  const shape = shapes.find(({ keys }) => keys.every(has));
  const chat = openaiChat.recognise(value);
  // A list of role and content under any name is a chat, unless the shape says that it is more than that; text beside it, or its tokens, say nothing more.
  if (chat !== undefined && (!shape || shape.repair === shareGptAsChat || BESIDE_A_CHAT.has(shape.title))) return { format: openaiChat, key: chat };
  if (shape && !(has("instruction") && shape.title === "plain text")) return { shape };
  if (!has("instruction") && evolInstruct.keys.every(has)) return { shape: evolInstruct };
  const key = alpaca.recognise(value);
  return key === undefined ? undefined : { format: alpaca, key };
};

export interface Choice {
  /** What most rows are; undefined where most are nothing known. */
  readonly kind: Kind;
  readonly reason: string;
}

const count = (number: number): string => number.toLocaleString("en-US");
const nameOf = (kind: Kind): string => kind === undefined ? "" : "format" in kind ? kind.format.name : kind.shape.title;

/** The format of a file from the kinds of its readable rows: the most frequent, of several the first. `rows` counts the unreadable ones too. */
export const chooseKind = (kinds: readonly Kind[], rows = kinds.length): Choice => {
  const tally = new Map<string, number>();
  for (const kind of kinds) tally.set(nameOf(kind), (tally.get(nameOf(kind)) ?? 0) + 1);
  if (tally.size === 0) return { kind: undefined, reason: "No row could be read." };
  const [name, best] = [...tally].reduce((a, b) => b[1] > a[1] ? b : a);
  const kind = kinds.find((candidate) => nameOf(candidate) === name);
  const share = best < rows ? `${count(best)} of ${count(rows)} rows ${best === 1 ? "has" : "have"}` : rows === 1 ? "The only row has" : `All ${count(rows)} rows have`;
  if (kind === undefined) return { kind, reason: `${share} no key of a known format.` };
  if ("format" in kind) return { kind, reason: `${share} \`${kind.key}\`.` };
  return { kind, reason: `${share} ${kind.shape.keys.map((key) => `\`${key}\``).join(" and ")}: ${kind.shape.title}.` };
};
