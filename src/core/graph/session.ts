/** From outputs to a session of a runtime: the one way from a graph to something that runs, whatever the device. */
import { type DeviceSession, type Runtime, type Session, type SessionOptions } from "../runtime";
import { lower } from "./lower";
import { lowerForDevice } from "./lowerDevice";
import { packingQuantised } from "./lowerQuantised";
import { writeOnnx } from "./onnx";
import { product, type Value } from "./ops";

/** From this size of the weights in float32 on, what several graphs keep between runs matters more than the time to ask for it again (measured on a 135M base: 1.5 GB instead of 4.5 after four shapes). */
export const LARGE_BYTES = 64 * 2 ** 20;

/** What stays on a graphics device, and how often the graph runs. */
export type OnDevice = Pick<DeviceSession, "residents" | "seldom">;

export interface GraphOptions extends Pick<SessionOptions, "weightsFolder"> {
  /** On the CPU: quantised weights are copied into the form that products of few rows read fastest. */
  readonly packed?: boolean;
  readonly device?: OnDevice;
  /** On the CPU: codes in 8 bits are made float32, as a graphics device does and a processor that does not multiply them exactly, instead of being multiplied as integers. */
  readonly expandsInt8?: boolean;
}

export async function prepareSession(runtime: Runtime, outputs: Readonly<Record<string, Value>>, { weightsFolder, packed = false, device, expandsInt8 = false }: GraphOptions = {}): Promise<Session> {
  const folder = weightsFolder !== undefined && { weightsFolder };
  if (runtime.graphics) {
    const { graph, session } = lowerForDevice(outputs, runtime.graphics);
    return runtime.createSession(writeOnnx(graph), { device: { ...session, ...device }, ...folder });
  }
  const wanted = lower(outputs, { expandsInt8 }), inIntegers = wanted.nodes.some(({ op }) => op === "MatMulIntegerToFloat");
  const graph = inIntegers && (await runtime.exactIntegers?.()) === false ? lower(outputs, { expandsInt8: true }) : wanted;
  const returnMemory = graph.weights.reduce((total, { dims }) => total + 4 * product(dims), 0) > LARGE_BYTES;
  return runtime.createSession(writeOnnx(packed ? packingQuantised(graph) : graph), { returnMemory, packed, ...folder });
}
