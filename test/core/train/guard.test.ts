/** guard.ts on recorded curves of the starter base, on noise, and on the faults that it is there for. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normal, seededRandom } from "../../../src/core/random";
import { type Alarm, judge, type Observation, unwatched, watched, type WatchSettings, type WatchState } from "../../../src/core/train/guard";

const usual: WatchSettings = { loss_watchdog: true, loss_watchdog_threshold: undefined, loss_watchdog_patience: 10 };
/** [loss, gradient norm, trained tokens] of each step, as runs of starter/train.jsonl with loss_watchdog off had them. */
const curves = JSON.parse(readFileSync(resolve(__dirname, "../../golden/curves.json"), "utf8")) as Record<string, [number, number, number][]>;
const observed = ([loss, gradNorm, trained]: [number, number, number]): Observation => ({ loss, gradNorm, trained });

/** Every alarm on the way, with a person who lets every step pass. */
const alarmsOf = (steps: readonly Observation[], settings = usual, state: WatchState = unwatched): { step: number; alarm: Alarm }[] => steps.flatMap((seen, i) => {
  const alarm = judge(state, seen, settings);
  state = watched(state, seen, settings, alarm !== undefined);
  return alarm ? [{ step: i + 1, alarm }] : [];
});
const after = (steps: readonly Observation[]): WatchState => steps.reduce((state, seen) => watched(state, seen, usual), unwatched);
const calm = (count: number, loss = 1.5, seed = "calm"): Observation[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => ({ loss: loss + 0.2 * normal(random), gradNorm: 0.3, trained: 800 }));
};

test("recorded runs: those that learn are left alone, those that broke are told of", async () => {
  const told = Object.entries(curves).map(([name, steps]) => [`${name} (${steps.length} steps)`, ...alarmsOf(steps.map(observed)).map(({ step, alarm }) => `  step ${step}: ${alarm.code}: ${alarm.why}`)].join("\n"));
  await expect(`${told.join("\n")}\n`).toMatchFileSnapshot(join("../../golden", "alarms.txt"));
});

describe("noise does not alarm", () => {
  /** Steps that vary as rows do: between rows, and the more the fewer tokens there are. */
  const noise = (seed: number, mean: number, spread: number, trained: number): Observation[] => {
    const random = seededRandom(`${seed}`);
    return Array.from({ length: 600 }, (_, i) => ({
      loss: Math.abs(mean * (0.4 + 0.6 * Math.exp(-i / 100)) + spread * normal(random) + (2.5 / Math.sqrt(trained)) * normal(random)),
      gradNorm: Math.exp(normal(random)), trained,
    }));
  };
  test("of any level and batch", () => fc.assert(fc.property(
    fc.integer(), fc.double({ min: 0.2, max: 8, noNaN: true }), fc.double({ min: 0, max: 1.5, noNaN: true }), fc.integer({ min: 2, max: 4000 }),
    (seed, mean, spread, trained) => { expect(alarmsOf(noise(seed, mean, spread, trained))).toEqual([]); },
  ), { numRuns: 200 }));

  test("of rows half of which are known by heart and half never learned, one at a time", () => fc.assert(fc.property(fc.integer(), fc.double({ min: 0.1, max: 0.9, noNaN: true }), (seed, share) => {
    const random = seededRandom(`${seed}`);
    expect(alarmsOf(Array.from({ length: 1000 }, () => ({ loss: random() < share ? 0.01 : 3.5 + 0.4 * normal(random), gradNorm: 1, trained: 40 })))).toEqual([]);
  }), { numRuns: 100 }));
});

describe("a loss far above everything before it", () => {
  test("alarms; what is merely the highest does not", () => {
    const state = after(calm(64));
    expect(judge(state, { loss: 6.5, gradNorm: 2, trained: 800 }, usual)).toEqual({ code: "LOSS_SPIKE", why: expect.stringMatching(/^the loss jumped to 6\.5; the highest before it was \d\.\d+$/) as string });
    expect(judge(state, { loss: 3.5, gradNorm: 2, trained: 800 }, usual)).toBeUndefined();
  });
  test("a step of few tokens may vary more", () => expect(judge(after(calm(64)), { loss: 6.5, gradNorm: 2, trained: 4 }, usual)).toBeUndefined());
  test("not before there is something to compare with", () => expect(judge(after(calm(10)), { loss: 20, gradNorm: 2, trained: 800 }, usual)).toBeUndefined());
  test("once let pass it is the measure for the next", () => expect(alarmsOf([...calm(64), { loss: 9, gradNorm: 1, trained: 800 }, ...calm(30), { loss: 9.5, gradNorm: 1, trained: 800 }, ...calm(30)]).map(({ step }) => step)).toEqual([65]));
  test("a gradient of another order of magnitude alarms at once", () => {
    expect(judge(after(calm(2)), { loss: 1.5, gradNorm: 1e3, trained: 800 }, usual)).toEqual({ code: "LOSS_SPIKE", why: "the gradient's norm jumped to 1,000; the highest before it was 0.3" });
    expect(judge(after(calm(2)), { loss: 1.5, gradNorm: 25, trained: 800 }, usual)).toBeUndefined();
    expect(judge(unwatched, { loss: 1.5, gradNorm: 1e3, trained: 800 }, usual)).toBeUndefined();
  });
});

describe("a run that does not come down again", () => {
  const risen = [...calm(80, 1), ...[1.5, 2, 2.5, 3, 3.5].flatMap((loss) => calm(3, loss, `${loss}`)), ...calm(60, 4, "later")];
  test("alarms once it is sure, and again only when it rises further", () => {
    const [first, ...more] = alarmsOf(risen);
    expect(first).toMatchObject({ alarm: { code: "LOSS_DIVERGED", why: expect.stringMatching(/^the loss of the last 10 steps is \d\.\d+ on average, and was down at \d\.\d+$/) as string } });
    expect(first!.step).toBeGreaterThan(88);
    expect(first!.step).toBeLessThan(110);
    expect(more).toEqual([]);
  });
  test("a threshold of the person's own holds whatever came before", () => {
    const settings = { ...usual, loss_watchdog_threshold: 1.2, loss_watchdog_patience: 3 };
    expect(alarmsOf(calm(10, 2), settings).map(({ step }) => step)).toEqual([3, 6, 9]);
    expect(alarmsOf(calm(10, 2), settings)[0]!.alarm).toEqual({ code: "LOSS_DIVERGED", why: "the loss was above loss_watchdog_threshold 1.2 for 3 steps in a row" });
  });
});

test("what is not finite is told whether the guard is on or off; the rest is not", () => {
  const off = { ...usual, loss_watchdog: false };
  expect(judge(unwatched, { loss: NaN, gradNorm: 1, trained: 8 }, off)).toEqual({ code: "LOSS_NOT_FINITE", why: "the loss is NaN" });
  expect(judge(unwatched, { loss: 1, gradNorm: Infinity, trained: 8 }, off)).toEqual({ code: "LOSS_NOT_FINITE", why: "the gradient's norm is Infinity" });
  expect(judge(after(calm(64)), { loss: 60, gradNorm: 1e9, trained: 800 }, off)).toBeUndefined();
});

test("the state is made of 32-bit figures, so that a checkpoint holds it as it is", () => {
  const state = after(curves["as the starter example has it"]!.slice(0, 90).map(observed)), figures = [state.highestLoss, state.ceiling, state.highestGradNorm, state.lowestLevel, state.lowestScatter, ...state.recent];
  expect([...Float32Array.from(figures)]).toEqual(figures);
  expect(state.recent).toHaveLength(64);
});
