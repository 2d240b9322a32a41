import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { convert, type ConvertOptions } from "../../src/cli/convert";
import { temporaryFolder } from "../project/folders";
import { captureTerminal } from "./terminalCapture";

const terminal = captureTerminal();
const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const run = (from: string, { output, ...options }: Partial<ConvertOptions> & { output: string }): Promise<number> => convert(at(from), at(output), options);
writeFileSync(at("dolly.json"), JSON.stringify([{ instruction: "a", context: "c", response: "b", category: "closed_qa" }]));
writeFileSync(at("plain.jsonl"), '{"question": "a, b", "answer": "c"}\n');

test("lists what is lost and writes nothing; --force writes", async () => {
  expect(await run("dolly.json", { to: "alpaca", output: "alpaca.jsonl" })).toBe(1);
  expect(terminal.told).toContain("not kept  columns beside the text: `category`: 1 record, first in line 1");
  expect(terminal.told).toContain("--force");
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
  expect(terminal.told).toBe("");
  expect(JSON.parse(terminal.out)).toMatchObject({ format: "dolly", to: "question-answer", rows: 1, written: false, losses: [{ leavesOut: false, records: 1, line: 1 }, { what: expect.stringContaining("instruction and input") as string }] });
});

test.each<[string, string, Partial<ConvertOptions> & { output: string }, RegExp]>([
  ["an unknown format", "plain.jsonl", { to: "vicuna", output: "x.jsonl" }, /no format "vicuna".*openai-chat/],
  ["lists in a table", "plain.jsonl", { to: "openai-chat", output: "x.csv" }, /hold lists/],
  ["a table with tabs", "plain.jsonl", { to: "flan", output: "x.tsv" }, /line breaks/],
  ["its own place", "plain.jsonl", { to: "flan", output: "plain.jsonl" }, /place of the dataset/],
  ["a file that is there", "plain.jsonl", { to: "flan", output: "dolly.json" }, /there already.*--force/],
])("%s: a coded error with a next step", async (_, from, options, message) => {
  await expect(run(from, options)).rejects.toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringMatching(message) as string });
});

describe("Parquet", () => {
  const golden = (name: string): string => resolve(__dirname, "../golden/parquet", name);

  test("rows are written as they are, as lines or as an array", async () => {
    expect(await convert(golden("chats.parquet"), at("chats.jsonl"), {})).toBe(0);
    expect(readFileSync(at("chats.jsonl"), "utf8")).toBe(readFileSync(golden("chats.jsonl"), "utf8"));
    expect(terminal.told).toContain("Wrote 5 rows to");
    expect(await convert(golden("empty.parquet"), undefined, { output: at("empty.json") })).toBe(0);
    expect(JSON.parse(readFileSync(at("empty.json"), "utf8"))).toEqual([]);
    expect(await convert(golden("alpaca.zstd.parquet"), undefined, { output: at("alpaca.json") })).toBe(0);
    expect(JSON.parse(readFileSync(at("alpaca.json"), "utf8"))).toHaveLength(60);
  });

  test("a part says so; --shards brings in all", async () => {
    const part = golden("train-00001-of-00002.parquet");
    expect(await convert(part, at("part.jsonl"), {})).toBe(0);
    expect(terminal.told).toMatch(/row number that pandas wrote[^]*part 2 of 2; --shards/);
    expect(await convert(part, at("all.jsonl"), { shards: true })).toBe(0);
    expect(readFileSync(at("all.jsonl"), "utf8")).toBe([0, 1].map((shard) => readFileSync(golden(`train-0000${shard}-of-00002.jsonl`), "utf8")).join(""));
    writeFileSync(at("test-00000-of-00003.parquet"), readFileSync(part));
    await expect(convert(at("test-00000-of-00003.parquet"), at("x.jsonl"), { shards: true })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND", what: "Only 1 of the 3 parts of test-…-of-00003.parquet are in its folder." });
  });

  test("what JSON cannot hold is a loss: nothing is written without --force", async () => {
    expect(await convert(golden("types.parquet"), at("types.jsonl"), { json: true })).toBe(1);
    expect(existsSync(at("types.jsonl"))).toBe(false);
    expect(JSON.parse(terminal.out)).toMatchObject({ format: "parquet", to: null, rows: 3, written: false, losses: expect.arrayContaining([expect.objectContaining({ what: expect.stringContaining("`image.bytes`") as string, records: 1 })]) as unknown });
    expect(await convert(golden("types.parquet"), at("types.jsonl"), { force: true })).toBe(0);
    expect(readFileSync(at("types.jsonl"), "utf8")).toBe(readFileSync(golden("types.jsonl"), "utf8"));
  });

  test("goes straight into another format", async () => {
    expect(await convert(golden("alpaca.gzip.parquet"), at("chat.jsonl"), { to: "openai-chat", force: true })).toBe(0);
    expect(readFileSync(at("chat.jsonl"), "utf8").split("\n")[0]).toMatch(/^\{"messages":\[\{"role":"user","content":"Name number 0 in words\."\}/);
  });

  test("other files need a format, and a file needs one name", async () => {
    await expect(run("plain.jsonl", { output: "x.jsonl" })).rejects.toMatchObject({ code: "BAD_ARGUMENT", what: expect.stringContaining("needs a format") as string });
    await expect(convert(at("plain.jsonl"), undefined, { to: "flan" })).rejects.toMatchObject({ code: "BAD_ARGUMENT", what: "There is no name for the new file." });
    await expect(convert(at("none.parquet"), at("x.jsonl"), {})).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  });
});
