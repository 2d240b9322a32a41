/** Training on a frozen base in 16, 8 or 4 bits: the same as on a float32 base that holds the values which those bits mean, learning, and bit for bit repeatable. */
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Generator } from "../../../src/core/generate/generate";
import { greedySettings } from "../../../src/core/generate/sampler";
import { type Base, loadBase } from "../../../src/core/model/base";
import { type Precision } from "../../../src/core/model/weights/precision";
import { readTensor, writeSafetensors } from "../../../src/core/model/weights/safetensors";
import { type Runtime } from "../../../src/core/runtime";
import { makeBatch } from "../../../src/core/text/batch";
import { type Example } from "../../../src/core/text/types";
import { accumulateGraph, loraTrainable } from "../../../src/core/train/graphs";
import { initialState } from "../../../src/core/train/initial";
import { precisionChange } from "../../../src/core/train/precisionChange";
import { type RunConfigInput, runConfigSchema } from "../../../src/core/train/runConfig";
import { batchInputs, SessionCache, shapeOf, vectorTensor } from "../../../src/core/train/stepper";
import { train, type TrainerReport } from "../../../src/core/train/trainer";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";
import { openBase } from "../../../src/project/base";
import { relativeL2 } from "../../parity/golden";
import { temporaryFolder } from "../../project/folders";
import { makeTinyBase } from "../../tinyBase";

const families: Record<string, Record<string, unknown>> = {
  llama: { hidden_size: 64, intermediate_size: 192, head_dim: 16 },
  // Its matrices lie the other way round, so that the product of the backward pass is the one that needs no expansion.
  gpt2: { model_type: "gpt2", n_embd: 64, n_head: 4, n_layer: 2, n_positions: 64, layer_norm_epsilon: 1e-5 },
  // No row of these divides into blocks: they stay as they are.
  odd: { hidden_size: 24, intermediate_size: 48 },
};
const precisions: Record<string, Precision> = { "4-bit": { dtype: "auto", bits: 4 }, "8-bit": { dtype: "auto", bits: 8 }, "4-bit, the rest in float16": { dtype: "float16", bits: 4 }, bfloat16: { dtype: "bfloat16" } };

const examples: Example[] = Array.from({ length: 13 }, (_, row) => {
  const prompt = [257, 65 + row, ...Array<number>(row % 5).fill(32), 258], answer = [97 + (row % 3), 98, 256];
  return { row, ids: [...prompt, ...answer], labels: [...prompt.map(() => -100), ...answer], truncated: 0, segments: [] };
});
const config = (more: Partial<RunConfigInput> = {}) => runConfigSchema.parse({ data: "x.jsonl", batch_size: 4, num_train_epochs: 5, learning_rate: 0.02, warmup_steps: 2, eval_steps: 0, save_steps: 0, lora: { r: 4, lora_alpha: 8 }, ...more });

let runtime: Runtime;
beforeAll(async () => {
  process.env.TUNESMITH_CACHE = temporaryFolder();
  runtime = await createOrtRuntime({ threads: 1 });
});

/** A float32 base in a folder of its own that holds what the bits of another one mean. */
async function dequantised(base: Base, original: string): Promise<Base> {
  const folder = join(temporaryFolder(), "dequantised");
  mkdirSync(folder);
  for (const file of readdirSync(original)) copyFileSync(join(original, file), join(folder, file));
  const tensors = [];
  for (const [name, tensor] of base.weights) tensors.push({ name, dims: tensor.dims, data: await readTensor(base.folder, tensor) });
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors(tensors));
  return loadBase(openFolder(folder));
}

