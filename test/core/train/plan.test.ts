/** What a run makes of its rows: a shared prefix where it pays, a clear no where packing would change a text, and no order that nobody asked for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseModelConfig } from "../../../src/core/model/family/config";
import { type Example } from "../../../src/core/text/types";
import { planData } from "../../../src/core/train/plan";
import { type RunConfigInput, runConfigSchema } from "../../../src/core/train/runConfig";
import { tinyConfig } from "../../tinyBase";

const model = parseModelConfig(JSON.stringify(tinyConfig), "tiny");
const config = (more: Partial<RunConfigInput> = {}) => runConfigSchema.parse({ data: "x.jsonl", packing: true, max_length: 64, batch_size: 2, ...more });
/** Rows of `length` tokens that share `prefix` of them; the last two are trained. */
const rows = (count: number, length: number, prefix: number): Example[] => Array.from({ length: count }, (_, row) => {
  const ids = Array.from({ length }, (__, t) => (t < prefix ? t : 100 + row));
  return { row, ids, labels: ids.map((id, t) => (t < length - 2 ? -100 : id)), truncated: 0, segments: [] };
});

test("a shared prefix saves its tokens in all rows of a packed row but one", () => {
  // 20 rows of 24 tokens: two to a row of 64 as they are, four where 12 of them stand once (12 + 4 · 12).
  const plan = planData(config(), model, rows(20, 24, 12));
  expect(plan.sharedPrefix).toEqual({ tokens: 12, savedPerStep: Math.round((12 * (20 - 5)) / 3) });
  expect([plan.stepsPerEpoch, plan.steps]).toEqual([3, 9]);
  expect(plan.batchesOf(0)[0]).toMatchObject({ B: 2, T: 64, tokenCount: 192 });
  expect(plan.batchesOf(2)[0]).toMatchObject({ B: 2, T: 64, tokenCount: 96 });
});

test("none without packing, none of a few tokens, none where it makes no row less", () => {
  expect(planData(config({ packing: false }), model, rows(20, 24, 12)).sharedPrefix).toBeUndefined();
  expect(planData(config(), model, rows(20, 24, 7)).sharedPrefix).toBeUndefined();
  expect(planData(config(), model, rows(2, 24, 12)).sharedPrefix).toBeUndefined();
});

test("steps of any epoch, asked for in any order, are the same", () => {
  const plan = planData(config({ gradient_accumulation_steps: 2 }), model, rows(33, 20, 9)), seen = (step: number): number[][] => plan.batchesOf(step).map((batch) => [...batch.rows]);
  const forward = Array.from({ length: plan.steps }, (_, step) => seen(step));
  expect(Array.from({ length: plan.steps }, (_, step) => seen(plan.steps - 1 - step)).reverse()).toEqual(forward);
  expect(forward.slice(0, plan.stepsPerEpoch).flat(2).sort((a, b) => a - b)).toEqual(Array.from({ length: 33 }, (_, row) => row));
  expect(planData(config({ max_steps: 2 }), model, rows(33, 20, 9)).steps).toBe(2);
  expect(planData(config(), model, [])).toMatchObject({ steps: 0, examples: [] });
});

test("a text beyond the length up to which rotary positions stay the same cannot be packed, and the message says what to do", () => {
  const dynamic = parseModelConfig(readFileSync(join(__dirname, "..", "..", "golden", "arch", "llama_dynamic", "base", "config.json"), "utf8"), "dynamic");
  expect(planData(config(), dynamic, rows(4, 24, 0)).steps).toBe(3);
  expect(() => planData(config(), dynamic, [...rows(4, 20, 0), { ...rows(1, 25, 0)[0]!, row: 6 }])).toThrow(expect.objectContaining({ code: "CONFIG_INVALID", what: expect.stringContaining("Row 7 has 25 tokens") as string, next: "Set max_length to 24, or packing to false." }));
  expect(planData(config({ packing: false }), dynamic, rows(4, 25, 0)).steps).toBeGreaterThan(0);
});
