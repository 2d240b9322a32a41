/** The suite that every folder of the layout of golden/arch passes: the engine against PyTorch + transformers + PEFT, each file that is there compared within the stated tolerances. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Generator } from "../../src/core/generate/generate";
import { greedySettings } from "../../src/core/generate/sampler";
import { type Value } from "../../src/core/graph/ops";
import { prepareSession } from "../../src/core/graph/session";
import { type Adapter, loadAdapter } from "../../src/core/model/adapter/adapter";
import { type ModelConfig, parseModelConfig } from "../../src/core/model/family/config";
import { loadModel } from "../../src/core/model/weights/weights";
import { type Runtime, type Tensor } from "../../src/core/runtime";
import { type Example } from "../../src/core/text/types";
import { type Batch, makeBatch } from "../../src/core/text/batch";
import { frozenParameters, logitsAt, loraTrainable, lossAndGradient, type Trainable } from "../../src/core/train/graphs";
import { stepMaker } from "../../src/core/train/stepMaker";
import { batchInputs, SessionCache, shapeOf, vectorTensor } from "../../src/core/train/stepper";
import { openFolder } from "../../src/node/files";
import { openTestRuntime } from "../testRuntime";
import { type GoldenTensor, goldenExamples, maxDifference, readGolden, relativeL2 } from "../parity/golden";

/** From golden/arch/README.md: well above what other correct computations differ by, well below what a mistake changes. */
export const tolerances = { logits: 1e-4, loss: 1e-5, gradient: 1e-4, curveLoss: 2e-5, curveGradNorm: 2e-5, finalAdapter: 3e-6 };

interface Curve { optimizer: { betas: [number, number]; eps: number; weight_decay: number; clip_max_norm: number }; lr: number[]; loss: number[]; grad_norm_before_clipping: number[] }
interface Greedy { prompt: number[]; base?: { tokens: number[] }; lora?: { tokens: number[] } }

/** The folders under `root`, itself included, that hold a model in base/. */
export function goldenCases(root: string, depth = 3): { name: string; path: string }[] {
  if (existsSync(join(root, "base"))) return [{ name: root.split(/[\\/]/).findLast((part) => part !== "") ?? root, path: root }];
  const folders = depth === 0 ? [] : readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name }) => goldenCases(join(root, name), depth - 1));
}

