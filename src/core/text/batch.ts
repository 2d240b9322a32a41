/** Examples to batches: padded typed arrays of a few fixed shapes, in a seeded order. */
import { shuffled } from "../random";
import { pack, packedRows, packInOrder } from "./packing";
import { type Example, IGNORE_LABEL } from "./types";

/** What one step sees. K trained positions, padded with weight 0. */
export interface Batch {
  readonly B: number;
  readonly T: number;
  /** [B, T], right-padded with 0. Without packing, padding needs no mask: attention is causal and padding is never trained on. */
  readonly tokens: BigInt64Array;
  /** [K] row of [B·T] whose logits predict the target. */
  readonly lossRows: BigInt64Array;
  /** [K] the token that follows. */
  readonly lossTargets: BigInt64Array;
  /** [K] 1 / trained tokens of the batch, 0 on padding: the loss is their weighted sum, so a mean over trained tokens. */
  readonly lossWeights: Float32Array;
  /** Trained tokens. */
  readonly trained: number;
  /** Tokens of its examples, with a beginning that lines hold once counted for each. */
  readonly tokenCount: number;
  /** Dataset lines, from 0. */
  readonly rows: readonly number[];
  /** Where rows hold several documents: [B, T] position inside its document (from 0), and number of the document in its row, PREFIX on the tokens at its beginning that all its documents share, PADDING behind them. */
  readonly packing?: { readonly positions: BigInt64Array; readonly documents: Int32Array };
}

const PADDING = -1, PREFIX = -2;

/** Fewer shapes mean fewer graphs to prepare; more shapes mean less padding. */
export const lengthBucket = (length: number): number => {
  const unit = length <= 64 ? 8 : length <= 256 ? 32 : 128;
  return Math.ceil(length / unit) * unit;
};

/** Trained positions round up to a quarter of the batch's positions (and at least 8), for the same reason. */
export function lossBucket(trained: number, positions: number): number {
  const quarter = Math.max(8, Math.ceil(positions / 4));
  return Math.ceil(Math.max(trained, 1) / quarter) * quarter;
}

/** What lies in one row of a batch: one example, or several packed one after the other. */
export type Line = readonly Example[];

/** Tokens of a row that holds the first `prefix` of them once. */
export const lineLength = (line: Line, prefix = 0): number => line.reduce((total, { ids }) => total + ids.length - prefix, prefix);

export interface BatchShape {
  /** Rows; lines.length ≤ B, missing rows are empty. */
  readonly B?: number;
  readonly T?: number;
  /** What the loss is divided by: the trained tokens of all batches of a step, where it has several. */
  readonly lossTokens?: number;
  /** So many leading tokens are the same in all examples of a line, and none of them predicts a trained one: the line holds them once, and every document sees them and itself. */
  readonly prefix?: number;
  /** Whether positions and masks are fed; left out: where a line holds several examples. */
  readonly packed?: boolean;
}

/** Pads lines into one batch. */
export function makeBatch(lines: readonly Line[], { B = lines.length, prefix = 0, T = lengthBucket(Math.max(...lines.map((line) => lineLength(line, prefix)))), lossTokens, packed = lines.some((line) => line.length > 1) }: BatchShape = {}): Batch {
  const tokens = new BigInt64Array(B * T), positions = new BigInt64Array(B * T), documents = new Int32Array(B * T).fill(PADDING);
  const trained: { row: number; target: number }[] = [];
  lines.forEach((line, b) => {
    let at = b * T;
    line.forEach(({ ids, labels }, document) => {
      for (let t = document === 0 ? 0 : prefix; t < ids.length; t++, at++) {
        tokens[at] = BigInt(ids[t]!);
        positions[at] = BigInt(t);
        documents[at] = t < prefix ? PREFIX : document;
        // Position t − 1 predicts label t; nothing predicts a document's first token.
        if (t > 0 && labels[t] !== IGNORE_LABEL) trained.push({ row: at - 1, target: labels[t]! });
      }
    });
  });
  const K = lossBucket(trained.length, B * T), weight = 1 / (lossTokens ?? trained.length);
  const fill = (of: (item: { row: number; target: number }) => number): BigInt64Array => BigInt64Array.from({ length: K }, (_, i) => BigInt(trained[i] ? of(trained[i]) : 0));
  return {
    B, T, tokens, lossRows: fill(({ row }) => row), lossTargets: fill(({ target }) => target), lossWeights: Float32Array.from({ length: K }, (_, i) => (i < trained.length ? weight : 0)),
    trained: trained.length, tokenCount: lines.reduce((total, line) => total + lineLength(line), 0), rows: lines.flatMap((line) => line.map(({ row }) => row)),
    ...(packed && { packing: { positions, documents } }),
  };
}

