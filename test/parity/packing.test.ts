/** Packed rows give the loss of the unpacked ones (golden/packing), and gradients too; what a mistake would give is told apart. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { lower } from "../../src/core/graph/lower";
import { writeOnnx } from "../../src/core/graph/onnx";
import { prepareSession } from "../../src/core/graph/session";
import { loraTargets } from "../../src/core/model/adapter/lora";
import { loadModel } from "../../src/core/model/weights/weights";
import { type Runtime } from "../../src/core/runtime";
import { type Batch, batchesPerEpoch, makeBatch } from "../../src/core/text/batch";
import { sharedPrefix } from "../../src/core/text/packing";
import { type Example } from "../../src/core/text/types";
import { loraTrainable, lossAndGradient } from "../../src/core/train/graphs";
import { planData } from "../../src/core/train/plan";
import { runConfigSchema } from "../../src/core/train/runConfig";
import { batchInputs, shapeOf, vectorTensor } from "../../src/core/train/stepper";
import { openFolder } from "../../src/node/files";
import { createOrtRuntime } from "../../src/node/ort";
import { openBase } from "../../src/project/base";
import { smollm2 } from "../models";
import { openTestRuntime } from "../testRuntime";
import { hasShared, shared, sharedJson, sharedText } from "../shared";
import { goldenExamples, readGolden, relativeL2 } from "./golden";

const kinds = ["completion_only", "everything", "last_assistant_only"] as const;
interface Row { input_ids: number[]; labels: Record<(typeof kinds)[number], number[]> }
interface Packing { documents_in_pack: number[][]; losses: Record<string, Record<string, unknown>> }

describe.skipIf(!hasShared)("golden/packing", () => {
  const folder = openFolder(shared("golden", "arch", "llama", "base"));
  let runtime: Runtime, model: Awaited<ReturnType<typeof loadModel>>;
  beforeAll(async () => { runtime = await openTestRuntime(); model = await loadModel(folder); });

  /** The tiny model has 512 entries: ids and labels are taken modulo 512, as the golden losses were. */
  const documents = (kind: (typeof kinds)[number]): Example[] => sharedText("golden", "packing", "conversations.jsonl").trim().split("\n").map((line, row) => {
    const { input_ids, labels } = JSON.parse(line) as Row;
    return { row, ids: input_ids.map((id) => id % 512), labels: labels[kind].map((label) => (label === -100 ? -100 : label % 512)), truncated: 0, segments: [] };
  });
  const run = async (batch: Batch): Promise<{ loss: number; gradient: Float32Array }> => {
    const trainable = loraTrainable(model, loraTargets(model.config, { r: 2, lora_alpha: 4, target_modules: "all-linear" }));
    const session = await prepareSession(runtime, (({ loss, gradient }) => ({ loss, gradient }))(lossAndGradient(trainable, model.config, shapeOf(batch))), { weightsFolder: folder.path });
    const parameters = Float32Array.from({ length: trainable.layout.length }, (_, i) => 0.02 * Math.sin(i)), zero = new Float32Array(parameters.length);
    const [atBase, moved] = [await session.run({ ...batchInputs(batch, model.config), parameters: vectorTensor(zero) }), await session.run({ ...batchInputs(batch, model.config), parameters: vectorTensor(parameters) })];
    await session.release();
    return { loss: (atBase.loss!.data as Float32Array)[0]!, gradient: moved.gradient!.data as Float32Array };
  };

  test.each(kinds)("%s", async (kind) => {
    const { documents_in_pack: packs, losses } = sharedJson<Packing>("golden", "packing", "packing.json"), own = losses[kind]!, all = documents(kind);
    const packed = await run(makeBatch(packs.map((pack) => pack.map((i) => all[i]!)), { T: 128 })), unpacked = await run(makeBatch(all.map((document) => [document]), { T: 128 }));
    expect(Math.abs(packed.loss - (own.unpacked_token_weighted_mean as number))).toBeLessThan(1e-5);
    expect(Math.abs(unpacked.loss - (own.unpacked_token_weighted_mean as number))).toBeLessThan(1e-5);
    expect(relativeL2(packed.gradient, unpacked.gradient)).toBeLessThan(1e-5);
    const wrong = Object.entries(own).filter(([name]) => name.startsWith("WRONG"));
    expect(wrong.length).toBeGreaterThan(0);
    for (const [name, loss] of wrong) expect(Math.abs(packed.loss - (loss as number)), name).toBeGreaterThan(1e-3);
  });

  test("the positions of an epoch over golden/smollm2's 256 rows, which share a system prompt: padded, packed, packed with the prompt once", () => {
    const examples = smollm2Rows(), config = (packing: boolean) => runConfigSchema.parse({ data: "x", max_length: 256, batch_size: 4, num_train_epochs: 1, packing }), padded = planData(config(false), model.config, examples), packed = planData(config(true), model.config, examples);
    const positions = ({ steps, batchesOf }: typeof padded): number => Array.from({ length: steps }, (_, step) => batchesOf(step)).flat().reduce((total, { B, T }) => total + B * T, 0);
    expect(packed.sharedPrefix).toEqual({ tokens: 24, savedPerStep: 62 });
    expect([positions(padded), batchesPerEpoch(examples, { batchSize: 4, packTo: 256 }) * 4 * 256, positions(packed)]).toEqual([46_976, 43_008, 39_936]);
  });
});

