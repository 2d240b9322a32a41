/** progress.ts: a live line for people, plain lines for logs. */
import { expect, test } from "vitest";
import { clock, createProgress, sparkline } from "../../src/cli/progress";
import { type RunEvent } from "../../src/core/train/events";

const start: RunEvent = { event: "start", run: "r1", base: "starter", data: "a.jsonl", device: "cpu", examples: 80, evalExamples: 8, steps: 20, epochs: 2, trainableParameters: 77824, time: "" };
const step = (number: number, loss: number): RunEvent => ({ event: "step", step: number, epoch: 0, loss, learningRate: 0, gradNorm: 0, tokens: 500, seconds: number * 0.5, rows: [] });
const record = (isTTY: boolean, columns = 100): { text: () => string; progress: ReturnType<typeof createProgress> } => {
  let text = "";
  let time = 0;
  return { text: () => text, progress: createProgress({ write: (part) => { text += part; }, isTTY, columns }, () => (time += 100)) };
};

test("a sparkline spans the whole curve and shows its fall", () => {
  expect(sparkline([8, 7, 6, 5, 4, 3, 2, 1], 8)).toBe("█▇▆▅▄▃▂▁");
  expect(sparkline(Array.from({ length: 800 }, (_, i) => 800 - i), 4)).toMatch(/^█..▁$/);
  expect(sparkline([2, 2], 5)).toBe("▁▁");
  expect(sparkline([], 5)).toBe("");
});

test("times read like a clock", () => {
  expect([0, 65, 3725].map(clock)).toEqual(["0:00", "1:05", "1:02:05"]);
});

test("on a terminal one line is redrawn, with loss, speed and time left", () => {
  const { text, progress } = record(true);
  progress.onEvent(start);
  for (let i = 1; i <= 10; i++) progress.onEvent(step(i, 3 - i / 10));
  const frame = text().split("\r\x1b[2K").at(-1)!;
  expect(frame).toMatch(/^█+░+ {2}50% {2}step 10\/20 {2}loss 2\.000 {2}█.*▁ {2}1\.0k tok\/s {2}ETA 0:05$/);
  expect(frame.length).toBeLessThan(100);
  progress.onEvent({ event: "warning", code: "X", message: "mind this" });
  expect(text()).toMatch(/\r\x1b\[2Kwarning: mind this\n$/);
});

test("the first line says what a shared beginning saves", () => {
  const { text, progress } = record(false);
  progress.onEvent({ ...start, sharedPrefix: { tokens: 24, savedPerStep: 62 } });
  expect(text()).toContain("on cpu, the 24 tokens that all rows begin with once for several rows (about 62 fewer a step)\n");
});

test("a narrow terminal is not overrun", () => {
  const { text, progress } = record(true, 40);
  progress.onEvent(start);
  for (let i = 1; i <= 5; i++) progress.onEvent(step(i, 1));
  for (const frame of text().split("\r\x1b[2K").slice(1)) expect(frame.length).toBeLessThan(40);
});

test("elsewhere about ten lines, without control characters", () => {
  const { text, progress } = record(false);
  progress.onEvent(start);
  for (let i = 1; i <= 20; i++) progress.onEvent(step(i, 1));
  progress.onEvent({ event: "eval", step: 20, loss: 0.5, tokens: 9, seconds: 1 });
  const lines = text().trim().split("\n");
  expect(lines).toHaveLength(12);
  expect(lines[0]).toContain("77,824 trainable parameters");
  expect(lines.at(-1)).toBe("step 20/20  evaluation loss 0.5000");
  expect(text()).not.toContain("\x1b");
});
