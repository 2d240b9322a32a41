/** What the content checks say of real instruction data, in numbers. The hits behind each number were looked at; a change here is a change of what people are told. */
import { describe, expect, test } from "vitest";
import { compareRows, findLeaks } from "../../src/core/data/content/compareRows";
import { contentProblems } from "../../src/core/data/content/contentProblems";
import { rowsOfParsed } from "../../src/core/data/content/fileRows";
import { fixAll } from "../../src/core/data/fixes";
import { parseDataset, type ParsedDataset } from "../../src/core/data/parse";
import { hasShared, sharedText } from "../shared";

const pace = { turn: async () => {} };
const read = (file: string): ParsedDataset => parseDataset(fixAll(sharedText("data", file)).text);

const counts = async (file: string): Promise<Record<string, number>> => {
  const parsed = read(file);
  const problems = [...parsed.records.flatMap((record) => contentProblems(record, (line) => parsed.lines[line]!.text)), ...await compareRows(rowsOfParsed(parsed), pace)];
  const tally: Record<string, number> = { rows: parsed.records.length };
  for (const { code, line, span } of problems) {
    expect(span.end).toBeLessThanOrEqual(parsed.lines[line]!.text.length);
    tally[code] = (tally[code] ?? 0) + 1;
  }
  return tally;
};

describe.skipIf(!hasShared)("content of real datasets", () => {
  test.each<[string, Record<string, number>]>([
    ["alpacadatacleaned/gsm_8k_train.json", { rows: 7473 }],
    ["azure-fine-tuning/DistillingSarcasm__qa.jsonl", { rows: 480, "conflicting-output": 1, "near-duplicate": 1 }],
    ["azure-fine-tuning/Text-GSM8K__chat_train.jsonl", { rows: 449 }],
    ["azure-fine-tuning/Tool-Calling__stock_toolcall_training.jsonl", { rows: 86, refusal: 13, "ai-boilerplate": 1 }],
    ["evol-teacher/seed_evol.json", { rows: 21 }],
    ["fastchat/dummy_conversation.json", { rows: 500, imitation: 36, "ai-boilerplate": 3, "conflicting-output": 89, "near-duplicate": 104 }],
    ["gpteacher/roleplay-simple-deduped-roleplay-instruct.json", { rows: 1923, "unfilled-template": 7 }],
    ["grade-school-math/test.jsonl", { rows: 1319 }],
    ["grade-school-math/test_socratic.jsonl", { rows: 1319, "repeated-text": 2 }],
    ["grade-school-math/train.jsonl", { rows: 7473 }],
    ["h2o-wizardlm/wizardlm.508e.json", { rows: 5, "unfinished-answer": 1 }],
    ["h2o-wizardlm/wizardlm.c5c5.json", { rows: 6, "unfinished-answer": 1, "ai-boilerplate": 1 }],
    ["h2o-wizardlm/wizardlm.cf3c.json", { rows: 9, "ai-boilerplate": 1 }],
    ["litgpt/alpaca.json", { rows: 23 }],
    ["litgpt/dolly.json", { rows: 12 }],
    ["llama-factory/alpaca_en_demo.json", { rows: 985, "unfilled-template": 5, "ai-boilerplate": 19, "output-repeats-input": 2, refusal: 6, "unfinished-answer": 2 }],
    ["llama-factory/glaive_toolcall_en_demo.json", { rows: 127, refusal: 33, "ai-boilerplate": 9, "conflicting-output": 24, "near-duplicate": 1 }],
    ["llama-factory/identity.json", { rows: 91, "ai-boilerplate": 1, "conflicting-output": 3 }],
    ["openai-cookbook-copy/toy_chat_fine_tuning.jsonl", { rows: 5, "repeated-text": 1 }],
    ["self-instruct/davinci-self-instruct_predictions.jsonl", { rows: 252, "unfilled-template": 9, "unfinished-answer": 1, "repeated-text": 8, "output-repeats-input": 1, "personal-data": 1 }],
    ["self-instruct/t0_templated/ag_news_classify.jsonl", { rows: 200, "personal-data": 1 }],
    ["self-instruct/t0_templated/app_reviews_convert_to_rating.jsonl", { rows: 200, "conflicting-output": 1 }],
    ["self-instruct/t0_templated/common_gen_Example_prompt.jsonl", { rows: 200, "conflicting-output": 133 }],
    ["self-instruct/t0_templated/commonsense_qa_answer_to_question.jsonl", { rows: 200 }],
    ["self-instruct/t0_templated/cosmos_qa_only_question_answer.jsonl", { rows: 199, "conflicting-output": 34, "near-duplicate": 1 }],
    ["self-instruct/t0_templated/dream_baseline.jsonl", { rows: 200 }],
    ["stanford_alpaca/alpaca_5000.json", { rows: 4998, "unfilled-template": 15, "output-repeats-input": 3, "personal-data": 2 }],
    ["torchtune/alpaca_tiny.json", { rows: 100 }],
  ])("%s", async (file, expected) => expect(await counts(file)).toEqual(expected));

  test.each<[string, string, string, Record<string, number>]>([
    ["the GSM8K test split is not in its training split", "grade-school-math/train.jsonl", "grade-school-math/test.jsonl", {}],
    ["copies in other formats and with a system message are found whole", "grade-school-math/train.jsonl", "azure-fine-tuning/Text-GSM8K__chat_train.jsonl", { near: 449 }],
    ["the same questions with answers in another style", "grade-school-math/test.jsonl", "grade-school-math/test_socratic.jsonl", { question: 1319 }],
    ["the sample of Alpaca with its template", "stanford_alpaca/alpaca_5000.json", "torchtune/alpaca_tiny.json", { same: 8 }],
  ])("leaks: %s", async (_, train, evaluation, expected) => {
    const kinds: Record<string, number> = {};
    for (const { kind } of (await findLeaks(rowsOfParsed(read(train)), rowsOfParsed(read(evaluation)), pace)).leaks) kinds[kind] = (kinds[kind] ?? 0) + 1;
    expect(kinds).toEqual(expected);
  });
});
