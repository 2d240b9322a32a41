/** Whole files compared by the process that the editor starts for it, and a run that does not start because its evaluation is no evaluation. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Analysis } from "../../src/project/analysis";
import { type RunEvent } from "../../src/core/train/events";
import { isProcessAlive } from "../../src/node/processes";
import { emptyRepository, temporaryFolder } from "../project/folders";
import { events, runFolder, tinyBase, tunesmith, untilGone, writeConfig, writeRows } from "./terminal";

const analysis = new Analysis();
afterEach(() => analysis.dispose());

const row = (instruction: string, output: string): string => JSON.stringify({ instruction, output });
const compare = { everything: false, most: 100 };

test("a buffer that is not saved, against a file", async () => {
  const folder = temporaryFolder();
  const other = join(folder, "held.jsonl");
  writeFileSync(other, row("Name a fruit!", "An apple."));
  const text = [row("Name a tree.", "Oak."), `{"output":"Oak.","instruction":"Name a tree."}`, row("Name a fruit.", "An apple.")].join("\n");
  const { problems } = await analysis.compare({ ...compare, path: join(folder, "train.jsonl"), text, against: { path: other, shown: "held.jsonl", role: "eval" } });
  expect(problems.map(({ code, line, related }) => [code, line, related?.line, related?.file])).toEqual([["duplicate-conversation", 1, 0, undefined], ["eval-leak", 2, 0, "held.jsonl"]]);
});

test("a file that no editor holds: everything about it, counted, with progress; cancelled, and asked again", async () => {
  const path = join(temporaryFolder(), "large.jsonl");
  // Over 48 MB, so that it is read in blocks.
  const rows = Array.from({ length: 60_000 }, (_, number) => row(`Say ${number} in words, please.`, number % 1000 === 0 ? "As an AI language model, I cannot count." : `${number} it is. ${number.toString(3).repeat(80)}`));
  writeFileSync(path, rows.join("\n"));
  const stop = new AbortController();
  await expect(analysis.compare({ ...compare, path, everything: true }, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  const done: number[] = [];
  const { rows: count, format, counts } = await analysis.compare({ ...compare, path, everything: true, most: 5 }, { onProgress: (share) => done.push(share) });
  expect([count, format]).toEqual([60_000, "alpaca"]);
  expect(counts.find(({ code }) => code === "ai-boilerplate")?.count).toBe(60);
  expect(done.length).toBeGreaterThan(1);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(done.at(-1)).toBeLessThanOrEqual(1);
});

test("a Parquet file is looked at and brought in, with what is left out told first", async () => {
  const golden = resolve(__dirname, "../golden/parquet"), to = join(temporaryFolder(), "rows.jsonl"), types = join(golden, "types.parquet");
  expect(await analysis.columns(join(golden, "train-00001-of-00002.parquet"))).toMatchObject({ rows: 3, format: "text", shard: { number: 2, of: 2 }, columns: [{ name: "text", title: "text" }, { name: "__index_level_0__", title: "number" }], first: [["Shard 1, row 0.", null], [], []].map((cells) => cells.length === 0 ? expect.anything() as string[] : cells) });
  expect(await analysis.importRows({ path: types, shards: false, to, force: false })).toMatchObject({ rows: 3, written: false, losses: expect.arrayContaining([expect.stringContaining("`image.bytes`")]) as string[] });
  expect(existsSync(to)).toBe(false);
  expect(await analysis.importRows({ path: join(golden, "train-00000-of-00002.parquet"), shards: true, to, force: false })).toMatchObject({ rows: 6, written: true, losses: [] });
  expect(readFileSync(to, "utf8")).toMatch(/^(\{"text":"Shard [01], row [012]\."\}\n){6}$/);
  await expect(analysis.columns(join(golden, "generate.py"))).rejects.toMatchObject({ code: "DATASET_UNREADABLE" });
});

test("failures are coded, and the process ends with dispose", async () => {
  await expect(analysis.compare({ ...compare, path: "/no/such/file.jsonl" })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  await expect(analysis.leaks({ train: "/no/a.jsonl", eval: "/no/b.jsonl" })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  const { pid } = analysis;
  expect(isProcessAlive(pid!)).toBe(true);
  analysis.dispose();
  await untilGone(pid!);
});

test("a run with a leak does not start, and says how to start it nevertheless", async () => {
  const folder = emptyRepository();
  const config = writeConfig(folder, tinyBase(), { max_steps: 2, eval: writeRows(folder, "held.jsonl", 6) });
  const refused = await tunesmith(folder, "train", config);
  expect(refused.status).toBe(2);
  expect(refused.err).toMatch(/^error\[EVAL_LEAK\]: 6 of the 6 rows of held\.jsonl are in rows\.jsonl too, .*line 1 is the same row as line 1 there\. .*tunesmith check rows\.jsonl --eval held\.jsonl.*--allow-leak/);
  expect(existsSync(join(folder, ".tunesmith", "runs"))).toBe(false);
  const leaks = await tunesmith(folder, "check", "rows.jsonl", "--eval", "held.jsonl");
  expect(leaks.out.match(/eval-leak/g)?.length).toBeGreaterThanOrEqual(6);
  const { status, err } = await tunesmith(folder, "train", config, "--allow-leak");
  expect(status, err).toBe(0);

  // Columns of the person's own, by a flag that lies over the config and is kept with the run.
  writeFileSync(join(folder, "tickets.jsonl"), Array.from({ length: 12 }, (_, number) => `${JSON.stringify({ ticket: `Ticket ${number} of the day?`, reply: `Reply ${number}.` })}\n`).join(""));
  expect((await tunesmith(folder, "train", config, "--data", "tickets.jsonl", "--eval", "tickets.jsonl", "--columns", "prompt=ticket,response=reply")).err).toMatch(/^error\[EVAL_LEAK\]: 12 of the 12 rows/);
  const columns = await tunesmith(folder, "train", config, "--data", "tickets.jsonl", "--eval", "tickets.jsonl", "--columns", "prompt=ticket,response=reply", "--allow-leak", "--json");
  expect(columns.status, columns.err).toBe(0);
  const [first] = events(columns.out);
  expect(first).toMatchObject({ event: "start", examples: 12, evalExamples: 12 });
  const kept = JSON.parse(readFileSync(join(runFolder(folder, (first as RunEvent & { event: "start" }).run), "run.json"), "utf8")) as { config: { mapping: object } };
  expect(kept.config.mapping).toMatchObject({ columns: { prompt: "ticket", response: "reply" } });
});

test("the report of a file, of a buffer that is not saved, with a base and without; cancelled, and asked again", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "rows.jsonl");
  const rows = Array.from({ length: 3000 }, (_, number) => row(`Write a story about number ${number}.`, `It is ${number} and no other. ${number.toString(2).repeat(9)}`));
  writeFileSync(path, rows.join("\n"));
  const words = await analysis.report({ path });
  expect([words.rows, words.basis, words.tokens, words.instructions.verbs[0]?.label, words.instructions.verbs[0]?.count]).toEqual([3000, undefined, undefined, "write", 3000]);
  const done: number[] = [];
  const basis = { base: tinyBase(), maxLength: 64 };
  const { tokens, lengths, problems } = await analysis.report({ path, basis }, { onProgress: (share) => done.push(share) });
  expect(tokens!.trained + tokens!.read + tokens!.cutTrained + tokens!.cutRead).toBe(lengths!.total);
  expect(problems.find(({ code }) => code === "cut-off")?.count ?? 0).toBe(lengths!.over - (problems.find(({ code }) => code === "nothing-trained")?.count ?? 0));
  expect(done).toEqual([...done].sort((a, b) => a - b));
  const unsaved = await analysis.report({ path, text: `${rows[0]}\n${rows[1]}` });
  expect([unsaved.rows, unsaved.conversations]).toEqual([2, 2]);
  // Rows of a table with unsaved edits lie elsewhere, and are described by what stands beside the file itself.
  const copy = join(temporaryFolder(), "rows.jsonl"), mapped = join(folder, "mapped.jsonl");
  writeFileSync(copy, '{"q": "Hi?", "a": "Hello."}\n');
  writeFileSync(join(folder, "dataset_info.json"), JSON.stringify({ mine: { file_name: "mapped.jsonl", columns: { prompt: "q", response: "a" } } }));
  const edited = await analysis.report({ path: mapped, rows: copy });
  expect([edited.rows, edited.format, edited.conversations]).toEqual([1, "mapped", 1]);
  const stop = new AbortController();
  await expect(analysis.report({ path, basis }, { signal: stop.signal, onProgress: () => stop.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  await expect(analysis.report({ path, basis: { base: "/no/such/base", maxLength: 64 } })).rejects.toMatchObject({ code: expect.stringMatching(/^(?:TOKENIZER|BASE)_/) as unknown });
  expect((await analysis.report({ path })).rows).toBe(3000);
});

test("a base whose template never ends does not keep the report from being cancelled", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "rows.jsonl");
  writeFileSync(path, row("Say hello.", "Hello."));
  const base = join(folder, "base");
  cpSync(tinyBase(), base, { recursive: true });
  const settings = join(base, "tokenizer_config.json");
  writeFileSync(settings, JSON.stringify({ ...JSON.parse(readFileSync(settings, "utf8")) as object, chat_template: "{% for a in range(100000) %}{% for b in range(100000) %}{{ a }}{% endfor %}{% endfor %}" }));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 2000);
  await expect(analysis.report({ path, basis: { base, maxLength: 64 } }, { signal: stop.signal })).rejects.toMatchObject({ code: "CANCELLED" });
  expect((await analysis.report({ path })).rows).toBe(1);
});

test("tunesmith report: text, JSON with lines from 1, SVG and CSV; a file without rows is status 1, a wrong option 2", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "rows.jsonl"), [row("Write a poem.", "Roses."), row("Name a city.", "Rome.")].join("\n"));
  const { status, out } = await tunesmith(folder, "report", "rows.jsonl", "--base", tinyBase(), "--max-length", "20", "--svg", "pictures", "--csv", "numbers");
  expect(status).toBe(0);
  expect(out).toMatch(/2 rows, .*2 conversations\.[\s\S]*max_length 20[\s\S]*Length in tokens[\s\S]*write +1 +poem 1/);
  expect(readFileSync(join(folder, "pictures", "lengths.svg"), "utf8")).toMatch(/^<svg .*limit 20/s);
  expect(readFileSync(join(folder, "numbers", "verbs.csv"), "utf8")).toBe("verb,object,instructions\r\nwrite,,1\r\nwrite,poem,1\r\nname,,1\r\nname,city,1\r\n");
  const json = JSON.parse((await tunesmith(folder, "report", "rows.jsonl", "--base", "none", "--json")).out) as { basis: unknown; languages: { lines: number[] }[] };
  expect([json.basis, json.languages[0]!.lines]).toEqual([null, [1, 2]]);
  writeFileSync(join(folder, "broken.jsonl"), "{ broken");
  expect((await tunesmith(folder, "report", "broken.jsonl", "--base", "none")).status).toBe(1);
  expect((await tunesmith(folder, "report", "rows.jsonl", "--max-length", "0")).err).toMatch(/^error\[BAD_ARGUMENT\]/);
});
