/** A file read in blocks says what the same file says when it is read whole. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareRows } from "../../src/core/data/content/compareRows";
import { contentProblems } from "../../src/core/data/content/contentProblems";
import { contentOfAll } from "../../src/core/data/content/contentProblems";
import { FileReport } from "../../src/core/data/content/fileReport";
import { rowsOfParsed } from "../../src/core/data/content/fileRows";
import { parseDataset } from "../../src/core/data/parse";
import { openRows } from "../../src/node/datasetRows";
import { mutatedRows } from "../core/data/mutatedRows";
import { temporaryFolder } from "../project/folders";
import { structureOf, toldOf } from "./inBlocks";

const folder = temporaryFolder();
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const pace = { turn: async () => {} };
const small = { wholeBytes: 0, blockBytes: 100 };

const lines = [
  '{"instruction":"Name a fruit.","output":"Apple."}', "", '{"instruction":"Grüße aus 東京 🙂","output":"As an AI language model, I say hello."}', '{"instruction":"Broken","output":"b",}',
  '{"output":"Apple.","instruction":"Name a fruit."}', '{"instruction":"Name a fruit.","output":"Apple."}', '{"instruction":"Grüße aus 東京","output":"Hallo, sagte er zu den Leuten dort im Garten."}', `{"instruction":"Long","output":"${"lang und breit ".repeat(20)}"}`,
  '{"instruction":"Grüße aus 東京!","output":"Hallo sagte er zu den Leuten dort im Garten"}', '{"instruction":"What is it?","output":"one"}', '{"instruction":"What is it","output":"two"}',
];

test.each([["\n", ""], ["\r\n", "\r\n"], ["\n", "\n"]])("blocks of a file with %j between rows and %j at the end", async (between, end) => {
  const text = lines.join(between) + end;
  const path = file("rows.jsonl", text);
  const parsed = parseDataset(text);
  const whole = [...parsed.problems, ...parsed.records.flatMap((record) => contentProblems(record, (line) => parsed.lines[line]!.text)), ...await compareRows(rowsOfParsed(parsed), pace)];

  const rows = await openRows(path, path, small);
  const report = new FileReport(1000);
  let blocks = 0;
  const twins = await compareRows(rows, pace, { onBlock: (block) => { blocks++; report.block(block, contentOfAll); } });
  await rows.close();
  expect(rows.inBlocks).toBe(true);
  expect(blocks).toBeGreaterThan(4);
  report.add(twins);
  const told = (problems: readonly { line: number; code: string; message: string }[]): string[] => problems.map(({ line, code, message }) => `${line} ${code} ${message}`).sort();
  expect(told(report.problems)).toEqual(told(whole));
  expect([report.rows, report.usable, report.format]).toEqual([parsed.rows, parsed.usable, parsed.format]);
  expect(new Set(whole.map(({ code }) => code))).toEqual(new Set(["json-syntax", "duplicate-conversation", "duplicate-row", "ai-boilerplate", "repeated-text", "near-duplicate", "conflicting-output", ...(whole.some(({ code }) => code === "surrounding-whitespace") ? ["surrounding-whitespace"] : [])]));
});

test("whatever the rows, blocks and the whole have the same problems, places, format and counts", async () => {
  let blocks = 0;
  await fc.assert(fc.asyncProperty(fc.array(mutatedRows, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 400 }), fc.boolean(), async (parts, blockBytes, again) => {
    // Half surrogates do not survive a file; a good first row lets more of these files be read in blocks.
    const text = Buffer.from([lines[0]!, ...parts, ...(again ? parts : [])].join("\n")).toString();
    const parsed = parseDataset(text);
    const { inBlocks, told } = await structureOf(file("mutated.jsonl", text), blockBytes);
    if (inBlocks) blocks++;
    expect(told).toEqual(toldOf(parsed));
  }), { numRuns: 150 });
  expect(blocks).toBeGreaterThan(50);
});

test("a file whose first rows are another format than most, and one with messages of a thread further on", async () => {
  const chat = (index: number): string => JSON.stringify({ messages: [{ role: "user", content: `q${index}` }, { role: "assistant", content: `a${index}` }] });
  const thread = ['{"message_id": "1", "text": "Hi", "role": "prompter"}', '{"message_id": "2", "parent_id": "1", "text": "Hello", "role": "assistant"}'];
  for (const text of [[lines[0], ...Array.from({ length: 9 }, (_, index) => chat(index))], [lines[0], chat(1), ...thread], [lines[0], '{"mood": 1}', '{"mood": 2}']].map((rows) => rows.join("\n"))) {
    const parsed = parseDataset(text);
    expect(await structureOf(file("changed.jsonl", text), 60)).toEqual({ inBlocks: true, told: toldOf(parsed) });
  }
});

test("of a kind only the first are kept, and all counted", () => {
  const report = new FileReport(2);
  report.block({ parsed: parseDataset(Array.from({ length: 5 }, (_, number) => `{"instruction":"q${number}","output":""}`).join("\n")), firstLine: 10, done: 1 });
  expect(report.problems.map(({ line }) => line)).toEqual([10, 11]);
  expect(report.counts).toEqual([{ code: "empty-output", severity: "error", count: 5 }]);
});

test("what is no JSON Lines is read whole; bytes that are not UTF-8 and a missing file are told", async () => {
  const array = await openRows(file("array.json", `[${lines[0]!}]`), "array.json", small);
  expect(array.inBlocks).toBe(false);
  await expect(openRows(join(folder, "none.jsonl"))).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  const latin = await openRows(file("latin.jsonl", Buffer.concat([Buffer.from(`${lines[0]!}\n`.repeat(4)), Buffer.from([0xe4, 10])])), "latin.jsonl", small);
  await expect(compareRows(latin, pace)).rejects.toMatchObject({ code: "DATASET_UNREADABLE" });
  await latin.close();
});
