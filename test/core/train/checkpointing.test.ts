/** Gradient checkpointing changes memory and time and not one bit: loss and gradient with and without it, for every family in this repository and every kind of adapter. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { gradients } from "../../../src/core/graph/backward";
import { evaluate } from "../../../src/core/graph/evaluate";
import { add, input, matmul, mul, reachable, sum, tanh } from "../../../src/core/graph/graph";
import { type Value } from "../../../src/core/graph/ops";
import { type LoraSettings } from "../../../src/core/model/adapter/lora";
import { loadModel } from "../../../src/core/model/weights/weights";
import { type Runtime } from "../../../src/core/runtime";
import { openFolder } from "../../../src/node/files";
import { createOrtRuntime } from "../../../src/node/ort";
import { goldenCases } from "../../golden/archSuite";
import { plainLora, sameBits } from "../../golden/sameBits";

const all = goldenCases(join(__dirname, "..", "..", "golden", "arch"));
const open = async (path: string) => { const folder = openFolder(join(path, "base")); return { folder, ...await loadModel(folder) }; };
let runtime: Runtime;
beforeAll(async () => { runtime = await createOrtRuntime({ threads: 1 }); });

test.each(all.map(({ name, path }) => [name, path]))("%s: the same bits", async (_, path) => sameBits(runtime, await open(path), plainLora));

describe("adapters and batches", () => {
  const path = all.find(({ name }) => name === "llama_bias")!.path;
  test.each<[string, LoraSettings, { dropout?: number; packed?: boolean }]>([
    ["packed rows", plainLora, { packed: true }], ["dropout", plainLora, { dropout: 0.2 }], ["DoRA", { ...plainLora, use_dora: true }, {}], ["DoRA with dropout, packed", { ...plainLora, use_dora: true }, { dropout: 0.2, packed: true }],
    ["some layers only", { ...plainLora, target_modules: ["v_proj"] }, {}], ["a saved head and norm, an adapted embedding", { ...plainLora, target_modules: ["embed_tokens", "q_proj"], modules_to_save: ["norm", "lm_head"] }, {}],
  ])("%s: the same bits", async (_, settings, options) => sameBits(runtime, await open(path), settings, options));
});

test("what lies before the last checkpoint is computed again from it, after the adjoint, and nothing else is", () => {
  const x = input("x", [2, 3]), w = input("w", [3, 3]), checkpoints: Value[] = [];
  let h = x;
  for (let layer = 0; layer < 3; layer++) { checkpoints.push(h); h = add(h, tanh(matmul(h, w))); }
  const loss = sum(sum(mul(h, h), 0), 1), [kept] = gradients(loss, [w]), [again] = gradients(loss, [w], { checkpoints });
  const count = (of: Value, op: string): number => reachable([of]).filter((value) => value.op === op).length;
  expect([count(kept!, "tanh"), count(again!, "tanh"), count(again!, "barrier")]).toEqual([3, 5, 2]);
  // Of each copy only what a rule reads is there: the sum that made the next checkpoint is not.
  const feeds = { inputs: { x: [1, -2, 0.5, 0.3, 0.1, -1], w: [0.1, 0.2, -0.3, 0.5, -0.1, 0.2, 0.7, 0.4, 0.6] } };
  expect(evaluate({ dw: again! }, feeds).dw.data).toEqual(evaluate({ dw: kept! }, feeds).dw.data);
});
