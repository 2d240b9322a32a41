/** Examples to batches: padded typed arrays of a few fixed shapes, in a seeded order. */
import { shuffled } from "../random";
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
  /** Tokens without padding. */
  readonly tokenCount: number;
  /** Dataset lines, from 0. */
  readonly rows: readonly number[];
  /** Where rows hold several documents: [B, T] position inside its document (from 0), and number of the document in its row, -1 on padding. */
  readonly packing?: { readonly positions: BigInt64Array; readonly documents: Int32Array };
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

/** What lies in one row of a batch: one example, or several packed one after the other. */
export type Line = readonly Example[];

const lineLength = (line: Line): number => line.reduce((total, { ids }) => total + ids.length, 0);

export interface BatchShape {
  /** Rows; lines.length ≤ B, missing rows are empty. */
  readonly B?: number;
  readonly T?: number;
  /** What the loss is divided by: the trained tokens of all batches of a step, where it has several. */
  readonly lossTokens?: number;
}

/** Pads lines into one batch. */
export function makeBatch(lines: readonly Line[], { B = lines.length, T = lengthBucket(Math.max(...lines.map(lineLength))), lossTokens }: BatchShape = {}): Batch {
  const tokens = new BigInt64Array(B * T), positions = new BigInt64Array(B * T), documents = new Int32Array(B * T).fill(-1);
  const trained: { row: number; target: number }[] = [];
  lines.forEach((line, b) => {
    let at = b * T;
    line.forEach(({ ids, labels }, document) => ids.forEach((id, t) => {
      tokens[at] = BigInt(id);
      positions[at] = BigInt(t);
      documents[at] = document;
      // Position t − 1 predicts label t; nothing predicts a document's first token.
      if (t > 0 && labels[t] !== IGNORE_LABEL) trained.push({ row: at - 1, target: labels[t]! });
      at++;
    }));
  });
  const K = lossBucket(trained.length, B * T), weight = 1 / (lossTokens ?? trained.length);
  const fill = (of: (item: { row: number; target: number }) => number): BigInt64Array => BigInt64Array.from({ length: K }, (_, i) => BigInt(trained[i] ? of(trained[i]) : 0));
  return {
    B, T, tokens, lossRows: fill(({ row }) => row), lossTargets: fill(({ target }) => target), lossWeights: Float32Array.from({ length: K }, (_, i) => (i < trained.length ? weight : 0)),
    trained: trained.length, tokenCount: lines.reduce((total, line) => total + lineLength(line), 0), rows: lines.flatMap((line) => line.map(({ row }) => row)),
    ...(lines.some((line) => line.length > 1) && { packing: { positions, documents } }),
  };
}

/** [B, T, T]: 0 where a position may look: at itself and earlier positions of its document, within the window. Padding sees itself, so that its softmax stays finite. */
export function packedMask({ B, T, packing }: Batch, hidden: number, window = Infinity): Float32Array {
  const { documents } = packing!, mask = new Float32Array(B * T * T).fill(hidden);
  for (let b = 0; b < B; b++) for (let query = 0; query < T; query++) {
    const row = (b * T + query) * T;
    for (let key = query; key >= 0 && query - key < window && documents[b * T + key] === documents[b * T + query]; key--) {
      mask[row + key] = 0;
      if (documents[b * T + query] === -1) break;
    }
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
}

/**
 * The batches of one epoch, each a list of lines. `group_by_length`: a seeded shuffle, then neighbours in length together inside windows of several batches, so that
 * padding is small and the order stays random. `random`: the shuffle alone. `sequential`: the order given, in every epoch; packing then joins neighbours only.
 */
export function epochBatches(examples: readonly Example[], { batchSize, seed, strategy = "group_by_length", packTo }: EpochSettings, epoch: number): Line[][] {
  const alone = (rows: readonly Example[]): Line[][] => chunks(rows.map((example) => [example]), batchSize);
  if (strategy === "sequential") return packTo === undefined ? alone(examples) : chunks(packInOrder(examples, packTo), batchSize);
  const order = shuffled(examples, `${seed}/epoch/${epoch}`);
  if (packTo !== undefined) return chunks(shuffled(pack(order, packTo), `${seed}/packs/${epoch}`), batchSize);
  if (strategy === "random") return alone(order);
  const windows = chunks(order, batchSize * 8).map((near) => near.sort((a, b) => a.ids.length - b.ids.length));
  return shuffled(windows.flatMap(alone), `${seed}/batches/${epoch}`);
}

const chunks = <T>(items: readonly T[], size: number): T[][] => Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** First-fit decreasing: how many rows it takes depends on the lengths alone, not on the order. */
function pack(examples: readonly Example[], size: number): Example[][] {
  const packs: { room: number; line: Example[] }[] = [];
  for (const example of [...examples].sort((a, b) => b.ids.length - a.ids.length)) {
    const fit = packs.find(({ room }) => room >= example.ids.length);
    if (fit) { fit.line.push(example); fit.room -= example.ids.length; } else packs.push({ room: size - example.ids.length, line: [example] });
  }
  return packs.map(({ line }) => line);
}

/** A new row where the next example no longer fits. */
function packInOrder(examples: readonly Example[], size: number): Example[][] {
  const lines: Example[][] = [];
  let room = 0;
  for (const example of examples) {
    if (example.ids.length > room) { lines.push([]); room = size; }
    lines.at(-1)!.push(example);
    room -= example.ids.length;
  }
  return lines;
}
