/** What the content checks say of real instruction data, in numbers. The hits behind each number were looked at; a change here is a change of what people are told. */
import { describe, expect, test } from "vitest";
import { compareRows, findLeaks } from "../../src/core/data/content/compareRows";
import { contentOfAll } from "../../src/core/data/content/contentProblems";
import { rowsOfParsed } from "../../src/core/data/content/fileRows";
import { parseDataset, type ParsedDataset } from "../../src/core/data/parse";
import { hasShared, sharedText } from "../shared";

const pace = { turn: async () => {} };
const read = (file: string): ParsedDataset => parseDataset(sharedText("data", file), { file });

const counts = async (file: string): Promise<Record<string, number>> => {
  const parsed = read(file);
  const problems = [...contentOfAll(parsed), ...await compareRows(rowsOfParsed(parsed), pace)];
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
    ["azure-fine-tuning/DistillingSarcasm__qa.jsonl", { rows: 500, "conflicting-output": 1, "near-duplicate": 1 }],
    ["azure-fine-tuning/Text-GSM8K__chat_train.jsonl", { rows: 449 }],
    ["azure-fine-tuning/Tool-Calling__stock_toolcall_training.jsonl", { rows: 86, refusal: 13, "ai-boilerplate": 1 }],
    ["azure-fine-tuning/orca_dpo_pairs__validation.jsonl", { rows: 284, "ai-boilerplate": 3, mojibake: 1 }],
    ["evol-teacher/seed_evol.json", { rows: 21 }],
    ["fastchat/dummy_conversation.json", { rows: 500, imitation: 36, "ai-boilerplate": 3, "conflicting-output": 89, "near-duplicate": 104 }],
    ["flan/cot_data/creak_train.tsv", { rows: 6915 }],
    ["flan/cot_data/ecqa_train.tsv", { rows: 7112 }],
    ["flan/cot_data/qasc_train.tsv", { rows: 1084 }],
    ["flan/cot_data/strategyqa_train.tsv", { rows: 2061 }],
    ["gpt-4-llm/user_oriented_instructions.jsonl", { rows: 252, "unfilled-template": 1, "unfinished-answer": 1, "personal-data": 1 }],
    ["gpteacher/roleplay-simple-deduped-roleplay-instruct.json", { rows: 1923, "unfilled-template": 7 }],
    ["grade-school-math/test.jsonl", { rows: 1319 }],
    ["grade-school-math/test_socratic.jsonl", { rows: 1319, "repeated-text": 2 }],
    ["grade-school-math/train.jsonl", { rows: 7473 }],
    ["h2o-wizardlm/wizardlm.508e.json", { rows: 5, "unfinished-answer": 1 }],
    ["h2o-wizardlm/wizardlm.c5c5.json", { rows: 6, "unfinished-answer": 1, "ai-boilerplate": 1 }],
    ["h2o-wizardlm/wizardlm.cf3c.json", { rows: 9, "ai-boilerplate": 1 }],
    ["litgpt/alpaca.json", { rows: 23 }],
    ["litgpt/dolly.json", { rows: 12 }],
    ["llama-factory/alpaca_en_demo.json", { rows: 999, "unfilled-template": 5, "ai-boilerplate": 20, "output-repeats-input": 2, refusal: 6, "unfinished-answer": 2 }],
    ["llama-factory/c4_demo.jsonl", { rows: 300, "personal-data": 15 }],
    ["llama-factory/dpo_en_demo.json", { rows: 300, "unfilled-template": 3, "ai-boilerplate": 5, mojibake: 1 }],
    ["llama-factory/glaive_toolcall_en_demo.json", { rows: 300, refusal: 42, "ai-boilerplate": 16, "conflicting-output": 25, "near-duplicate": 6 }],
    ["llama-factory/identity.json", { rows: 91, "ai-boilerplate": 1, "conflicting-output": 3 }],
    ["llama-factory/kto_en_demo.json", { rows: 150, "ai-boilerplate": 2, "unfilled-template": 1, refusal: 1, "conflicting-output": 2 }],
    ["mlx-examples/test.jsonl", { rows: 100, "near-duplicate": 1 }],
    ["mlx-examples/train.jsonl", { rows: 1000, "near-duplicate": 12 }],
    ["mlx-examples/valid.jsonl", { rows: 100, "near-duplicate": 3 }],
    ["natural-instructions/older-schema/task142_odd-man-out_classification_no_category.json", { rows: 6500 }],
    ["natural-instructions/task120_zest_text_modification.json", { rows: 141 }],
    ["natural-instructions/task1319_country_by_barcode_prefix.json", { rows: 101 }],
    ["natural-instructions/task1452_location_entity_extraction_btc_corpus.json", { rows: 175 }],
    ["natural-instructions/task1509_evalution_antonyms.json", { rows: 551 }],
    ["natural-instructions/task1572_samsum_summary.json", { rows: 200 }],
    ["natural-instructions/task1704_ljspeech_textmodification.json", { rows: 499, "unfinished-answer": 72 }],
    ["natural-instructions/task627_xlwic_word_with_same_meaning_sentence_generation.json", { rows: 156 }],
    ["natural-instructions/task770_pawsx_english_text_modification.json", { rows: 251 }],
    ["natural-instructions/task859_prost_question_generation.json", { rows: 94 }],
    ["natural-instructions/task863_asdiv_multiop_question_answering.json", { rows: 275 }],
    ["natural-instructions/task874_opus_xhosanavy_sr.json", { rows: 111, mojibake: 1 }],
    ["open-assistant/en_100_tree.jsonl", { rows: 555, "ai-boilerplate": 6, "unfinished-answer": 2, refusal: 3, imitation: 1 }],
    ["openai-cookbook-copy/toy_chat_fine_tuning.jsonl", { rows: 10, "repeated-text": 1 }],
    ["self-instruct/seed_tasks.jsonl", { rows: 175, "unfilled-template": 1, "personal-data": 1 }],
    ["self-instruct/t0_templated/ag_news_classify.jsonl", { rows: 200, "personal-data": 1 }],
    ["self-instruct/t0_templated/app_reviews_convert_to_rating.jsonl", { rows: 200, "conflicting-output": 1 }],
    ["self-instruct/t0_templated/common_gen_Example_prompt.jsonl", { rows: 200, "conflicting-output": 133 }],
    ["self-instruct/t0_templated/commonsense_qa_answer_to_question.jsonl", { rows: 200, "unfinished-answer": 1 }],
    ["self-instruct/t0_templated/cosmos_qa_only_question_answer.jsonl", { rows: 200, "conflicting-output": 34, "near-duplicate": 1 }],
    ["self-instruct/t0_templated/dream_baseline.jsonl", { rows: 200 }],
    ["self-instruct/user_oriented_instructions.jsonl", { rows: 252, "unfilled-template": 1, "unfinished-answer": 1, "personal-data": 1 }],
    ["stanford_alpaca/alpaca_5000.json", { rows: 4998, "unfilled-template": 15, "output-repeats-input": 3, "personal-data": 2 }],
    ["stanford_alpaca/seed_tasks.jsonl", { rows: 175, "unfilled-template": 1, "personal-data": 1 }],
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
