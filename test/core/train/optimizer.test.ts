/** AdamW, clipping and schedules against the formulas written out in plain TypeScript. */
import { expect, test } from "vitest";
import { evaluate } from "../../../src/core/graph/evaluate";
import { input } from "../../../src/core/graph/graph";
import { lower } from "../../../src/core/graph/lower";
import { writeOnnx } from "../../../src/core/graph/onnx";
import { type Value } from "../../../src/core/graph/ops";
import { normal, seededRandom } from "../../../src/core/random";
import { adamW, type AdamWSettings, biasCorrections } from "../../../src/core/train/optimizer";
import { learningRate } from "../../../src/core/train/schedule";
import { createOrtRuntime } from "../../../src/node/ort";

const settings: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, maxGradNorm: 1 };

test("three updates, clipped, decayed and hastened where it applies", () => {
  let [p, m, v] = [[1, -2, 3], [0, 0, 0], [0, 0, 0]] as [number[], number[], number[]];
  const expected = { p: [...p], m: [...m], v: [...v] };
  for (let t = 1; t <= 3; t++) {
    const g = [0.3 * t, -2, 1.5], lr = 0.1 / t, norm = Math.hypot(...g), clip = Math.min(1, 1 / (norm + 1e-6));
    const next = adamW(input("g", [3]), { parameters: input("p", [3]), m: input("m", [3]), v: input("v", [3]), learningRate: input("lr", []), correction1: input("c1", []), correction2: input("c2", []) }, settings, { decayed: 2, rates: Float32Array.of(1, 1, 2) });
    const [c1, c2] = biasCorrections(settings, t);
    const out = evaluate({ p: next.parameters, m: next.m, v: next.v, norm: next.gradNorm }, { inputs: { g, p, m, v, lr: [lr], c1: [c1], c2: [c2] } });
    expect(out.norm.data[0]).toBeCloseTo(norm, 10);
    for (let i = 0; i < 3; i++) {
      expected.m[i] = 0.9 * expected.m[i]! + 0.1 * g[i]! * clip;
      expected.v[i] = 0.999 * expected.v[i]! + 0.001 * (g[i]! * clip) ** 2;
      const decay = i < 2 ? lr * 0.1 : 0;
      expected.p[i] = expected.p[i]! * (1 - decay) - (lr * (i === 2 ? 2 : 1) * (expected.m[i]! / (1 - 0.9 ** t))) / (Math.sqrt(expected.v[i]! / (1 - 0.999 ** t)) + 1e-8);
      expect(out.p.data[i]).toBeCloseTo(expected.p[i]!, 6);
    }
    [p, m, v] = [[...out.p.data], [...out.m.data], [...out.v.data]];
  }
});

test("the norm of millions of small gradients is not lost in 32 bits", async () => {
  const P = 3_000_001, one = (name: string): Value => input(name, []), vector = (name: string): Value => input(name, [P]);
  const { gradNorm } = adamW(vector("g"), { parameters: vector("p"), m: vector("m"), v: vector("v"), learningRate: one("lr"), correction1: one("c1"), correction2: one("c2") }, { ...settings, maxGradNorm: 0 }, { decayed: P });
  const session = await (await createOrtRuntime({ threads: 1 })).createSession(writeOnnx(lower({ gradNorm }))), random = seededRandom("gradients"), g = Float32Array.from({ length: P }, () => 1e-4 * normal(random));
  const norm = (await session.run({ g: { dtype: "float32", dims: [P], data: g } })).gradNorm!.data[0] as number;
  await session.release();
  expect(Math.abs(norm / Math.sqrt(g.reduce((total, x) => total + x * x, 0)) - 1)).toBeLessThan(2e-6);
});

test("schedules rise from 0, peak, and fall as Hugging Face's do", () => {
  const rates = (kind: "constant" | "linear" | "cosine"): number[] => Array.from({ length: 10 }, (_, step) => learningRate({ lr_scheduler_type: kind, learning_rate: 1, warmup_steps: 2 }, step, 10));
  expect(rates("linear")).toEqual([0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]);
  expect(rates("constant").slice(2)).toEqual(Array(8).fill(1));
  rates("cosine").slice(2).forEach((rate, i) => expect(rate).toBeCloseTo(0.5 * (1 + Math.cos((Math.PI * i) / 8)), 12));
});
