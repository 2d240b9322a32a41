/** The guard over the losses and gradient norms that PyTorch + PEFT had: not one of those runs would have paused. */
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { judge, unwatched, watched, type Observation } from "../../src/core/train/guard";
import { hasShared, shared, sharedJson } from "../shared";

const settings = { loss_watchdog: true, loss_watchdog_threshold: undefined, loss_watchdog_patience: 10 };
const alarms = (steps: readonly Observation[]): unknown[] => {
  let state = unwatched;
  return steps.flatMap((seen, i) => {
    const alarm = judge(state, seen, settings);
    state = watched(state, seen, settings);
    return alarm ? [{ step: i + 1, ...alarm }] : [];
  });
};

interface Golden { steps: { loss: number; grad_norm: number; loss_tokens: number }[]; heldout_before: { examples: { tokens: number; nll_sum: number }[] } }

describe.skipIf(!hasShared)("golden curves do not alarm", () => {
  test("SmolLM2 on real instructions", () => {
    const { steps, heldout_before } = sharedJson<Golden>("golden", "smollm2", "golden.json");
    expect(steps.length).toBe(32);
    expect(alarms(steps.map((step) => ({ loss: step.loss, gradNorm: step.grad_norm, trained: step.loss_tokens })))).toEqual([]);
    // One row a step: real rows in any order, three epochs of them.
    const rows = heldout_before.examples.map(({ tokens, nll_sum }) => ({ loss: nll_sum / tokens, gradNorm: 1, trained: tokens })), byLoss = [...rows].sort((a, b) => a.loss - b.loss);
    for (const order of [rows, [...rows].reverse(), byLoss, [...byLoss].reverse()]) expect(alarms([...order, ...order, ...order])).toEqual([]);
  });

  test("stories260K, to a loss of almost nothing", () => {
    const { loss, grad_norm } = sharedJson<{ loss: number[]; grad_norm: number[] }>("golden", "finetune_stories260K", "curve.json");
    expect(alarms(loss.map((value, i) => ({ loss: value, gradNorm: grad_norm[i]!, trained: 100 })))).toEqual([]);
  });

  test.each(hasShared ? readdirSync(shared("golden", "arch"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name) : [])("%s", (name) => {
    const { loss, grad_norm_before_clipping: norms } = sharedJson<{ loss: number[]; grad_norm_before_clipping: number[] }>("golden", "arch", name, "curve.json");
    expect(alarms(loss.map((value, i) => ({ loss: value, gradNorm: norms[i]!, trained: 32 })))).toEqual([]);
  });
});
