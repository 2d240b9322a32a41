/** Owns the table of formats that hold one question and one answer a row. */
import { entryOf, type JsonObject } from "../json/tree";
import { type FormatName } from "../record";
import { type RowFormat, type Signature } from "./format";
import { meantAs, readPair, signatureOf, type Columns, type PairOptions } from "./pairs";

const MASK = "The answer with the base's end token; the question is shown and not trained.";

interface PairFormat {
  readonly name: FormatName;
  readonly title: string;
  readonly source: string;
  readonly example: string;
  readonly mask?: string;
  /** Several where the same format is found with other names; the first is the one that is written. */
  readonly columns: readonly [Columns, ...Columns[]];
  readonly options?: Pick<PairOptions, "otherNames" | "endMark">;
  /** More ways to recognise it, all read with the first columns. */
  readonly more?: readonly Signature[];
}

const pairFormat = ({ name, title, source, example, mask = MASK, columns, options, more = [] }: PairFormat): RowFormat => {
  const variants = new Map(columns.map((own) => [signatureOf(own), readPair({ rows: `${title} rows`, columns: own, ...options })])), [first] = variants.values();
  return {
    name, title, source, example, mask, aside: columns.flatMap(({ ignored = [] }) => ignored),
    signatures: [...variants.keys(), ...more],
    read: (row, signature) => (signature && variants.get(signature) || first!)(row),
  };
};

/** Names that other datasets use for the same thing, for a row that has too few of Alpaca's own. */
const OTHER_NAMES = {
  prompt: ["prompt", "question", "query", "user_input", "task"],
  query: ["context"],
  response: ["response", "completion", "answer", "target", "reply"],
} as const;
const alpacaColumns: Columns = { prompt: "instruction", query: "input", response: "output", system: "system", history: "history", ignored: ["text"] };

export const alpaca = pairFormat({
  name: "alpaca", title: "Alpaca", source: "tatsu-lab/stanford_alpaca; Instruction-Tuning-with-GPT-4; GPTeacher (`response`); LLaMA-Factory (`system`, `history`)",
  example: '{"instruction": "…", "input": "", "output": "…"}',
  mask: "The answer with the base's end token, and every answer in `history`; questions are shown and not trained.",
  columns: [alpacaColumns, { ...alpacaColumns, response: "response" }], options: { otherNames: OTHER_NAMES },
  more: [{ needs: ["instruction"], weight: 1 }],
});

/** A row that was probably meant as Alpaca, by other names or slips of its keys. */
export const meantAsAlpaca = (object: JsonObject): string | undefined => {
  const options: PairOptions = { rows: "", columns: alpacaColumns, otherNames: OTHER_NAMES };
  const prompt = entryOf(object, "instruction") ?? meantAs({ object }, "prompt", options);
  return prompt && (entryOf(object, "output") ?? meantAs({ object }, "response", options)) ? prompt.key.value : undefined;
};

export const pairFormats: readonly RowFormat[] = [
  alpaca,
  pairFormat({
    name: "dolly", title: "Dolly", source: "databrickslabs/dolly (databricks-dolly-15k)", example: '{"instruction": "…", "context": "", "response": "…", "category": "open_qa"}',
    columns: [{ prompt: "instruction", query: "context", response: "response", ignored: ["category"] }],
    // A context beside instruction and response is what tells Dolly from GPTeacher's Alpaca.
    more: [{ needs: ["instruction", "context", "response"] }],
  }),
  pairFormat({
    name: "openorca", title: "OpenOrca", source: "Open-Orca/OpenOrca; axolotl alpaca_w_system.load_open_orca", example: '{"id": "niv.1", "system_prompt": "…", "question": "…", "response": "…"}',
    columns: [{ prompt: "question", response: "response", system: "system_prompt", ignored: ["id"] }],
  }),
  pairFormat({
    name: "evol-instruct", title: "Evol-Instruct", source: "nlpxucan/WizardLM; h2oai/h2o-wizardlm", example: '{"input": "…", "output": "…"}',
    columns: [{ prompt: "input", response: "output" }],
  }),
  pairFormat({
    name: "question-answer", title: "Questions with answers (GSM8K)", source: "openai/grade-school-math", example: '{"question": "…", "answer": "… #### 72"}',
    mask: "The whole answer, its steps and the last line `#### …` included, with the base's end token.",
    columns: [{ prompt: "question", response: "answer" }],
  }),
  pairFormat({
    name: "flan", title: "FLAN", source: "google-research/FLAN v2 (processed rows)", example: '{"inputs": "…", "targets": "…", "_task_name": "…"}',
    columns: [{ prompt: "inputs", response: "targets", ignored: ["_task_source", "_task_name", "_template_type", "_template_idx", "task"] }],
  }),
  pairFormat({
    name: "axolotl-pairs", title: "Axolotl pairs", source: "axolotl docs/dataset-formats/inst_tune (oasst, camel_ai, metharme, context_qa)", example: '{"INSTRUCTION": "…", "RESPONSE": "…"}',
    columns: [
      { prompt: "INSTRUCTION", response: "RESPONSE", ignored: ["SOURCE", "METADATA"] }, { prompt: "message_1", response: "message_2" }, { prompt: "prompt", response: "generation" },
      { prompt: "question", query: "article", response: "answer" },
    ],
    more: [],
  }),
];

export const promptCompletionText: PairOptions = {
  rows: "Prompt and completion rows", columns: { prompt: "prompt", response: "completion", system: "system", tools: "tools" }, endMark: "<|endoftext|>",
};
