/** Runs that pause: what the journal says, and each way to go on. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Pause, type RunEvent } from "../../src/core/train/events";
import { runConfigSchema, type RunConfigInput } from "../../src/core/train/runConfig";
import { createOrtRuntime } from "../../src/node/ort";
import { checkpointsOf } from "../../src/project/checkpoints";
import { appendEvent, currentEvents, readJournal } from "../../src/project/journal";
import { openProject, starterFolder } from "../../src/project/project";
import { planResume, type ResumeRequest, rollbackTargets } from "../../src/project/resume";
import { createRun, journalPath, listRuns, readManifest, type Run } from "../../src/project/runs";
import { runTraining } from "../../src/worker/train";
import { temporaryFolder } from "../project/folders";
import { makeTinyBase, type TinyBase } from "../tinyBase";

let tiny: TinyBase;
beforeAll(() => { tiny = makeTinyBase(); });
afterAll(() => tiny.remove());

type End = RunEvent & { event: "end" };
const makeRun = (rows: readonly string[], values: Partial<RunConfigInput>): Promise<Run> => {
  const root = temporaryFolder();
  writeFileSync(join(root, "rows.jsonl"), `${rows.join("\n")}\n`);
  return createRun(openProject(root), { config: runConfigSchema.parse({ data: "rows.jsonl", lr_scheduler_type: "constant", eval_fraction: 0, save_steps: 4, ...values }), configFolder: root });
};
const journalOf = (run: Run): Promise<RunEvent[]> => readJournal(journalPath(run.folder));
const train = async (run: Run, request?: ResumeRequest): Promise<End> =>
  runTraining({ runFolder: run.folder, signal: new AbortController().signal, openRuntime: () => createOrtRuntime({ threads: 1 }), onState: () => {}, ...(request && { plan: await planResume(run, await journalOf(run), request) }) });
const adapterOf = (run: Run): string => readFileSync(join(run.folder, "adapter", "adapter_model.safetensors")).toString("base64");
const stepsSaved = async (run: Run): Promise<number[]> => (await checkpointsOf(run.folder)).map(({ step }) => step);

describe("a row of noise among rows that the starter base learns", () => {
  const POISON = 30, rows = readFileSync(join(starterFolder(), "train.jsonl"), "utf8").trim().split("\n").slice(0, 240);
  rows[POISON - 1] = JSON.stringify({ instruction: "What is it?", input: "", output: "~#}{^|\\`@%$&*+=<>~#}{^|".repeat(6) });
  const spiky = (values: Partial<RunConfigInput> = {}): Promise<Run> => makeRun(rows, { base: "starter", num_train_epochs: 1, max_length: 128, learning_rate: 0.003, warmup_steps: 2, seed: 2, save_steps: 3, ...values });
  let off: Promise<string>;
  const unguarded = (): Promise<string> => off ??= (async () => {
    const run = await spiky({ loss_watchdog: false });
    expect(await train(run)).toMatchObject({ status: "finished", step: 30 });
    return adapterOf(run);
  })();

  test("pauses before the step, tells of it, and keeps every checkpoint", async () => {
    const run = await spiky(), end = await train(run);
    expect(end).toMatchObject({ status: "paused", step: 28, adapter: join(run.folder, "adapter"), pause: { code: "LOSS_SPIKE", step: 29, loss: expect.any(Number) } });
    const { pause } = end as { pause: Pause };
    expect(pause.rows).toContain(POISON);
    expect(pause.what).toBe(`Paused before step 29 (lines ${pause.rows.join(", ")} of rows.jsonl): ${pause.why}.`);
    expect(pause.next).toContain(`\`tunesmith runs resume ${run.id} --rollback --set learning_rate=0.0003\``);
    expect((await journalOf(run)).filter((event) => event.event === "step").at(-1)).toMatchObject({ step: 28 });
    // The two newest and the one before the step.
    expect(await stepsSaved(run)).toEqual([24, 27, 28]);
    expect(await listRuns(openProject(join(run.folder, "..", "..", "..")))).toMatchObject([{ status: "paused", pause: { step: 29 } }]);
  });

  test("goes on as it is, to the same adapter as without a guard", async () => {
    const run = await spiky();
    await train(run);
    expect(await train(run, {})).toMatchObject({ status: "finished", step: 30 });
    expect((await journalOf(run)).findLast((event) => event.event === "start")).toMatchObject({ resumedFrom: 28, choice: { accepted: 29 } });
    expect((await readManifest(run.folder)).choices).toEqual({ accepted: [29], skipped: [], changes: [] });
    expect(adapterOf(run)).toBe(await unguarded());
  });

  test("goes on without it, at once or from further back, to the same adapter", async () => {
    const [run, back] = [await spiky(), await spiky()];
    await train(run);
    expect(await train(run, { skip: true })).toMatchObject({ status: "finished", step: 30 });
    expect(await journalOf(run)).toContainEqual({ event: "skip", step: 29, epoch: 29 / 30, rows: expect.arrayContaining([POISON]) });
    expect(adapterOf(run)).not.toBe(await unguarded());
    await train(back);
    expect(await train(back, { skip: true, rollback: 24 })).toMatchObject({ status: "finished" });
    expect(adapterOf(back)).toBe(adapterOf(run));
    expect(readdirSync(join(back.folder, "checkpoints", "superseded-1")).sort()).toEqual(["step-27", "step-28"]);
    const steps = currentEvents(await journalOf(back)).flatMap((event) => (event.event === "step" || event.event === "skip" ? [event.step] : []));
    expect(steps).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });
});

describe("a learning rate that blows up", () => {
  const rows = Array.from({ length: 16 }, (_, i) => JSON.stringify({ instruction: `Say ${i}`, output: "abc" }));
  const quick = (values: Partial<RunConfigInput> = {}): Promise<Run> => makeRun(rows, { base: tiny.path, batch_size: 4, num_train_epochs: 5, max_length: 64, warmup_steps: 0, lora: { r: 2, lora_alpha: 4 }, ...values });

  test("cannot be accepted, and goes back to its start with a lower one as if it had begun so", async () => {
    const run = await quick({ learning_rate: 1e30, max_grad_norm: 0 });
    expect(await train(run)).toMatchObject({ status: "paused", step: 1, pause: { code: "LOSS_NOT_FINITE", step: 2, loss: null } });
    await expect(train(run, {})).rejects.toMatchObject({ code: "LOSS_NOT_FINITE", next: expect.stringContaining("--rollback") });
    await expect(train(run, { set: ["learning_rate=1e-3"] })).rejects.toMatchObject({ code: "LOSS_NOT_FINITE" });
    expect(await train(run, { rollback: true, set: ["learning_rate=0.01", "max_grad_norm=1"] })).toMatchObject({ status: "finished", step: 20 });
    expect((await readManifest(run.folder)).choices).toMatchObject({ changes: [{ from: 0, settings: { learning_rate: 0.01, max_grad_norm: 1 } }] });
    const lower = await quick({ learning_rate: 0.01 });
    await train(lower);
    expect(adapterOf(run)).toBe(adapterOf(lower));
  });

  /** Pauses before step 10, whatever the loss does. */
  const nervous = { learning_rate: 0.01, loss_watchdog_threshold: 0.001, eval_fraction: 0.25, eval_steps: 2 };

  test("a best checkpoint that was left behind is found anew", async () => {
    const run = await quick(nervous), calm = await quick({ ...nervous, loss_watchdog: false });
    expect(await train(run)).toMatchObject({ status: "paused", step: 9, pause: { code: "LOSS_DIVERGED" } });
    expect(await rollbackTargets(run, await journalOf(run))).toMatchObject([{ step: 9 }, { step: 8, best: true, evalLoss: expect.any(Number) }, { step: 4 }, { step: 0 }]);
    expect(await train(run, { rollback: 4, set: ["loss_watchdog=false"] })).toMatchObject({ status: "finished" });
    expect(readdirSync(join(run.folder, "checkpoints", "superseded-1")).sort()).toEqual(["best", "step-8", "step-9"]);
    expect(existsSync(join(run.folder, "checkpoints", "best"))).toBe(true);
    await train(calm);
    expect(adapterOf(run)).toBe(adapterOf(calm));
  });

  test("a worker that is killed while it goes back is finished by the next", async () => {
    const run = await quick(nervous);
    await train(run);
    // As far as such a worker came: its start is told, the checkpoints after it are still there.
    appendEvent(journalPath(run.folder), { ...(await journalOf(run)).find((event) => event.event === "start")!, resumedFrom: 4, choice: { rolledBack: true, settings: { loss_watchdog: false } } } as RunEvent);
    expect(await train(run, {})).toMatchObject({ status: "finished" });
    expect((await journalOf(run)).filter((event) => event.event === "start").map((event) => event.event === "start" && event.resumedFrom)).toEqual([undefined, 4, 4]);
    expect(readdirSync(join(run.folder, "checkpoints", "superseded-1")).sort()).toEqual(["best", "step-8", "step-9"]);
    const calm = await quick({ ...nervous, loss_watchdog: false });
    await train(calm);
    expect(adapterOf(run)).toBe(adapterOf(calm));
  });

  test("what cannot be asked for is said", async () => {
    const run = await quick(nervous);
    const plan = async (request: ResumeRequest) => planResume(run, await journalOf(run), request);
    await expect(plan({ skip: true })).rejects.toMatchObject({ code: "BAD_ARGUMENT", what: expect.stringContaining("not paused") });
    await train(run);
    await expect(plan({ rollback: 5 })).rejects.toMatchObject({ code: "BAD_ARGUMENT", next: "It has them at step 9, 8 (best), 4; 0 is its start." });
    await expect(plan({ set: ["seed=7"] })).rejects.toMatchObject({ code: "BAD_ARGUMENT", next: expect.stringContaining("learning_rate, max_grad_norm") });
    await expect(plan({ set: ["learning_rate=-1"] })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    expect(await plan({ rollback: true })).toEqual({ from: 8, choice: { rolledBack: true } });
    expect(await plan({ set: ["learning_rate=1e-4"] })).toEqual({ choice: { accepted: 10, settings: { learning_rate: 1e-4 } } });
  });
});
