/** Runs training steps: keeps one prepared session for each batch shape and the optimizer's state between steps. */
import { type Value } from "../graph/ops";
import { type OnDevice, prepareSession } from "../graph/session";
import { type ModelConfig } from "../model/family/config";
import { windowKinds } from "../model/decoder/decoder";
import { MASKED } from "../model/decoder/layers";
import { seededRandom } from "../random";
import { type Runtime, type Session, type Tensor } from "../runtime";
import { type Batch, packedMask } from "../text/batch";
import { accumulateGraph, keepName, packedMaskName, stepGraph, type StepShape, type Trainable, updateGraph } from "./graphs";
import { type AdamWSettings, biasCorrections } from "./optimizer";

/** Flat vectors [P] and the number of updates made. */
export interface OptimizerState { readonly parameters: Float32Array; readonly m: Float32Array; readonly v: Float32Array; readonly updates: number }

export interface StepResult { readonly state: OptimizerState; /** before the update, mean over trained tokens, nats */ readonly loss: number; /** before clipping */ readonly gradNorm: number }

export const scalarTensor = (value: number): Tensor => ({ dtype: "float32", dims: [], data: Float32Array.of(value) });
export const vectorTensor = (data: Float32Array): Tensor => ({ dtype: "float32", dims: [data.length], data });

/** The inputs that a batch feeds. Masks of packed rows depend on the windows of the model's layers. */
export function batchInputs(batch: Batch, config: ModelConfig): Record<"tokens" | "lossRows" | "lossTargets" | "lossWeights", Tensor> & Record<string, Tensor> {
  const { B, T, tokens, lossRows, lossTargets, lossWeights, packing } = batch, K = lossRows.length;
  const integers = (data: BigInt64Array, dims: readonly number[]): Tensor => ({ dtype: "int64", dims, data });
  const masks = packing ? windowKinds(config).map((window): [string, Tensor] => [packedMaskName(window), { dtype: "float32", dims: [B, 1, T, T], data: packedMask(batch, MASKED, window) }]) : [];
  return {
    tokens: integers(tokens, [B, T]), lossRows: integers(lossRows, [K]), lossTargets: integers(lossTargets, [K]), lossWeights: vectorTensor(lossWeights),
    ...(packing && { positions: integers(packing.positions, [B, T]) }), ...Object.fromEntries(masks),
  };
}
export const shapeOf = ({ B, T, lossRows, packing }: Batch): StepShape => ({ B, T, K: lossRows.length, packed: packing !== undefined });
export const shapeKey = ({ B, T, K, packed }: StepShape): string => `${B}x${T}x${K}${packed ? " packed" : ""}`;

/** How many prepared graphs are kept. */
export const PREPARED_SHAPES = 12;

/** Prepared graphs by shape, the least recently used released beyond `limit`: each holds its own working memory. */
export class SessionCache {
  private readonly sessions = new Map<string, Session>();

  /** packed: quantised weights are copied into the form that products of few rows read fastest, once for each graph. */
  constructor(private readonly runtime: Runtime, private readonly weightsFolder: string | undefined, private readonly limit = PREPARED_SHAPES, private readonly packed = false) {}

  async get(key: string, build: () => Readonly<Record<string, Value>>, device?: OnDevice): Promise<Session> {
    const session = this.sessions.get(key) ?? (await prepareSession(this.runtime, build(), { packed: this.packed, ...(this.weightsFolder !== undefined && { weightsFolder: this.weightsFolder }), ...(device && { device }) }));
    this.sessions.delete(key);
    this.sessions.set(key, session);
    const [oldest] = this.sessions;
    if (this.sessions.size > this.limit && oldest) {
      this.sessions.delete(oldest[0]);
      await oldest[1].release();
    }
    return session;
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }
}

export class Stepper {
  constructor(private readonly sessions: SessionCache, private readonly trainable: Trainable, private readonly config: ModelConfig, private readonly optimizer: AdamWSettings) {}

