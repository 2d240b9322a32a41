/** The trainer on a tiny base: it learns, it repeats itself bit for bit, and a resumed run ends at the same adapter as an unbroken one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Base, loadBase } from "../../../src/core/model/base";
import { type Runtime } from "../../../src/core/runtime";
import { makeBatch } from "../../../src/core/text/batch";
import { type Example } from "../../../src/core/text/types";
import { readState, stateBytes } from "../../../src/core/train/checkpoint";
import { type Choices, noChoices } from "../../../src/core/train/choices";
import { type RunConfigInput, runConfigSchema } from "../../../src/core/train/runConfig";
import { score } from "../../../src/core/train/score";
import { loraTrainable } from "../../../src/core/train/graphs";
import { initialState, type TrainerState } from "../../../src/core/train/initial";
import { planData } from "../../../src/core/train/plan";
import { SessionCache, Stepper } from "../../../src/core/train/stepper";
import { train, type TrainerReport } from "../../../src/core/train/trainer";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";
import { makeTinyBase, type TinyBase } from "../../tinyBase";

let folder: TinyBase, base: Base, runtime: Runtime;
beforeAll(async () => {
  folder = makeTinyBase();
  base = await loadBase(openFolder(folder.path));
  runtime = await createOrtRuntime({ threads: 1 });
});
afterAll(() => folder.remove());

/** Rows of different lengths: a few prompt ids, then an answer that depends on the first. */
const examples: Example[] = Array.from({ length: 13 }, (_, row) => {
  const prompt = [257, 65 + row, ...Array<number>(row % 5).fill(32), 258], answer = [97 + (row % 3), 98, 256];
  return { row, ids: [...prompt, ...answer], labels: [...prompt.map(() => -100), ...answer], truncated: 0, segments: [] };
});
const config = (more: Partial<RunConfigInput> = {}) => runConfigSchema.parse({ data: "x.jsonl", batch_size: 4, num_train_epochs: 5, learning_rate: 0.02, warmup_steps: 2, eval_steps: 8, save_steps: 5, lora: { r: 4, lora_alpha: 8 }, ...more });

async function run(options: { resume?: TrainerState; choices?: Partial<Choices>; more?: Partial<RunConfigInput>; stopAfter?: number; rows?: Example[] } = {}): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = [], stop = new AbortController();
  for await (const report of train({ runtime, base, examples: options.rows ?? examples, evalExamples: examples.slice(0, 3), config: config(options.more), signal: stop.signal, ...(options.resume && { resume: options.resume }), ...(options.choices && { choices: { ...noChoices, ...options.choices } }) })) {
    reports.push(report);
    if (report.event === "step" && report.step === options.stopAfter) stop.abort();
  }
  return reports;
}
const done = (reports: TrainerReport[]): TrainerReport & { event: "done" } => reports.at(-1) as TrainerReport & { event: "done" };

test("the loss falls and the reports are in order", async () => {
  const reports = await run();
  const steps = reports.filter((report) => report.event === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss * 0.6);
  expect(steps[0]!.learningRate).toBe(0);
  expect([...new Set(steps.slice(0, 4).flatMap(({ rows }) => rows))].sort((a, b) => a - b)).toEqual(examples.map(({ row }) => row));
  expect(reports.filter(({ event }) => event === "eval").map((report) => (report as { step: number }).step)).toEqual([0, 8, 16, 20]);
  const checkpoints = reports.filter((report) => report.event === "checkpoint");
  expect(checkpoints.filter(({ best }) => !best).map(({ step }) => step)).toEqual([5, 10, 15, 20]);
  expect(checkpoints.filter(({ best }) => best).map(({ step }) => step)).toEqual([8, 16, 20]);
  expect(done(reports)).toMatchObject({ stopped: false, evalLoss: expect.any(Number) as number });
});

test("the same run again gives the same adapter bit for bit; another seed does not", async () => {
  const [one, two, other] = [await run(), await run(), await run({ more: { seed: 7 } })].map((reports) => done(reports).state.adapter.parameters);
  expect(two).toEqual(one);
  expect(other).not.toEqual(one);
});

