/** Runs a model's loss and gradient with everything kept, with what is cheap computed again, and with gradient checkpointing, and expects the same bits. */
import { expect } from "vitest";
import { reachable } from "../../src/core/graph/graph";
import { lower } from "../../src/core/graph/lower";
import { writeOnnx } from "../../src/core/graph/onnx";
import { type Base } from "../../src/core/model/base";
import { type LoraSettings, loraTargets } from "../../src/core/model/adapter/lora";
import { type Runtime, type Tensor } from "../../src/core/runtime";
import { makeBatch } from "../../src/core/text/batch";
import { type Example } from "../../src/core/text/types";
import { keepName, loraTrainable, lossAndGradient } from "../../src/core/train/graphs";
import { batchInputs, shapeOf, vectorTensor } from "../../src/core/train/stepper";

export const plainLora: LoraSettings = { r: 4, lora_alpha: 8, target_modules: "all-linear" };
type Model = Pick<Base, "folder" | "config" | "weights">;
/** dropout: share that is dropped; packed: two rows of two texts and one. */
export interface SameBitsOptions { readonly dropout?: number; readonly packed?: boolean }

const row = (length: number, salt: number): Example => {
  const ids = Array.from({ length }, (_, t) => 1 + ((t * 7 + salt * 13) % 60));
  return { row: salt, ids, labels: ids.map((id, t) => (t < 3 ? -100 : id)), truncated: 0, segments: [] };
};

/** Loss and gradient at an adapter that does something, and how many hidden states the graph computes from again (the adjoint of the loss of each row, which waits for that loss, is none). */
async function run(runtime: Runtime, base: Model, settings: LoraSettings, { recompute = false, thrifty = false, dropout = 0, packed = false }: SameBitsOptions & { recompute?: boolean; thrifty?: boolean }): Promise<{ loss: Float32Array; gradient: Float32Array; barriers: number; layers: number }> {
  const { folder, config, weights } = base;
  const trainable = loraTrainable({ config, weights }, loraTargets(config, settings), { dropout, recompute });
  const batch = makeBatch(packed ? [[row(9, 1), row(6, 2)], [row(14, 3)]] : [[row(16, 1)], [row(11, 2)]], { T: 16 });
  const { loss, gradient } = lossAndGradient(trainable, config, shapeOf(batch), { thrifty });
  const keeps = (trainable.dropout?.modules ?? []).map(({ module, from }, i): [string, Tensor] => [keepName(module), { dtype: "bool", dims: [32, from], data: Uint8Array.from({ length: 32 * from }, (_, j) => Number((j * 31 + i * 17) % 5 > 0)) }]);
  const session = await runtime.createSession(writeOnnx(lower({ loss, gradient })), { weightsFolder: folder.path });
  const out = await session.run({ ...batchInputs(batch, config), ...Object.fromEntries(keeps), parameters: vectorTensor(Float32Array.from({ length: trainable.layout.length }, (_, i) => 0.05 * Math.sin(i + 1))) });
  await session.release();
  return { loss: out.loss!.data as Float32Array, gradient: out.gradient!.data as Float32Array, barriers: reachable([gradient]).filter(({ op, dims }) => op === "barrier" && dims.length > 1).length, layers: config.layers.length };
}

/** Every layer but the last is computed again. */
export async function sameBits(runtime: Runtime, base: Model, settings: LoraSettings, options: SameBitsOptions = {}): Promise<void> {
  const kept = await run(runtime, base, settings, options), again = await run(runtime, base, settings, { ...options, recompute: true }), thrifty = await run(runtime, base, settings, { ...options, thrifty: true });
  expect([kept.barriers, again.barriers]).toEqual([0, again.layers - 1]);
  expect(kept.gradient.some((x) => x !== 0)).toBe(true);
  for (const { loss, gradient } of [again, thrifty]) {
    expect(loss).toEqual(kept.loss);
    expect(gradient.findIndex((x, i) => !Object.is(x, kept.gradient[i]))).toBe(-1);
  }
}

