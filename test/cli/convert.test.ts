import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { convert, type ConvertOptions } from "../../src/cli/convert";
import { temporaryFolder } from "../project/folders";

let out = "", told = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => { out += String(text); return true; });
vi.spyOn(process.stderr, "write").mockImplementation((text) => { told += String(text); return true; });
beforeEach(() => { out = told = ""; });

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const run = (from: string, options: Partial<ConvertOptions> & { to: string; output: string }): Promise<number> => convert(at(from), { ...options, output: at(options.output) });
writeFileSync(at("dolly.json"), JSON.stringify([{ instruction: "a", context: "c", response: "b", category: "closed_qa" }]));
writeFileSync(at("plain.jsonl"), '{"question": "a, b", "answer": "c"}\n');

test("lists what is lost and writes nothing; --force writes", async () => {
  expect(await run("dolly.json", { to: "alpaca", output: "alpaca.jsonl" })).toBe(1);
  expect(told).toContain("not kept  columns beside the text: `category`: 1 record, first in line 1");
  expect(told).toContain("--force");
  expect(existsSync(at("alpaca.jsonl"))).toBe(false);
  expect(await run("dolly.json", { to: "alpaca", output: "alpaca.jsonl", force: true })).toBe(0);
  expect(readFileSync(at("alpaca.jsonl"), "utf8")).toBe('{"instruction":"a","input":"c","output":"b"}\n');
});

test("writes at once where nothing is lost, in the container that the name asks for", async () => {
  for (const [output, expected] of [["q.csv", 'inputs,targets\r\n"a, b",c\r\n'], ["q.jsonl", '{"inputs":"a, b","targets":"c"}\n'], ["q.json", '[\n  {\n    "inputs": "a, b",\n    "targets": "c"\n  }\n]\n']] as const) {
    expect(await run("plain.jsonl", { to: "flan", output })).toBe(0);
    expect(readFileSync(at(output), "utf8")).toBe(expected);
  }
});

test("--json: what was written and what is lost, and nothing else", async () => {
  expect(await run("dolly.json", { to: "question-answer", output: "qa.jsonl", json: true })).toBe(1);
  expect(told).toBe("");
  expect(JSON.parse(out)).toMatchObject({ format: "dolly", to: "question-answer", rows: 1, written: false, losses: [{ leavesOut: false, records: 1, line: 1 }, { what: expect.stringContaining("instruction and input") as string }] });
});

test.each<[string, string, Partial<ConvertOptions> & { to: string; output: string }, RegExp]>([
  ["an unknown format", "plain.jsonl", { to: "vicuna", output: "x.jsonl" }, /no format "vicuna".*openai-chat/],
  ["lists in a table", "plain.jsonl", { to: "openai-chat", output: "x.csv" }, /hold lists/],
  ["a table with tabs", "plain.jsonl", { to: "flan", output: "x.tsv" }, /line breaks/],
  ["its own place", "plain.jsonl", { to: "flan", output: "plain.jsonl" }, /place of the dataset/],
  ["a file that is there", "plain.jsonl", { to: "flan", output: "dolly.json" }, /there already.*--force/],
])("%s: a coded error with a next step", async (_, from, options, message) => {
  await expect(run(from, options)).rejects.toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringMatching(message) as string });
});
