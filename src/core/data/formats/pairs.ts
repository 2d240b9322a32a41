/** Owns rows of a question and an answer under any names: Alpaca and everything that only calls its columns otherwise. */
import { at, checkAnswer, checkCharacters, checkInput, checkQuestion, expectString } from "../checks/text";
import { entryOf, spanWithin, valueOf, type JsonEntry, type JsonString, type JsonValue } from "../json/tree";
import { addKey, renameKey, standIn } from "../json/keys";
import { type Message, type Role } from "../record";
import { type Row, type RowRecord, type Signature } from "./format";
import { readTools } from "./toolCalls";

export interface Columns {
  readonly prompt: string;
  /** What the question is about, asked after it. */
  readonly query?: string;
  readonly response: string;
  readonly system?: string;
  /** Earlier turns, [[question, answer], …]. */
  readonly history?: string;
  readonly tools?: string;
  /** Known columns that say nothing about the text. */
  readonly ignored?: readonly string[];
}

export interface PairOptions {
  /** Whose rows these are, in problems: "Alpaca rows". */
  readonly rows: string;
  readonly columns: Columns;
  /** Other names by which a slip of a key is recognised. */
  readonly otherNames?: Readonly<Partial<Record<"prompt" | "query" | "response", readonly string[]>>>;
  /** A mark that this format's files put at the end of every answer. */
  readonly endMark?: string;
}

const NONE: readonly never[] = [];

const names = new WeakMap<Columns, ReadonlySet<string>>();
/** The names that the columns have a meaning for; found once for each set of columns. */
const named = ({ columns }: PairOptions): ReadonlySet<string> => {
  let found = names.get(columns);
  if (!found) names.set(columns, found = new Set([columns.prompt, columns.query, columns.response, columns.system, columns.history, columns.tools, ...(columns.ignored ?? [])].filter((name) => name !== undefined)));
  return found;
};

export const meantAs = (row: Pick<Row, "object">, what: "prompt" | "query" | "response", options: PairOptions): JsonEntry | undefined => {
  const name = options.columns[what];
  return name === undefined ? undefined : standIn(row.object, name, options.otherNames?.[what] ?? [], named(options));
};

/** The value of a required column; a missing one is reported where its stand-in, or the row, begins. */
const required = (row: Row, what: "prompt" | "response", options: PairOptions): JsonString | undefined => {
  const name = options.columns[what];
  const value = valueOf(row.object, name);
  if (value) return expectString(row, value, `\`${name}\``);
  const consequence = what === "response" ? "the row has nothing to learn" : "the row has no question";
  const entry = meantAs(row, what, options);
  if (entry) row.report("missing-key", "error", at(entry.key), `${options.rows} call this \`${name}\`; without it ${consequence}.`, renameKey(entry, name));
  else row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, `\`${name}\` is missing, so ${consequence}.`, addKey(row.object, name));
  return undefined;
};

const optional = (row: Row, name: string | undefined): JsonString | undefined => {
  const value = name === undefined ? undefined : valueOf(row.object, name);
  return value && expectString(row, value, `\`${name}\``, { nullIsEmpty: true });
};

const extraKeys = (row: Row, options: PairOptions): void => {
  const known = named(options);
  if (row.object.entries.every(({ key }) => known.has(key.value))) return;
  const { columns, rows } = options;
  const missing = (["prompt", "response"] as const).filter((what) => !entryOf(row.object, columns[what])).map((what) => meantAs(row, what, options));
  const query = columns.query !== undefined && !entryOf(row.object, columns.query) ? meantAs(row, "query", options) : undefined;
  for (const entry of row.object.entries) {
    if (known.has(entry.key.value) || missing.includes(entry)) continue;
    if (entry === query && entry.value.kind === "string") row.report("unknown-key", "warning", at(entry.key), `\`${entry.key.value}\` is not used. ${rows} call it \`${columns.query}\`.`, renameKey(entry, columns.query!));
    else row.unused(entry, rows);
  }
};

/** LLaMA-Factory's earlier turns: [[question, answer], …]. */
const readHistory = (row: Row, name: string, value: JsonValue): Message[] => {
  if (value.kind === "null") return [];
  const pairs = value.kind === "array" ? value.items : [value];
  return pairs.flatMap((pair) => {
    const [question, answer] = pair.kind === "array" && pair.items.length === 2 ? pair.items : [];
    if (question?.kind !== "string" || answer?.kind !== "string") {
      row.report("wrong-type", "error", at(pair), `\`${name}\` is a list of [question, answer] pairs of text.`);
      return [];
    }
    checkCharacters(row, question);
    checkCharacters(row, answer);
    checkAnswer(row, answer, "This answer");
    return [message("user", question), message("assistant", answer)];
  });
};

export const message = (role: Role, node: JsonString, content = node.value): Message => ({ role, content, span: at(node), trained: role === "assistant" });

/** The answer without the end mark that its file puts on every answer: the base's own end token takes its place. */
const withoutMark = (row: Row, node: JsonString, mark: string | undefined): string => {
  if (mark === undefined || !node.value.trimEnd().endsWith(mark)) return node.value;
  const end = node.value.lastIndexOf(mark);
  row.remark("end-mark", spanWithin(row.text, node, end, end + mark.length), `The answers end with ${mark}, another model's end mark. It is left off: the base's own end token ends each answer.`);
  return node.value.slice(0, end);
};

/** The text that the columns of a question and its matter make: as Alpaca-trained chat models are asked, the matter after an empty line. */
export const questionOf = (instruction: string, input: string): string => input === "" ? instruction : instruction === "" ? input : `${instruction}\n\n${input}`;

export const pairRecord = (instruction: JsonString, input: JsonString | undefined, output: JsonString, answer = output.value, before: readonly Message[] = []): RowRecord => ({
  messages: [...before, message("user", instruction, questionOf(instruction.value, input?.value ?? "")), message("assistant", output, answer)],
  alpaca: { instruction: instruction.value, input: input?.value ?? "", output: answer },
});

export const readPair = (options: PairOptions) => (row: Row): readonly RowRecord[] => {
  const { columns } = options;
  const instruction = required(row, "prompt", options);
  const output = required(row, "response", options);
  const input = optional(row, columns.query);
  const system = optional(row, columns.system);
  const history = columns.history === undefined ? undefined : valueOf(row.object, columns.history);
  const tools = columns.tools === undefined ? undefined : readTools(row, columns.tools);
  extraKeys(row, options);
  if (instruction) checkQuestion(row, instruction, `\`${columns.prompt}\``, input?.value);
  if (input) checkInput(row, input);
  const answer = output && withoutMark(row, output, options.endMark);
  if (output) checkAnswer(row, output, `\`${columns.response}\``, answer);
  const earlier = history ? readHistory(row, columns.history!, history) : NONE;
  if (!instruction || !output) return [];
  const record = pairRecord(instruction, input, output, answer, system?.value ? [message("system", system), ...earlier] : earlier);
  return [tools === undefined ? record : { ...record, tools }];
};

/** The columns of the signature that a row was recognised by are the ones that it is read with. */
export const signatureOf = ({ prompt, query, response, system, ignored = [] }: Columns): Signature =>
  ({ needs: [prompt, response], helps: [query, system, ...ignored].filter((name) => name !== undefined) });
