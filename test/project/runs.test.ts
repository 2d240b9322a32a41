/** runs.ts and checkpoints.ts: what a run is on disk, from its making to its deletion. */
import fc from "fast-check";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseDataset } from "../../src/core/data/parse";
import { checkRunConfig } from "../../src/core/train/parseConfig";
import { runConfigSchema } from "../../src/core/train/runConfig";
import { readDatasetFile } from "../../src/node/readDataset";
import { checkpointsOf, removeLeftovers, replaceFolder, writeCheckpoint } from "../../src/project/checkpoints";
import { appendEvent, readEnds, readJournal } from "../../src/project/journal";
import { findProject, openProject, resolveBase, type Project } from "../../src/project/project";
import { createRun, datasetCopy, deleteRun, foldEvents, journalPath, listRuns, openRun, type Run } from "../../src/project/runs";
import { claimRun, isWorkerAlive, socketPath, workerFilePath } from "../../src/project/workerFile";
import { git, repository, temporaryFolder } from "./folders";

const project = (): Project => {
  const root = temporaryFolder();
  mkdirSync(join(root, "base"));
  writeFileSync(join(root, "rows.jsonl"), '{"instruction":"a","output":"b"}\n');
  writeFileSync(join(root, "held.jsonl"), '{"instruction":"c","output":"d"}\n');
  return openProject(root);
};
const create = (at: Project, values: object = {}): Promise<Run> => createRun(at, { config: runConfigSchema.parse({ data: "rows.jsonl", base: "base", ...values }), configFolder: at.root });

test("a new run has a manifest, an empty journal and its own copy of the data", async () => {
  const at = project();
  const run = await create(at, { eval: "held.jsonl", name: "first" });
  expect(run.id).toMatch(/^\d{8}-\d{6}-[0-9a-z]{4}$/);
  expect((await openRun(at, run.id)).manifest).toEqual(run.manifest);
  expect(run.manifest).toMatchObject({ name: "first", data: { path: "rows.jsonl", bytes: 33 }, eval: { path: "held.jsonl" }, base: { path: join(at.root, "base"), name: "base" }, config: { seed: 42 } });
  expect(readFileSync(journalPath(run.folder), "utf8")).toBe("");
  writeFileSync(join(at.root, "rows.jsonl"), "edited");
  expect(readFileSync(datasetCopy(run.folder, run.manifest.data, "data"), "utf8")).toContain('"a"');
});

test("a run's copy of the data has its column names beside it", async () => {
  const at = project();
  writeFileSync(join(at.root, "mine.csv"), "q,a\nb,c\n");
  const info = JSON.stringify({ mine: { file_name: "mine.csv", columns: { prompt: "q", response: "a" } } });
  writeFileSync(join(at.root, "dataset_info.json"), info);
  const run = await create(at, { data: "mine.csv" });
  writeFileSync(join(at.root, "dataset_info.json"), "{}");
  const { text, options } = await readDatasetFile(datasetCopy(run.folder, run.manifest.data, "data"));
  expect(parseDataset(text, options)).toMatchObject({ container: "csv", format: "mapped", records: [{ messages: [{ content: "b" }, { content: "c" }] }] });
});

test("a description in the folder's settings goes along with the copy; settings that come later do not concern it", async () => {
  const at = project(), settings = join(at.root, ".vscode", "settings.json");
  mkdirSync(join(at.root, ".vscode"));
  writeFileSync(settings, '{ // mine\n"tunesmith.datasets.mappings": {"*.csv": {"columns": {"prompt": "q", "response": "a"}}} }');
  writeFileSync(join(at.root, "mine.csv"), "q,a\nb,c\n");
  const run = await create(at, { data: "mine.csv" }), other = await create(at);
  writeFileSync(settings, '{"tunesmith.datasets.mappings": {"*": {"columns": {"prompt": "a", "response": "q"}}}}');
  const { text, options } = await readDatasetFile(datasetCopy(run.folder, run.manifest.data, "data"));
  expect(parseDataset(text, options)).toMatchObject({ format: "mapped", records: [{ messages: [{ content: "b" }, { content: "c" }] }] });
  expect((await readDatasetFile(datasetCopy(other.folder, other.manifest.data, "data"))).options.mapping).toBeUndefined();
  writeFileSync(settings, '{"tunesmith.datasets.mappings": {"*": {"colums": {}}}}');
  await expect(create(at)).rejects.toMatchObject({ code: "CONFIG_INVALID", what: expect.stringContaining("colums") as string });
});

