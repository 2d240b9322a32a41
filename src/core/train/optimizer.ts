/** AdamW (Loshchilov and Hutter 2019, torch.optim.AdamW's formulas) and gradient clipping, as part of the step's graph. */
import { add, constant, div, minimum, mul, reshape, scalar, scale, slice, sqrt, sub, sum } from "../graph/graph";
import { type Value } from "../graph/ops";

export interface AdamWSettings { readonly beta1: number; readonly beta2: number; readonly epsilon: number; readonly weightDecay: number; /** 0: no clipping */ readonly maxGradNorm: number }

/** Flat vectors [P]; scalars []. `corrections` are 1 − β₁ᵗ and √(1 − β₂ᵗ) for update number t ≥ 1. */
export interface OptimizerInputs { readonly parameters: Value; readonly m: Value; readonly v: Value; readonly learningRate: Value; readonly correction1: Value; readonly correction2: Value }
export interface OptimizerOutputs { readonly parameters: Value; readonly m: Value; readonly v: Value; readonly gradNorm: Value }

/** decayed: how many leading entries of the vector weight decay applies to (all of an adapter; the matrices of a model). rates: multipliers of the learning rate, entry by entry. */
export interface Differences { readonly decayed: number; readonly rates?: Float32Array | undefined }

/** One update. */
export function adamW(gradient: Value, inputs: OptimizerInputs, settings: AdamWSettings, { decayed, rates }: Differences): OptimizerOutputs {
  const { beta1, beta2, epsilon, weightDecay, maxGradNorm } = settings;
  const gradNorm = gradientNorm(gradient);
  // torch.nn.utils.clip_grad_norm_: g · min(1, max / (‖g‖ + 1e-6))
  const g = maxGradNorm > 0 ? mul(gradient, minimum(div(scalar(maxGradNorm), add(gradNorm, scalar(1e-6))), scalar(1))) : gradient;
  const m = add(scale(inputs.m, beta1), scale(g, 1 - beta1)); // m ← β₁m + (1−β₁)g
  const v = add(scale(inputs.v, beta2), scale(mul(g, g), 1 - beta2)); // v ← β₂v + (1−β₂)g²
  const rate = rates ? mul(inputs.learningRate, constant(rates, [rates.length])) : inputs.learningRate;
  // p ← p · (1 − lr·λ) − (lr / (1−β₁ᵗ)) · m / (√v / √(1−β₂ᵗ) + ε)
  const kept = weightDecay > 0 ? mul(inputs.parameters, sub(scalar(1), mul(rate, decayFactors(inputs.parameters, weightDecay, decayed)))) : inputs.parameters;
  const update = div(m, add(div(sqrt(v), inputs.correction2), scalar(epsilon)));
  return { parameters: sub(kept, mul(update, div(rate, inputs.correction1))), m, v, gradNorm };
}

/** ‖g‖ of [P], dims []. */
export const gradientNorm = (gradient: Value): Value => reshape(sqrt(sumInRows(mul(gradient, gradient))), []);

/** Σx over [P] → [1], in rows of about √P first: one running 32-bit sum over millions of squares loses the small ones (2e-4 of the norm at 2.4 million). */
function sumInRows(x: Value): Value {
  const P = x.dims[0]!, width = Math.ceil(Math.sqrt(P)), rows = Math.floor(P / width), whole = rows * width;
  const sums = sum(reshape(sum(reshape(slice(x, 0, 0, whole), [rows, width]), 1), [rows]), 0);
  return whole < P ? add(sums, sum(slice(x, 0, whole, P), 0)) : sums;
}

function decayFactors(parameters: Value, weightDecay: number, decayed: number): Value {
  const P = parameters.dims[0]!;
  return decayed === P ? scalar(weightDecay) : constant(new Float32Array(P).fill(weightDecay, 0, decayed), [P]);
}

/** 1 − β₁ᵗ and √(1 − β₂ᵗ) for update t = 1, 2, … */
export const biasCorrections = ({ beta1, beta2 }: Pick<AdamWSettings, "beta1" | "beta2">, t: number): [number, number] => [1 - beta1 ** t, Math.sqrt(1 - beta2 ** t)];
