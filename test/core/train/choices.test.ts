/** choices.ts: which decisions hold after which resumption. */
import { expect, test } from "vitest";
import { choicesOf, configAt, noChoices } from "../../../src/core/train/choices";
import { type ResumeChoice, type RunEvent } from "../../../src/core/train/events";
import { runConfigSchema } from "../../../src/core/train/runConfig";

const start = (resumedFrom?: number, choice?: ResumeChoice): RunEvent =>
  ({ event: "start", run: "r", base: "b", data: "d", device: "cpu", examples: 8, evalExamples: 0, steps: 90, epochs: 1, trainableParameters: 1, time: "", ...(resumedFrom !== undefined && { resumedFrom }), ...(choice && { choice }) });
const rate = (events: RunEvent[], made: number): number => configAt(runConfigSchema.parse({ data: "x", learning_rate: 0.1 }), choicesOf(events).changes, made).learning_rate;

test("a run that was never decided about has no choices", () => expect(choicesOf([start(), start(10)])).toEqual(noChoices));

test("what was accepted, left out and changed holds on, over a kill that threw the run back before it", () => {
  const events = [start(), start(44, { accepted: 45, settings: { learning_rate: 0.01 } }), start(59, { skipped: 60 }), start(40)];
  expect(choicesOf(events)).toMatchObject({ accepted: [45], skipped: [60] });
  expect([43, 44, 80].map((made) => rate(events, made))).toEqual([0.1, 0.01, 0.01]);
});

test("going back takes back what was accepted and changed after that step; what was left out stays out", () => {
  const events = [start(), start(20, { accepted: 21 }), start(44, { accepted: 45, settings: { learning_rate: 0.01 } }), start(59, { skipped: 60 }), start(30, { rolledBack: true })];
  expect(choicesOf(events)).toEqual({ accepted: [21], skipped: [60], changes: [] });
  expect(rate(events, 50)).toBe(0.1);
  // A change made while going back holds from there, over the one that once came later.
  expect([29, 30, 50].map((made) => rate([...events.slice(0, 4), start(30, { rolledBack: true, settings: { learning_rate: 0.02 } })], made))).toEqual([0.1, 0.02, 0.02]);
  expect([39, 44].map((made) => rate([...events.slice(0, 4), start(40, { settings: { learning_rate: 0.03 } })], made))).toEqual([0.1, 0.03]);
});

test("of two changes at one step the later decision counts, key by key", () => {
  const events = [start(), start(5, { settings: { learning_rate: 0.01, max_grad_norm: 0.5 } }), start(5, { settings: { learning_rate: 0.02 } })];
  expect(configAt(runConfigSchema.parse({ data: "x" }), choicesOf(events).changes, 5)).toMatchObject({ learning_rate: 0.02, max_grad_norm: 0.5 });
});
