/** The check that a device must pass before it is trusted: loss and gradient of a first small step against the CPU's. */
import { prepareSession } from "../graph/session";
import { type Base } from "../model/base";
import { seededRandom } from "../random";
import { type Runtime } from "../runtime";
import { type Batch, makeBatch, trainedTokens } from "../text/batch";
import { type Example } from "../text/types";
import { firstGradientGraph, type Trainable } from "./graphs";
import { batchInputs, dropoutMasks, shapeOf, vectorTensor } from "./stepper";

/** loss: nats; gradientDifference: ‖device − CPU‖ / ‖CPU‖ over all trained parameters; seconds: of the same step, prepared. */
export interface FirstStepCheck { readonly loss: number; readonly cpuLoss: number; readonly gradientDifference: number; readonly seconds: number; readonly cpuSeconds: number }

/** The CPU computes the step too, so it is kept short: about a second for a model of 135 million parameters on two cores. */
const POSITIONS = 128;
/** Of the loss, relative where it is above 1. */
const LOSS_TOLERANCE = 1e-3;
/** Products in TF32 (CUDA) keep 10 bits: differences of 1e-3 are as they should be, those of a mistake are far above 1e-2. */
const GRADIENT_TOLERANCE = 1e-2;

/** Why the device is not to be trusted; undefined where it is. */
export function distrust({ loss, cpuLoss, gradientDifference }: FirstStepCheck): string | undefined {
  if (!(Math.abs(loss - cpuLoss) <= LOSS_TOLERANCE * Math.max(1, Math.abs(cpuLoss)))) return `its first loss is ${loss.toPrecision(6)} where the CPU's is ${cpuLoss.toPrecision(6)}`;
  if (!(gradientDifference <= GRADIENT_TOLERANCE)) return `the gradient of its first step differs from the CPU's by ${(100 * gradientDifference).toPrecision(2)}%`;
  return undefined;
}

/** Runs the step on both. The parameters that are 0 (an adapter's B at its start) get a value, since they would hide wrong gradients behind zeros. Throws the device's UserErrors. */
export async function checkFirstStep(cpu: Runtime, device: Runtime, base: Base, trainable: Trainable, parameters: Float32Array, examples: readonly Example[]): Promise<FirstStepCheck> {
  const batch = shortBatch(examples), random = seededRandom("first step"), values = parameters.map((value) => (value === 0 ? 0.02 * (random() - 0.5) : value));
  const on = await gradientOf(device, base, trainable, values, batch), expected = await gradientOf(cpu, base, trainable, values, batch, true);
  // With integers the CPU rounds activations, which no device does: another result, and the pace that counts.
  const { seconds: cpuSeconds } = [...base.weights.values()].some(({ int8 }) => int8) ? await gradientOf(cpu, base, trainable, values, batch) : expected;
  return { loss: on.loss, cpuLoss: expected.loss, gradientDifference: relativeDifference(on.gradient, expected.gradient), seconds: on.seconds, cpuSeconds };
}

/** One row of at most so many positions that trains something. */
function shortBatch(examples: readonly Example[]): Batch {
  const cut = (example: Example): Example => {
    const first = Math.max(1, example.labels.findIndex((label) => label >= 0)), start = Math.max(0, first - POSITIONS / 2);
    return { ...example, ids: example.ids.slice(start, start + POSITIONS), labels: example.labels.slice(start, start + POSITIONS) };
  };
  const chosen = examples.map(cut).find((example) => trainedTokens(example) > 0);
  if (!chosen) throw new Error("there is no example to check a device with");
  return makeBatch([[chosen]], { B: 1 });
}

async function gradientOf(runtime: Runtime, base: Base, trainable: Trainable, parameters: Float32Array, batch: Batch, expandsInt8 = false): Promise<{ loss: number; gradient: Float32Array; seconds: number }> {
  const session = await prepareSession(runtime, firstGradientGraph(trainable, base.config, shapeOf(batch)), { weightsFolder: base.folder.path, expandsInt8 });
  try {
    const inputs = { ...batchInputs(batch, base.config), ...dropoutMasks(trainable, batch, "first step"), parameters: vectorTensor(parameters) };
    await session.run(inputs); // The first run also prepares kernels and memory.
    const began = performance.now(), { loss, nextGradient } = await session.run(inputs);
    return { loss: (loss!.data as Float32Array)[0]!, gradient: nextGradient!.data as Float32Array, seconds: (performance.now() - began) / 1000 };
  } finally {
    await session.release();
  }
}

function relativeDifference(a: Float32Array, b: Float32Array): number {
  let difference = 0, norm = 0;
  for (let i = 0; i < b.length; i++) { difference += (a[i]! - b[i]!) ** 2; norm += b[i]! ** 2; }
  return norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
}
