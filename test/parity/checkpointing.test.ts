/** Gradient checkpointing gives the same bits for the families of golden/arch too, and for a real model. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type StepTask, type StepTimes } from "../../bench/step";
import { type Precision } from "../../src/core/model/weights/precision";
import { loadModel } from "../../src/core/model/weights/weights";
import { type Runtime } from "../../src/core/runtime";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";
import { goldenCases } from "../golden/archSuite";
import { plainLora, sameBits, type SameBitsOptions } from "../golden/sameBits";
import { smollm2 } from "../models";
import { hasShared, shared } from "../shared";

let runtime: Runtime;
beforeAll(async () => { runtime = await createOrtRuntime({ threads: 1 }); });

describe.skipIf(!hasShared)("golden/arch", () => {
  test.each(hasShared ? goldenCases(shared("golden", "arch")).map(({ name, path }) => [name, path]) : [])("%s", async (_, path) => { const folder = openFolder(join(path, "base")); await sameBits(runtime, { folder, ...await loadModel(folder) }, plainLora); });
});

const model = smollm2();
describe.skipIf(model.path === undefined)("SmolLM2-135M", () => {
  test.each<[string, Precision, SameBitsOptions]>([["rows", { dtype: "auto" }, {}], ["packed, with dropout", { dtype: "auto" }, { packed: true, dropout: 0.1 }], ["on 4 bits", { dtype: "auto", bits: 4 }, {}], ["on float16", { dtype: "float16" }, {}]])("%s", async (_, precision, options) => {
    process.env.TUNESMITH_CACHE ??= join(model.path!, "..", "..", "converted");
    await sameBits(runtime, await openBase(model.path!, { precision }), plainLora, options);
  }, 300_000);

  test("a step's peak memory, each in a process of its own", async () => {
    process.env.TUNESMITH_CACHE ??= join(model.path!, "..", "..", "converted");
    const { path: base } = (await openBase(model.path!)).folder, ids = Array.from({ length: 2 }, (_, row) => Array.from({ length: 256 }, (__, t) => (t * 31 + row * 7) % 40_000));
    const task: StepTask = { base, r: 8, alpha: 16, steps: 1, warmup: 0, threads: 2, ids, labels: ids.map((row) => row.map((id, t) => (t < 192 ? -100 : id))) };
    const peak = (checkpointing: boolean): StepTimes => JSON.parse(execFileSync(process.execPath, ["--import", "tsx", join(__dirname, "..", "..", "bench", "step.ts")], { input: JSON.stringify({ ...task, checkpointing }) }).toString()) as StepTimes;
    const [kept, again] = [peak(false), peak(true)];
    console.log(`peak resident memory of a step, 2 x 256: ${kept.peakMegabytes.toFixed(0)} MB, with gradient checkpointing ${again.peakMegabytes.toFixed(0)} MB`);
    expect(again.loss).toBe(kept.loss);
    // 540 MB of either are the base's mapped file.
    expect(again.peakMegabytes).toBeLessThan(0.75 * kept.peakMegabytes);
  }, 300_000);
});
