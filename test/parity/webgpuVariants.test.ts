/** What can be trained beside plain LoRA, on WebGPU (SwiftShader where there is no graphics card) against the CPU, whose figures are PEFT's: kinds of adapters, dropout, bases in fewer bits, packed rows. `TUNESMITH_DEVICE=webgpu npm run test:parity` compares with PEFT itself. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { prepareSession } from "../../src/core/graph/session";
import { type Base } from "../../src/core/model/base";
import { type Precision } from "../../src/core/model/weights/precision";
import { type Runtime } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { type Example } from "../../src/core/text/types";
import { checkFirstStep } from "../../src/core/train/firstStep";
import { firstGradientGraph, loraTrainable } from "../../src/core/train/graphs";
import { initialState } from "../../src/core/train/initial";
import { type RunConfigInput, runConfigSchema } from "../../src/core/train/runConfig";
import { batchInputs, shapeOf, vectorTensor } from "../../src/core/train/stepper";
import { type DeviceRuntime, openDevice } from "../../src/node/device/deviceRuntime";
import { providers } from "../../src/node/device/open";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";
import { temporaryFolder } from "../project/folders";
import { hasSwiftShader } from "../swiftShader";
import { testEnvironment } from "../testRuntime";
import { makeTinyBase } from "../tinyBase";
import { relativeL2 } from "./golden";

/** Of the gradient, relative: sums of 32-bit floats in another order. */
const TOLERANCE = 1e-4;

const examples: Example[] = [0, 1, 2].map((row) => {
  const prompt = [257, 65 + row, ...Array<number>(3 * row).fill(32), 258], answer = [97 + row, 98, 99, 256];
  return { row, ids: [...prompt, ...answer], labels: [...prompt.map(() => -100), ...answer], truncated: 0, segments: [] };
});

describe.skipIf(!hasSwiftShader)("on WebGPU as on the CPU", { timeout: 120_000 }, () => {
  let cpu: Runtime, device: DeviceRuntime;
  const made: { remove(): void }[] = [];
  beforeAll(async () => {
    process.env.TUNESMITH_CACHE = temporaryFolder();
    [cpu, device] = [await createOrtRuntime({ threads: 1 }), await openDevice(testEnvironment(), providers.webgpu)];
  });
  afterAll(async () => {
    await device.close();
    for (const folder of made) folder.remove();
  });
  const tiny = (precision: Precision = { dtype: "auto" }, dtype: "F32" | "F16" = "F32"): Promise<Base> => {
    const folder = makeTinyBase({ dtype, config: { hidden_size: 64, intermediate_size: 96, head_dim: 16, num_hidden_layers: 1 } });
    made.push(folder);
    return openBase(folder.path, { precision });
  };
  const trainableOf = async (base: Base, lora: RunConfigInput["lora"]) => {
    const config = runConfigSchema.parse({ data: "x", lora: { r: 4, lora_alpha: 8, ...lora } }), { adapter } = await initialState(base, config);
    return { trainable: loraTrainable(base, adapter.targets, { dropout: config.lora.lora_dropout }), parameters: adapter.parameters };
  };

  test.each<[string, RunConfigInput["lora"]]>([
    ["rsLoRA with dropout", { use_rslora: true, lora_dropout: 0.25 }],
    ["DoRA", { use_dora: true, target_modules: ["q_proj", "down_proj"] }],
    ["an adapted embedding and a saved norm", { target_modules: ["v_proj", "embed_tokens"], modules_to_save: ["norm"] }],
  ])("%s", async (_, lora) => {
    const base = await tiny(), { trainable, parameters } = await trainableOf(base, lora), { loss, cpuLoss, gradientDifference } = await checkFirstStep(cpu, device, base, trainable, parameters, examples);
    expect(loss).toBeCloseTo(cpuLoss, 5);
    expect(gradientDifference).toBeLessThan(TOLERANCE);
  });

  // On a device that does not compute in 16 bits they are made float32; codes stay codes, and are made float32 for one reader each.
  test.each<[string, Precision, "F32" | "F16"]>([
    ["float16 as stored", { dtype: "auto" }, "F16"], ["bfloat16", { dtype: "bfloat16" }, "F32"], ["4 bits", { dtype: "auto", bits: 4 }, "F32"], ["8 bits", { dtype: "auto", bits: 8 }, "F32"],
  ])("a base in %s", async (_, precision, dtype) => {
    const base = await tiny(precision, dtype), { trainable, parameters } = await trainableOf(base, {}), { loss, cpuLoss, gradientDifference } = await checkFirstStep(cpu, device, base, trainable, parameters, examples);
    expect(loss).toBeCloseTo(cpuLoss, 5);
    expect(gradientDifference).toBeLessThan(TOLERANCE);
  });

  test("packed rows: as on the CPU, and as the same rows unpacked", async () => {
    const base = await tiny(), { trainable, parameters: zeros } = await trainableOf(base, {}), parameters = zeros.map((value, i) => value + 0.02 * Math.sin(i));
    const run = async (on: Runtime, rows: Example[][]): Promise<{ loss: number; gradient: Float32Array }> => {
      const batch = makeBatch(rows, { T: 64 }), session = await prepareSession(on, firstGradientGraph(trainable, base.config, shapeOf(batch)), { weightsFolder: base.folder.path });
      const { loss, nextGradient } = await session.run({ ...batchInputs(batch, base.config), parameters: vectorTensor(parameters) });
      await session.release();
      return { loss: (loss!.data as Float32Array)[0]!, gradient: nextGradient!.data as Float32Array };
    };
    const packed = await run(device, [examples]);
    for (const other of [await run(cpu, [examples]), await run(device, examples.map((example) => [example]))]) {
      expect(packed.loss).toBeCloseTo(other.loss, 5);
      expect(relativeL2(packed.gradient, other.gradient)).toBeLessThan(TOLERANCE);
    }
  });
});