test("what a run config says of the columns goes before what stands beside the data, and is kept in run.json, so that the run can be repeated", async () => {
  const at = project();
  writeFileSync(join(at.root, "mine.jsonl"), '{"q": "b", "a": "c"}\n');
  writeFileSync(join(at.root, "dataset_info.json"), JSON.stringify({ mine: { file_name: "mine.jsonl", columns: { prompt: "a", response: "q" } } }));
  const { manifest } = await create(at, { data: "mine.jsonl", eval: "mine.jsonl", mapping: { columns: { prompt: "q", response: "a" } } });
  expect((await openRun(at, manifest.id)).manifest.config.mapping).toEqual({ formatting: "alpaca", ranking: false, columns: { prompt: "q", response: "a" } });
  const again = await createRun(at, { config: checkRunConfig(JSON.parse(JSON.stringify(manifest.config)), "run.json"), configFolder: at.root });
  for (const [run, kind] of [[again, "data"], [again, "eval"]] as const) {
    const { text, options } = await readDatasetFile(datasetCopy(run.folder, run.manifest[kind]!, kind));
    expect(parseDataset(text, options)).toMatchObject({ format: "mapped", records: [{ messages: [{ content: "b" }, { content: "c" }] }] });
  }
  expect(() => checkRunConfig({ data: "x", mapping: { colums: {} } }, "x.tune.json")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", what: expect.stringContaining("colums") as string }) as Error);
});

test("the project's folder hides itself from git", async () => {
  const root = repository();
  mkdirSync(join(root, "base"));
  writeFileSync(join(root, "rows.jsonl"), "{}\n");
  git(root, "add", "-A");
  const before = git(root, "status", "--porcelain");
  await create(openProject(root));
  expect(git(root, "status", "--porcelain")).toBe(before);
});

test("a missing dataset or base leaves no run behind", async () => {
  const at = project();
  await expect(create(at, { data: "none.jsonl" })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND", what: expect.stringContaining("none.jsonl") });
  await expect(create(at, { data: "base" })).rejects.toMatchObject({ code: "DATASET_UNREADABLE" });
  await expect(create(at, { eval: "none.jsonl" })).rejects.toMatchObject({ code: "DATASET_NOT_FOUND" });
  await expect(create(at, { base: "nowhere" })).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
  await expect(create(at, { base: "rows.jsonl" })).rejects.toMatchObject({ code: "BASE_INVALID" });
  expect(await listRuns(at)).toEqual([]);
  expect(existsSync(at.runsFolder) ? readdirSync(at.runsFolder) : []).toEqual([]);
});

test("the list tells queued, running, finished, stopped and failed apart", async () => {
  const at = project();
  const [queued, running, finished, dead] = [await create(at), await create(at), await create(at), await create(at)];
  const begin = (run: Run): void => appendEvent(journalPath(run.folder), { event: "start", run: run.id, base: "b", data: "d", device: "cpu", examples: 8, evalExamples: 1, steps: 9, epochs: 1, trainableParameters: 1, time: "" });
  for (const run of [running, finished, dead]) begin(run);
  expect(await claimRun(running.folder, "/nowhere")).toBe(true);
  expect(await claimRun(running.folder, "/nowhere")).toBe(false);
  expect(await isWorkerAlive(running.folder)).toBe(true);
  appendEvent(journalPath(running.folder), { event: "step", step: 3, epoch: 0, loss: 2.5, learningRate: 0, gradNorm: 0, tokens: 1, seconds: 0, rows: [] });
  appendEvent(journalPath(finished.folder), { event: "end", run: finished.id, status: "finished", step: 9, adapter: "x", evalLoss: 0.5, seconds: 1 });
  mkdirSync(join(finished.folder, "adapter"));
  writeFileSync(join(finished.folder, "adapter", "adapter_config.json"), "{}");
  writeFileSync(workerFilePath(dead.folder), JSON.stringify({ pid: 2 ** 22 + 1, socket: "/nowhere", started: "2000-01-01T00:00:00Z" }));
  mkdirSync(join(at.runsFolder, "half"), { recursive: true });
  const list = new Map((await listRuns(at)).map((summary) => [summary.id, summary]));
  expect(list.size).toBe(4);
  expect(list.get(queued.id)).toMatchObject({ status: "queued", adapter: null, loss: null });
  expect(list.get(running.id)).toMatchObject({ status: "running", step: 3, steps: 9, loss: 2.5 });
  expect(list.get(finished.id)).toMatchObject({ status: "finished", evalLoss: 0.5, adapter: join(finished.folder, "adapter") });
  expect(list.get(dead.id)).toMatchObject({ status: "failed", error: { code: "WORKER_EXITED" } });
  await expect(deleteRun(at, running.id)).rejects.toMatchObject({ code: "RUN_ACTIVE" });
  await deleteRun(at, finished.id);
  await expect(openRun(at, finished.id)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  expect(existsSync(finished.folder)).toBe(false);
});

test("of many runs that ended, only the ends of their journals are read", async () => {
  const at = project(), one = await create(at);
  const line = (event: object): string => `${JSON.stringify(event)}\n`;
  // No journal has such an event in its midst: who read it would say 777 steps.
  const middle = line({ event: "step", step: 4, rows: [], loss: 9 }).repeat(3000) + line({ event: "start", run: "x", steps: 777 }) + line({ event: "step", step: 8, rows: [], loss: 9 }).repeat(3000);
  for (let number = 0; number < 200; number++) {
    const folder = join(at.runsFolder, `2000-${number}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "run.json"), JSON.stringify({ ...one.manifest, id: `2000-${number}` }));
    writeFileSync(journalPath(folder), line({ event: "start", run: "x", steps: 9 }) + middle + line({ event: "step", step: 9, rows: [], loss: number }) + line({ event: "end", run: "x", status: "finished", step: 9, adapter: null, evalLoss: 0.5, seconds: 1 }));
  }
  const list = (await listRuns(at)).filter(({ id }) => id !== one.id);
  expect(list).toHaveLength(200);
  for (const { id, ...summary } of list) expect(summary).toMatchObject({ status: "finished", step: 9, steps: 9, loss: Number(id.slice(5)), evalLoss: 0.5 });
});

test("the ends of a journal say of a run what all of it says, or nothing", () => fc.assert(fc.asyncProperty(
  fc.array(fc.record({ what: fc.constantFrom("step", "step", "step", "skip", "eval", "resume", "checkpoint"), back: fc.nat(4), loss: fc.integer({ min: 0, max: 99 }) }), { maxLength: 40 }), fc.option(fc.integer({ min: 0, max: 9 })), fc.integer({ min: 150, max: 900 }),
  async (moves, evalLoss, tail) => {
    const path = join(temporaryFolder(), "journal.jsonl");
    let step = 0;
    const end = (): object => ({ event: "end", run: "x", status: "stopped", step, adapter: null, evalLoss, seconds: 0 });
    const events: object[] = [{ event: "start", run: "x", steps: 50 }];
    for (const { what, back, loss } of moves) {
      if (what === "resume") {
        events.push(end());
        step = Math.max(0, step - back);
        events.push({ event: "start", run: "x", steps: 50, resumedFrom: step });
      } else if (what === "step" || what === "skip") events.push({ event: what, step: ++step, rows: [], loss });
      else events.push({ event: what, step, loss });
    }
    events.push(end());
    writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
    const ends = await readEnds(path, tail);
    if (ends) expect(foldEvents(ends)).toEqual(foldEvents(await readJournal(path)));
  }), { numRuns: 100 }));

test("a run is found by part of its id, or as the latest; a path is not an id", async () => {
  const at = project();
  const run = await create(at);
  for (const id of [run.id, run.id.slice(-4), run.id.slice(0, 8), "latest"]) expect((await openRun(at, id)).id).toBe(run.id);
  for (const id of ["", "..", "../runs", "zzzz9"]) await expect(openRun(at, id)).rejects.toMatchObject({ code: "RUN_NOT_FOUND" });
  await create(at);
  await expect(openRun(at, "2")).rejects.toMatchObject({ code: "RUN_NOT_FOUND", what: expect.stringContaining("fits 2 runs") });
});

test("checkpoints appear whole, the last two stay, and half-written ones are swept away", async () => {
  const folder = temporaryFolder();
  for (const step of [5, 10, 100]) await writeCheckpoint(folder, step, { "state.bin": Buffer.from(`${step}`) }, 2);
  expect((await checkpointsOf(folder)).map(({ step }) => step)).toEqual([10, 100]);
  expect(readFileSync(join(folder, "checkpoints", "step-100", "state.bin"), "utf8")).toBe("100");
  mkdirSync(join(folder, "checkpoints", ".step-200.99"));
  mkdirSync(join(folder, ".adapter.99.old"));
  await removeLeftovers(folder);
  expect(readdirSync(join(folder, "checkpoints")).sort()).toEqual(["step-10", "step-100"]);
  // The worker died between moving the old adapter away and the new one in.
  expect(existsSync(join(folder, "adapter"))).toBe(true);
});

test("a folder is replaced as a whole, and stays where the new one cannot be written", async () => {
  const folder = join(temporaryFolder(), "adapter");
  await replaceFolder(folder, { a: Buffer.from("1"), b: Buffer.from("2") });
  await replaceFolder(folder, { a: Buffer.from("3") });
  expect(readdirSync(folder)).toEqual(["a"]);
  await expect(replaceFolder(folder, { "no/such/place": Buffer.from("4") })).rejects.toMatchObject({ code: "WRITE_FAILED" });
  expect(readFileSync(join(folder, "a"), "utf8")).toBe("3");
  expect(readdirSync(join(folder, ".."))).toEqual(["adapter"]);
});

test("the project of a folder is the nearest above it", () => {
  const root = repository();
  mkdirSync(join(root, "a", "b"), { recursive: true });
  expect(findProject(join(root, "a", "b")).root).toBe(root);
  mkdirSync(join(root, "a", ".tunesmith"));
  expect(findProject(join(root, "a", "b")).root).toBe(join(root, "a"));
});

test("a base is an absolute folder, one beside the config, or an added model", () => {
  const at = project();
  expect(resolveBase(at, join(at.root, "base"), "/")).toBe(join(at.root, "base"));
  expect(resolveBase(at, "../base", join(at.root, "x"))).toBe(join(at.root, "base"));
  mkdirSync(join(at.modelsFolder, "small"), { recursive: true });
  expect(resolveBase(at, "small", at.root)).toBe(join(at.modelsFolder, "small"));
});

test("a socket's path is short however deep the run lies, and differs from run to run", () => {
  const deep = `/${"x".repeat(300)}`;
  expect(Buffer.byteLength(socketPath(deep))).toBeLessThan(104);
  expect(socketPath(deep)).not.toBe(socketPath(`${deep}y`));
});
