/** A worker's run in this process: how failures end in the journal, and what of them is survived. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type RunEvent } from "../../src/core/train/events";
import { runConfigSchema, type RunConfigInput } from "../../src/core/train/runConfig";
import type * as files from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { checkpointsOf } from "../../src/project/checkpoints";
import { readJournal } from "../../src/project/journal";
import { openProject } from "../../src/project/project";
import { createRun, journalPath, listRuns, type Run } from "../../src/project/runs";
import { type RunState } from "../../src/protocol/worker";
import { runTraining } from "../../src/worker/train";
import { git, repository, temporaryFolder } from "../project/folders";
import { makeTinyBase, type TinyBase } from "../tinyBase";

/** Writes to paths that match fail as on a full disk. */
let full: RegExp | undefined;
vi.mock("../../src/node/files", async (original) => {
  const real = await original<typeof files>();
  return { ...real, writeFileAtomic: (path: string, content: Uint8Array | string) => (full?.test(path) ? Promise.reject(real.writeError(path, Object.assign(new Error("full"), { code: "ENOSPC" }))) : real.writeFileAtomic(path, content)) };
});

let base: TinyBase;
beforeAll(() => { base = makeTinyBase(); });
afterAll(() => base.remove());
afterEach(() => { full = undefined; });

const makeRun = async (root: string, values: Partial<RunConfigInput> = {}, rows = 8): Promise<Run> => {
  writeFileSync(join(root, "rows.jsonl"), Array.from({ length: rows }, (_, i) => `${JSON.stringify({ instruction: `Say ${i}`, output: "abc" })}\n`).join(""));
  const config = runConfigSchema.parse({ data: "rows.jsonl", base: base.path, batch_size: 4, num_train_epochs: 5, max_length: 64, save_steps: 4, eval_fraction: 0, lora: { r: 2, lora_alpha: 4 }, ...values });
  return createRun(openProject(root), { config, configFolder: root });
};
const runtime = (): ReturnType<typeof createOrtRuntime> => createOrtRuntime({ threads: 1 });
const train = (run: Run, more: Partial<Parameters<typeof runTraining>[0]> = {}): ReturnType<typeof runTraining> =>
  runTraining({ runFolder: run.folder, signal: new AbortController().signal, openRuntime: runtime, onState: () => {}, ...more });
const journalOf = (run: Run): Promise<RunEvent[]> => readJournal(journalPath(run.folder));

test("states follow the events, and a finished run has no spare room left over", async () => {
  const states: RunState[] = [];
  const run = await makeRun(temporaryFolder());
  expect(existsSync(join(run.folder, "reserve"))).toBe(true);
  expect(await train(run, { onState: (state) => states.push(state) })).toMatchObject({ status: "finished", step: 10 });
  expect(states[0]).toMatchObject({ run: run.id, status: "running", steps: 10 });
  expect(states.at(-1)).toMatchObject({ status: "finished", step: 10, loss: expect.any(Number) });
  expect(existsSync(join(run.folder, "reserve"))).toBe(false);
});

test("a full disk: the earlier checkpoint stays, the journal says how to go on, and resuming does", async () => {
  const run = await makeRun(temporaryFolder());
  full = /step-8/;
  expect(await train(run)).toMatchObject({ status: "failed", step: 8, error: { code: "DISK_FULL", next: expect.stringMatching(/Free some space; then `tunesmith runs resume .*` goes on from step 4\./) } });
  expect((await checkpointsOf(run.folder)).map(({ step }) => step)).toEqual([4]);
  expect(readdirSync(join(run.folder, "checkpoints"))).toEqual(["step-4"]);
  expect((await journalOf(run)).at(-1)).toMatchObject({ event: "end", status: "failed" });
  full = undefined;
  expect(await train(run)).toMatchObject({ status: "finished", step: 10 });
  expect((await journalOf(run)).filter((event) => event.event === "start")).toMatchObject([{}, { resumedFrom: 4 }]);
});

test("a damaged checkpoint is passed over for the one before it", async () => {
  const run = await makeRun(temporaryFolder());
  // The adapter at the end fails; checkpoints 8 and 10 are there.
  full = /\/\.adapter/;
  expect(await train(run)).toMatchObject({ status: "failed" });
  full = undefined;
  truncateSync(join(run.folder, "checkpoints", "step-10", "state.bin"), 100);
  expect(await train(run)).toMatchObject({ status: "finished", step: 10 });
  const events = await journalOf(run);
  expect(events.findLast((event) => event.event === "start")).toMatchObject({ resumedFrom: 8 });
  expect(events).toContainEqual({ event: "warning", code: "ADAPTER_INVALID", message: expect.stringContaining("A checkpoint could not be used") });
});

test("a version that git refuses is a warning, not a failed run", async () => {
  const root = repository();
  mkdirSync(join(root, ".git", "refs"), { recursive: true });
  writeFileSync(join(root, ".git", "refs", "tunesmith"), "in the way\n");
  const run = await makeRun(root);
  expect(await train(run)).toMatchObject({ status: "finished" });
  expect((await journalOf(run)).slice(-2)).toMatchObject([{ event: "warning", code: "GIT_FAILED", message: expect.stringContaining("not saved as a git version") }, { event: "end", status: "finished" }]);
});

test("a run in a repository names the commit that it started from", async () => {
  const root = repository();
  const run = await makeRun(root);
  await train(run);
  expect(git(root, "rev-parse", `refs/tunesmith/runs/${run.id}^`)).toBe(git(root, "rev-parse", "HEAD"));
  expect(git(root, "show", `refs/tunesmith/runs/${run.id}:run.json`)).toContain(git(root, "rev-parse", "HEAD").trim());
});

test("stopped before the first step: an untrained adapter, and an end", async () => {
  const stop = new AbortController();
  stop.abort();
  const run = await makeRun(temporaryFolder(), { eval_fraction: 0.25 });
  expect(await train(run, { signal: stop.signal })).toMatchObject({ status: "stopped", step: 0, evalLoss: null });
  expect((await journalOf(run)).map(({ event }) => event)).toEqual(["start", "checkpoint", "end"]);
});

test("a bug ends the run as INTERNAL and is printed for the report", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  const run = await makeRun(temporaryFolder());
  expect(await train(run, { openRuntime: () => Promise.reject(new Error("a bug")) })).toMatchObject({ status: "failed", error: { code: "INTERNAL", what: expect.stringContaining("a bug"), next: expect.stringContaining("worker.log") } });
  expect(printed).toHaveBeenCalledOnce();
  printed.mockRestore();
});

test("the dataset of a run is the one it was started with", async () => {
  const root = temporaryFolder();
  const run = await makeRun(root);
  appendFileSync(join(root, "rows.jsonl"), '{"instruction":"later","output":"x"}\n');
  await train(run);
  expect((await journalOf(run))[0]).toMatchObject({ event: "start", examples: 8, data: "rows.jsonl" });
  expect(await listRuns(openProject(root))).toMatchObject([{ id: run.id, status: "finished", adapter: join(run.folder, "adapter") }]);
});

test("held-out rows are the same after a resumption, and never trained on", async () => {
  const run = await makeRun(temporaryFolder(), { eval_fraction: 0.25, eval_steps: 0 }, 16);
  full = /step-8/;
  await train(run);
  full = undefined;
  expect(await train(run)).toMatchObject({ status: "finished", evalLoss: expect.any(Number) });
  const rows = new Set((await journalOf(run)).flatMap((event) => (event.event === "step" ? event.rows : [])));
  expect(rows.size).toBe(12);
});