/** Loss and gradient of one batch at a state that is not the first, where B would be zero. */
async function gradientOf(base: Base, more: Partial<RunConfigInput>): Promise<Float32Array> {
  const { adapter } = await initialState(base, config(more)), parameters = adapter.parameters.map((value, i) => value + 0.02 * Math.sin(i));
  const sessions = new SessionCache(runtime, base.folder.path), rows = makeBatch(examples.slice(0, 4).map((example) => [example])), shape = shapeOf(rows);
  const session = await sessions.get("gradient", () => accumulateGraph(loraTrainable(base, adapter.targets), base.config, shape));
  const out = await session.run({ ...batchInputs(rows, base.config), parameters: vectorTensor(parameters), gradient: vectorTensor(new Float32Array(parameters.length)) });
  await sessions.close();
  return Float32Array.from([(out.loss!.data as Float32Array)[0]!, ...(out.nextGradient!.data as Float32Array)]);
}

const adapters: Record<string, Partial<RunConfigInput>> = { LoRA: {}, DoRA: { lora: { r: 4, lora_alpha: 8, use_dora: true } }, "saved modules": { lora: { r: 4, lora_alpha: 8, target_modules: ["q_proj"], modules_to_save: ["o_proj"] } } };

test.each([
  ["llama", "4-bit", "LoRA"], ["llama", "4-bit", "DoRA"], ["llama", "4-bit", "saved modules"], ["llama", "4-bit, the rest in float16", "LoRA"], ["llama", "bfloat16", "LoRA"],
  ["gpt2", "4-bit", "LoRA"], ["gpt2", "4-bit", "DoRA"], ["odd", "4-bit", "LoRA"],
] as const)("%s in %s: gradients of %s are those of a float32 base with the same values", async (family, name, kind) => {
  const made = makeTinyBase({ config: families[family]! }), base = await openBase(made.path, { precision: precisions[name]! }), same = await dequantised(base, made.path);
  const [found, expected] = [await gradientOf(base, adapters[kind]!), await gradientOf(same, adapters[kind]!)];
  expect(relativeL2(found, expected)).toBeLessThan(2e-6);
  // The tolerance would see the difference that the fewer bits make.
  const original = await gradientOf(await loadBase(openFolder(made.path)), adapters[kind]!);
  if (family === "odd") expect(found).toEqual(original);
  else expect(relativeL2(found, original)).toBeGreaterThan(1e-4);
  made.remove();
});

test("greedy answers of a 4-bit base are those of a float32 base with the same values", async () => {
  const made = makeTinyBase({ config: families.llama! }), base = await openBase(made.path, { precision: precisions["4-bit"]! }), same = await dequantised(base, made.path);
  const answer = async (from: Base): Promise<number[][]> => {
    const generator = new Generator(runtime, { ...from, eosIds: [] }), ids: number[][] = [[], []];
    for await (const event of generator.generate({ prompts: [[257, 65, 66, 258], [257, 70, 258]], candidates: [{ name: "base" }], settings: { ...greedySettings, max_new_tokens: 70 } })) if (event.kind === "end") ids[event.prompt] = event.ids;
    await generator.close();
    return ids;
  };
  const found = await answer(base);
  expect(found.map(({ length }) => length)).toEqual([70, 70]);
  expect(found).toEqual(await answer(same));
  made.remove();
});