/** Registers the tests of one folder. `report` gets the largest differences at the end. */
export function describeGolden(title: string, path: string, report?: (line: string) => void): void {
  const at = (...parts: string[]): string => join(path, ...parts), has = (...parts: string[]): boolean => existsSync(at(...parts));
  const json = <T>(file: string): T => JSON.parse(readFileSync(at(file), "utf8")) as T;

  describe(title, { timeout: 120_000 }, () => {
    const folder = openFolder(at("base")), worst = new Map<string, number>();
    let runtime: Runtime, model: Awaited<ReturnType<typeof loadModel>>, config: ModelConfig;

    beforeAll(async () => { runtime = await openTestRuntime(); model = await loadModel(folder); config = model.config; });
    afterAll(() => report?.(`${title}: ${[...worst].map(([what, value]) => `${what} ${value.toExponential(1)}`).join(", ")}`));

    /** Asserts |difference| < tolerance and remembers the largest. */
    const within = (what: keyof typeof tolerances, difference: number, where?: string): void => {
      worst.set(what, Math.max(worst.get(what) ?? 0, difference));
      expect(difference, where ?? what).toBeLessThan(tolerances[what]);
    };
    const run = async (outputs: Record<string, Value>, inputs: Record<string, Tensor>): Promise<Record<string, Float32Array>> => {
      const session = await prepareSession(runtime, outputs, { weightsFolder: folder.path }), results = await session.run(inputs);
      await session.release();
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
    };
    const adapterOf = (name: string): Promise<Adapter> => loadAdapter(openFolder(at(name)), { config, name: title });
    /** Missing files have no tests, rather than skipped ones. */
    const testIf = (present: boolean, name: string, body: () => void | Promise<void>): void => { if (present) test(name, body); };
    const lora = async (): Promise<{ trainable: Trainable; adapter: Adapter }> => { const adapter = await adapterOf("adapter_init"); return { adapter, trainable: loraTrainable(model, adapter.targets) }; };

    test("the base opens", () => expect(config.layers.length).toBeGreaterThan(0));

    testIf(has("io.safetensors"), "logits of the base", async () => {
      const io = readGolden(at("io.safetensors")), [B, T] = sizes(io), { tokens } = batchInputs(batchOf(goldenExamples(io), T), config);
      const { logits } = await run({ logits: logitsAt(frozenParameters(model.weights), config, { B, T, K: B * T }) }, { tokens, lossRows: rowsFrom(0, B * T) });
      expect(io.logits!.dims).toEqual([B, T, config.vocabularySize]);
      goldenExamples(io).forEach(({ ids }, row) => {
        const from = row * T * config.vocabularySize, to = from + ids.length * config.vocabularySize;
        within("logits", maxDifference(logits!.subarray(from, to), io.logits!.data.slice(from, to)));
      });
    });

    testIf(has("io.safetensors") && has("adapter_init"), "loss with the adapter, and its gradient by every LoRA matrix", async () => {
      const io = readGolden(at("io.safetensors")), { trainable, adapter } = await lora(), batch = batchOf(goldenExamples(io), sizes(io)[1]);
      const { loss, gradient } = lossAndGradient(trainable, config, shapeOf(batch));
      const results = await run({ loss, gradient }, { ...batchInputs(batch, config), parameters: vectorTensor(adapter.parameters) });
      within("loss", Math.abs(results.loss![0]! - io.loss_lora!.data[0]!));
      if (!has("grads.safetensors")) return;
      const expected = readGolden(at("grads.safetensors"));
      expect(Object.keys(expected).sort()).toEqual(trainable.layout.entries.map(({ name }) => name).sort());
      for (const { name, offset, length } of trainable.layout.entries) within("gradient", relativeL2(results.gradient!.subarray(offset, offset + length), expected[name]!.data), name);
    });

    testIf(has("curve.json") && has("batches.safetensors") && has("adapter_init"), "the training curve and the final adapter", async () => {
      const curve = json<Curve>("curve.json"), { optimizer } = curve, batches = readGolden(at("batches.safetensors")), { trainable, adapter } = await lora(), P = trainable.layout.length;
      const sessions = new SessionCache(runtime, folder.path);
      const settings = { beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.eps, weightDecay: optimizer.weight_decay, maxGradNorm: optimizer.clip_max_norm };
      const steps = stepMaker({ sessions, trainable, config, optimizer: settings }, { parameters: adapter.parameters, m: new Float32Array(P), v: new Float32Array(P), updates: 0 }, runtime.graphics);
      for (const [step, lr] of curve.lr.entries()) {
        const result = await steps.propose([batchOf(goldenExamples(batches, step), sizes(batches)[1])], lr);
        within("curveLoss", Math.abs(result.loss - curve.loss[step]!), `loss of step ${step}`);
        within("curveGradNorm", Math.abs(result.gradNorm / curve.grad_norm_before_clipping[step]! - 1), `gradient norm of step ${step}`);
        await steps.accept();
      }
      const state = steps.state();
      await sessions.close();
      steps.release();
      if (has("adapter_final")) within("finalAdapter", relativeL2(state.parameters, (await adapterOf("adapter_final")).parameters));
    });

    testIf(has("greedy.json"), "greedy tokens over the cache, base and adapter in one batch", async () => {
      const greedy = json<Greedy>("greedy.json"), expected: Record<string, number[]> = {};
      if (greedy.base) expected.base = greedy.base.tokens;
      if (greedy.lora && has("adapter_init")) expected.lora = greedy.lora.tokens;
      const candidates = await Promise.all(Object.keys(expected).map(async (name) => (name === "lora" ? { name, adapter: await adapterOf("adapter_init") } : { name })));
      const generator = new Generator(runtime, { folder, ...model, eosIds: [], tokenizer: { decode: (ids) => ids.join(" ") } }), answers: Record<string, number[]> = {};
      const settings = { ...greedySettings, max_new_tokens: Math.max(...Object.values(expected).map(({ length }) => length)) };
      for await (const event of generator.generate({ prompts: [greedy.prompt], candidates, settings })) if (event.kind === "end") answers[candidates[event.candidate]!.name] = event.ids;
      await generator.close();
      expect(answers).toEqual(expected);
    });

    testIf(has("io_long.safetensors"), "logits at the end of a long text", async () => {
      const io = readGolden(at("io_long.safetensors")), T = io.input_ids!.dims[1]!, tokens: Tensor = { dtype: "int64", dims: [1, T], data: BigInt64Array.from(io.input_ids!.data, BigInt) };
      const { logits } = await run({ logits: logitsAt(frozenParameters(model.weights), config, { B: 1, T, K: 4 }) }, { tokens, lossRows: rowsFrom(T - 4, 4) });
      within("logits", maxDifference(logits!, io.logits_last4!.data));
    });

    testIf(has("config_hub_style.json"), "the config as released checkpoints write it means the same model", () => {
      const released = parseModelConfig(readFileSync(at("config_hub_style.json"), "utf8"), title);
      expect(comparable(released)).toEqual(comparable(config));
    });

    testIf(has("quirks.json"), "the tolerance on logits would notice every listed mistake", () => {
      for (const [quirk, { max_abs_change_of_logits: change }] of Object.entries(json<Record<string, { max_abs_change_of_logits: number }>>("quirks.json"))) expect(change, quirk).toBeGreaterThan(10 * tolerances.logits);
    });
  });
}

const sizes = (tensors: Record<string, GoldenTensor>): [number, number] => tensors.input_ids!.dims.slice(-2) as [number, number];
const batchOf = (examples: readonly Example[], T: number): Batch => makeBatch(examples.map((example) => [example]), { B: examples.length, T });
const rowsFrom = (first: number, count: number): Tensor => ({ dtype: "int64", dims: [count], data: BigInt64Array.from({ length: count }, (_, i) => BigInt(first + i)) });
/** What a config means: the functions of its family are compared by what they gave. */
const comparable = (config: ModelConfig): unknown => JSON.parse(JSON.stringify({ ...config, eosIds: [] }));
