/** Owns what is known by sight but cannot be trained on, and what to do about each. */
import { valueOf, type JsonObject } from "../json/tree";
import { type Signature } from "./format";

export interface Shape {
  readonly title: string;
  readonly signatures: readonly Signature[];
  /** What to do about it. */
  readonly advice: string;
}

const TEXT_ONLY = "Only text can be trained on. Remove the rows that need other media.";
const NO_ANSWERS = "They hold no answers to learn from.";
const NOT_ROWS = "It describes data or prompts and holds no rows.";

const filled = (key: string) => (object: JsonObject): boolean => {
  const value = valueOf(object, key);
  return value?.kind === "array" && value.items.length > 0 || value?.kind === "string" && value.value !== "";
};
const media = ["images", "image", "audios", "audio", "videos", "video"] as const;

export const shapes: readonly Shape[] = [
  ...media.map((key): Shape => ({
    title: `rows with ${key}`, advice: TEXT_ONLY,
    signatures: ["messages", "conversations", "prompt", "instruction"].map((text) => ({ needs: [text, key], weight: 20, also: filled(key) })),
  })),
  { title: "step-by-step rewards", signatures: [{ needs: ["prompt", "completions", "labels"], weight: 20 }], advice: "Rewards for single steps are not trained on. Keep the rows whose steps are all right, as prompt and completion." },
  { title: "a tokenized dataset", signatures: [{ needs: ["input_ids"] }], advice: "Tunesmith needs the text, to tokenize it for the base that you choose." },
  { title: "Self-Instruct's raw generations", signatures: [{ needs: ["instruction", "raw_instances"], weight: 5 }], advice: "Their instances are still unparsed; prepare_for_finetuning.py of Self-Instruct writes rows of instruction, input and output." },
  { title: "a model's raw predictions", signatures: [{ needs: ["prompt", "response", "target"], weight: 5 }], advice: 'They are a model\'s answers to score. To train on the reference answers, write {"instruction": …, "input": …, "output": target}.' },
  { title: "MT-bench questions", signatures: [{ needs: ["question_id", "turns"], weight: 15 }], advice: NO_ANSWERS },
  { title: "benchmark questions", signatures: [{ needs: ["question_id", "text"], weight: 5 }], advice: NO_ANSWERS },
  { title: "WizardLM's test questions", signatures: [{ needs: ["Instruction", "Skill", "Difficulty"] }], advice: NO_ANSWERS },
  { title: "prompts without answers", signatures: [{ needs: ["prompt"], weight: -1 }], advice: NO_ANSWERS },
  { title: "a prompt template", signatures: [{ needs: ["prompt_input", "prompt_no_input"], weight: 5 }], advice: NOT_ROWS },
  { title: "a JSON schema", signatures: [{ needs: ["$schema"], weight: 5 }], advice: NOT_ROWS },
  { title: "an index of the FLAN collection", signatures: [{ needs: ["Source", "Dataset", "Specific Task Category"] }], advice: NOT_ROWS },
];
