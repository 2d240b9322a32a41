/** What a step at the shape of SmolLM2-135M holds at once, told from its graph: nothing is computed, so the base has no numbers. */
import { expect, test } from "vitest";
import { peakBytes } from "../../../src/core/graph/memory";
import { BLOCK, type StoredTensor } from "../../../src/core/graph/ops";
import { loraTargets } from "../../../src/core/model/adapter/lora";
import { parseModelConfig } from "../../../src/core/model/family/config";
import { tensorSpecs } from "../../../src/core/model/family/tensors";
import { loraTrainable, lossAndGradient } from "../../../src/core/train/graphs";
import { runConfigSchema } from "../../../src/core/train/runConfig";

const LAYERS = 6, SHAPE = { B: 4, T: 256, K: 512 }, C = 576, F = 1536, V = 49152;
const config = parseModelConfig(JSON.stringify({ model_type: "llama", vocab_size: V, hidden_size: C, intermediate_size: F, num_hidden_layers: LAYERS, num_attention_heads: 9, num_key_value_heads: 3, max_position_embeddings: 2048, rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: true, hidden_act: "silu" }), "SmolLM2");

/** The linear layers in blocks of 4 bits, the rest in float32. */
const weights = new Map(tensorSpecs(config).map(({ name, dims }): [string, StoredTensor] => {
  const part = (dtype: StoredTensor["dtype"], of: readonly number[]): StoredTensor => ({ name, dtype, dims: of, file: "model.safetensors", offset: 0, bytes: 0 });
  const [N, K] = dims as [number, number], blocks = name.includes("_proj") && { scales: part("float32", [N, K / BLOCK]), zeroPoints: part("uint8", [N, K / BLOCK / 2]) };
  return [name, { ...part(blocks ? "uint8" : "float32", dims), ...(blocks && { blocks }) }];
}));
const peakOf = (recompute: boolean): number => {
  const { loss, gradient } = lossAndGradient(loraTrainable({ weights, config }, loraTargets(config, runConfigSchema.parse({ data: "x", lora: { r: 8 } }).lora), { recompute }), config, SHAPE);
  return peakBytes({ loss, gradient });
};

/** Of a layer: what enters it, and the matrices inside, some of them with their gradients. */
const hidden = 4 * SHAPE.B * SHAPE.T * C, inside = 4 * SHAPE.B * SHAPE.T * (5 * F + 8 * C);

test("with checkpointing: what enters each layer, the inside of one, and the logits of a few rows", () => {
  const found = peakOf(true), adapter = 4 * loraTrainable({ weights, config }, loraTargets(config, runConfigSchema.parse({ data: "x", lora: { r: 8 } }).lora)).layout.length;
  // Twice 32 MB of logits: themselves and their probabilities.
  expect(found).toBeLessThan(LAYERS * hidden + inside + 2 * adapter + 2 * 4 * 2 ** 23);
  // Without it, the inside of every layer is there too.
  expect(peakOf(false)).toBeGreaterThan(found + (LAYERS - 2) * 0.5 * inside);
});
