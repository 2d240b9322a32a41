/** How much a step computes, told from its shape: what times of different shapes are foreseen by. */
import { type ModelConfig } from "../model/family/config";
import { linearSpecs } from "../model/family/tensors";
import { type StepShape } from "./graphs";

/** Measured at 256 to 1,024 positions: what a query costs with each key, in the multiplications of a linear layer. */
const ATTENTION = 4;

/** Multiplications of a step, up to a factor: products with the linear layers at every position, with the output table at the trained ones, and attention. */
export function stepWork(config: ModelConfig): (shape: StepShape) => number {
  const linear = linearSpecs(config).reduce((total, { from, to }) => total + from * to, 0), table = config.vocabularySize * config.hiddenSize;
  return ({ B, T, K }) => B * T * (linear + ATTENTION * config.layers.length * T * config.hiddenSize) + K * table;
}

/** Measured: preparing the graph of a shape, as work of the same unit. It is the number of nodes that counts, not their size. */
export const graphWork = ({ layers }: ModelConfig): number => 1.3e9 * layers.length;
