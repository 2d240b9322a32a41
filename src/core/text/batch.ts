/** Examples to batches: padded typed arrays of a few fixed shapes, in a seeded order. */
import { shuffled } from "../random";
import { type Example, IGNORE_LABEL } from "./types";

/** What one step sees. K trained positions, padded with weight 0. */
export interface Batch {
  readonly B: number;
  readonly T: number;
  /** [B, T], right-padded with 0. Padding needs no mask: attention is causal and padding is never trained on. */
  readonly tokens: BigInt64Array;
  /** [K] row of [B·T] whose logits predict the target. */
  readonly lossRows: BigInt64Array;
  /** [K] the token that follows. */
  readonly lossTargets: BigInt64Array;
  /** [K] 1 / trained tokens of the batch, 0 on padding: the loss is their weighted sum, so a mean over trained tokens. */
  readonly lossWeights: Float32Array;
  /** Trained tokens. */
  readonly trained: number;
  /** Tokens without padding. */
  readonly tokenCount: number;
  /** Dataset lines, from 0. */
  readonly rows: readonly number[];
}

/** Fewer shapes mean fewer graphs to prepare; more shapes mean less padding. */
export const lengthBucket = (length: number): number => {
  const unit = length <= 64 ? 8 : length <= 256 ? 32 : 128;
  return Math.ceil(length / unit) * unit;
};

/** Trained positions round up to a quarter of the batch's positions (and at least 8), for the same reason. */
function lossBucket(trained: number, positions: number): number {
  const quarter = Math.max(8, Math.ceil(positions / 4));
  return Math.ceil(Math.max(trained, 1) / quarter) * quarter;
}

/** Pads examples into one batch of B rows (examples.length ≤ B; missing rows are empty). */
export function makeBatch(examples: readonly Example[], B = examples.length, T = lengthBucket(Math.max(...examples.map(({ ids }) => ids.length)))): Batch {
  const tokens = new BigInt64Array(B * T);
  const trained: { row: number; target: number }[] = [];
  examples.forEach(({ ids, labels }, b) => ids.forEach((id, t) => {
    tokens[b * T + t] = BigInt(id);
    // Position t − 1 predicts label t.
    if (t > 0 && labels[t] !== IGNORE_LABEL) trained.push({ row: b * T + t - 1, target: labels[t]! });
  }));
  const K = lossBucket(trained.length, B * T);
  const fill = (of: (item: { row: number; target: number }) => number): BigInt64Array => BigInt64Array.from({ length: K }, (_, i) => BigInt(trained[i] ? of(trained[i]) : 0));
  return {
    B, T, tokens, lossRows: fill(({ row }) => row), lossTargets: fill(({ target }) => target),
    lossWeights: Float32Array.from({ length: K }, (_, i) => (i < trained.length ? 1 / trained.length : 0)),
    trained: trained.length, tokenCount: examples.reduce((total, { ids }) => total + ids.length, 0), rows: examples.map(({ row }) => row),
  };
}

/** How many tokens of an example the loss sees. A first token has nothing before it and is never predicted. */
export const trainedTokens = ({ labels }: Example): number => labels.reduce((total, label, t) => total + (t > 0 && label !== IGNORE_LABEL ? 1 : 0), 0);

/** The batches of one epoch: seeded shuffle, then neighbours in length together inside windows of several batches, so that padding is small and the order stays random. */
export function epochBatches(examples: readonly Example[], batchSize: number, seed: number, epoch: number): Example[][] {
  const order = shuffled(examples, `${seed}/epoch/${epoch}`);
  const window = batchSize * 8;
  const batches: Example[][] = [];
  for (let at = 0; at < order.length; at += window) {
    const near = order.slice(at, at + window).sort((a, b) => a.ids.length - b.ids.length);
    for (let i = 0; i < near.length; i += batchSize) batches.push(near.slice(i, i + batchSize));
  }
  return shuffled(batches, `${seed}/batches/${epoch}`);
}
