/** Times LoRA training steps on a graphics device (its name is the argument) in a process of its own, with the same task and answer as gpuPeer.py. */
import { readFileSync } from "node:fs";
import { resourceUsage, stdout } from "node:process";
import { loadModel } from "../src/core/model/weights/weights";
import { makeBatch } from "../src/core/text/batch";
import { loraTrainable } from "../src/core/train/graphs";
import { initialState } from "../src/core/train/initial";
import { runConfigSchema } from "../src/core/train/runConfig";
import { stepMaker } from "../src/core/train/stepMaker";
import { SessionCache } from "../src/core/train/stepper";
import { isDeviceName } from "../src/node/device/names";
import { openRuntime } from "../src/node/device/open";
import { openFolder } from "../src/node/files";
import { type StepTask, type StepTimes } from "./step";

async function main(): Promise<void> {
  const task = JSON.parse(readFileSync(0, "utf8")) as StepTask, device = process.argv[2];
  if (!isDeviceName(device)) throw new Error(`there is no device ${device}`);
  const runtime = await openRuntime(device, console.error), folder = openFolder(task.base), base = { ...(await loadModel(folder)), folder };
  const { adapter, optimizer } = await initialState(base, runConfigSchema.parse({ data: "x", lora: { r: task.r, lora_alpha: task.alpha } }));
  const sessions = new SessionCache(runtime, folder.path), steps = stepMaker({ sessions, trainable: loraTrainable(base, adapter.targets), config: base.config, optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 } }, optimizer, runtime.graphics);
  const batch = makeBatch(task.ids.map((ids, row) => [{ row, ids, labels: task.labels[row]!, truncated: 0, segments: [] }]));
  const milliseconds: number[] = [], processorSeconds: number[] = [];
  let loss = NaN, firstStepAt = NaN;
  // The first steps compare replays with steps that are not.
  for (let step = 0; step < task.warmup + task.steps; step++) {
    const started = performance.now(), busy = process.cpuUsage();
    ({ loss } = await steps.propose([batch], 1e-4));
    await steps.accept();
    if (step === 0) firstStepAt = performance.now() / 1000;
    if (step < task.warmup) continue;
    milliseconds.push(performance.now() - started);
    const { user, system } = process.cpuUsage(busy);
    processorSeconds.push((user + system) / 1e6);
  }
  await sessions.close();
  steps.release();
  stdout.write(JSON.stringify({ milliseconds, processorSeconds, firstStepAt, loss, peakMegabytes: resourceUsage().maxRSS / 1024 } satisfies StepTimes));
}

void main();