test("stopped, written, read and resumed: the same adapter bit for bit", async () => {
  const stopped = done(await run({ stopAfter: 7 }));
  expect(stopped).toMatchObject({ stopped: true, state: { step: 7 } });
  const bytes = stateBytes(stopped.state);
  const memory = { path: "memory", exists: async () => true, size: async () => bytes.length, read: async (_: string, from = 0, to = bytes.length) => bytes.slice(from, to) };
  const read = await readState(memory, "state.safetensors", base, config());
  expect(read.watch).toEqual(stopped.state.watch);
  expect(read.watch.recent).toHaveLength(7);
  const resumed = done(await run({ resume: read }));
  expect(resumed.state.adapter.parameters).toEqual(done(await run()).state.adapter.parameters);
});

test("the best evaluation is remembered over a stop", async () => {
  // The rate is so high that later evaluations are worse.
  const more = { learning_rate: 1.5, warmup_steps: 0, lr_scheduler_type: "constant" as const, eval_steps: 2 }, bestOf = (reports: TrainerReport[]) => reports.flatMap((report) => (report.event === "checkpoint" && report.best ? [report.step] : []));
  const unbroken = await run({ more }), evaluations = unbroken.filter((report) => report.event === "eval" && report.step > 0) as { step: number; loss: number }[];
  const lowest = evaluations.filter(({ loss }, i) => evaluations.slice(0, i).every((earlier) => loss < earlier.loss)).map(({ step }) => step);
  expect(bestOf(unbroken)).toEqual(lowest);
  const stopped = await run({ more, stopAfter: 9 }), resumed = await run({ more, resume: done(stopped).state });
  expect([...bestOf(stopped), ...bestOf(resumed)]).toEqual(lowest);
});

test("no trained token anywhere is one clear error before the first step", async () => {
  const rows = examples.map((example) => ({ ...example, labels: example.labels.map(() => -100) }));
  await expect(run({ rows })).rejects.toMatchObject({ code: "DATASET_NO_USABLE_ROW" });
});

test("a step without a loss is not made, whoever accepts it", async () => {
  const more = { learning_rate: 1e30, max_grad_norm: 0, warmup_steps: 0, loss_watchdog: false };
  for (const choices of [{}, { accepted: [2] }]) {
    const reports = await run({ more, choices });
    expect(done(reports)).toMatchObject({ stopped: true, state: { step: 1 }, halt: { code: "LOSS_NOT_FINITE", step: 2, why: "the loss is NaN" } });
    expect(done(reports).halt!.rows).toHaveLength(4);
    expect(reports.at(-2)).toMatchObject({ event: "checkpoint", step: 1, keepAll: true });
  }
});

/** As if the guard had been wrong: a threshold that the loss of every step is above. */
const nervous = { loss_watchdog_threshold: 0.001, loss_watchdog_patience: 8 };

test("a step that was let pass is made as if there were no guard", async () => {
  const halted = done(await run({ more: nervous }));
  expect(halted).toMatchObject({ state: { step: 7 }, halt: { code: "LOSS_DIVERGED", step: 8 } });
  const on = done(await run({ more: nervous, resume: halted.state, choices: { accepted: [8, 16] } })), off = done(await run({ more: { loss_watchdog: false } }));
  expect(on).toMatchObject({ stopped: false, state: { step: 20 } });
  expect(on.state.adapter.parameters).toEqual(off.state.adapter.parameters);
  expect(on.state.optimizer).toEqual(off.state.optimizer);
  // What a run has seen before a stop counts after it.
  const stopped = done(await run({ more: nervous, stopAfter: 5 }));
  expect(done(await run({ more: nervous, resume: stopped.state })).halt).toEqual(halted.halt);
});

