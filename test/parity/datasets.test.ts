/** Real instruction data: every file's format, how much of it can be trained on, what is wrong in it, and its first row as it is read. The table is checked by eye. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixAll } from "../../src/core/data/editing/fixes";
import { mappingFrom } from "../../src/core/data/formats/mappingSources";
import { parseDataset, type ParsedDataset } from "../../src/core/data/parse";
import { type DatasetRecord, type FormatName } from "../../src/core/data/record";
import { hasShared, shared, sharedText } from "../shared";

/** How many problems of each code. */
const tally = ({ problems }: ParsedDataset): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
};
const parse = (file: string): ParsedDataset => parseDataset(sharedText("data", file), { file });
const words = (text: string): string => {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 22 ? `${line.slice(0, 22)}…` : line;
};
/** The first messages in a few words each: role by letter, + where it is trained. */
const shown = (record: DatasetRecord | undefined): string =>
  record?.messages.slice(0, 4).map(({ role, trained, content, tool_calls }) => `${role[0]!}${trained ? "+" : "-"} ${tool_calls ? "(calls)" : words(content)}`).join(" | ") ?? "";

/** rows: as the file cuts them; usable: rows that can be trained on; records: conversations in those. */
const files: readonly [file: string, format: FormatName | undefined, rows: number, usable: number, records: number, problems: Record<string, number>, first: string][] = [
  ["stanford_alpaca/seed_tasks.jsonl", "self-instruct", 175, 175, 175, {}, "u- Is there anything I ca… | a+ Yes, you can have 1 oa…"],
  ["stanford_alpaca/alpaca_5000.json", "alpaca", 5000, 4998, 4998, {"placeholder-input": 59, "placeholder-output": 4, "empty-output": 2}, "u- Are the two sentences … | a+ No"],
  ["self-instruct/seed_tasks.jsonl", "self-instruct", 175, 175, 175, {}, "u- Is there anything I ca… | a+ Yes, you can have 1 oa…"],
  ["self-instruct/user_oriented_instructions.jsonl", "self-instruct", 252, 252, 252, {}, "u- The sentence you are g… | a+ If you have any questi…"],
  ["self-instruct/davinci-self-instruct_predictions.jsonl", undefined, 252, 0, 0, {"unknown-format": 1}, ""],
  ["self-instruct/t0_templated/ag_news_classify.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1}, "u- Wall St. Bears Claw Ba… | a+ Business"],
  ["self-instruct/t0_templated/commonsense_qa_answer_to_question.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1}, "u- Use the following opti… | a+ The sanctions against …"],
  ["self-instruct/t0_templated/common_gen_Example_prompt.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1}, "u- Humans can easily stri… | a+ Skier skis down the mo…"],
  ["self-instruct/t0_templated/app_reviews_convert_to_rating.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1}, "u- On a scale of 1-5 (wit… | a+ 4"],
  ["self-instruct/t0_templated/cosmos_qa_only_question_answer.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1, "duplicate-row": 1}, "u- In the future , will t… | a+ This person likes musi…"],
  ["self-instruct/t0_templated/dream_baseline.jsonl", "prompt-completion", 200, 200, 200, {"end-mark": 1}, "u- Dialogue: M: I am cons… | a+ Continue her dancing c…"],
  ["gpt-4-llm/user_oriented_instructions.jsonl", "self-instruct", 252, 252, 252, {}, "u- The sentence you are g… | a+ If you have any questi…"],
  ["gpt-4-llm/vicuna_question_80.jsonl", undefined, 80, 0, 0, {"unknown-format": 1}, ""],
  ["llama-factory/alpaca_en_demo.json", "alpaca", 999, 999, 999, {"placeholder-input": 7, "duplicate-row": 14}, "u- Describe a process of … | a+ Making crepes is an ea…"],
  ["llama-factory/glaive_toolcall_en_demo.json", "sharegpt", 300, 300, 300, {"duplicate-row": 35}, "u- Hi, I have some ingred… | a+ Of course! I can help … | u- I have chicken, bell p… | a+ (calls)"],
  ["llama-factory/identity.json", "alpaca", 91, 91, 91, {"placeholder-output": 85}, "u- hi | a+ Hello! I am {{name}}, …"],
  ["llama-factory/mllm_demo.json", undefined, 6, 0, 0, {"unknown-format": 1}, ""],
  ["llama-factory/mllm_audio_demo.json", undefined, 3, 0, 0, {"unknown-format": 1}, ""],
  ["llama-factory/mllm_video_demo.json", undefined, 3, 0, 0, {"unknown-format": 1}, ""],
  ["llama-factory/mllm_video_audio_demo.json", undefined, 3, 0, 0, {"unknown-format": 1}, ""],
  ["llama-factory/dpo_en_demo.json", "preference", 300, 300, 300, {"preference": 1, "placeholder-output": 1, "duplicate-row": 5}, "u- Hi! I'd like to create… | a+ That sounds like a fun…"],
  ["llama-factory/kto_en_demo.json", "kto", 300, 150, 150, {"left-out": 1, "placeholder-output": 2}, "u- The Federal Trade Comm… | a+ Ooh ooh ah ah! *giggle…"],
  ["llama-factory/c4_demo.jsonl", "text", 300, 300, 300, {"replacement-character": 15}, "a+ Don’t think you need a…"],
  ["llama-factory/dataset_info.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["fastchat/dummy_conversation.json", "sharegpt", 500, 500, 500, {}, "u- Who are you? | a+ I am Vicuna, a languag… | u- Have a nice day! | a+ You too!"],
  ["fastchat/mt_bench_question.jsonl", undefined, 80, 0, 0, {"unknown-format": 1}, ""],
  ["fastchat/vicuna_bench_question.jsonl", undefined, 80, 0, 0, {"unknown-format": 1}, ""],
  ["h2o-wizardlm/wizardlm.cf3c.json", "evol-instruct", 9, 9, 9, {}, "u- As an AI language mode… | a+ Sure, I can provide a …"],
  ["h2o-wizardlm/wizardlm.c5c5.json", "evol-instruct", 9, 6, 6, {"empty-output": 3}, "u- As a philosopher, you … | a+ What is the meaning of…"],
  ["h2o-wizardlm/wizardlm.508e.json", "evol-instruct", 8, 5, 5, {"empty-output": 3}, "u- What are some emerging… | a+ 1. Blockchain technolo…"],
  ["evol-teacher/seed_evol.json", "alpaca", 21, 21, 21, {}, "u- Suggest a completion f… | a+ import json def read_t…"],
  ["grade-school-math/train.jsonl", "question-answer", 7473, 7473, 7473, {}, "u- Natalia sold clips to … | a+ Natalia sold 48/2 = <<…"],
  ["grade-school-math/test.jsonl", "question-answer", 1319, 1319, 1319, {}, "u- Janet’s ducks lay 16 e… | a+ Janet sells 16 - 3 - 4…"],
  ["grade-school-math/test_socratic.jsonl", "question-answer", 1319, 1319, 1319, {}, "u- Janet’s ducks lay 16 e… | a+ How many eggs does Jan…"],
  ["flan/cot_data/creak_train.tsv", "flan-cot", 6915, 6915, 6915, {}, "u- Claim: \"Only people na… | a+ The rock group would n…"],
  ["flan/cot_data/qasc_train.tsv", "flan-cot", 1084, 1084, 1084, {}, "u- What is the process by… | a+ Reproduction is the pr…"],
  ["flan/cot_data/strategyqa_train.tsv", "flan-cot", 2061, 2061, 2061, {"duplicate-row": 1}, "u- Are more people today … | a+ Julius Caesar had thre…"],
  ["flan/cot_data/ecqa_train.tsv", "flan-cot", 7112, 7112, 7112, {}, "u- What might a person se… | a+ Bloody mess is covered…"],
  ["flan/flan_collection_info.csv", undefined, 1945, 0, 0, {"unknown-format": 1}, ""],
  ["open-assistant/en_100_tree.jsonl", "oasst-tree", 100, 100, 555, {}, "u- How can I find the bes… | a+ The first step is to r…"],
  ["open-assistant/en_100_text.jsonl", undefined, 100, 0, 0, {"unknown-format": 1}, ""],
  ["open-assistant/prompt_lottery_en_250_text.jsonl", undefined, 250, 0, 0, {"unknown-format": 1}, ""],
  ["open-assistant/test_generic_data.json", "oasst-messages", 10, 6, 4, {"left-out": 1}, "u- Hi! | a+ Hello! How can I help …"],
  ["litgpt/dolly.json", "dolly", 12, 12, 12, {}, "u- When did Virgin Austra… | a+ Virgin Australia comme…"],
  ["litgpt/alpaca.json", "alpaca", 23, 23, 23, {}, "u- Give three tips for st… | a+ 1. Eat a balanced diet…"],
  ["torchtune/alpaca_tiny.json", "alpaca", 100, 100, 100, {}, "u- Give three tips for st… | a+ 1.Eat a balanced diet …"],
  ["torchtune/instruct_tiny.json", "alpaca", 2, 2, 2, {}, "u- What time is it in Lon… | a+ It is 10:00 AM in Lond…"],
  ["axolotl/conversation.json", "sharegpt", 1, 1, 1, {}, "u- how could i implement … | a+ It's possible to use a… | u- could you give me the … | a+ Sure. The basic idea w…"],
  ["axolotl/conversation.missingturns.json", "sharegpt", 1, 0, 0, {"empty-output": 1}, ""],
  ["axolotl/conversation.tokenized.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["axolotl/alpaca.json", "alpaca", 2, 2, 2, {}, "u- You will be given a se… | a+ ['world', 'Hello']"],
  ["azure-fine-tuning/Text-GSM8K__chat_train.jsonl", "openai-chat", 449, 449, 449, {"surrounding-whitespace": 449}, "s- Reply user's question … | u- Natalia sold clips to … | a+ Natalia sold 48/2 = <<…"],
  ["azure-fine-tuning/Tool-Calling__stock_toolcall_training.jsonl", "openai-chat", 86, 86, 86, {}, "s- Don't make assumptions… | u- What was the highest p… | a+ (calls)"],
  ["azure-fine-tuning/orca_dpo_pairs__validation.jsonl", "openai-preference", 284, 284, 284, {"preference": 1}, "s- You are an AI assistan… | u- MM. Georges Colombier,… | a+ Step 1: Identify the n…"],
  ["azure-fine-tuning/DistillingSarcasm__qa.jsonl", "question-answer", 500, 500, 500, {"duplicate-row": 20}, "u- What is the freezing p… | a+ 32."],
  ["openai-cookbook-copy/toy_chat_fine_tuning.jsonl", "openai-chat", 10, 10, 10, {"role-order": 3, "duplicate-row": 5}, "s- You are a happy assist… | u- I fell off my bike tod… | a+ It's great that you're…"],
  ["mlx-examples/train.jsonl", "text", 1000, 1000, 1000, {"duplicate-row": 1}, "a+ table: 1-1000181-1 col…"],
  ["mlx-examples/valid.jsonl", "text", 100, 100, 100, {}, "a+ table: 1-10015132-11 c…"],
  ["mlx-examples/test.jsonl", "text", 100, 100, 100, {}, "a+ table: 1-10015132-16 c…"],
  ["natural-instructions/task1319_country_by_barcode_prefix.json", "natural-instructions", 1, 1, 101, {"left-out": 1}, "u- In this task, you are … | a+ 030"],
  ["natural-instructions/task859_prost_question_generation.json", "natural-instructions", 1, 1, 94, {}, "u- Formulate questions ab… | a+ What are the things th…"],
  ["natural-instructions/task120_zest_text_modification.json", "natural-instructions", 1, 1, 141, {}, "u- Please change the mean… | a+ What amphibians can be…"],
  ["natural-instructions/task627_xlwic_word_with_same_meaning_sentence_generation.json", "natural-instructions", 1, 1, 156, {}, "u- In this task, you are … | a+ His contention contain…"],
  ["natural-instructions/task1452_location_entity_extraction_btc_corpus.json", "natural-instructions", 1, 1, 175, {}, "u- In this task, you will… | a+ Northern Ireland"],
  ["natural-instructions/task863_asdiv_multiop_question_answering.json", "natural-instructions", 1, 1, 275, {}, "u- You are given a math w… | a+ 10"],
  ["natural-instructions/task1509_evalution_antonyms.json", "natural-instructions", 1, 1, 551, {}, "u- In this task, you are … | a+ concrete"],
  ["natural-instructions/task1572_samsum_summary.json", "natural-instructions", 1, 1, 200, {"surrounding-whitespace": 400}, "u- In this task, you are … | a+ Miles shoveled hundred…"],
  ["natural-instructions/task1704_ljspeech_textmodification.json", "natural-instructions", 1, 1, 499, {}, "u- The task is to read a … | a+ In 1465 Sweynheim and …"],
  ["natural-instructions/task874_opus_xhosanavy_sr.json", "natural-instructions", 1, 1, 111, {"surrounding-whitespace": 2}, "u- In this task, you are … | a+ the shore"],
  ["natural-instructions/task770_pawsx_english_text_modification.json", "natural-instructions", 1, 1, 251, {}, "u- Given a sentence in En… | a+ He was a scholar in me…"],
  ["natural-instructions/older-schema/task142_odd-man-out_classification_no_category.json", "natural-instructions", 1, 1, 6500, {}, "u- Given a set of five wo… | a+ dumpling"],
  ["gpteacher/roleplay-simple-deduped-roleplay-instruct.json", "alpaca", 1923, 1923, 1923, {"surrounding-whitespace": 3}, "u- Imagine you are a dete… | a+ The scene of the crime…"],
  ["alpacadatacleaned/gsm_8k_train.json", "alpaca", 7473, 7473, 7473, {}, "u- Natalia sold clips to … | a+ Natalia sold 48/2 = 24…"],
  ["alpacadatacleaned/schema.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["alpaca-lora/templates/alpaca.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["alpaca-lora/templates/alpaca_short.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["alpaca-lora/templates/alpaca_legacy.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
  ["alpaca-lora/templates/vigogne.json", undefined, 1, 0, 0, {"unknown-format": 1}, ""],
];

describe.skipIf(!hasShared)("real datasets", () => {
  test.each(files)("%s is %s", (file, format, rows, usable, records, problems, first) => {
    const parsed = parse(file);
    expect([parsed.format, parsed.rows, parsed.usable, parsed.records.length, tally(parsed), shown(parsed.records[0])]).toEqual([format, rows, usable, records, problems, first]);
  });

  test("no file of the manifest is left out", () => {
    const listed = readFileSync(shared("data", "MANIFEST.tsv"), "utf8").split("\n").slice(1).filter(Boolean).map((line) => line.split("\t")[0]!);
    expect(files.map(([file]) => file)).toEqual(listed);
  });

  test.each([
    ["the cookbook's twins and answers to nothing", "openai-cookbook-copy/toy_chat_fine_tuning.jsonl", "duplicate-row", [6, 7, 8, 9, 10]],
    ["an empty turn of gpt", "axolotl/conversation.missingturns.json", "empty-output", [9]],
    ["characters that were lost", "llama-factory/c4_demo.jsonl", "replacement-character", [11, 11, 94, 109, 109, ...Array<number>(10).fill(165)]],
    ["answers that were never generated", "h2o-wizardlm/wizardlm.508e.json", "empty-output", [4, 16, 24]],
    ["blanks around answers in an array of 9,616 lines", "gpteacher/roleplay-simple-deduped-roleplay-instruct.json", "surrounding-whitespace", [3050, 5005, 6295]],
  ])("%s, on the right lines", (_, file, code, lines) => {
    expect(parse(file).problems.filter((problem) => problem.code === code).map(({ line }) => line + 1)).toEqual(lines);
  });

  test("every answer of OpenAssistant's trees is trained exactly once", () => {
    interface Node { text: string; role: string; replies: Node[] }
    const trees = sharedText("data", "open-assistant/en_100_tree.jsonl").trim().split("\n").map((line) => (JSON.parse(line) as { prompt: Node }).prompt);
    const answers = (node: Node): string[] => [...(node.role === "assistant" ? [node.text] : []), ...node.replies.flatMap(answers)];
    const trained = parse("open-assistant/en_100_tree.jsonl").records.flatMap(({ messages }) => messages.filter((message) => message.trained).map(({ content }) => content));
    expect(trained.sort()).toEqual(trees.flatMap(answers).sort());
  });

  test("LLaMA-Factory's own dataset_info.json says of its files what is found out without it", () => {
    const info = sharedText("data", "llama-factory/dataset_info.json");
    for (const [file, format] of files.filter(([path, found]) => path.startsWith("llama-factory/") && found !== undefined)) {
      const { mapping, problem } = mappingFrom(info, file.slice("llama-factory/".length));
      expect(problem).toBeUndefined();
      if (!mapping) continue;
      const [mapped, found] = [parseDataset(sharedText("data", file), { file, mapping }), parse(file)];
      expect(mapped.format, file).toBe("mapped");
      const told = (parsed: ParsedDataset): unknown => parsed.records.map(({ messages, tools }) => [messages.map(({ role, content, trained, tool_calls }) => [role, content, trained, tool_calls]), tools]);
      expect(told(mapped), `${file} as ${format}`).toEqual(told(found));
    }
  });

  test("every file is read without a throw under any name, spans lie inside their lines, and mending it twice is mending it once", () => {
    const all = readdirSync(shared("data"), { recursive: true, encoding: "utf8" }).filter((file) => /\.(jsonl?|tsv|csv)$/.test(file)).sort();
    expect(all.length).toBeGreaterThan(60);
    for (const file of all) {
      const text = sharedText("data", file);
      for (const name of text.length > 1_000_000 ? [file] : [file, undefined]) {
        const options = name === undefined ? {} : { file: name };
        const { lines, problems, records } = parseDataset(text, options);
        for (const { line, span } of problems) expect(span.end, file).toBeLessThanOrEqual(lines[line]!.text.length);
        for (const record of records) for (const { line = record.line, span } of record.messages) expect(span.end, file).toBeLessThanOrEqual(lines[line]!.text.length);
        const once = fixAll(text, options);
        expect(fixAll(once.text, options), file).toEqual({ text: once.text, applied: 0 });
      }
    }
  });
});
