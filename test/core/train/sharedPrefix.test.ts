/** Packed rows, with and without a prefix that they hold once, give the loss and gradients of unpacked rows, for every family in this repository. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { loraTargets } from "../../../src/core/model/adapter/lora";
import { textLimit } from "../../../src/core/model/decoder/rope";
import { loadModel } from "../../../src/core/model/weights/weights";
import { type Runtime } from "../../../src/core/runtime";
import { type Batch, makeBatch, trainedTokens } from "../../../src/core/text/batch";
import { sharedPrefix } from "../../../src/core/text/packing";
import { type Example } from "../../../src/core/text/types";
import { loraTrainable, lossAndGradient } from "../../../src/core/train/graphs";
import { batchInputs, shapeOf, vectorTensor } from "../../../src/core/train/stepper";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";
import { goldenCases } from "../../golden/archSuite";
import { relativeL2 } from "../../parity/golden";

const families = goldenCases(join(__dirname, "..", "..", "golden", "arch"));
let runtime: Runtime;
beforeAll(async () => { runtime = await createOrtRuntime({ threads: 1 }); });

/** A text that begins with `prefix` tokens that all share; its last `answer` tokens are trained. */
const text = (row: number, length: number, prefix: number, answer: number): Example => {
  const ids = Array.from({ length }, (_, t) => (t < prefix ? 2 + ((t * 11) % 50) : 2 + ((t * 7 + row * 13) % 50)));
  return { row, ids, labels: ids.map((id, t) => (t < length - answer ? -100 : id)), truncated: 0, segments: [] };
};
/** Four texts and what they share; short ones for models whose rotary positions change beyond 12 positions. */
const textsUpTo = (limit: number): { prefix: number; texts: Example[] } => {
  const [prefix, lengths] = limit < 20 ? [4, [[12, 5], [8, 2], [11, 4], [7, 1]]] : [9, [[20, 6], [14, 3], [17, 5], [11, 1]]];
  return { prefix, texts: lengths.map(([length, answer], row) => text(row, length!, prefix, answer!)) };
};

async function run(path: string, batches: readonly Batch[]): Promise<{ loss: number; gradient: number[] }> {
  const folder = openFolder(join(path, "base")), { config, weights } = await loadModel(folder), trainable = loraTrainable({ config, weights }, loraTargets(config, { r: 4, lora_alpha: 8, target_modules: "all-linear" }));
  const parameters = vectorTensor(Float32Array.from({ length: trainable.layout.length }, (_, i) => 0.05 * Math.sin(i + 1))), gradient = new Array<number>(trainable.layout.length).fill(0);
  let loss = 0;
  for (const batch of batches) {
    const { loss: nll, gradient: dp } = lossAndGradient(trainable, config, shapeOf(batch)), session = await runtime.createSession(writeOnnx(lower({ nll, dp })), { weightsFolder: folder.path });
    const out = await session.run({ ...batchInputs(batch, config), parameters });
    await session.release();
    loss += (out.nll!.data as Float32Array)[0]!;
    (out.dp!.data as Float32Array).forEach((x, i) => { gradient[i]! += x; });
  }
  return { loss, gradient };
}

describe.each(families.map(({ name, path }) => [name, path]))("%s", (_, path) => {
  test("one row for all texts, with the prefix once and without", async () => {
    const { config } = await loadModel(openFolder(join(path, "base"))), { prefix: shared, texts } = textsUpTo(textLimit(config.layers)), lossTokens = texts.reduce((total, one) => total + trainedTokens(one), 0);
    // Unpacked texts are as long as they are: padded beyond the trained length, some rope kinds would take them for longer ones.
    const unpacked = await run(path, textLimit(config.layers) < 64 ? texts.map((one) => makeBatch([[one]], { T: one.ids.length, lossTokens })) : [makeBatch(texts.map((one) => [one]))]);
    expect(sharedPrefix(texts)).toBe(shared);
    for (const prefix of [0, shared]) {
      const batch = makeBatch([texts.slice(0, 3), texts.slice(3)], { T: 64, prefix });
      expect(batch.tokenCount).toBe(texts.reduce((total, { ids }) => total + ids.length, 0));
      const packed = await run(path, [batch]);
      expect(Math.abs(packed.loss - unpacked.loss), `loss, prefix ${prefix}`).toBeLessThan(1e-5);
      expect(relativeL2(packed.gradient, unpacked.gradient), `gradient, prefix ${prefix}`).toBeLessThan(1e-4);
    }
    // What would be wrong shows, unless no layer sees as far: texts that see each other, or a prefix that is not theirs.
    if (config.layers.every(({ window }) => window !== undefined)) return;
    const [first, ...others] = texts, joined: Example = { ...first!, ids: texts.flatMap(({ ids }) => ids), labels: texts.flatMap(({ labels }) => labels) };
    expect(Math.abs((await run(path, [makeBatch([[joined]], { T: 64 })])).loss - unpacked.loss)).toBeGreaterThan(1e-3);
    expect(Math.abs((await run(path, [makeBatch([[{ ...first!, ids: first!.ids.map((id, t) => (t === 1 ? id + 1 : id)) }, ...others]], { T: 64, prefix: shared })])).loss - unpacked.loss)).toBeGreaterThan(1e-5);
  });
});