/** [B, T, T]: 0 where a position may look: at itself and earlier positions of its document and of what all documents of its row share, within the window, which goes by position. Padding sees itself, so that its softmax stays finite. */
export function packedMask({ B, T, packing }: Batch, hidden: number, window = Infinity): Float32Array {
  const { documents, positions } = packing!, mask = new Float32Array(B * T * T).fill(hidden);
  for (let b = 0; b < B; b++) for (let query = 0; query < T; query++) {
    const row = (b * T + query) * T, document = documents[b * T + query]!, position = Number(positions[b * T + query]!);
    mask[row + query] = 0;
    if (document === PADDING) continue;
    for (let key = query - 1; key >= 0 && query - key < window && documents[b * T + key] === document; key--) mask[row + key] = 0;
    if (document === PREFIX) continue;
    // The shared tokens open the row, so their index is their position.
    for (let key = Math.max(0, position - window + 1); documents[b * T + key] === PREFIX; key++) mask[row + key] = 0;
  }
  return mask;
}

/** How many tokens of an example the loss sees. A first token has nothing before it and is never predicted. */
export const trainedTokens = ({ labels }: Example): number => labels.reduce((total, label, t) => total + (t > 0 && label !== IGNORE_LABEL ? 1 : 0), 0);

/** transformers' train_sampling_strategy. */
export type SamplingStrategy = "group_by_length" | "random" | "sequential";

export interface EpochSettings {
  readonly batchSize: number;
  readonly seed: number;
  readonly strategy?: SamplingStrategy;
  /** Pack short examples together into rows of this many tokens. */
  readonly packTo?: number | undefined;
  /** Tokens that every packed row holds once for all its examples (BatchShape.prefix). */
  readonly prefix?: number | undefined;
}

/** How many batches every epoch has. */
export const batchesPerEpoch = (examples: readonly Example[], { batchSize, strategy, packTo, prefix }: Omit<EpochSettings, "seed">): number =>
  Math.ceil((packTo === undefined ? examples.length : packedRows(examples, packTo, { prefix, inOrder: strategy === "sequential" })) / batchSize);

/**
 * The batches of one epoch, each a list of lines. `group_by_length`: a seeded shuffle, then neighbours in length together inside windows of several batches, so that
 * padding is small and the order stays random. `random`: the shuffle alone. `sequential`: the order given, in every epoch; packing then joins neighbours only.
 */
export function epochBatches(examples: readonly Example[], { batchSize, seed, strategy = "group_by_length", packTo, prefix }: EpochSettings, epoch: number): Line[][] {
  const alone = (rows: readonly Example[]): Line[][] => chunks(rows.map((example) => [example]), batchSize);
  if (strategy === "sequential") return packTo === undefined ? alone(examples) : chunks(packInOrder(examples, packTo, prefix), batchSize);
  const order = shuffled(examples, `${seed}/epoch/${epoch}`);
  if (packTo !== undefined) return chunks(shuffled(pack(order, packTo, prefix), `${seed}/packs/${epoch}`), batchSize);
  if (strategy === "random") return alone(order);
  const windows = chunks(order, batchSize * 8).map((near) => near.sort((a, b) => a.ids.length - b.ids.length));
  return shuffled(windows.flatMap(alone), `${seed}/batches/${epoch}`);
}

const chunks = <T>(items: readonly T[], size: number): T[][] => Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