test("a batch that is left out moves the data on, and nothing else", async () => {
  const halted = done(await run({ more: nervous })), reports = await run({ more: { ...nervous, loss_watchdog: false }, resume: halted.state, choices: { skipped: [8] } });
  expect(reports[0]).toMatchObject({ event: "skip", step: 8, epoch: 2, rows: halted.halt!.rows });
  expect(reports.find(({ event }) => event === "step")).toMatchObject({ step: 9 });
  expect(done(reports).state.optimizer.updates).toBe(19);
  // The same from the start, and after a stop on the way.
  const whole = { more: { loss_watchdog: false }, choices: { skipped: [8] } }, unbroken = done(await run(whole)).state;
  expect(unbroken.adapter.parameters).toEqual(done(reports).state.adapter.parameters);
  expect(done(await run({ ...whole, resume: done(await run({ ...whole, stopAfter: 11 })).state })).state.adapter.parameters).toEqual(unbroken.adapter.parameters);
});

test("settings change from their step on, and a resumed run takes the same way", async () => {
  const choices = { changes: [{ from: 6, settings: { learning_rate: 0.001 } }, { from: 9, settings: { max_grad_norm: 0.05 } }] };
  const reports = await run({ choices }), plain = await run();
  const steps = (of: TrainerReport[]) => of.filter((report) => report.event === "step");
  const firstOther = steps(reports).findIndex((report, i) => report.loss !== steps(plain)[i]!.loss);
  expect(firstOther).toBe(7); // Step 7 is the first of the lower rate, so step 8 the first that sees what it did.
  expect(steps(reports)[6]!.learningRate).toBeLessThan(steps(plain)[6]!.learningRate / 10);
  for (const stopAfter of [4, 7, 12]) {
    const stopped = done(await run({ choices, stopAfter }));
    expect(done(await run({ choices, resume: stopped.state })).state.adapter.parameters).toEqual(done(reports).state.adapter.parameters);
  }
  const withoutClip = done(await run({ choices: { changes: choices.changes.slice(0, 1) } }));
  expect(withoutClip.state.adapter.parameters).not.toEqual(done(reports).state.adapter.parameters);
});

test("an untrained adapter scores as the base does, and padding changes nothing", async () => {
  const scores = async (rows: Example[], adapter?: TrainerState["adapter"]) => {
    const out = [];
    for await (const row of score(runtime, base, adapter, rows)) out.push(row);
    return out;
  };
  const fresh = done(await run({ more: { max_steps: 1, warmup_steps: 1 } })).state.adapter;
  const together = await scores(examples), alone = (await Promise.all(examples.map((example) => scores([example])))).flat(), adapted = await scores(examples, fresh);
  together.forEach(({ nll, row, tokens }, i) => {
    expect({ row, tokens }).toEqual({ row: i, tokens: 3 });
    expect(nll).toBeCloseTo(alone[i]!.nll, 5);
    expect(nll).toBeCloseTo(adapted[i]!.nll, 5);
  });
});

test("two batches that make one step equal the one batch of both", async () => {
  const { adapter, optimizer } = await initialState(base, config()), sessions = new SessionCache(runtime, folder.path);
  const stepper = new Stepper(sessions, loraTrainable(base, adapter.targets), base.config, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, maxGradNorm: 1 });
  const lines = examples.slice(0, 4).map((example) => [example]), lossTokens = 12;
  const whole = await stepper.step(optimizer, [makeBatch(lines)], 0.01), parts = await stepper.step(optimizer, [makeBatch(lines.slice(0, 1), { lossTokens }), makeBatch(lines.slice(1), { lossTokens })], 0.01);
  await sessions.close();
  expect(parts.loss).toBeCloseTo(whole.loss, 5);
  expect(parts.gradNorm).toBeCloseTo(whole.gradNorm, 5);
  parts.state.parameters.forEach((x, i) => expect(x).toBeCloseTo(whole.state.parameters[i]!, 5));
});

