/** The engine against PyTorch + transformers + PEFT on the tiny models of golden/arch, within the tolerances of its README. */
import { expect, describe, test, beforeAll } from "vitest";
import { lower } from "../../src/core/graph/lower";
import { writeOnnx } from "../../src/core/graph/onnx";
import { type Value } from "../../src/core/graph/ops";
import { Generator } from "../../src/core/generate/generate";
import { greedySettings } from "../../src/core/generate/sampler";
import { loadAdapter } from "../../src/core/model/adapter";
import { loadModel } from "../../src/core/model/weights";
import { type ModelConfig, parseModelConfig } from "../../src/core/model/config";
import { loraTargets } from "../../src/core/model/lora";
import { type Runtime, type Tensor } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { frozenParameters, logitsAt, loraTrainable, lossAndGradient, type Trainable } from "../../src/core/train/graphs";
import { batchInputs, SessionCache, shapeOf, Stepper, vectorTensor } from "../../src/core/train/stepper";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { hasShared, shared, sharedJson, sharedText } from "../shared";
import { type GoldenTensor, goldenExamples, maxDifference, readGolden, relativeL2 } from "./golden";

const families = ["llama", "llama3_rope", "smollm2_tied", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi3", "phi4_mini_longrope", "gpt2", "gpt_neox", "smollm3"];
interface Curve { optimizer: { betas: [number, number]; eps: number; weight_decay: number; clip_max_norm: number }; lr: number[]; loss: number[]; grad_norm_before_clipping: number[] }

interface Greedy { prompt: number[]; base: { tokens: number[] }; lora: { tokens: number[] } }

/** The golden adapter as one flat vector in our layout. */
function flatten(trainable: Trainable, tensors: Record<string, GoldenTensor>): Float32Array {
  const vector = new Float32Array(trainable.layout.length);
  for (const { name, offset, dims } of trainable.layout.entries) {
    expect(tensors[name]?.dims, name).toEqual(dims);
    vector.set(tensors[name]!.data, offset);
  }
  return vector;
}

describe.skipIf(!hasShared).each(families)("golden/arch/%s", (family) => {
  const at = (...parts: string[]): string => shared("golden", "arch", family, ...parts);
  let runtime: Runtime, config: ModelConfig, trainable: Trainable, base: ReturnType<typeof frozenParameters>;
  const io = hasShared ? readGolden(at("io.safetensors")) : {};
  const folder = openFolder(at("base"));

  beforeAll(async () => {
    runtime = await createOrtRuntime({ threads: 1 });
    const model = await loadModel(folder);
    config = model.config;
    base = frozenParameters(model.weights);
    trainable = loraTrainable(model, loraTargets(config, { r: 4, lora_alpha: 8, target_modules: "all-linear" }));
  });

  const run = async (outputs: Record<string, Value>, inputs: Record<string, Tensor>): Promise<Record<string, Float32Array>> => {
    const session = await runtime.createSession(writeOnnx(lower(outputs)), { weightsFolder: folder.path });
    const results = await session.run(inputs);
    await session.release();
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array]));
  };

  test("logits of the base", async () => {
    const examples = goldenExamples(io), { tokens } = batchInputs(makeBatch(examples, 2, 32));
    const lossRows: Tensor = { dtype: "int64", dims: [64], data: BigInt64Array.from({ length: 64 }, (_, i) => BigInt(i)) };
    const { logits } = await run({ logits: logitsAt(base, config, { B: 2, T: 32, K: 64 }) }, { tokens, lossRows });
    const V = config.vocabularySize;
    examples.forEach(({ ids }, row) => {
      const from = row * 32 * V, to = from + ids.length * V;
      expect(maxDifference(logits!.subarray(from, to), io.logits!.data.slice(from, to))).toBeLessThan(1e-4);
    });
  });

  test("loss and gradient of every LoRA matrix", async () => {
    const batch = makeBatch(goldenExamples(io), 2, 32), { loss, gradient } = lossAndGradient(trainable, config, shapeOf(batch));
    const results = await run({ loss, gradient }, { ...batchInputs(batch), parameters: vectorTensor(flatten(trainable, readGolden(at("adapter_init", "adapter_model.safetensors")))) });
    expect(Math.abs(results.loss![0]! - io.loss_lora!.data[0]!)).toBeLessThan(1e-5);
    const expected = readGolden(at("grads.safetensors"));
    expect(Object.keys(expected)).toHaveLength(trainable.layout.entries.length);
    for (const { name, offset, length } of trainable.layout.entries) expect(relativeL2(results.gradient!.subarray(offset, offset + length), expected[name]!.data), name).toBeLessThan(1e-4);
  });

  test("the 10-step curve and the final adapter", async () => {
    const curve = sharedJson<Curve>("golden", "arch", family, "curve.json"), { optimizer } = curve;
    const sessions = new SessionCache(runtime, folder.path);
    const stepper = new Stepper(sessions, trainable, config, { beta1: optimizer.betas[0], beta2: optimizer.betas[1], epsilon: optimizer.eps, weightDecay: optimizer.weight_decay, maxGradNorm: optimizer.clip_max_norm });
    const batches = readGolden(at("batches.safetensors"));
    const P = trainable.layout.length;
    let state = { parameters: flatten(trainable, readGolden(at("adapter_init", "adapter_model.safetensors"))), m: new Float32Array(P), v: new Float32Array(P), updates: 0 };
    for (const [step, lr] of curve.lr.entries()) {
      const result = await stepper.step(state, makeBatch(goldenExamples(batches, step), 2, 32), lr);
      expect(Math.abs(result.loss - curve.loss[step]!), `loss of step ${step}`).toBeLessThan(2e-5);
      expect(Math.abs(result.gradNorm / curve.grad_norm_before_clipping[step]! - 1), `gradient norm of step ${step}`).toBeLessThan(2e-5);
      state = result.state as typeof state;
    }
    expect(relativeL2(state.parameters, flatten(trainable, readGolden(at("adapter_final", "adapter_model.safetensors"))))).toBeLessThan(3e-6);
    await sessions.close();
  });

  test("24 greedy tokens over the cache, base and adapter in one batch", async () => {
    const greedy = sharedJson<Greedy>("golden", "arch", family, "greedy.json"), { weights } = await loadModel(folder);
    const adapter = await loadAdapter(openFolder(at("adapter_init")), { config, name: family });
    const generator = new Generator(runtime, { folder, config, weights, eosIds: [], tokenizer: { decode: (ids) => ids.join(" ") } });
    const answers = new Map<string, number[]>();
    const candidates = [{ name: "base" }, { name: "lora", adapter }];
    for await (const event of generator.generate({ prompts: [greedy.prompt], candidates, settings: { ...greedySettings, max_new_tokens: 24 } })) {
      if (event.kind === "end") answers.set(candidates[event.candidate]!.name, event.ids);
    }
    await generator.close();
    expect(answers.get("base")).toEqual(greedy.base.tokens);
    expect(answers.get("lora")).toEqual(greedy.lora.tokens);
  });

  test("the config as released checkpoints write it means the same model", async () => {
    const released = parseModelConfig(sharedText("golden", "arch", family, "config_hub_style.json"), family);
    expect({ ...released, eosIds: [] }).toEqual({ ...config, eosIds: [], architecture: released.architecture });
  });
});

