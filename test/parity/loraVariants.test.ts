/** LoRA's relatives against PEFT (golden/lora_variants): rsLoRA, DoRA, patterns, saved modules, an adapted embedding: logits, loss and every gradient, read from PEFT's own folders. */
import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { Generator } from "../../src/core/generate/generate";
import { argmax, greedySettings } from "../../src/core/generate/sampler";
import { input } from "../../src/core/graph/graph";
import { type Value } from "../../src/core/graph/ops";
import { prepareSession } from "../../src/core/graph/session";
import { type Adapter, adapterFiles, loadAdapter } from "../../src/core/model/adapter/adapter";
import { loraTargets, piecesOf } from "../../src/core/model/adapter/lora";
import { loadModel } from "../../src/core/model/weights/weights";
import { type Runtime, type Tensor } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { logitsAt, loraTrainable, lossAndGradient } from "../../src/core/train/graphs";
import { batchInputs, shapeOf, vectorTensor } from "../../src/core/train/stepper";
import { openFolder } from "../../src/node/files";
import { openTestRuntime } from "../testRuntime";
import { hasShared, shared, sharedJson } from "../shared";
import { goldenExamples, maxDifference, readGolden, relativeL2 } from "./golden";

const variants = hasShared ? readdirSync(shared("golden", "lora_variants"), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name) : ["none"];

describe.skipIf(!hasShared).each(variants)("golden/lora_variants/%s", (variant) => {
  const at = (...parts: string[]): string => shared("golden", "lora_variants", variant, ...parts);
  const folder = openFolder(shared("golden", "arch", "llama", "base"));
  let runtime: Runtime, model: Awaited<ReturnType<typeof loadModel>>, adapter: Adapter;

  beforeAll(async () => {
    runtime = await openTestRuntime();
    model = await loadModel(folder);
    adapter = await loadAdapter(openFolder(at("adapter")), { config: model.config, name: "llama" });
  });

  const run = async (outputs: Record<string, Value>, inputs: Record<string, Tensor>): Promise<Record<string, Float32Array>> => {
    const session = await prepareSession(runtime, outputs, { weightsFolder: folder.path }), results = await session.run(inputs);
    await session.release();
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  };
  const io = hasShared ? readGolden(shared("golden", "arch", "llama", "io.safetensors")) : {};

  test("the scale and rank of every module", () => {
    const scales = sharedJson<Record<string, { r: number; scale: number }>>("golden", "lora_variants", variant, "scales.json");
    const own = adapter.targets.flatMap((target) => (target.kind === "saved" ? [] : [[target.module, { r: target.r, scale: target.scaling }] as const]));
    expect(Object.fromEntries(own)).toEqual(Object.fromEntries(Object.entries(scales).map(([module, { r, scale }]) => [module, { r, scale: expect.closeTo(scale, 12) as number }])));
  });

  test("logits, loss and every gradient", async () => {
    const examples = goldenExamples(io), batch = makeBatch(examples.map((example) => [example]), { B: 2, T: 32 }), trainable = loraTrainable(model, adapter.targets), golden = readGolden(at("io.safetensors"));
    const parameters = vectorTensor(adapter.parameters), { loss, gradient } = lossAndGradient(trainable, model.config, shapeOf(batch));
    const results = await run({ loss, gradient }, { ...batchInputs(batch, model.config), parameters });
    expect(Math.abs(results.loss![0]! - golden.loss!.data[0]!)).toBeLessThan(1e-5);
    const expected = readGolden(at("grads.safetensors"));
    for (const { name, offset, length } of trainable.layout.entries) {
      const want = expected[name] ?? expected[`${name}.weight`];
      expect(want, name).toBeDefined();
      expect(relativeL2(results.gradient!.subarray(offset, offset + length), want!.data), name).toBeLessThan(1e-4);
    }
    const lossRows: Tensor = { dtype: "int64", dims: [64], data: BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i)) };
    const bound = trainable.bind(piecesOf(adapter.layout, input("parameters", [adapter.layout.length])));
    const { logits } = await run({ logits: logitsAt(bound, model.config, { B: 2, T: 32, K: 64 }) }, { tokens: batchInputs(batch, model.config).tokens, lossRows, parameters });
    const V = model.config.vocabularySize;
    examples.forEach(({ ids }, row) => expect(maxDifference(logits!.subarray(row * 32 * V, (row * 32 + ids.length) * V), golden.logits!.data.slice(row * 32 * V, (row * 32 + ids.length) * V))).toBeLessThan(1e-4));
  });

  test("is generated with, beside the base, and is written as PEFT reads it", async () => {
    const golden = readGolden(at("io.safetensors")), prompt = goldenExamples(io)[0]!.ids, V = model.config.vocabularySize;
    const generator = new Generator(runtime, { ...model, folder, eosIds: [], tokenizer: { decode: (ids) => ids.join(" ") } }), answers: number[][] = [];
    for await (const event of generator.generate({ prompts: [prompt], candidates: [{ name: "base" }, { name: variant, adapter }], settings: { ...greedySettings, max_new_tokens: 3 } })) if (event.kind === "end") answers[event.candidate] = event.ids;
    await generator.close();
    expect(answers[1]![0]).toBe(argmax(golden.logits!.data.slice((prompt.length - 1) * V, prompt.length * V)));
    expect(answers[0]![0]).toBe(argmax(io.logits!.data.slice((prompt.length - 1) * V, prompt.length * V)));

    const files = adapterFiles(adapter, "llama", model.config), read = async (name: string, from?: number, to?: number): Promise<Uint8Array> => files[name as keyof typeof files].slice(from, to);
    const again = await loadAdapter({ path: "memory", exists: async (name) => name in files, size: async (name) => files[name as keyof typeof files].length, read }, { config: model.config, name: "llama" });
    expect({ targets: again.targets, parameters: again.parameters }).toEqual({ targets: adapter.targets, parameters: adapter.parameters });
    // The settings alone describe the same adapter, as a run config gives them.
    const written = JSON.parse(new TextDecoder().decode(files["adapter_config.json"])) as { target_modules: string[]; modules_to_save: string[] | null };
    expect(loraTargets(model.config, { ...adapter.settings, target_modules: written.target_modules, modules_to_save: written.modules_to_save ?? [] })).toEqual(adapter.targets);
  });
});
