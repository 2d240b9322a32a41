/** Whether a device of this machine computes as it should: the self-check against the plain evaluator, and what memory it has. */
import { totalmem } from "node:os";
import { gradients } from "../core/graph/backward";
import { evaluate } from "../core/graph/evaluate";
import { crossEntropy, input, integers, matmul, reshape, rmsNorm, sum } from "../core/graph/graph";
import { product, type Value } from "../core/graph/ops";
import { prepareSession } from "../core/graph/session";
import { seededRandom } from "../core/random";
import { isUserError } from "../core/errors";
import { type Runtime } from "../core/runtime";
import { graphicsMemory } from "./device/graphicsMemory";
import { type DeviceName } from "./device/names";
import { openRuntime } from "./device/open";

export interface DeviceReport {
  readonly name: string; readonly usable: boolean;
  /** Why it is not usable, or what speaks for it. */
  readonly why: string;
  /** null: the system does not say. */
  readonly memoryBytes: number | null;
  readonly selfCheck: "passed" | "failed" | "not run";
}

/** Opens a device and lets it compute. A fault in a driver ends the process: ask from one of its own. */
export const probeDevice = async (name: DeviceName, open: () => Promise<Runtime> = () => openRuntime(name)): Promise<DeviceReport> => {
  const memoryBytes = name === "cpu" ? totalmem() : (await graphicsMemory(name))?.total ?? null;
  try {
    const runtime = await open(), difference = await selfCheck(runtime), passed = difference < TOLERANCE;
    return {
      name, usable: passed, memoryBytes, selfCheck: passed ? "passed" : "failed",
      why: passed ? praise(runtime) : `A small training graph differs from the plain evaluator by ${difference.toExponential(1)}.`,
    };
  } catch (error) {
    if (!isUserError(error)) throw error;
    return { name, usable: false, why: `${error.what} ${error.next}`, memoryBytes, selfCheck: "not run" };
  }
};

const praise = ({ device, graphics }: Runtime): string =>
  (!graphics ? "Works everywhere." : device === "cuda" ? "NVIDIA's own way to its cards." : `Any graphics card, nothing to install${graphics.float16 ? "; weights in 16 bits stay so" : ""}.`);

/** Relative to the largest value; 32-bit floats over sums of 16 terms stay far below, TF32 below it. */
const TOLERANCE = 2e-3;

/** The largest difference between the device and the evaluator over the loss and gradients of a small network. */
export const selfCheck = async (runtime: Runtime): Promise<number> => {
  const [rows, width, classes] = [6, 16, 10];
  const shapes: Record<string, number[]> = { x: [rows, width], norm: [width], w: [width, width], head: [classes, width] };
  const values = Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, input(name, dims)])) as Record<string, Value>;
  const hidden = matmul(rmsNorm(values.x!, values.norm!, 1e-5), values.w!);
  const losses = crossEntropy(matmul(hidden, values.head!, { transposeB: true }), integers(Array.from({ length: rows }, (_, i) => i)));
  const loss = sum(reshape(losses, [rows]), 0);
  const [dw, dhead, dnorm] = gradients(loss, [values.w!, values.head!, values.norm!]) as [Value, Value, Value];
  const outputs = { loss, dw, dhead, dnorm };

  const random = seededRandom("self-check");
  const data = Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, Float32Array.from({ length: product(dims) }, () => random() * 2 - 1)]));
  const session = await prepareSession(runtime, outputs);
  try {
    const actual = await session.run(Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, { dtype: "float32" as const, dims, data: data[name]! }])));
    const expected = evaluate(outputs, { inputs: data });
    return Math.max(...Object.entries(expected).map(([name, { data: numbers }]) => {
      const largest = Math.max(...numbers.map(Math.abs));
      return Math.max(...numbers.map((number, i) => Math.abs(number - Number(actual[name]!.data[i])))) / largest;
    }));
  } finally {
    await session.release();
  }
};
