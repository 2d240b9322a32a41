/** Mixtures on disk: what is written, what is told, and whether a change is noticed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseDataset } from "../../src/core/data/parse";
import { type UserError } from "../../src/core/errors";
import { buildMixture, mixFiles, mixtureChanges } from "../../src/project/mixtures";

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), "tunesmith-mix-")); });
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const THINGS = ["apple", "river", "violin", "castle", "lantern", "meadow", "comet", "walnut", "harbour", "glacier"];
const alpaca = (count: number): string => Array.from({ length: count }, (_, i) => `${JSON.stringify({ instruction: `Describe a ${THINGS[i % 10]!} to visitor ${i} who collects ${THINGS[(i * 7 + 3) % 10]!}s`, output: `Number ${i}: ${THINGS[(i * 3) % 10]!} and ${THINGS[(i * i + 1) % 10]!}.`, task: i % 3 === 0 ? "odd" : "even" })}\n`).join("");
const chat = (count: number): string => Array.from({ length: count }, (_, i) => `${JSON.stringify({ document: `d${i % 5}`, messages: [{ role: "user", content: `${THINGS[i % 10]!} question ${i} about ${THINGS[(i + 4) % 10]!}` }, { role: "assistant", content: `answer ${i * 17}` }] })}\n`).join("");
const lines = (path: string): string[] => readFileSync(path, "utf8").split("\n").filter((line) => line !== "");
const failure = async (path: string): Promise<UserError> => buildMixture(path).then(() => { throw new Error("it was built"); }, (error: unknown) => error as UserError);

test("two formats become one file to train on and one to evaluate on; what changed since is told", async () => {
  write("a.jsonl", `${alpaca(40)}not JSON\n`);
  write("b.jsonl", chat(20));
  const path = write("both.mix.json", '{ // both\n "sources": [{ "file": "a.jsonl" }, { "file": "b.jsonl", "weight": 2 }], "near_duplicates": "ignore" }');
  expect(await mixtureChanges(path)).toEqual(["both.mix.json was not built yet."]);
  const lock = await buildMixture(path), files = mixFiles(path);
  expect(lock.sources.map(({ rows, usable }) => [rows, usable])).toEqual([[41, 40], [20, 20]]);
  expect(lock.tasks.map(({ task, available, rows }) => [task, available, rows])).toEqual([["a.jsonl", 40, 20], ["b.jsonl", 20, 20]]);
  const [train, held] = [parseDataset(readFileSync(files.train, "utf8")), parseDataset(readFileSync(files.held, "utf8"))];
  expect([train.format, held.format, train.usable + held.usable, train.problems.length]).toEqual(["openai-chat", "openai-chat", 40, 0]);
  expect(lines(files.train).filter((line) => lines(files.held).includes(line))).toEqual([]);
  expect(await mixtureChanges(path)).toEqual([]);

  const before = readFileSync(files.train, "utf8");
  expect(await buildMixture(path)).toEqual(lock);
  expect(readFileSync(files.train, "utf8")).toBe(before);
  write("b.jsonl", chat(21));
  rmSync(files.held);
  writeFileSync(path, '{ "sources": [{ "file": "a.jsonl" }, { "file": "b.jsonl" }] }');
  expect(await mixtureChanges(path)).toEqual(["The settings in both.mix.json have changed.", "b.jsonl has changed.", "both.eval.jsonl is missing."]);
});

test("rows name their task and their group", async () => {
  write("a.jsonl", alpaca(30));
  write("b.jsonl", chat(25));
  const path = write("m.mix.json", JSON.stringify({ sources: [{ file: "a.jsonl", task_key: "task" }, { file: "b.jsonl", task: "talk" }], mixing: "equal", group_by: ["document"], near_duplicates: "ignore", eval_fraction: 0.4 }));
  const lock = await buildMixture(path), { train, held } = mixFiles(path);
  expect(lock.tasks.map(({ task, rows }) => [task, rows])).toEqual([["odd", 10], ["even", 10], ["talk", 10]]);
  const source = lines(join(folder, "b.jsonl")).map((line) => JSON.parse(line) as { document: string; messages: { content: string }[] });
  const documentsIn = (file: string): Set<string> => new Set(lines(file).flatMap((line) => source.filter(({ messages }) => line.includes(JSON.stringify(messages[0]!.content))).map(({ document }) => document)));
  expect([...documentsIn(train)].filter((document) => documentsIn(held).has(document))).toEqual([]);
});

test("rows that say nearly the same, or ask the same, are on one side, or dropped", async () => {
  const long = (i: number, end: string): string => `${JSON.stringify({ instruction: `Explain to ${THINGS[i % 10]!} keeper ${i} in simple words how the ${THINGS[(i * 3 + 1) % 10]!} came to the ${THINGS[(i * 7 + 2) % 10]!} market`, output: `It came by ${THINGS[(i + 5) % 10]!} and stayed for ${THINGS[(i + 6) % 10]!} and more than a hundred winters passed before anyone asked ${i}${end}` })}\n`;
  write("a.jsonl", Array.from({ length: 30 }, (_, i) => long(i, ".") + long(i, "!")).join(""));
  const build = (near: string): Promise<{ nearDuplicates: number; train: string[]; held: string[] }> => {
    const path = write(`${near}.mix.json`, JSON.stringify({ sources: [{ file: "a.jsonl" }], near_duplicates: near, eval_fraction: 0.3 }));
    return buildMixture(path).then(({ nearDuplicates }) => ({ nearDuplicates, train: lines(mixFiles(path).train), held: lines(mixFiles(path).held) }));
  };
  const together = await build("together"), bare = (rows: string[]): string[] => rows.map((row) => row.replace(/[.!]"/g, '"'));
  expect(together.train.length + together.held.length).toBe(60);
  expect(bare(together.train).filter((row) => bare(together.held).includes(row))).toEqual([]);
  const dropped = await build("drop");
  expect([dropped.nearDuplicates, dropped.train.length + dropped.held.length]).toEqual([30, 30]);
});

test("each fault is one message with a next step", async () => {
  expect(await failure(join(folder, "none.mix.json"))).toMatchObject({ code: "CONFIG_NOT_FOUND", what: expect.stringContaining("There is no mixture") as string });
  expect(await failure(write("a.json", "{}"))).toMatchObject({ code: "BAD_ARGUMENT" });
  expect(await failure(write("b.mix.json", '{"sources":[{"file":"none.jsonl"}]}'))).toMatchObject({ code: "DATASET_NOT_FOUND", what: "There is no dataset none.jsonl." });
  write("bad.jsonl", "{}\n");
  expect(await failure(write("c.mix.json", '{"sources":[{"file":"bad.jsonl"}]}'))).toMatchObject({ code: "DATASET_NO_USABLE_ROW" });
  write("a.jsonl", alpaca(3));
  expect(await failure(write("d.mix.json", '{"sources":[{"file":"a.jsonl","task_key":"tusk"}]}'))).toMatchObject({ code: "CONFIG_INVALID", what: 'No row of a.jsonl has the key "tusk" of its task_key.' });
});

test("a format that cannot hold everything says what it leaves out", async () => {
  write("a.jsonl", `${JSON.stringify({ messages: [{ role: "user", content: "a" }, { role: "assistant", content: "", tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] }, { role: "tool", tool_call_id: "1", content: "3" }, { role: "assistant", content: "Three." }] })}\n${chat(4)}`);
  const lock = await buildMixture(write("a.mix.json", '{"sources":[{"file":"a.jsonl"}],"format":"alpaca"}'));
  expect(lock.losses).toContainEqual({ file: "a.jsonl", what: "calls of tools and their results", rows: 1, leftOut: true });
  expect(lock.tasks[0]!.available).toBe(4);
});
