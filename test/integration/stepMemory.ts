/** One training step on a base in a process of its own; prints what the process holds. Arguments: the base, bits or 0. Its test is memory.test.ts. */
import { readFileSync } from "node:fs";
import { makeBatch } from "../../src/core/text/batch";
import { loraTrainable } from "../../src/core/train/graphs";
import { initialState } from "../../src/core/train/initial";
import { runConfigSchema } from "../../src/core/train/runConfig";
import { SessionCache, Stepper } from "../../src/core/train/stepper";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";

/** In MB, the highest so far: anonymous is what cannot be dropped and read again from a file. */
export interface StepMemory { readonly before: number; readonly prepared: number; readonly peak: number; readonly loss: number }

const megabytes = (field: "VmHWM" | "RssAnon"): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;

async function main(): Promise<void> {
  const [path, bits] = process.argv.slice(2) as [string, "0" | "4" | "8"];
  const base = await openBase(path, { precision: { dtype: "auto", ...(bits !== "0" && { bits: Number(bits) as 4 | 8 }) } });
  const runtime = await createOrtRuntime({ threads: 1 }), { adapter, optimizer } = await initialState(base, runConfigSchema.parse({ data: "x", lora: { r: 2, lora_alpha: 4 } }));
  const before = megabytes("RssAnon"), sessions = new SessionCache(runtime, base.folder.path);
  const stepper = new Stepper(sessions, loraTrainable(base, adapter.targets), base.config, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 1 });
  const ids = Array.from({ length: 16 }, (_, i) => 97 + (i % 20)), batch = makeBatch([[{ row: 0, ids, labels: ids, truncated: 0, segments: [] }]]);
  let state = optimizer, loss = NaN, prepared = NaN;
  for (let step = 0; step < 3; step++) {
    ({ state, loss } = await stepper.step(state, [batch], 1e-4));
    if (step === 0) prepared = megabytes("RssAnon");
  }
  process.stdout.write(JSON.stringify({ before, prepared, peak: megabytes("VmHWM"), loss } satisfies StepMemory));
}

void main();
