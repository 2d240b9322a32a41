/** Times LoRA training steps of Tunesmith in a process of its own, with the same task and answer as peer.py. */
import { readFileSync } from "node:fs";
import { resourceUsage, stdout } from "node:process";
import { makeBatch } from "../src/core/text/batch";
import { loraTrainable } from "../src/core/train/graphs";
import { initialState } from "../src/core/train/initial";
import { runConfigSchema } from "../src/core/train/runConfig";
import { SessionCache, Stepper } from "../src/core/train/stepper";
import { createOrtRuntime } from "../src/node/ort";
import { openBase } from "../src/project/base";

export interface StepTask { base: string; r: number; alpha: number; steps: number; warmup: number; threads: number; ids: number[][]; labels: number[][]; checkpointing?: boolean; /** Bits of the linear layers. */ bits?: 4 | 8; /** The peer at its best: its head on labelled positions only. */ best?: boolean }
/** firstStepAt: seconds since the process's start when the first step was done. processorSeconds: of a step, user and system, all threads. */
export interface StepTimes { milliseconds: number[]; processorSeconds: number[]; firstStepAt: number; loss: number; peakMegabytes: number }

async function main(): Promise<void> {
  const task = JSON.parse(readFileSync(0, "utf8")) as StepTask;
  const base = await openBase(task.base, { precision: { dtype: "auto", ...(task.bits && { bits: task.bits }) } }), runtime = await createOrtRuntime({ threads: task.threads });
  const { adapter, optimizer } = await initialState(base, runConfigSchema.parse({ data: "x", lora: { r: task.r, lora_alpha: task.alpha } }));
  const sessions = new SessionCache(runtime, base.folder.path), stepper = new Stepper(sessions, loraTrainable(base, adapter.targets, { recompute: task.checkpointing ?? false }), base.config, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 });
  const batch = makeBatch(task.ids.map((ids, row) => [{ row, ids, labels: task.labels[row]!, truncated: 0, segments: [] }]));
  const milliseconds: number[] = [], processorSeconds: number[] = [];
  let state = optimizer, loss = NaN, firstStepAt = NaN;
  for (let step = 0; step < task.warmup + task.steps; step++) {
    const started = performance.now(), busy = process.cpuUsage(), result = await stepper.step(state, [batch], 1e-4);
    ({ state, loss } = result);
    if (step === 0) firstStepAt = performance.now() / 1000; // performance.now() counts from the process's start.
    if (step < task.warmup) continue;
    milliseconds.push(performance.now() - started);
    const { user, system } = process.cpuUsage(busy);
    processorSeconds.push((user + system) / 1e6);
  }
  await sessions.close();
  stdout.write(JSON.stringify({ milliseconds, processorSeconds, firstStepAt, loss, peakMegabytes: resourceUsage().maxRSS / 1024 } satisfies StepTimes));
}

void main();
