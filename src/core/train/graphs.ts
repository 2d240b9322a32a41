/** The graphs of training: the loss of a batch, its gradient, and the whole step (forward, loss, backward, update) as one graph. */
import { gradients } from "../graph/backward";
import { add, concat, crossEntropy, dropout, input, integers, mul, reshape, slice, sum, weight } from "../graph/graph";
import { product, type StoredTensor, type Value } from "../graph/ops";
import { adaptedParameters, type InputDropout, plainParameters } from "../model/adapter/adapterGraph";
import { type Base } from "../model/base";
import { type ModelConfig } from "../model/family/config";
import { attendCausally, chosenRows, decoder, headOf, windowKinds, windowMasks } from "../model/decoder/decoder";
import { type Parameters } from "../model/decoder/layers";
import { textLimit } from "../model/decoder/rope";
import { type Layout, loraLayout, piecesOf, type Target } from "../model/adapter/lora";
import { adamW, type AdamWSettings } from "./optimizer";

/** The fixed sizes of a graph: B rows of T positions, K of them trained; packed: several documents in a row, whose positions and masks are fed; none is longer than `textLimit`. */
export interface StepShape { readonly B: number; readonly T: number; readonly K: number; readonly packed?: boolean }

/** What is trained: how its flat vector is laid out, and the model that reads from its pieces. */
export interface Trainable {
  readonly layout: Layout;
  /** How many leading entries of the vector weight decay applies to. */
  readonly decayed: number;
  /** A multiplier of the learning rate for a piece, where not all are 1 (LoRA+). */
  rate?(name: string): number;
  /** Share of the adapters' inputs that is dropped in training, and the modules that it applies to with their width. */
  readonly dropout?: { readonly rate: number; readonly modules: readonly { readonly module: string; readonly from: number }[] };
  /** Gradient checkpointing: keep what enters each layer and compute its inside again in the backward pass. */
  readonly recompute?: boolean;
  /** `drop` is left out where nothing is to be dropped: in evaluation. */
  bind(pieces: ReadonlyMap<string, Value>, drop?: InputDropout): Parameters;
}

/** Frozen tensors of a base; each becomes one value however often it is read. */
export function frozenTensors(weights: ReadonlyMap<string, StoredTensor>): (name: string) => Value {
  const values = new Map<string, Value>();
  return (name) => {
    const known = values.get(name) ?? weight(weights.get(name)!);
    values.set(name, known);
    return known;
  };
}

/** The base alone. */
export const frozenParameters = (weights: ReadonlyMap<string, StoredTensor>): Parameters => plainParameters(frozenTensors(weights));

/** An adapter on a frozen base. LoRA+ (Hayou et al. 2024) learns B `ratioB` times faster than A. */
export const loraTrainable = (base: Pick<Base, "weights" | "config">, targets: readonly Target[], { ratioB = 1, dropout = 0, recompute = false } = {}): Trainable => {
  const layout = loraLayout(targets), modules = targets.flatMap((target) => (target.kind === "linear" ? [target] : []));
  return { recompute, ...(dropout > 0 && { dropout: { rate: dropout, modules } }), layout, decayed: layout.length, ...(ratioB !== 1 && { rate: (name: string) => (/\.lora_(embedding_)?B\b/.test(name) ? ratioB : 1) }), bind: (pieces, drop) => adaptedParameters(frozenTensors(base.weights), base.config, targets, pieces, drop) };
};

/** Every tensor of the model is trained; the matrices, which decay, lie first in the layout. */
export const fullTrainable = (layout: Layout): Trainable => ({
  layout, decayed: layout.entries.filter(({ dims }) => dims.length > 1).reduce((total, { length }) => total + length, 0),
  bind: (pieces) => plainParameters((name) => pieces.get(name)!),
});

/** Name of the fed mask [B, 1, T, T] of packed rows for layers with this window. */
export const packedMaskName = (window: number | undefined): string => (window === undefined ? "mask" : `mask.${window}`);

/** Inputs tokens [B, T], lossRows [K]; packed: positions [B, T] and masks. Output: logits [K, V]. */
export const logitsAt = (parameters: Parameters, config: ModelConfig, shape: StepShape): Value => headOf(parameters, config, chosenAt(parameters, config, shape));

/** Inputs as above. Output: normed hidden states of the chosen rows [K, C]. `onLayer` sees the hidden states that enter each layer. */
function chosenAt(parameters: Parameters, config: ModelConfig, { B, T, K, packed = false }: StepShape, onLayer?: (input: Value) => void): Value {
  const positions = packed ? input("positions", [B, T], "int64") : integers(Array.from({ length: B * T }, (_, i) => i % T), [B, T]);
  const masks = new Map(packed ? windowKinds(config).map((window) => [window, input(packedMaskName(window), [B, 1, T, T])]) : []);
  const attend = attendCausally(config, packed ? (window) => masks.get(window)! : windowMasks(T));
  const hidden = decoder(parameters, config, input("tokens", [B, T], "int64"), positions, attend, { positions: T, length: packed ? Math.min(T, textLimit(config.layers)) : T }, onLayer);
  return chosenRows(parameters, config, hidden, input("lossRows", [K], "int64"));
}

