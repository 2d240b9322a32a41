/** Runs training steps: keeps one prepared session for each batch shape and the optimizer's state between steps. */
import { lower } from "../graph/lower";
import { writeOnnx } from "../graph/onnx";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "../model/config";
import { type Runtime, type Session, type Tensor } from "../runtime";
import { type Batch } from "../text/batch";
import { stepGraph, type StepShape, type Trainable } from "./graphs";
import { type AdamWSettings, biasCorrections } from "./optimizer";

/** Flat vectors [P] and the number of updates made. */
export interface OptimizerState { readonly parameters: Float32Array; readonly m: Float32Array; readonly v: Float32Array; readonly updates: number }

export interface StepResult { readonly state: OptimizerState; /** before the update, mean over trained tokens, nats */ readonly loss: number; /** before clipping */ readonly gradNorm: number }

export const scalarTensor = (value: number): Tensor => ({ dtype: "float32", dims: [], data: Float32Array.of(value) });
export const vectorTensor = (data: Float32Array): Tensor => ({ dtype: "float32", dims: [data.length], data });

export const batchInputs = ({ B, T, tokens, lossRows, lossTargets, lossWeights }: Batch): Record<"tokens" | "lossRows" | "lossTargets" | "lossWeights", Tensor> => ({
  tokens: { dtype: "int64", dims: [B, T], data: tokens },
  lossRows: { dtype: "int64", dims: [lossRows.length], data: lossRows },
  lossTargets: { dtype: "int64", dims: [lossTargets.length], data: lossTargets },
  lossWeights: { dtype: "float32", dims: [lossWeights.length], data: lossWeights },
});
export const shapeOf = ({ B, T, lossRows }: Batch): StepShape => ({ B, T, K: lossRows.length });

/** Prepared graphs by shape, the least recently used released beyond `limit`: each holds its own working memory. */
export class SessionCache {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly runtime: Runtime, private readonly weightsFolder: string | undefined, private readonly limit = 12) {}

  async get(key: string, build: () => Readonly<Record<string, Value>>): Promise<Session> {
    const known = this.sessions.get(key);
    const session = known ?? (await this.runtime.createSession(writeOnnx(lower(build())), this.weightsFolder === undefined ? {} : { weightsFolder: this.weightsFolder }));
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

  /** One update of the state by a batch. */
  async step(state: OptimizerState, batch: Batch, learningRate: number): Promise<StepResult> {
    const shape = shapeOf(batch);
    const session = await this.sessions.get(`step ${shape.B}x${shape.T}x${shape.K}`, () => stepGraph(this.trainable, this.config, shape, this.optimizer));
    const { lossRows, lossTargets, lossWeights, tokens } = batchInputs(batch);
    const [correction1, correction2] = biasCorrections(this.optimizer, state.updates + 1);
    const out = await session.run({
      tokens, lossRows, lossTargets, lossWeights, parameters: vectorTensor(state.parameters), m: vectorTensor(state.m), v: vectorTensor(state.v),
      learningRate: scalarTensor(learningRate), correction1: scalarTensor(correction1), correction2: scalarTensor(correction2),
    });
    const vector = (name: string): Float32Array => out[name]!.data as Float32Array;
    return {
      state: { parameters: vector("nextParameters"), m: vector("nextM"), v: vector("nextV"), updates: state.updates + 1 },
      loss: vector("loss")[0]!, gradNorm: vector("gradNorm")[0]!,
    };
  }
}
