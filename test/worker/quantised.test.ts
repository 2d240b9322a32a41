/** Runs on a quantised base: what stands in the journal, that they learn, that resuming repeats nothing, and that answers and scores use the base as the run did. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Precision } from "../../src/core/model/weights/precision";
import { describePrecision, type RunEvent } from "../../src/core/train/events";
import { type RunConfigInput, runConfigSchema } from "../../src/core/train/runConfig";
import { createOrtRuntime } from "../../src/node/ort";
import { adapterFolder } from "../../src/project/checkpoints";
import { Inference } from "../../src/project/inference";
import { readJournal } from "../../src/project/journal";
import { openProject } from "../../src/project/project";
import { createRun, journalPath, type Run, sharedPrecision } from "../../src/project/runs";
import { runTraining } from "../../src/worker/train";
import { temporaryFolder } from "../project/folders";

let root: string;
beforeAll(() => {
  process.env.TUNESMITH_CACHE = temporaryFolder();
  root = temporaryFolder();
  const rows = (name: string, count: number): void => writeFileSync(join(root, name), readFileSync(join(__dirname, "../../starter", name), "utf8").split("\n").slice(0, count).map((line) => `${line}\n`).join(""));
  rows("train.jsonl", 96);
  rows("heldout.jsonl", 40);
});

const makeRun = (values: Partial<RunConfigInput>): Promise<Run> => createRun(openProject(root), {
  configFolder: root, config: runConfigSchema.parse({ data: "train.jsonl", eval: "heldout.jsonl", max_length: 128, max_steps: 24, learning_rate: 3e-3, warmup_steps: 4, eval_steps: 0, save_steps: 10, ...values }),
});
const train = (run: Run, signal = new AbortController().signal, onStep: (step: number) => void = () => {}): ReturnType<typeof runTraining> =>
  runTraining({ runFolder: run.folder, signal, openRuntime: () => createOrtRuntime({ threads: 1 }), onState: ({ step }) => onStep(step) });
const journalOf = (run: Run): Promise<RunEvent[]> => readJournal(journalPath(run.folder));

test("a run in 4 bits: prepared once, measured once, learns, goes on from a checkpoint, and is scored as it was trained", async () => {
  const run = await makeRun({ load_in_4bit: true }), stop = new AbortController();
  expect(await train(run, stop.signal, (step) => { if (step === 12) stop.abort(); })).toMatchObject({ status: "stopped", step: 12 });
  const end = await train(run);
  expect(end).toMatchObject({ status: "finished", step: 24, evalLoss: expect.any(Number) });
  const events = await journalOf(run), of = <K extends RunEvent["event"]>(kind: K): Extract<RunEvent, { event: K }>[] => events.filter((event): event is Extract<RunEvent, { event: K }> => event.event === kind);
  expect(of("note").map(({ message }) => message)).toEqual([expect.stringMatching(/^Preparing base \(4-bit\): writing \d MB to .*, once\.$/)]);
  const [precision, ...more] = of("precision");
  expect(more).toEqual([]);
  expect(precision).toMatchObject({ weights: "4-bit", rows: 32, ofRows: 40 });
  expect(precision!.loss).not.toBe(precision!.fullLoss);
  expect(Math.abs(precision!.loss / precision!.fullLoss - 1)).toBeLessThan(0.2);
  const losses = of("step").map(({ loss }) => loss);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.7);

  const adapter = adapterFolder(run.folder), inference = new Inference(() => createOrtRuntime({ threads: 1 }));
  const score = async (more: { precision?: Precision }): Promise<number> => (await inference.score({ base: run.manifest.base.path, adapter, data: join(root, "heldout.jsonl"), maxLength: 128, ...more })).nll;
  const [own, full] = [await score({}), await score({ precision: { dtype: "auto" } })];
  expect(Math.abs(own - end.evalLoss!)).toBeLessThan(1e-5);
  expect(Math.abs(full - end.evalLoss!)).toBeGreaterThan(1e-4);
  await inference.close();
}, 60_000);

test("adapters of runs that held the base differently, or of no run, get it as it is", async () => {
  const [four, eight, plain, other] = [await makeRun({ load_in_4bit: true }), await makeRun({ load_in_8bit: true, dtype: "float16" }), await makeRun({}), join(temporaryFolder(), "adapter")];
  mkdirSync(other);
  const [a, b, c] = [four, eight, plain].map(({ folder }) => adapterFolder(folder)) as [string, string, string];
  expect(await sharedPrecision([a])).toEqual({ dtype: "auto", bits: 4 });
  expect(await sharedPrecision([a, a])).toEqual({ dtype: "auto", bits: 4 });
  expect(await sharedPrecision([b])).toEqual({ dtype: "float16", bits: 8 });
  for (const adapters of [[c], [a, b], [a, c], [a, other], [other], []]) expect(await sharedPrecision(adapters)).toEqual({ dtype: "auto" });
});

test("without rows held out there is nothing to measure on, and a base in 16 bits is not quantised", async () => {
  for (const values of [{ load_in_8bit: true, eval_fraction: 0 }, { dtype: "float16" }] as const) {
    const run = await createRun(openProject(root), { configFolder: root, config: runConfigSchema.parse({ data: "train.jsonl", max_length: 128, max_steps: 2, ...values }) });
    expect(await train(run)).toMatchObject({ status: "finished" });
    expect((await journalOf(run)).map(({ event }) => event)).not.toContain("precision");
  }
});

test("the change in words", () => {
  const event = { event: "precision" as const, weights: "4-bit", rows: 20, ofRows: 20, tokens: 300, loss: 1.8124, fullLoss: 1.7838 };
  expect(describePrecision(event)).toBe("4-bit base: held-out NLL 1.812, full precision 1.784 (+1.6%)");
  expect(describePrecision({ ...event, weights: "8-bit", loss: 1.78, ofRows: 60 })).toBe("8-bit base: held-out NLL 1.780, full precision 1.784 (-0.2%), on 20 of 60 held-out rows");
});
