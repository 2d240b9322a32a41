/** Times LoRA training steps of Tunesmith in a process of its own, with the same task and answer as peer.py. */
import { readFileSync } from "node:fs";
import { resourceUsage, stdout } from "node:process";
import { loadBase } from "../src/core/model/base";
import { makeBatch } from "../src/core/text/batch";
import { loraTrainable } from "../src/core/train/graphs";
import { initialState } from "../src/core/train/initial";
import { runConfigSchema } from "../src/core/train/runConfig";
import { SessionCache, Stepper } from "../src/core/train/stepper";
import { openFolder } from "../src/node/files";
import { createOrtRuntime } from "../src/node/ort";

export interface StepTask { base: string; r: number; alpha: number; steps: number; warmup: number; threads: number; ids: number[][]; labels: number[][]; checkpointing?: boolean }
export interface StepTimes { milliseconds: number[]; loss: number; peakMegabytes: number }

async function main(): Promise<void> {
  const task = JSON.parse(readFileSync(0, "utf8")) as StepTask;
  const base = await loadBase(openFolder(task.base)), runtime = await createOrtRuntime({ threads: task.threads });
  const { adapter, optimizer } = await initialState(base, runConfigSchema.parse({ data: "x", lora: { r: task.r, lora_alpha: task.alpha } }));
  const sessions = new SessionCache(runtime, base.folder.path), stepper = new Stepper(sessions, loraTrainable(base, adapter.targets, { recompute: task.checkpointing ?? false }), base.config, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 });
  const batch = makeBatch(task.ids.map((ids, row) => [{ row, ids, labels: task.labels[row]!, truncated: 0, segments: [] }]));
  const milliseconds: number[] = [];
  let state = optimizer, loss = NaN;
  for (let step = 0; step < task.warmup + task.steps; step++) {
    const started = performance.now(), result = await stepper.step(state, [batch], 1e-4);
    ({ state, loss } = result);
    if (step >= task.warmup) milliseconds.push(performance.now() - started);
  }
  await sessions.close();
  stdout.write(JSON.stringify({ milliseconds, loss, peakMegabytes: resourceUsage().maxRSS / 1024 } satisfies StepTimes));
}

void main();
