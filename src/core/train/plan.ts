/** What every step of a run sees: which examples are used, how they become batches epoch by epoch, and how many steps that makes. */
import { UserError } from "../errors";
import { type ModelConfig } from "../model/family/config";
import { textLimit } from "../model/decoder/rope";
import { type Batch, batchesPerEpoch, epochBatches, lengthBucket, type Line, lineLength, lossBucket, makeBatch, trainedTokens } from "../text/batch";
import { sharedPrefix } from "../text/packing";
import { type Example } from "../text/types";
import { chooseFold, type Fold, foldedLength, foldedShape, foldRows } from "./fold";
import { type StepShape } from "./graphs";
import { type RunConfig } from "./runConfig";

/** Tokens at the beginning of all examples that rows of several hold once, and how many tokens fewer an average step computes for that. */
export interface SharedPrefix { readonly tokens: number; readonly savedPerStep: number }

export interface DataPlan {
  /** Those with a trained token. */
  readonly examples: readonly Example[];
  readonly stepsPerEpoch: number;
  /** Of the whole run. */
  readonly steps: number;
  readonly sharedPrefix?: SharedPrefix;
  /** The batches of a step, counted from 0: one, or as many as gradients are accumulated over. The order of the last epoch asked for is remembered. */
  batchesOf(step: number): Batch[];
  /** The sizes of the batches of every step of an epoch, without making them. */
  shapesOf(epoch: number): StepShape[][];
}

/** A shorter prefix is not worth another layout. */
const LEAST_PREFIX = 8;

/** Throws CONFIG_INVALID where packing would change what a text means to this model. */
export function planData(config: RunConfig, model: ModelConfig, given: readonly Example[]): DataPlan {
  const examples = given.filter((example) => trainedTokens(example) > 0), { batch_size: batchSize, seed, train_sampling_strategy: strategy, gradient_accumulation_steps: n } = config;
  if (config.packing) refuseLongTexts(model, examples);
  const packTo = config.packing ? config.max_length : undefined, rows = (prefix: number): number => batchesPerEpoch(examples, { batchSize: 1, strategy, packTo, prefix });
  const common = sharedPrefix(examples), prefix = packTo !== undefined && common >= LEAST_PREFIX && rows(common) < rows(0) ? common : 0;

  const settings = { batchSize, seed, strategy, packTo, prefix }, stepsPerEpoch = Math.ceil(batchesPerEpoch(examples, settings) / n), planned = Math.ceil(config.num_train_epochs * stepsPerEpoch);
  const padded = (lines: readonly Line[]): StepShape => {
    const T = stepLength(config, lines);
    return { B: batchSize, T, K: lossBucket(trainedOf(lines), batchSize * T), packed: config.packing };
  };
  // One row to a line is what is asked for; where several to a line compute less for the same step, they lie so. What dropout drops is drawn for each row.
  const foldPrefix = common >= LEAST_PREFIX && config.lora.lora_dropout === 0 ? common : 0;
  const fold = config.packing ? undefined : chooseFold(epochBatches(examples, settings, 0), { model, batchSize, prefix: foldPrefix, epochs: config.num_train_epochs, padded });
  const shared = fold ? { tokens: fold.prefix, lines: batchesPerEpoch(examples, settings) * fold.lines } : { tokens: prefix, lines: rows(prefix) };
  let order: readonly (readonly Line[])[] = [], orderOf = -1;
  return {
    examples, stepsPerEpoch, steps: config.max_steps > 0 ? Math.min(config.max_steps, planned) : planned,
    ...(shared.tokens > 0 && { sharedPrefix: { tokens: shared.tokens, savedPerStep: Math.round((shared.tokens * (examples.length - shared.lines)) / stepsPerEpoch) } }),
    batchesOf: (step) => {
      const epoch = Math.floor(step / stepsPerEpoch), at = (step % stepsPerEpoch) * n;
      if (epoch !== orderOf) [order, orderOf] = [epochBatches(examples, settings, epoch), epoch];
      return stepBatches(config, order.slice(at, at + n), prefix, fold);
    },
    shapesOf: (epoch) => {
      const batches = epochBatches(examples, settings, epoch).map((lines) => (fold ? foldedShape(foldRows(lines, fold), fold, trainedOf(lines)) : padded(lines)));
      return Array.from({ length: stepsPerEpoch }, (_, step) => batches.slice(step * n, (step + 1) * n));
    },
  };
}

const trainedOf = (lines: readonly Line[]): number => lines.flat().reduce((total, example) => total + trainedTokens(example), 0);

/** Packed rows have one length; others that of the longest, in a bucket. */
const stepLength = (config: RunConfig, lines: readonly Line[]): number => {
  const longest = lengthBucket(config.max_length);
  return config.packing ? longest : Math.min(lengthBucket(Math.max(...lines.map((line) => lineLength(line)))), longest);
};

/** Short last batches keep the common number of rows, and packed ones the common length, so that they need no graphs of their own. */
function stepBatches(config: RunConfig, step: readonly (readonly Line[])[], prefix: number, fold: Fold | undefined): Batch[] {
  const lossTokens = trainedOf(step.flat());
  return step.map((rows) => {
    if (!fold) return makeBatch(rows, { B: config.batch_size, T: stepLength(config, rows), lossTokens, prefix, packed: config.packing });
    const lines = foldRows(rows, fold);
    return { ...makeBatch(lines, { B: fold.lines, T: foldedLength(lines, fold), lossTokens, prefix: fold.prefix, packed: true }), rows: rows.flat().map(({ row }) => row) };
  });
}

/** Rotary positions that change with the length of the text are the same for all texts up to the trained length; a longer one has its own and can share no row. */
function refuseLongTexts(model: ModelConfig, examples: readonly Example[]): void {
  const limit = textLimit(model.layers), long = examples.find(({ ids }) => ids.length > limit);
  if (long) throw new UserError("CONFIG_INVALID", `Row ${long.row + 1} has ${long.ids.length} tokens, and beyond ${limit} the rotary positions of this model depend on the length of the text, so it cannot be packed with others.`, `Set max_length to ${limit}, or packing to false.`);
}