describe.skipIf(!hasShared)("golden/arch, the odd ones", () => {
  test("GPT-2 under the names of its first release", async () => {
    const [old, current] = await Promise.all(["hub_names", "base"].map((part) => loadModel(openFolder(shared("golden", "arch", "gpt2", part)))));
    expect([...old!.weights.keys()].sort()).toEqual([...current!.weights.keys()].sort());
    expect(old!.config).toEqual({ ...current!.config, eosIds: old!.config.eosIds, architecture: old!.config.architecture });
  });

  test("longrope beyond the trained length uses the long factors everywhere", async () => {
    const folder = openFolder(shared("golden", "arch", "phi4_mini_longrope", "base")), { config, weights } = await loadModel(folder), runtime = await createOrtRuntime({ threads: 1 });
    const io = readGolden(shared("golden", "arch", "phi4_mini_longrope", "io_long.safetensors")), T = 300;
    const session = await runtime.createSession(writeOnnx(lower({ logits: logitsAt(frozenParameters(weights), config, { B: 1, T, K: 4 }) })), { weightsFolder: folder.path });
    const { logits } = await session.run({ tokens: { dtype: "int64", dims: [1, T], data: BigInt64Array.from(io.input_ids!.data, BigInt) }, lossRows: { dtype: "int64", dims: [4], data: BigInt64Array.from([296n, 297n, 298n, 299n]) } });
    expect(maxDifference(logits!.data as Float32Array, io.logits_last4!.data)).toBeLessThan(1e-4);
  });
});
