/** Makes training steps in two moves, so that a step can be judged before it is made; the state lives on the host, or on a graphics device, where it is updated in place. */
import { neg } from "../graph/graph";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "../model/family/config";
import { type Device, type Resident, type Session } from "../runtime";
import { type Batch } from "../text/batch";
import { accumulateGraph, firstGradientGraph, type Trainable, updateGraph } from "./graphs";
import { type AdamWSettings, biasCorrections, gradientNorm } from "./optimizer";
import { batchInputs, dropoutMasks, type OptimizerState, scalarTensor, type SessionCache, shapeKey, shapeOf, Stepper } from "./stepper";

export interface StepMaker {
  /** Prepares what a step by these batches needs, which `propose` otherwise does when it first sees them. */
  prepare(batches: readonly Batch[]): Promise<void>;
  /** Loss (before the update, mean over trained tokens, nats) and gradient norm (before clipping) of a step by one batch, or by several whose losses add up. It is made by `accept`, or never. */
  propose(batches: readonly Batch[], learningRate: number, seed?: string): Promise<{ loss: number; gradNorm: number }>;
  accept(): Promise<void>;
  /** A copy; of the steps that were accepted. */
  state(): OptimizerState;
  release(): void;
}

export interface StepSettings { readonly sessions: SessionCache; readonly trainable: Trainable; readonly config: ModelConfig; readonly optimizer: AdamWSettings }

export const stepMaker = (settings: StepSettings, state: OptimizerState, graphics?: Device): StepMaker => (graphics ? new DeviceSteps(settings, state, graphics) : new HostSteps(settings, state));

/** The whole step is one graph, whose state comes and goes with every run. */
class HostSteps implements StepMaker {
  private readonly stepper: Stepper;
  private proposed: OptimizerState | undefined;

  constructor({ sessions, trainable, config, optimizer }: StepSettings, private made: OptimizerState) {
    this.stepper = new Stepper(sessions, trainable, config, optimizer);
  }

  prepare(batches: readonly Batch[]): Promise<void> { return this.stepper.prepare(batches); }

  async propose(batches: readonly Batch[], learningRate: number, seed?: string): Promise<{ loss: number; gradNorm: number }> {
    const { loss, gradNorm, state } = await this.stepper.step(this.made, batches, learningRate, seed);
    this.proposed = state;
    return { loss, gradNorm };
  }

  accept(): Promise<void> {
    this.made = this.proposed!;
    return Promise.resolve();
  }

  state(): OptimizerState { return this.made; }
  release(): void {}
}

/** Parameters, moments and gradient stay on the device: one graph makes the gradient, another the update, each in place. */
class DeviceSteps implements StepMaker {
  private readonly vectors: Record<"parameters" | "m" | "v" | "gradient", Resident>;
  private updates: number;
  private learningRate = 0;

  constructor(private readonly settings: StepSettings, { parameters, m, v, updates }: OptimizerState, device: Device) {
    this.vectors = { parameters: device.resident(parameters), m: device.resident(m), v: device.resident(v), gradient: device.resident(new Float32Array(parameters.length)) };
    this.updates = updates;
  }

  async prepare(batches: readonly Batch[]): Promise<void> {
    for (const [i, batch] of batches.entries()) await this.gradientSession(batch, i === 0);
  }

  private gradientSession(batch: Batch, first: boolean): Promise<Session> {
    const { sessions, trainable, config } = this.settings, { parameters, gradient } = this.vectors, shape = shapeOf(batch);
    return sessions.get(`${first ? "first" : "further"} gradient ${shapeKey(shape)}`, () => {
      const outputs = (first ? firstGradientGraph : accumulateGraph)(trainable, config, shape);
      return { ...outputs, nextGradient: apart(outputs.nextGradient), gradNorm: gradientNorm(outputs.nextGradient) };
    }, { residents: { parameters, gradient, nextGradient: gradient } });
  }

  async propose(batches: readonly Batch[], learningRate: number, seed = ""): Promise<{ loss: number; gradNorm: number }> {
    const { trainable, config } = this.settings;
    let loss = 0, gradNorm = 0;
    for (const [i, batch] of batches.entries()) {
      const session = await this.gradientSession(batch, i === 0);
      const out = await session.run({ ...batchInputs(batch, config), ...dropoutMasks(trainable, batch, batches.length === 1 ? seed : `${seed}/${i}`) });
      loss += (out.loss!.data as Float32Array)[0]!;
      gradNorm = (out.gradNorm!.data as Float32Array)[0]!;
    }
    this.learningRate = learningRate;
    return { loss, gradNorm };
  }

  async accept(): Promise<void> {
    const { sessions, trainable, optimizer } = this.settings, { parameters, m, v, gradient } = this.vectors;
    const [correction1, correction2] = biasCorrections(optimizer, this.updates + 1);
    const session = await sessions.get("update", () => {
      const { nextParameters, nextM, nextV } = updateGraph(trainable, optimizer);
      return { nextParameters: apart(nextParameters), nextM, nextV };
    }, { residents: { parameters, m, v, gradient, nextParameters: parameters, nextM: m, nextV: v } });
    await session.run({ learningRate: scalarTensor(this.learningRate), correction1: scalarTensor(correction1), correction2: scalarTensor(correction2) });
    this.updates++;
  }

  state(): OptimizerState {
    const { parameters, m, v } = this.vectors;
    return { parameters: parameters.read(), m: m.read(), v: v.read(), updates: this.updates };
  }

  release(): void { for (const vector of Object.values(this.vectors)) vector.release(); }
}

/** The same value from a kernel of its own: no kernel may read the very vector that it writes. */
const apart = (value: Value): Value => neg(neg(value));
