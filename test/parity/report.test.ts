/** Reports of real datasets in numbers that were checked by eye, and the finder of verbs and objects against instructions that a person judged. */
import { describe, expect, test } from "vitest";
import { rowsOfParsed } from "../../src/core/data/content/fileRows";
import { parseDataset, type ParsedDataset } from "../../src/core/data/parse";
import { reportOn } from "../../src/core/data/report/collect";
import { type DatasetReport } from "../../src/core/data/report/datasetReport";
import { instructionOf } from "../../src/core/data/report/instructions";
import { verbNounOf } from "../../src/core/data/report/verbNoun";
import { hasShared, sharedText } from "../shared";
import { judged } from "./judgedInstructions";

const read = (file: string): ParsedDataset => parseDataset(sharedText("data", file), { file });
const reportOf = (file: string): Promise<DatasetReport> => reportOn(rowsOfParsed(read(file)), 0, undefined, { turn: async () => {} });
const counts = (slices: readonly { readonly label: string; readonly count: number }[]): Record<string, number> => Object.fromEntries(slices.map(({ label, count }) => [label, count]));

describe.skipIf(!hasShared)("reports of real datasets", () => {
  test("of 175 instructions judged by eye, at least 97% get the verb and the object that a person names", () => {
    let [right, all, drawn, drawnRight] = [0, 0, 0, 0];
    for (const [file, rows] of Object.entries(judged)) {
      const { records } = read(file);
      for (const row of rows) {
        const [, number = "", verb = "", noun] = /^(\d+) ([^/]+?)(?: \/ (.+))?$/.exec(row)!;
        const found = verbNounOf(instructionOf(records[Number(number)]!)!);
        const same = (found?.verb ?? "-") === verb && found?.noun === noun;
        all++;
        if (same) right++;
        if (found?.noun !== undefined) drawn++;
        if (found?.noun !== undefined && same) drawnRight++;
      }
    }
    expect(all).toBe(175);
    expect(right / all).toBeGreaterThanOrEqual(0.97);
    expect(drawnRight / drawn).toBeGreaterThanOrEqual(0.99);
  });

  test("Alpaca: what its authors drew", async () => {
    const { rows, usable, conversations, instructions, languages, lengths } = await reportOf("stanford_alpaca/alpaca_5000.json");
    expect([rows, usable, conversations, lengths!.count]).toEqual([5000, 4998, 4998, 4998]);
    // The most frequent verbs of the figure in Alpaca's repository, which shows all 52,002 rows: write, create, generate, describe, find …
    expect(instructions.verbs.slice(0, 4).map(({ label }) => label).sort()).toEqual(["create", "describe", "generate", "write"]);
    expect(instructions.verbs.find(({ label }) => label === "rewrite")!.nouns[0]!.label).toBe("sentence");
    expect(instructions.verbs.find(({ label }) => label === "generate")!.nouns[0]!.label).toBe("list");
    expect(instructions.verbs.every(({ nouns }) => nouns.length <= 4)).toBe(true);
    expect(instructions.verbs).toHaveLength(20);
    expect(counts(languages).English! / conversations).toBeGreaterThan(0.998);
  });

  test.each<[string, (report: DatasetReport) => unknown, unknown]>([
    ["litgpt/dolly.json", ({ categories }) => [categories!.key, counts(categories!.slices)], ["category", { closed_qa: 4, open_qa: 3, information_extraction: 3, classification: 1, brainstorming: 1 }]],
    ["self-instruct/seed_tasks.jsonl", ({ categories }) => [categories!.key, counts(categories!.slices)], ["is_classification", { false: 149, true: 26 }]],
    ["open-assistant/en_100_tree.jsonl", ({ rows, conversations, turns, instructions }) => [rows, conversations, counts(turns), instructions.different], [100, 555, { "2": 205, "4": 342, "6": 8 }, 100]],
    ["fastchat/dummy_conversation.json", ({ patterns }) => counts(patterns), { "user, assistant": 167, "(user, assistant) × 3": 167, "(user, assistant) × 2": 166 }],
    ["natural-instructions/task1572_samsum_summary.json", ({ rows, conversations, instructions }) => [rows, conversations, instructions.different, instructions.verbs.map(({ label, nouns }) => [label, nouns[0]!.label])], [1, 200, 1, [["generate", "summary"]]]],
    ["llama-factory/identity.json", ({ languages }) => counts(languages), { Chinese: 74, English: 15, "undetermined: short or mixed": 2 }],
    ["azure-fine-tuning/Tool-Calling__stock_toolcall_training.jsonl", ({ roles }) => roles.map(({ role }) => role).includes("assistant"), true],
    ["fastchat/mt_bench_question.jsonl", ({ rows, conversations, problems }) => [rows, conversations, problems.map(({ code }) => code)], [80, 0, ["unknown-format"]]],
    ["llama-factory/alpaca_en_demo.json", ({ duplicates, conversations }) => [conversations, counts(duplicates)], [999, { "the same row again": 14 }]],
  ])("%s", async (file, of, wanted) => expect(of(await reportOf(file))).toEqual(wanted));
});
