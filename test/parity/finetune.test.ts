/** The stored LoRA fine-tune of stories260K: 60 steps, losses, held-out likelihood and answers as PyTorch + PEFT had them. */
import { beforeAll, describe, expect, test } from "vitest";
import { Generator } from "../../src/core/generate/generate";
import { greedySettings } from "../../src/core/generate/sampler";
import { type Adapter, adapterFiles, loadAdapter } from "../../src/core/model/adapter/adapter";
import { loadModel } from "../../src/core/model/weights/weights";
import { type Runtime } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { loraTrainable } from "../../src/core/train/graphs";
import { scoreExamples } from "../../src/core/train/score";
import { stepMaker } from "../../src/core/train/stepMaker";
import { SessionCache } from "../../src/core/train/stepper";
import { openFolder } from "../../src/node/files";
import { openTestRuntime } from "../testRuntime";
import { hasShared, shared, sharedJson } from "../shared";
import { goldenExamples, maxDifference, readGolden, relativeL2 } from "./golden";

interface Curve { loss: number[]; heldout_nll_before: number; heldout_nll_after: number; heldout_nll_per_example_after: number[]; greedy_after_training_on_heldout_prompts: { prompt_ids: number[]; new_ids: number[] }[] }

describe.skipIf(!hasShared)("golden/finetune_stories260K", { timeout: 1_200_000 }, () => {
  const at = (...parts: string[]): string => shared("golden", "finetune_stories260K", ...parts);
  const folder = openFolder(shared("golden", "models", "stories260K"));
  let runtime: Runtime, model: Awaited<ReturnType<typeof loadModel>>, start: Adapter, curve: Curve;

  beforeAll(async () => {
    runtime = await openTestRuntime();
    model = await loadModel(folder);
    start = await loadAdapter(openFolder(at("adapter_init")), { config: model.config, name: "stories260K" });
    curve = sharedJson<Curve>("golden", "finetune_stories260K", "curve.json");
  });

  const heldout = async (adapter: Adapter): Promise<{ mean: number; rows: number[] }> => {
    const sessions = new SessionCache(runtime, folder.path), rows: number[] = [];
    let total = 0, tokens = 0;
    const base = { ...model, name: "stories260K", folder, eosIds: [1] } as unknown as Parameters<typeof scoreExamples>[1];
    for await (const row of scoreExamples(sessions, base, adapter, goldenExamples(readGolden(at("heldout.safetensors"))))) { rows.push(row.nll); total += row.nll * row.tokens; tokens += row.tokens; }
    await sessions.close();
    return { mean: total / tokens, rows };
  };

  test("follows the curve and ends at the same adapter, likelihoods and answers", async () => {
    expect((await heldout(start)).mean).toBeCloseTo(curve.heldout_nll_before, 5);
    const sessions = new SessionCache(runtime, folder.path), batches = readGolden(at("batches.safetensors"));
    const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradNorm: 0 }, zeros = (): Float32Array => new Float32Array(start.layout.length);
    const steps = stepMaker({ sessions, trainable: loraTrainable(model, start.targets), config: model.config, optimizer }, { parameters: start.parameters, m: zeros(), v: zeros(), updates: 0 }, runtime.graphics);
    for (const [step, loss] of curve.loss.entries()) {
      const result = await steps.propose([makeBatch(goldenExamples(batches, step).map((example) => [example]))], 5e-3);
      expect(Math.abs(result.loss - loss), `loss of step ${step}`).toBeLessThanOrEqual(2e-5 + 1e-4 * loss);
      await steps.accept();
    }
    const state = steps.state();
    await sessions.close();
    steps.release();
    const tuned: Adapter = { ...start, parameters: state.parameters }, after = await heldout(tuned);
    expect(Math.abs(after.mean - curve.heldout_nll_after)).toBeLessThanOrEqual(2e-5 + 1e-4 * curve.heldout_nll_after);
    expect(maxDifference(after.rows, curve.heldout_nll_per_example_after)).toBeLessThan(5e-5);
    const final = readGolden(at("adapter_final", "adapter_model.safetensors"));
    for (const { name, offset, length } of start.layout.entries) expect(relativeL2(tuned.parameters.subarray(offset, offset + length), final[name]!.data), name).toBeLessThan(1e-3);

    const generator = new Generator(runtime, { ...model, folder, eosIds: [1], tokenizer: { decode: (ids) => ids.join(" ") } });
    const golden = curve.greedy_after_training_on_heldout_prompts, answers: number[][] = [];
    for await (const event of generator.generate({ prompts: golden.map(({ prompt_ids }) => prompt_ids), candidates: [{ name: "tuned", adapter: tuned }], settings: { ...greedySettings, max_new_tokens: 60 } })) {
      if (event.kind === "end") answers[event.prompt] = event.ids;
    }
    await generator.close();
    // The golden ids include the end token.
    expect(answers.map((ids) => [...ids, 1])).toEqual(golden.map(({ new_ids }) => new_ids));
  });

  test("writes the adapter in PEFT's layout and reads it back bit for bit", async () => {
    const files = adapterFiles(start, "stories260K", model.config);
    const read = async (name: string, from?: number, to?: number): Promise<Uint8Array> => files[name as keyof typeof files].slice(from, to);
    const again = await loadAdapter({ path: "memory", exists: async (name) => name in files, size: async (name) => files[name as keyof typeof files].length, read }, { config: model.config, name: "stories260K" });
    expect(again.parameters).toEqual(start.parameters);
    expect(again.targets).toEqual(start.targets);
    const config = JSON.parse(new TextDecoder().decode(files["adapter_config.json"])) as Record<string, unknown>;
    const golden = sharedJson<Record<string, unknown>>("golden", "finetune_stories260K", "adapter_init", "adapter_config.json");
    for (const key of ["peft_type", "task_type", "r", "lora_alpha", "bias", "fan_in_fan_out", "target_modules"]) expect(config[key], key).toEqual(golden[key]);
  });
});