  /** Prepares what `step` needs for these batches. */
  async prepare(batches: readonly Batch[]): Promise<void> {
    if (batches.length === 1) await this.stepSession(shapeOf(batches[0]!));
    else for (const batch of batches) await this.gradientSession(shapeOf(batch));
  }

  private stepSession(shape: StepShape): Promise<Session> {
    return this.sessions.get(`step ${shapeKey(shape)}`, () => stepGraph(this.trainable, this.config, shape, this.optimizer));
  }

  private gradientSession(shape: StepShape): Promise<Session> {
    return this.sessions.get(`gradient ${shapeKey(shape)}`, () => accumulateGraph(this.trainable, this.config, shape));
  }

  /** One update of the state by one batch, or by several whose losses and gradients add up (their weights are parts of one mean). `seed` decides what dropout drops. */
  async step(state: OptimizerState, batches: readonly Batch[], learningRate: number, seed = ""): Promise<StepResult> {
    const [correction1, correction2] = biasCorrections(this.optimizer, state.updates + 1);
    const inputs = {
      parameters: vectorTensor(state.parameters), m: vectorTensor(state.m), v: vectorTensor(state.v),
      learningRate: scalarTensor(learningRate), correction1: scalarTensor(correction1), correction2: scalarTensor(correction2),
    };
    const { loss, outputs } = batches.length === 1 ? await this.wholeStep(batches[0]!, inputs, seed) : await this.accumulatedStep(batches, inputs, seed);
    const vector = (name: string): Float32Array => outputs[name]!.data as Float32Array;
    return { state: { parameters: vector("nextParameters"), m: vector("nextM"), v: vector("nextV"), updates: state.updates + 1 }, loss, gradNorm: vector("gradNorm")[0]! };
  }

  private async wholeStep(batch: Batch, inputs: Readonly<Record<string, Tensor>>, seed: string): Promise<{ loss: number; outputs: Record<string, Tensor> }> {
    const session = await this.stepSession(shapeOf(batch));
    const outputs = await session.run({ ...batchInputs(batch, this.config), ...dropoutMasks(this.trainable, batch, seed), ...inputs });
    return { loss: (outputs.loss!.data as Float32Array)[0]!, outputs };
  }

  private async accumulatedStep(batches: readonly Batch[], inputs: Readonly<Record<string, Tensor>>, seed: string): Promise<{ loss: number; outputs: Record<string, Tensor> }> {
    let loss = 0, gradient = new Float32Array(this.trainable.layout.length);
    for (const [i, batch] of batches.entries()) {
      const session = await this.gradientSession(shapeOf(batch));
      const out = await session.run({ ...batchInputs(batch, this.config), ...dropoutMasks(this.trainable, batch, `${seed}/${i}`), parameters: inputs.parameters!, gradient: vectorTensor(gradient) });
      loss += (out.loss!.data as Float32Array)[0]!;
      gradient = out.nextGradient!.data as Float32Array<ArrayBuffer>;
    }
    const session = await this.sessions.get("update", () => updateGraph(this.trainable, this.optimizer));
    return { loss, outputs: await session.run({ ...inputs, gradient: vectorTensor(gradient) }) };
  }
}

/** What every adapter's input keeps, drawn anew for each module and batch from the seed. */
export const dropoutMasks = ({ dropout }: Trainable, { B, T }: Batch, seed: string): Record<string, Tensor> =>
  Object.fromEntries((dropout?.modules ?? []).map(({ module, from }): [string, Tensor] => [keepName(module), { dtype: "bool", dims: [B * T, from], data: keepMask(B * T * from, dropout!.rate, `${seed}/${module}`) }]));

/** Bytes 0 and 1; two draws to a random number, 16 bits each. */
function keepMask(length: number, rate: number, label: string): Uint8Array {
  const random = seededRandom(label), mask = new Uint8Array(length), threshold = Math.round(rate * 65536);
  for (let i = 0; i < length; i += 2) {
    const bits = random() * 4294967296;
    mask[i] = (bits & 0xffff) >= threshold ? 1 : 0;
    if (i + 1 < length) mask[i + 1] = bits >>> 16 >= threshold ? 1 : 0;
  }
  return mask;
}
