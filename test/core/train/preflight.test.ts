/** What is said before the first step: whether a step fits, what would fit, and how much time and memory the run takes. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Base, loadBase } from "../../../src/core/model/base";
import { loraTargets } from "../../../src/core/model/adapter/lora";
import { product } from "../../../src/core/graph/ops";
import { type Machine } from "../../../src/core/runtime";
import { type Example } from "../../../src/core/text/types";
import { neededBytes, refuseTooLarge } from "../../../src/core/train/fit";
import { loraTrainable, type StepShape } from "../../../src/core/train/graphs";
import { planData } from "../../../src/core/train/plan";
import { describePreflight, foresee, largestStep } from "../../../src/core/train/preflight";
import { type RunConfigInput, runConfigSchema } from "../../../src/core/train/runConfig";
import { shapeOf } from "../../../src/core/train/stepper";
import { stepWork } from "../../../src/core/train/work";
import { openFolder } from "../../../src/node/files";
import { makeTinyBase, type TinyBase } from "../../tinyBase";

let folder: TinyBase, base: Base;
beforeAll(async () => {
  folder = makeTinyBase();
  base = await loadBase(openFolder(folder.path));
});
afterAll(() => folder.remove());

const row = (length: number, trained: number, at: number): Example => ({ row: at, ids: Array.from({ length }, (_, t) => (t < 9 ? t : 60 + at)), labels: Array.from({ length }, (_, t) => (t < length - trained ? -100 : 60)), truncated: 0, segments: [] });
const config = (more: Partial<RunConfigInput> = {}) => runConfigSchema.parse({ data: "x.jsonl", batch_size: 4, max_length: 128, num_train_epochs: 1, lora: { r: 4 }, ...more });
const machine = (free: number): Machine => ({ highestBytes: () => 100e6, mappedBytes: () => 20e6, freeBytes: () => free });

test("the shapes of an epoch are those of its batches", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 10, max: 128 }), fc.integer({ min: 1, max: 9 })), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), (sizes, batch_size, gradient_accumulation_steps, packing) => {
    const plan = planData(config({ batch_size, gradient_accumulation_steps, packing, num_train_epochs: 2 }), base.config, sizes.map(([length, trained], at) => row(length, trained, at)));
    for (const epoch of [0, 1]) {
      const shapes = Array.from({ length: plan.stepsPerEpoch }, (_, step) => plan.batchesOf(epoch * plan.stepsPerEpoch + step).map(shapeOf));
      expect(plan.shapesOf(epoch)).toEqual(shapes);
    }
  }), { numRuns: 60 });
});

describe("a step that does not fit", () => {
  const trainableFor = ({ recompute }: { recompute: boolean }) => loraTrainable(base, loraTargets(base.config, config().lora), { recompute });
  const shape: StepShape = { B: 64, T: 256, K: 4096 };
  const refusal = (free: number, more: Partial<RunConfigInput> = {}) => {
    try {
      refuseTooLarge({ base, config: config({ batch_size: 64, max_length: 256, ...more }), trainableFor }, [shape], machine(free));
    } catch (error) {
      return error as { code: string; what: string; next: string };
    }
    return undefined;
  };

  test("is refused before anything is computed, with a change that would fit", () => {
    expect(refusal(1e12)).toBeUndefined();
    const { code, what, next } = refusal(0.26e9)!;
    expect(code).toBe("OUT_OF_MEMORY");
    expect(what).toMatch(/^A step of 64 rows of 256 tokens needs about [\d.]+ (?:GB|MB) of memory; 260 MB are free\.$/);
    expect(next).toMatch(/gradient_checkpointing to true|batch_size to \d+ and gradient_accumulation_steps to \d+/);
    // What it names holds: the same question with that batch is not refused.
    const [, rows] = /batch_size to (\d+)/.exec(next)!;
    expect(() => refuseTooLarge({ base, config: config({ batch_size: Number(rows), max_length: 256 }), trainableFor }, [{ B: Number(rows), T: 256, K: 4096 * Number(rows) / 64 }], machine(0.26e9))).not.toThrow();
  });

  test("on a device counts what is there: weights as it holds them, the state; and names the CPU too", () => {
    const question = { base, config: config({ batch_size: 64, max_length: 256 }), trainableFor }, room = (free: number, float16: boolean) => ({ freeBytes: () => free, device: { name: "webgpu", traits: { float16 } } });
    const narrow = { ...base, weights: new Map([...base.weights].map(([name, tensor]) => [name, { ...tensor, dtype: "float16" as const, bytes: tensor.bytes / 2 }])) };
    const parameters = [...base.weights.values()].reduce((total, { dims }) => total + product(dims), 0);
    expect(neededBytes({ ...question, base: narrow }, [shape], room(0, false)) - neededBytes({ ...question, base: narrow }, [shape], room(0, true))).toBeCloseTo(2 * parameters, -1);
    expect(() => refuseTooLarge(question, [shape], room(1e12, false))).not.toThrow();
    expect(() => refuseTooLarge(question, [shape], room(0.45e9, false))).toThrowError(expect.objectContaining({ code: "OUT_OF_MEMORY", what: expect.stringMatching(/ of memory on webgpu; 450 MB are free\.$/), next: expect.stringMatching(/^Set .+, or device to "cpu"\.$/) }));
  });

  test("says another base or less text where nothing helps", () => {
    expect(refusal(1e6)!.next).toMatch(/load_in_4bit|smaller base/);
  });
});

test("time is foreseen by the work of the steps that are left, evaluations with them", () => {
  const settings = config({ eval_steps: 2 }), examples = Array.from({ length: 16 }, (_, at) => row(at < 12 ? 20 : 120, 4, at)), plan = planData(settings, base.config, examples), trainable = loraTrainable(base, loraTargets(base.config, settings.lora));
  const largest = largestStep(plan), computed = { shapes: largest.shapes, seconds: 2 };
  expect(largest.shapes[0]!.T).toBe(128);
  const all = foresee({ base, config: settings, plan, trainable, evalExamples: [], from: 0 }, largest, computed, machine(8e9)), last = foresee({ base, config: settings, plan, trainable, evalExamples: [], from: 3 }, largest, computed, machine(8e9));
  // Four steps, of which one is the largest and the others a fraction of it.
  expect(all.seconds).toBeGreaterThan(2);
  expect(all.seconds).toBeLessThan(4);
  expect(last.seconds).toBeCloseTo(all.seconds / 4, 6);
  expect(foresee({ base, config: settings, plan, trainable, evalExamples: examples, from: 0 }, largest, computed, machine(8e9)).seconds).toBeGreaterThan(all.seconds);
  // From a smaller step the same is foreseen, by its work.
  const first = plan.shapesOf(0)[0]!, small = all.stepSeconds * plan.shapesOf(0)[0]!.reduce((total, shape) => total + stepWork(base.config)(shape), 0) / largest.shapes.reduce((total, shape) => total + stepWork(base.config)(shape), 0);
  const fromFirst = foresee({ base, config: settings, plan, trainable, evalExamples: [], from: 0 }, largest, { shapes: first, seconds: small }, machine(8e9));
  expect(fromFirst.stepSeconds).toBeCloseTo(2, 6);
  expect(fromFirst.seconds).toBeCloseTo(all.seconds, 6);
  expect(all.peakBytes!).toBeGreaterThan(120e6);
  expect(describePreflight({ ...all, seconds: 754, peakBytes: 1.234e9 })).toBe("The largest step (4 rows of 128 tokens) takes about 2.0 s; the run holds about 1.2 GB of memory (8.0 GB are free) and takes about 13 min.");
});