/** The cosine of the angle between two gradients. */
const cosine = (a: Float32Array, b: Float32Array): number => {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((total, value, i) => total + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

// Integer products round activations and gradients to 8 bits as well: not the same numbers, but the same loss and the same direction.
test.each([["llama", "LoRA"], ["llama", "DoRA"], ["llama", "saved modules"], ["gpt2", "LoRA"]] as const)("%s in 8-bit: gradients of %s go where those of the float32 base go", async (family, kind) => {
  const made = makeTinyBase({ config: families[family]! }), base = await openBase(made.path, { precision: precisions["8-bit"]! });
  const [found, expected] = [await gradientOf(base, adapters[kind]!), await gradientOf(await loadBase(openFolder(made.path)), adapters[kind]!)];
  expect(Math.abs(found[0]! / expected[0]! - 1)).toBeLessThan(0.01);
  const angle = cosine(found.subarray(1), expected.subarray(1));
  expect(angle).toBeGreaterThan(0.99);
  expect(angle).toBeLessThan(1 - 1e-9);
  made.remove();
});

test("which tensors are quantised: the matrices of the layers, and nothing else", async () => {
  const made = makeTinyBase({ config: { ...families.llama, tie_word_embeddings: false } }), base = await openBase(made.path, { precision: precisions["4-bit"] });
  const kinds = new Map([...base.weights].map(([name, { dtype, blocks }]) => [name, blocks ? "4-bit" : dtype]));
  for (const [name, kind] of kinds) expect(kind, name).toBe(/_proj\.weight$/.test(name) ? "4-bit" : "float32");
  expect(kinds.get("lm_head.weight")).toBe("float32");
  await expect(openBase(base.folder.path)).rejects.toMatchObject({ code: "BASE_NOT_FOUND" });
  made.remove();
});

async function run(base: Base, more: Partial<RunConfigInput> = {}): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = [];
  for await (const report of train({ runtime, base, examples, evalExamples: [], config: config(more) })) reports.push(report);
  return reports;
}

test.each(["4-bit", "8-bit"] as const)("a run on a %s base learns, and again bit for bit the same", async (name) => {
  const made = makeTinyBase({ config: families.llama! }), base = await openBase(made.path, { precision: precisions[name]! });
  const [first, second] = [await run(base), await run(await openBase(made.path, { precision: precisions[name]! }))];
  const losses = first.flatMap((report) => (report.event === "step" ? [report.loss] : []));
  expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.6);
  const adapterOf = (reports: TrainerReport[]): Float32Array => (reports.at(-1) as TrainerReport & { event: "done" }).state.adapter.parameters;
  expect(adapterOf(second)).toEqual(adapterOf(first));
  expect(adapterOf(await run(base, { gradient_checkpointing: true }))).toEqual(adapterOf(first));
  made.remove();
});

test("on a processor that does not multiply 8 bits exactly a run makes the matrices float32, and learns", async () => {
  const made = makeTinyBase({ config: families.llama! }), base = await openBase(made.path, { precision: precisions["8-bit"]! }), models: string[] = [];
  const older: Runtime = { ...runtime, exactIntegers: () => Promise.resolve(false), createSession: (model, options) => { models.push(Buffer.from(model).toString("latin1")); return runtime.createSession(model, options); } };
  const losses: number[] = [];
  for await (const report of train({ runtime: older, base, examples, evalExamples: [], config: config() })) if (report.event === "step") losses.push(report.loss);
  expect(losses.at(-1)!).toBeLessThan(losses[0]! * 0.6);
  expect(models.length).toBeGreaterThan(0);
  expect(models.filter((model) => model.includes("MatMulInteger"))).toEqual([]);
  made.remove();
});

test("what quantising changes is measured on the first rows, against the base as it is", async () => {
  const made = makeTinyBase({ config: families.llama! }), whole = await openBase(made.path), signal = new AbortController().signal;
  const change = async (precision: Precision): Promise<Awaited<ReturnType<typeof precisionChange>>> => precisionChange(runtime, await openBase(made.path, { precision }), () => Promise.resolve(whole), Array.from({ length: 3 }, () => examples).flat(), signal);
  const [none, eight, four] = [await change({ dtype: "auto" }), await change(precisions["8-bit"]!), await change(precisions["4-bit"]!)];
  expect(none).toMatchObject({ rows: 32, ofRows: 39, tokens: 96, loss: none!.fullLoss });
  expect(eight!.fullLoss).toBe(none!.fullLoss);
  expect(Math.abs(eight!.loss - eight!.fullLoss)).toBeGreaterThan(0);
  expect(Math.abs(four!.loss - four!.fullLoss)).toBeGreaterThan(3 * Math.abs(eight!.loss - eight!.fullLoss));
  expect(await precisionChange(runtime, whole, () => Promise.reject(new Error("opened for nothing")), [], signal)).toBeUndefined();
  made.remove();
});
