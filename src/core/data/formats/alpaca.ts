/** Alpaca rows: {"instruction", "input"?, "output"} (tatsu-lab/stanford_alpaca), with LLaMA-Factory's optional `system` and `history`. */
import { at, checkAnswer, checkCharacters, checkInput, checkQuestion, expectString } from "../checks";
import { entryOf, valueOf, type JsonObject, type JsonString, type JsonValue } from "../json";
import { addKey, renameKey, standIn } from "../keys";
import { type DatasetRecord, type Message, type Role } from "../record";
import { type Row, type RowFormat } from "./format";

const KEYS = new Set(["instruction", "input", "output", "text", "system", "history"]);
/** Names that other datasets use for the same thing; the first that a row has is taken. */
const OTHER_NAMES = {
  instruction: ["prompt", "question", "query", "user_input", "task"],
  input: ["context"],
  output: ["response", "completion", "answer", "target", "reply"],
} as const;
const meant = (object: JsonObject, key: keyof typeof OTHER_NAMES) => entryOf(object, key) ?? standIn(object, key, OTHER_NAMES[key], KEYS);

const recognise = (object: JsonObject): string | undefined => {
  if (valueOf(object, "instruction")) return "instruction";
  return meant(object, "instruction") && meant(object, "output") ? meant(object, "instruction")!.key.value : undefined;
};

/** The value of a required key; a missing one is reported where its stand-in, or the row, begins. */
const required = (row: Row, key: "instruction" | "output"): JsonString | undefined => {
  const value = valueOf(row.object, key);
  if (value) return expectString(row, value, `\`${key}\``);
  const consequence = key === "output" ? "the row has nothing to learn" : "the row has no question";
  const entry = standIn(row.object, key, OTHER_NAMES[key], KEYS);
  if (entry) row.report("missing-key", "error", at(entry.key), `Alpaca rows call this \`${key}\`; without it ${consequence}.`, renameKey(entry, key));
  else row.report("missing-key", "error", { start: row.object.start, end: row.object.start + 1 }, `\`${key}\` is missing, so ${consequence}.`, addKey(row.object, key));
  return undefined;
};

const optional = (row: Row, key: "input" | "system"): JsonString | undefined => {
  const value = valueOf(row.object, key);
  return value && expectString(row, value, `\`${key}\``, { nullIsEmpty: true });
};

const extraKeys = (row: Row): void => {
  const missing = (["instruction", "output"] as const).filter((key) => !entryOf(row.object, key)).map((key) => standIn(row.object, key, OTHER_NAMES[key], KEYS));
  const input = entryOf(row.object, "input") ? undefined : standIn(row.object, "input", OTHER_NAMES.input, KEYS);
  for (const entry of row.object.entries) {
    if (KEYS.has(entry.key.value) || missing.includes(entry)) continue;
    if (entry === input && entry.value.kind === "string") row.report("unknown-key", "warning", at(entry.key), `\`${entry.key.value}\` is not used. Alpaca rows call it \`input\`.`, renameKey(entry, "input"));
    else row.unused(entry, "Alpaca rows");
  }
};

/** LLaMA-Factory's earlier turns: [[question, answer], …]. */
const readHistory = (row: Row, value: JsonValue): Message[] => {
  if (value.kind === "null") return [];
  const pairs = value.kind === "array" ? value.items : [value];
  return pairs.flatMap((pair) => {
    const [question, answer] = pair.kind === "array" && pair.items.length === 2 ? pair.items : [];
    if (question?.kind !== "string" || answer?.kind !== "string") {
      row.report("wrong-type", "error", at(pair), "`history` is a list of [question, answer] pairs of text.");
      return [];
    }
    checkCharacters(row, question);
    checkCharacters(row, answer);
    checkAnswer(row, answer, "This answer");
    return [message("user", question), message("assistant", answer)];
  });
};

const message = (role: Role, node: JsonString, content = node.value): Message => ({ role, content, span: at(node), trained: role === "assistant" });

const read = (row: Row): DatasetRecord | undefined => {
  const instruction = required(row, "instruction");
  const output = required(row, "output");
  const input = optional(row, "input");
  const system = optional(row, "system");
  const history = valueOf(row.object, "history");
  extraKeys(row);
  if (instruction) checkQuestion(row, instruction, "`instruction`", input?.value);
  if (input) checkInput(row, input);
  if (output) checkAnswer(row, output, "`output`");
  const earlier = history ? readHistory(row, history) : [];
  if (!instruction || !output) return undefined;
  // As Alpaca-trained chat models are asked: the input follows the instruction after an empty line.
  const question = [instruction.value, input?.value ?? ""].filter((part) => part !== "").join("\n\n");
  return {
    line: row.line, format: "alpaca",
    messages: [...(system?.value ? [message("system", system)] : []), ...earlier, message("user", instruction, question), message("assistant", output)],
    alpaca: { instruction: instruction.value, input: input?.value ?? "", output: output.value },
  };
};

export const alpaca: RowFormat = { name: "alpaca", title: "Alpaca", example: '{"instruction": "…", "input": "", "output": "…"}', recognise, read };
