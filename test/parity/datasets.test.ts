/** Real instruction data: what is found in it, and that it can be mended. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixAll } from "../../src/core/data/fixes";
import { parseDataset, type ParsedDataset } from "../../src/core/data/parse";
import { hasShared, shared, sharedText } from "../shared";

/** How many problems of each code. */
const tally = ({ problems }: ParsedDataset): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { code } of problems) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
};
const files = hasShared ? readdirSync(shared("data"), { recursive: true, encoding: "utf8" }).filter((file) => /\.jsonl?$/.test(file)).sort() : [];

describe.skipIf(!hasShared)("real datasets", () => {
  test.each<[string, { format: string | undefined; rows: number; usable: number; problems: Record<string, number> }]>([
    // The OpenAI cookbook's zoo: rows that come twice, answers to nothing.
    ["openai-cookbook-copy/toy_chat_fine_tuning.jsonl", { format: "openai-chat", rows: 10, usable: 10, problems: { "role-order": 3, "duplicate-row": 5 } }],
    ["azure-fine-tuning/Text-GSM8K__chat_train.jsonl", { format: "openai-chat", rows: 449, usable: 449, problems: { "surrounding-whitespace": 449 } }],
    ["azure-fine-tuning/Tool-Calling__stock_toolcall_training.jsonl", { format: "openai-chat", rows: 86, usable: 86, problems: {} }],
    ["stanford_alpaca/alpaca_5000.json", { format: undefined, rows: 0, usable: 0, problems: { "array-file": 1 } }],
    ["azure-fine-tuning/orca_dpo_pairs__validation.jsonl", { format: undefined, rows: 284, usable: 0, problems: { "unknown-format": 1 } }],
    ["open-assistant/en_100_tree.jsonl", { format: undefined, rows: 100, usable: 0, problems: { "unknown-format": 1 } }],
    ["self-instruct/seed_tasks.jsonl", { format: undefined, rows: 175, usable: 0, problems: { "unknown-format": 1 } }],
  ])("%s", (file, { problems, ...expected }) => {
    const parsed = parseDataset(sharedText("data", file));
    expect(parsed).toMatchObject(expected);
    expect(tally(parsed)).toEqual(problems);
  });

  test.each([
    ["stanford_alpaca/alpaca_5000.json", 4998], // two empty outputs
    ["llama-factory/alpaca_en_demo.json", 985], // 14 rows come twice
    ["gpteacher/roleplay-simple-deduped-roleplay-instruct.json", 1923], // `response` for `output`
    ["litgpt/dolly.json", 12],
    ["fastchat/dummy_conversation.json", 500], // ShareGPT
    ["grade-school-math/train.jsonl", 7473],
  ])("%s: %d rows can be trained on once it is mended", (file, usable) => {
    expect(parseDataset(fixAll(sharedText("data", file)).text).usable).toBe(usable);
  });

  test("every file is read without a throw, and mending it twice is mending it once", () => {
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const text = sharedText("data", file);
      const { lines, problems } = parseDataset(text);
      for (const { line, span } of problems) expect(span.end, file).toBeLessThanOrEqual(lines[line]!.text.length);
      const once = fixAll(text);
      expect(fixAll(once.text), file).toEqual({ text: once.text, applied: 0 });
    }
  });
});
