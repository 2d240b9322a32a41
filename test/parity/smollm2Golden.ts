/** What the tests of golden/smollm2 share: the shape of its files, its tolerances, and the adapter that its fine-tune starts from. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import { type Adapter, emptyAdapter } from "../../src/core/model/adapter/adapter";
import { type ModelConfig } from "../../src/core/model/family/config";
import { loraName } from "../../src/core/model/adapter/lora";
import { linearSpecs } from "../../src/core/model/family/tensors";
import { shared } from "../shared";
import { readGolden } from "./golden";

export interface Heldout { mean_nll_tokens: number; tokens: number; examples: { row: number; tokens: number; nll_sum: number; first8: number[] }[] }
export interface Golden { weights_sha256_16: Record<string, string>; init_A_sha256: string; step1_grad_l2: Record<string, number>; steps: { loss: number; grad_norm: number; loss_tokens: number; real_tokens: number }[]; heldout_before: Heldout; heldout_after: Heldout }

/** Largest differences seen: 8e-6 of a loss or held-out mean, 2e-5 of one row's mean, 1.4e-3 of what training moved. The data's own PyTorch may run on another kernel. */
export const LOSS_TOLERANCE = 2e-5, ROW_TOLERANCE = 1e-4, NORM_TOLERANCE = 1e-4, ADAPTER_TOLERANCE = 5e-3;

/** The golden rule: one Numerical Recipes LCG over all A matrices in the order of the modules, B zero. Its hash is the stored one. */
export function initialAdapter(config: ModelConfig, golden: Golden): Adapter {
  const adapter = emptyAdapter(config, { r: 8, lora_alpha: 16, target_modules: "all-linear" }), hash = createHash("sha256");
  let seed = 7;
  for (const { module } of linearSpecs(config)) {
    const { offset, length, dims } = adapter.layout.entries.find(({ name }) => name === loraName(module, "A"))!, root = Math.sqrt(dims[1]!);
    for (let i = 0; i < length; i++) {
      seed = (seed * 1664525 + 1013904223) % 4294967296;
      adapter.parameters[offset + i] = (seed / 4294967296 - 0.5) * 2 / root;
    }
    hash.update(new Uint8Array(adapter.parameters.slice(offset, offset + length).buffer));
  }
  expect(hash.digest("hex")).toBe(golden.init_A_sha256);
  return adapter;
}

/** ‖difference from PyTorch's final adapter‖ / ‖what training moved‖. */
export function distanceFromFinal(start: Adapter, parameters: Float32Array): number {
  const final = readGolden(shared("golden", "smollm2", "final_adapter", "adapter_model.safetensors"));
  let difference = 0, moved = 0;
  for (const { name, offset, length } of start.layout.entries) {
    for (let i = 0; i < length; i++) { difference += (parameters[offset + i]! - final[name]!.data[i]!) ** 2; moved += (final[name]!.data[i]! - start.parameters[offset + i]!) ** 2; }
  }
  return Math.sqrt(difference / moved);
}
