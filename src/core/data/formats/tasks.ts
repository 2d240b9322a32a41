/** Rows that hold a whole task with its instances: Natural Instructions, Self-Instruct; and FLAN's chains of thought. */
import { at, checkAnswer, checkInput, checkQuestion, expectString } from "../checks/text";
import { entryOf, valueOf, type JsonObject, type JsonString, type JsonValue } from "../json/tree";
import { type Row, type RowFormat, type RowRecord } from "./format";
import { message, pairRecord, questionOf } from "./pairs";

const first = (value: JsonValue | undefined): JsonValue | undefined => value?.kind === "array" ? value.items[0] : value;

const missing = (row: Row, node: JsonObject, key: string, consequence: string): undefined => {
  row.report("missing-key", "error", { start: node.start, end: node.start + 1 }, `\`${key}\` is missing, so ${consequence}.`);
  return undefined;
};

/** Each instance as a record of its own; a wrong one is reported and left out with its row, as any row with an error is. */
const instancesOf = (row: Row, key: string, toRecord: (instance: JsonObject) => RowRecord | undefined): RowRecord[] => {
  const list = valueOf(row.object, key);
  if (list?.kind !== "array" || list.items.length === 0) {
    row.report(list ? "wrong-type" : "missing-key", "error", list ? at(list) : { start: row.object.start, end: row.object.start + 1 }, `\`${key}\` is a list of {"input": …, "output": …}, with at least one.`);
    return [];
  }
  return list.items.flatMap((item) => {
    if (item.kind !== "object") {
      row.report("wrong-type", "error", at(item), 'An instance is an object: {"input": …, "output": …}.');
      return [];
    }
    return toRecord(item) ?? [];
  });
};

const pairOf = (row: Row, instance: JsonObject, instruction: JsonString): RowRecord | undefined => {
  const given = valueOf(instance, "output");
  const output = first(given);
  if (!output) return missing(row, instance, "output", "this instance has nothing to learn");
  const answer = expectString(row, output, "`output`");
  const input = valueOf(instance, "input");
  const matter = input && expectString(row, input, "`input`", { nullIsEmpty: true });
  if (matter) checkInput(row, matter);
  if (answer) checkAnswer(row, answer, "`output`");
  if (given?.kind === "array" && given.items.length > 1) row.remark("left-out", at(given.items[1]!), "Where an instance has several answers, the first is trained on and the others are left out.");
  return answer && pairRecord(instruction, matter, answer);
};

const unusedBut = (row: Row, known: ReadonlySet<string>, where: string): void => {
  for (const entry of row.object.entries) if (!known.has(entry.key.value)) row.unused(entry, where);
};

const SEED_KEYS = new Set(["id", "name", "instruction", "instances", "is_classification", "motivation_app"]);

export const selfInstruct: RowFormat = {
  name: "self-instruct", title: "Self-Instruct tasks", source: "yizhongw/self-instruct (seed_tasks, user_oriented_instructions)",
  example: '{"id": "seed_task_0", "instruction": "…", "instances": [{"input": "", "output": "…"}], "is_classification": false}',
  mask: "One example for each instance: its output with the base's end token.",
  aside: ["id", "name", "is_classification", "motivation_app"],
  signatures: [{ needs: ["instruction", "instances"], helps: ["id", "is_classification", "motivation_app"], weight: 5 }],
  read: (row) => {
    const value = valueOf(row.object, "instruction");
    const instruction = value ? expectString(row, value, "`instruction`") : missing(row, row.object, "instruction", "the row has no question");
    if (instruction) checkQuestion(row, instruction, "`instruction`");
    unusedBut(row, SEED_KEYS, "Self-Instruct tasks");
    return instruction ? instancesOf(row, "instances", (instance) => pairOf(row, instance, instruction)) : [];
  },
};

const TASK_KEYS = new Set([
  "Definition", "Instances", "Positive Examples", "Negative Examples", "Contributors", "Source", "URL", "Categories", "Reasoning", "Domains", "Input_language", "Output_language", "Instruction_language", "Instance License", "Beta", "Title",
]);

export const naturalInstructions: RowFormat = {
  name: "natural-instructions", title: "Natural Instructions", source: "allenai/natural-instructions (both schemas); Super-NaturalInstructions",
  example: '{"Definition": ["…"], "Positive Examples": […], "Instances": [{"input": "…", "output": ["…"]}]}',
  mask: "One example for each instance, asked by the definition and its input; the first of its outputs with the base's end token is trained.",
  aside: ["Positive Examples", "Negative Examples", "Contributors", "Source", "URL", "Categories", "Reasoning", "Domains", "Input_language", "Output_language", "Instruction_language", "Instance License"],
  signatures: [{ needs: ["Definition", "Instances"], helps: ["Positive Examples", "Categories"], weight: 10 }],
  read: (row) => {
    const value = valueOf(row.object, "Definition");
    const definition = first(value);
    const instruction = definition ? expectString(row, definition, "`Definition`") : missing(row, row.object, "Definition", "the task says nothing");
    if (instruction) checkQuestion(row, instruction, "`Definition`");
    unusedBut(row, TASK_KEYS, "Natural Instructions tasks");
    return instruction ? instancesOf(row, "Instances", (instance) => pairOf(row, instance, instruction)) : [];
  },
};