/** The 256 training rows of golden/smollm2. */
function smollm2Rows(): Example[] {
  const all = readGolden(shared("golden", "smollm2", "batches.safetensors")), names = ["input_ids", "labels", "attention_mask"];
  return Array.from({ length: 32 }, (_, step) => goldenExamples(Object.fromEntries(names.map((name) => [name, all[`b${String(step).padStart(2, "0")}.${name}`]!])))).flat();
}

const real = hasShared ? smollm2() : { path: undefined };
test.skipIf(real.path === undefined)("SmolLM2: a packed row that holds the system prompt once gives the loss and the gradient of padded rows", async () => {
  process.env.TUNESMITH_CACHE ??= join(real.path!, "..", "..", "converted");
  const base = await openBase(real.path!), runtime = await createOrtRuntime(), rows = smollm2Rows().filter(({ ids }) => ids.length < 110).slice(0, 4), trainable = loraTrainable(base, loraTargets(base.config, { r: 4, lora_alpha: 8, target_modules: "all-linear" }));
  const prefix = sharedPrefix(rows), parameters = vectorTensor(Float32Array.from({ length: trainable.layout.length }, (_, i) => 0.01 * Math.sin(i)));
  expect(prefix).toBeGreaterThanOrEqual(24);
  const run = async (batch: Batch): Promise<{ loss: number; gradient: Float32Array }> => {
    const { loss, gradient } = lossAndGradient(trainable, base.config, shapeOf(batch)), session = await runtime.createSession(writeOnnx(lower({ loss, gradient })), { weightsFolder: base.folder.path });
    const out = await session.run({ ...batchInputs(batch, base.config), parameters });
    await session.release();
    return { loss: (out.loss!.data as Float32Array)[0]!, gradient: out.gradient!.data as Float32Array };
  };
  const padded = await run(makeBatch(rows.map((row) => [row]))), packed = await run(makeBatch([rows], { prefix }));
  console.log(`SmolLM2, ${rows.length} rows that share ${prefix} tokens in one: loss ${packed.loss.toFixed(6)} (${(packed.loss - padded.loss).toExponential(1)}), gradient off by ${relativeL2(packed.gradient, padded.gradient).toExponential(1)}`);
  expect(Math.abs(packed.loss - padded.loss)).toBeLessThan(2e-5);
  expect(relativeL2(packed.gradient, padded.gradient)).toBeLessThan(1e-4);
}, 300_000);
