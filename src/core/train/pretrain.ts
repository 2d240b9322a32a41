/** Full-parameter training from nothing on a stream of tokens, with the same graphs as a tuning run. It makes the starter base. */
import { parseModelConfig } from "../model/family/config";
import { makeLayout } from "../model/adapter/lora";
import { tensorSpecs } from "../model/family/tensors";
import { normal, seededRandom, shuffled } from "../random";
import { type Runtime } from "../runtime";
import { type Batch } from "../text/batch";
import { fullTrainable } from "./graphs";
import { type OptimizerState, SessionCache, Stepper } from "./stepper";

export interface PretrainOptions {
  readonly runtime: Runtime;
  /** The content of config.json. */
  readonly config: object;
  /** Documents one after the other; there is no mask between them. */
  readonly tokens: Uint16Array;
  readonly contextLength: number;
  /** Sequences in a step. */
  readonly batchSize: number;
  readonly steps: number;
  readonly peakLearningRate: number;
  readonly warmupSteps: number;
  /** The rate stays at its peak for this share of the steps, then falls in a line to 2% of it. */
  readonly flatFraction: number;
  readonly weightDecay: number;
  readonly betas: readonly [number, number];
  readonly maxGradNorm: number;
  readonly seed: number;
  onStep(report: { step: number; loss: number; learningRate: number; tokensPerSecond: number }): void;
  readonly signal?: AbortSignal;
}

export interface Pretrained { readonly weights: Map<string, { dims: readonly number[]; data: Float32Array }> }

const INITIAL_STD = 0.02, FINAL_SHARE = 0.02;

/** Trains for `steps` steps, or until the signal is aborted; answers the weights as they then are. */
export async function pretrain(options: PretrainOptions): Promise<Pretrained> {
  const config = parseModelConfig(JSON.stringify(options.config), "the new model");
  const { contextLength: T, batchSize: B, tokens } = options;
  // The matrices, which decay, come first.
  const specs = [...tensorSpecs(config)].sort((a, b) => Math.min(b.dims.length, 2) - Math.min(a.dims.length, 2));
  const layout = makeLayout(specs), sessions = new SessionCache(options.runtime, undefined);
  const stepper = new Stepper(sessions, fullTrainable(layout), config, { beta1: options.betas[0], beta2: options.betas[1], epsilon: 1e-8, weightDecay: options.weightDecay, maxGradNorm: options.maxGradNorm });

  let state: OptimizerState = { parameters: initialParameters(layout, options.seed), m: new Float32Array(layout.length), v: new Float32Array(layout.length), updates: 0 };
  const windows = Math.floor((tokens.length - 1) / T);
  if (windows < B) throw new Error(`${tokens.length} tokens are too few for one batch of ${B} x ${T}`);
  let order: number[] = [];
  const started = performance.now();
  for (let step = 0; step < options.steps && !options.signal?.aborted; step++) {
    if (order.length < B) order = shuffled(Array.from({ length: windows }, (_, i) => i), `${options.seed}/windows/${step}`);
    const batch = windowBatch(tokens, order.splice(-B), T);
    const rate = pretrainRate(options, step);
    const result = await stepper.step(state, [batch], rate);
    state = result.state;
    options.onStep({ step: step + 1, loss: result.loss, learningRate: rate, tokensPerSecond: ((step + 1) * B * T) / ((performance.now() - started) / 1000) });
  }
  await sessions.close();
  return { weights: new Map(layout.entries.map(({ name, dims, offset, length }) => [name, { dims, data: state.parameters.slice(offset, offset + length) }])) };
}

function pretrainRate({ peakLearningRate: peak, warmupSteps, flatFraction, steps }: PretrainOptions, step: number): number {
  const progress = step / steps, falling = Math.max(0, (progress - flatFraction) / (1 - flatFraction));
  return peak * Math.min(1, (step + 1) / warmupSteps) * (1 - (1 - FINAL_SHARE) * falling);
}

/** Llama's start: normal(0, 0.02) matrices, norms of one. */
function initialParameters({ entries, length }: ReturnType<typeof makeLayout>, seed: number): Float32Array {
  const parameters = new Float32Array(length);
  for (const { name, dims, offset, length: n } of entries) {
    const random = seededRandom(`${seed}/init/${name}`);
    for (let i = offset; i < offset + n; i++) parameters[i] = dims.length > 1 ? INITIAL_STD * normal(random) : 1;
  }
  return parameters;
}

/** Every position is trained: window w covers tokens [w·T, w·T + T] and predicts the last T of them. */
function windowBatch(tokens: Uint16Array, windows: readonly number[], T: number): Batch {
  const B = windows.length, N = B * T;
  const at = (i: number): number => windows[Math.floor(i / T)]! * T + (i % T);
  return {
    B, T, tokens: BigInt64Array.from({ length: N }, (_, i) => BigInt(tokens[at(i)]!)),
    lossRows: BigInt64Array.from({ length: N }, (_, i) => BigInt(i)), lossTargets: BigInt64Array.from({ length: N }, (_, i) => BigInt(tokens[at(i) + 1]!)),
    lossWeights: new Float32Array(N).fill(1 / N), trained: N, tokenCount: N, rows: [],
  };
}