/** One of FLAN v2's target templates: the reasons first, the answer after them (flan/v2/templates.py). */
export const reasonedAnswer = (thought: string, answer: string): string => `${thought}\nTherefore, the answer is ${answer}.`;

export const flanCot: RowFormat = {
  name: "flan-cot", title: "FLAN chain of thought", source: "google-research/FLAN flan/v2/cot_data (TSV: question, answer, chain of thought)",
  example: '{"question": "…", "answer": "…", "chain_of_thought": "…"}',
  mask: "The chain of thought, then `Therefore, the answer is ….`, with the base's end token.",
  signatures: [{ needs: ["question", "answer", "chain_of_thought"], weight: 5 }],
  read: (row) => {
    const [question, answer, thought] = (["question", "answer", "chain_of_thought"] as const).map((key) => {
      const value = valueOf(row.object, key);
      return value ? expectString(row, value, `\`${key}\``) : missing(row, row.object, key, "the row is not whole");
    });
    unusedBut(row, new Set(["question", "answer", "chain_of_thought"]), "FLAN chain of thought rows");
    if (question) checkQuestion(row, question, "`question`");
    if (thought) checkAnswer(row, thought, "`chain_of_thought`");
    if (answer && answer.value.trim() === "") row.report("empty-output", "error", at(answer), "`answer` is empty, so there is nothing to learn from this row.");
    if (!question || !answer || !thought) return [];
    const output = reasonedAnswer(thought.value, answer.value);
    return [{ messages: [message("user", question, questionOf(question.value, "")), message("assistant", thought, output)], alpaca: { instruction: question.value, input: "", output } }];
  },
};

/** Text that brings its own marks, piece by piece trained or not (axolotl `input_output`); and plain text. */
export const axolotlSegments: RowFormat = {
  name: "axolotl-segments", title: "Axolotl segments", source: "axolotl docs/dataset-formats/template_free (type: input_output)",
  example: '{"segments": [{"label": false, "text": "<s>Question\\n"}, {"label": true, "text": "answer</s>"}]}',
  mask: "The segments whose `label` is true, exactly as they stand: no template is applied and no token added.",
  signatures: [{ needs: ["segments"], weight: 5 }],
  read: (row) => {
    const list = valueOf(row.object, "segments");
    unusedBut(row, new Set(["segments"]), "rows of segments");
    if (list?.kind !== "array" || list.items.length === 0) {
      row.report(list ? "wrong-type" : "missing-key", "error", list ? at(list) : { start: row.object.start, end: row.object.start + 1 }, '`segments` is a list of {"label": true or false, "text": …}, with at least one.');
      return [];
    }
    const parts = list.items.map((item) => {
      const [label, value] = item.kind === "object" ? [valueOf(item, "label"), valueOf(item, "text")] : [];
      const text = value && expectString(row, value, "`text`");
      if (label?.kind !== "boolean" || !text) {
        if (label?.kind !== "boolean" || !value) row.report("wrong-type", "error", at(item), 'A segment has a `label` (true where it is trained) and a `text`.');
        return undefined;
      }
      return { role: label.value ? "assistant" as const : "user" as const, content: text.value, trained: label.value, span: at(text) };
    }).filter((part) => part !== undefined);
    if (parts.length < list.items.length) return [];
    if (!parts.some(({ trained, content }) => trained && content !== "")) row.report("no-assistant", "error", at(entryOf(row.object, "segments")!.key), "No segment has the label true, so there is nothing to learn from this row.");
    return [{ messages: parts, bare: "pieces" }];
  },
};

export const plainText: RowFormat = {
  name: "text", title: "Plain text", source: "TRL language modeling; mlx-examples; LLaMA-Factory pre-training; axolotl completion", example: '{"text": "…"}',
  mask: "The whole text, with the base's end token; no template is applied.",
  signatures: [{ needs: ["text"] }],
  read: (row) => {
    const value = valueOf(row.object, "text");
    unusedBut(row, new Set(["text"]), "rows of plain text");
    const text = value ? expectString(row, value, "`text`") : missing(row, row.object, "text", "the row has nothing to learn");
    if (!text) return [];
    if (text.value.trim() === "") row.report("empty-output", "error", at(text), "`text` is empty, so there is nothing to learn from this row.");
    return [{ messages: [message("assistant", text)], bare: "text" }];
  },
};