test("packed and accumulated runs see every row, learn, and resume bit for bit", async () => {
  const more = { packing: true, max_length: 32, batch_size: 2, gradient_accumulation_steps: 2, num_train_epochs: 10 };
  const unbroken = await run({ more }), steps = unbroken.filter((report) => report.event === "step");
  expect(planData(config(more), base.config, examples).steps).toBe(steps.length);
  const perEpoch = steps.length / 10;
  expect([...new Set(steps.slice(0, perEpoch).flatMap(({ rows }) => rows))].sort((a, b) => a - b)).toEqual(examples.map(({ row }) => row));
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss * 0.7);
  const stopped = done(await run({ more, stopAfter: 3 }));
  expect(done(await run({ more, resume: stopped.state })).state.adapter.parameters).toEqual(done(unbroken).state.adapter.parameters);
});

test("packed rows with a shared beginning learn, see every row, and resume bit for bit, with dropout and checkpointing", async () => {
  const opening = [...Buffer.from("Be brief and kind.")], rows = examples.map((example) => ({ ...example, ids: [...opening, ...example.ids], labels: [...opening.map(() => -100), ...example.labels] }));
  const more = { packing: true, max_length: 64, batch_size: 1, num_train_epochs: 12, gradient_checkpointing: true, lora: { r: 4, lora_alpha: 8, lora_dropout: 0.05 } }, plan = planData(config(more), base.config, rows);
  expect(plan.sharedPrefix).toMatchObject({ tokens: 19 });
  const unbroken = await run({ more, rows }), steps = unbroken.filter((report) => report.event === "step");
  expect(steps.slice(0, plan.stepsPerEpoch).flatMap((step) => step.rows).sort((a, b) => a - b)).toEqual(rows.map(({ row }) => row));
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss * 0.8);
  expect(done(await run({ more, rows, resume: done(await run({ more, rows, stopAfter: 3 })).state })).state.adapter.parameters).toEqual(done(unbroken).state.adapter.parameters);
});

test("gradient checkpointing gives the same adapter bit for bit, also where a run changes to it on the way", async () => {
  for (const more of [{}, { packing: true, max_length: 32, batch_size: 2, gradient_accumulation_steps: 2, lora: { r: 4, lora_alpha: 8, lora_dropout: 0.3, use_dora: true } }]) {
    const expected = done(await run({ more })).state.adapter.parameters, recomputed = { ...more, gradient_checkpointing: true };
    expect(done(await run({ more: recomputed })).state.adapter.parameters).toEqual(expected);
    expect(done(await run({ more: recomputed, resume: done(await run({ more, stopAfter: 3 })).state })).state.adapter.parameters).toEqual(expected);
  }
});

test("dropout learns, repeats itself, resumes bit for bit, and changes what is learned", async () => {
  const more = { lora: { r: 4, lora_alpha: 8, lora_dropout: 0.3 } }, reports = await run({ more }), again = await run({ more, resume: done(await run({ more, stopAfter: 4 })).state });
  expect(done(again).state.adapter.parameters).toEqual(done(reports).state.adapter.parameters);
  expect(done(reports).state.adapter.parameters).not.toEqual(done(await run()).state.adapter.parameters);
  expect(done(reports).evalLoss!).toBeLessThan(reports.find((report) => report.event === "eval")!.loss * 0.8);
});

test.each([{ use_dora: true }, { use_dora: true, lora_dropout: 0.1 }, { use_rslora: true, loraplus_lr_ratio: 4 }, { modules_to_save: ["norm"], rank_pattern: { q_proj: 2 } }, { target_modules: ["embed_tokens", "q_proj"] }])("%o starts as the base and learns", async (lora) => {
  const reports = await run({ more: { lora: { r: 4, lora_alpha: 8, ...lora } } }), [first] = reports.filter((report) => report.event === "eval"), plain = (await run({ more: { max_steps: 1 } })).find((report) => report.event === "eval")!;
  expect(first!.loss).toBeCloseTo(plain.loss, 4);
  expect(done(reports).evalLoss!).toBeLessThan(first!.loss * 0.8);
});

