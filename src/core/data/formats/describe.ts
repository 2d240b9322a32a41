/** Owns what a person is asked about rows of no known format: the keys that they have, with examples, and the description that comes of the answers. */
import { toPlain } from "../json/tree";
import { cutRows, containerOf } from "../rows/container";
import { splitLines } from "../rows/lines";

/** A key of the rows. */
export interface SeenKey {
  readonly name: string;
  readonly kind: "text" | "messages" | "other";
  /** The first value that says something, in one line. */
  readonly example: string;
  /** Rows of the sample that have it. */
  readonly rows: number;
  /** Characters of its texts on average: answers are long. */
  readonly length: number;
}

/** The keys of one list of messages, and the words that stand under each. */
export interface SeenMessages { readonly keys: readonly SeenKey[]; readonly words: (key: string) => readonly string[] }

const [SAMPLED, MOST_TEXT, MOST_WORDS] = [200, 120, 20];

type Row = Readonly<Record<string, unknown>>;
const isRow = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

/** The first rows of a dataset as plain objects; `file` is its name, which tells how they lie. */
export const sampleRows = (text: string, file?: string): Row[] => {
  const lines = splitLines(text);
  if (!lines.some((line) => line.text.trim() !== "")) return [];
  const cut = cutRows(text, lines, containerOf(file), () => true);
  const rows: Row[] = [];
  for (const source of cut.rows) {
    const { value } = cut.read(source.text);
    const plain = value && toPlain(value);
    if (isRow(plain) && rows.push(plain) >= SAMPLED) break;
  }
  return rows;
};

/** In the order of the rows. */
export const keysOf = (rows: readonly Row[]): SeenKey[] => [...new Set(rows.flatMap((row) => Object.keys(row)))].map((name) => {
  const values = rows.map((row) => row[name]).filter((value) => value !== undefined && value !== null && value !== "");
  const texts = values.filter((value) => typeof value === "string");
  const kind = values.length > 0 && values.every((value) => Array.isArray(value) && value.some(isRow)) ? "messages" : texts.length > 0 && texts.length === values.length ? "text" : "other";
  return { name, kind, example: shown(values[0]), rows: values.length, length: texts.reduce((sum, value) => sum + value.length, 0) / Math.max(1, texts.length) };
});

const shown = (value: unknown): string => {
  const text = (typeof value === "string" ? value : JSON.stringify(value) ?? "").replace(/\s+/g, " ").trim();
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
};

/** What the messages under a key look like. */
export const messagesUnder = (rows: readonly Row[], key: string): SeenMessages => {
  const messages = rows.flatMap((row) => Array.isArray(row[key]) ? (row[key] as unknown[]).filter(isRow) : []);
  return { keys: keysOf(messages), words: (name) => [...new Set(messages.map((message) => message[name]).filter((word) => typeof word === "string"))].slice(0, MOST_WORDS) };
};

const LIKELY = {
  prompt: /^(?:instruction|prompt|question|query|ask|user|human|input|request|problem|source|title|ticket|q)\b|question|prompt|instruction/i,
  response: /^(?:output|response|answer|reply|completion|assistant|target|solution|chosen|a)\b|answer|response|reply|output/i,
  role_tag: /role|from|speaker|author|who|sender|name/i, content_tag: /content|value|text|says|body|message|utterance/i,
  user_tag: /user|human|customer|client|question|prompter|person|patient|student/i, assistant_tag: /assist|gpt|bot|agent|model|ai\b|answer|support|doctor|teacher/i, system_tag: /system|context|instruction/i,
} as const;
export type AskedFor = keyof typeof LIKELY;

/** The likeliest first: by name, and among names that say nothing the longer texts as answers. */
export const likeliest = <T extends { readonly name: string; readonly length?: number }>(choices: readonly T[], what: AskedFor): T[] =>
  [...choices].sort((a, b) => Number(LIKELY[what].test(b.name)) - Number(LIKELY[what].test(a.name)) || (what === "response" || what === "content_tag" ? (b.length ?? 0) - (a.length ?? 0) : 0));
