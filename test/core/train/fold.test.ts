/** Rows of a step folded into fewer lines: the same rows, weights and tokens on fewer positions, and only where that pays. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseModelConfig } from "../../../src/core/model/family/config";
import { type Example } from "../../../src/core/text/types";
import { planData } from "../../../src/core/train/plan";
import { type RunConfigInput, runConfigSchema } from "../../../src/core/train/runConfig";
import { shapeOf } from "../../../src/core/train/stepper";
import { tinyConfig } from "../../tinyBase";

const smollm2 = { ...tinyConfig, architectures: ["LlamaForCausalLM"], model_type: "llama", vocab_size: 49152, hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3, head_dim: 64, max_position_embeddings: 2048 };
const model = parseModelConfig(JSON.stringify(smollm2), "smollm2"), tiny = parseModelConfig(JSON.stringify(tinyConfig), "tiny");
const config = (more: Partial<RunConfigInput> = {}) => runConfigSchema.parse({ data: "x.jsonl", max_length: 256, batch_size: 8, num_train_epochs: 3, train_sampling_strategy: "sequential", ...more });
/** A row whose first `prefix` tokens all share; its last `trained` are learned. */
const row = (at: number, length: number, trained: number, prefix = 24): Example => ({ row: at, ids: Array.from({ length }, (_, t) => (t < prefix ? t : 1000 + at)), labels: Array.from({ length }, (_, t) => (t < length - trained ? -100 : 7)), truncated: 0, segments: [] });
const mixed = (count: number): Example[] => Array.from({ length: count }, (_, at) => row(at, [256, 51, 180, 80, 129, 153, 75, 256][(at * 3) % 8]!, 20));

test("rows of mixed lengths lie in fewer lines, with the beginning that all share once in each", () => {
  const plan = planData(config(), model, mixed(64)), shapes = plan.shapesOf(0).flat(), positions = shapes.reduce((total, { B, T }) => total + B * T, 0);
  expect(shapes.every(({ B, packed }) => B < 8 && packed)).toBe(true);
  expect(positions).toBeLessThan(0.7 * 64 * 256);
  expect(plan.sharedPrefix).toMatchObject({ tokens: 24 });
  // Dropout draws anew for every token of a row, so none is computed for two rows at once.
  const dropped = planData(config({ lora: { lora_dropout: 0.1 } }), model, mixed(64));
  expect([dropped.shapesOf(0).flat().every(({ packed }) => packed), dropped.sharedPrefix]).toEqual([true, undefined]);
});

test("a step keeps its rows, its tokens and its loss: each trained token weighs as much as before", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 30, max: 256 }), fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: 60 }), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 3 }), fc.constantFrom("sequential" as const, "group_by_length" as const, "random" as const), (sizes, batch_size, gradient_accumulation_steps, train_sampling_strategy) => {
    const settings = config({ batch_size, gradient_accumulation_steps, train_sampling_strategy }), examples = sizes.map(([length, trained], at) => row(at, length, trained));
    const plan = planData(settings, model, examples), plain = planData(settings, tiny, examples);
    expect(plan.stepsPerEpoch).toBe(plain.stepsPerEpoch);
    for (let step = 0; step < plan.stepsPerEpoch; step++) {
      const ours = plan.batchesOf(step), theirs = plain.batchesOf(step);
      ours.forEach((batch, i) => {
        const other = theirs[i]!, sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);
        expect(batch.rows).toEqual(other.rows);
        expect([batch.trained, batch.tokenCount]).toEqual([other.trained, other.tokenCount]);
        expect(sorted(batch.lossWeights.filter((weight) => weight > 0))).toEqual(sorted(other.lossWeights.filter((weight) => weight > 0)));
      });
      expect(plan.shapesOf(0)[step]).toEqual(ours.map(shapeOf));
    }
  }), { numRuns: 30 });
});

test("one row to a line where folding does not pay: rows of one length, one row a step, a model whose graphs take longer to prepare than to run", () => {
  const unfolded = (plan: ReturnType<typeof planData>): boolean => plan.shapesOf(0).flat().every(({ packed }) => !packed) && plan.sharedPrefix === undefined;
  expect(unfolded(planData(config(), model, Array.from({ length: 64 }, (_, at) => row(at, 256, 20, 0))))).toBe(true);
  expect(unfolded(planData(config({ batch_size: 1 }), model, mixed(64)))).toBe(true);
  expect(unfolded(planData(config(), tiny, mixed(64)))).toBe(true);
  expect(planData(config(), model, []).steps).toBe(0);
});

test("rows beyond the length up to which rotary positions stay the same are left alone", () => {
  const dynamic = parseModelConfig(JSON.stringify({ ...smollm2, max_position_embeddings: 200, rope_scaling: { rope_type: "dynamic", factor: 2 } }), "dynamic");
  expect(planData(config(), dynamic, mixed(64)).shapesOf(0).flat().some(({ packed }) => packed)).toBe(false);
  expect(planData(config({ max_length: 200 }), dynamic, mixed(64).filter(({ ids }) => ids.length <= 200)).shapesOf(0).flat().every(({ packed }) => packed)).toBe(true);
});