/** Inputs as above and lossTargets [K]. Output: negative log-likelihood [K], nats. */
export function nllAt(parameters: Parameters, config: ModelConfig, shape: StepShape, onLayer?: (input: Value) => void): Value {
  const { K } = shape, chosen = chosenAt(parameters, config, shape, onLayer), targets = input("lossTargets", [K], "int64");
  // Probabilities of a whole vocabulary are the widest rows of a step: so many at a time that they stay small, and enough that reading the head's weights for them does not count.
  const parts = Math.ceil((K * config.vocabularySize) / MOST_LOGITS), size = Math.ceil(K / parts);
  return concat(Array.from({ length: Math.ceil(K / size) }, (_, i) => {
    const from = i * size, to = Math.min(K, from + size), cut = (x: Value): Value => (to - from === K ? x : slice(x, 0, from, to));
    return crossEntropy(headOf(parameters, config, cut(chosen)), cut(targets));
  }), 0);
}
/** 32 MB of them. */
const MOST_LOGITS = 2 ** 23;

/** Σ lossWeights · nll, dims []. With weights 1/n: the mean over trained tokens. */
const weightedLoss = (nll: Value): Value => reshape(sum(mul(nll, input("lossWeights", nll.dims)), 0), []);

/** Name of the fed mask bool [N, in] that says what an adapter's input keeps. */
export const keepName = (module: string): string => `keep.${module}`;

/** Inverted dropout, as PyTorch's: what is kept is scaled up, so that evaluation needs no change. */
function fedDropout({ dropout: settings }: Trainable): InputDropout | undefined {
  return settings && ((module, x) => dropout(x, input(keepName(module), x.dims, "bool"), 1 / (1 - settings.rate)));
}

/** Loss and the gradient [P] of the flat parameter vector. thrifty: what is cheap is computed again instead of being kept. */
export function lossAndGradient(trainable: Trainable, config: ModelConfig, shape: StepShape, { thrifty = true } = {}): { loss: Value; gradient: Value; parameters: Value } {
  const parameters = input("parameters", [trainable.layout.length]), pieces = piecesOf(trainable.layout, parameters);
  const checkpoints: Value[] = [];
  const loss = weightedLoss(nllAt(trainable.bind(pieces, fedDropout(trainable)), config, shape, (layerInput) => { checkpoints.push(layerInput); }));
  const parts = gradients(loss, [...pieces.values()], trainable.recompute ? { checkpoints } : { thrifty });
  return { loss, gradient: concat(parts.map((part) => reshape(part, [product(part.dims)])), 0), parameters };
}

function ratesOf({ layout, rate }: Trainable): Float32Array | undefined {
  if (!rate) return undefined;
  const rates = new Float32Array(layout.length);
  for (const { name, offset, length } of layout.entries) rates.fill(rate(name), offset, offset + length);
  return rates;
}

/** The first or only batch of a step on a device. Inputs besides the batch: parameters [P]. Outputs: loss [], nextGradient [P]. */
export function firstGradientGraph(trainable: Trainable, config: ModelConfig, shape: StepShape): Record<"loss" | "nextGradient", Value> {
  const { loss, gradient } = lossAndGradient(trainable, config, shape);
  return { loss, nextGradient: gradient };
}

/** One of several batches of a step. Inputs besides the batch: parameters and the sum so far, gradient [P]. Outputs: loss [], nextGradient [P]. */
export function accumulateGraph(trainable: Trainable, config: ModelConfig, shape: StepShape): Record<"loss" | "nextGradient", Value> {
  const { loss, gradient } = lossAndGradient(trainable, config, shape);
  return { loss, nextGradient: add(input("gradient", [trainable.layout.length]), gradient) };
}

/** The update by a gradient that is there. Inputs: gradient and those of the step. Outputs as the step's, without a loss. */
export function updateGraph(trainable: Trainable, optimizer: AdamWSettings): Record<"gradNorm" | "nextParameters" | "nextM" | "nextV", Value> {
  const P = trainable.layout.length;
  return update(trainable, input("gradient", [P]), input("parameters", [P]), optimizer);
}

/** The whole step. Inputs besides the batch: parameters, m, v [P], learningRate, correction1, correction2 []. Outputs: loss, gradNorm [], nextParameters, nextM, nextV [P]. */
export function stepGraph(trainable: Trainable, config: ModelConfig, shape: StepShape, optimizer: AdamWSettings): Record<"loss" | "gradNorm" | "nextParameters" | "nextM" | "nextV", Value> {
  const { loss, gradient, parameters } = lossAndGradient(trainable, config, shape);
  return { loss, ...update(trainable, gradient, parameters, optimizer) };
}

function update(trainable: Trainable, gradient: Value, parameters: Value, optimizer: AdamWSettings): Record<"gradNorm" | "nextParameters" | "nextM" | "nextV", Value> {
  const P = trainable.layout.length;
  const next = adamW(gradient, {
    parameters, m: input("m", [P]), v: input("v", [P]),
    learningRate: input("learningRate", []), correction1: input("correction1", []), correction2: input("correction2", []),
  }, optimizer, { decayed: trainable.decayed, rates: ratesOf(trainable) });
  return { gradNorm: next.gradNorm, nextParameters: next.parameters, nextM: next.m, nextV: next.v };
}
