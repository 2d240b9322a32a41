/** The Runtime port on a graphics device: sessions whose inputs, outputs and state lie in its memory, bound once; only what a run is fed and what it answers travels. */
import { input, neg } from "../../core/graph/graph";
import { lower } from "../../core/graph/lower";
import { writeOnnx } from "../../core/graph/onnx";
import { product } from "../../core/graph/ops";
import { type Device, type DType, type DeviceSession, type GraphTensor, type Resident, type Runtime, type Session, type Tensor, type TensorData } from "../../core/runtime";
import { deviceError, opening, using } from "./deviceErrors";
import { DeviceWeights } from "./deviceWeights";
import { type NativeEnvironment, type NativeSession, type NativeTensor, type Provider, type ProviderName } from "./native";
import { OrtError } from "./ortApi";
import { ReplayedSession } from "./replay";

export interface DeviceRuntime extends Runtime {
  readonly graphics: Device;
  close(): Promise<void>;
  /** As the process ends: a driver that is ended with a session open ends the process with a fault. */
  closeAtExit(): void;
}

/** What every session is made with: a node without a kernel on the device is an error, not a silent copy to the CPU and back. */
const SESSION_CONFIG = { "session.disable_cpu_ep_fallback": "1" };

class DeviceResident implements Resident {
  constructor(private readonly environment: NativeEnvironment, private readonly provider: Provider, readonly tensor: NativeTensor) {}
  write(data: Float32Array): void { using(this.provider, () => this.environment.write(data, this.tensor)); }
  read(): Float32Array {
    const data = new Float32Array(this.tensor.bytes / 4);
    using(this.provider, () => this.environment.read(this.tensor, data));
    return data;
  }
  release(): void { this.tensor.release(); }
}

export interface DeviceOptions {
  /** Begin of the names of files that log what ran where, one for each session. */
  readonly logTo?: string;
  /** false: nothing is recorded and replayed. */
  readonly replay?: boolean;
  readonly onWarning?: (message: string) => void;
  /** Of its memory; left out where the system does not say. */
  readonly freeBytes?: number;
}

/** Makes a session record itself in its first run. */
export const recording: Readonly<Record<ProviderName, Readonly<Record<string, string>>>> = { webgpu: { enableGraphCapture: "1" }, cuda: { enable_cuda_graph: "1" } };

/** Opens the device. Throws DEVICE_UNUSABLE with the library's reason. */
export async function openDevice(environment: NativeEnvironment, provider: Provider, { logTo, replay = true, onWarning = () => {}, freeBytes }: DeviceOptions = {}): Promise<DeviceRuntime> {
  let logs = 0; // The library names files by the second: two sessions of one second would write into one.
  const open = (model: Uint8Array, recorded = false): NativeSession => environment.createSession(model, { provider: recorded ? { ...provider, options: { ...provider.options, ...recording[provider.name] } } : provider, config: SESSION_CONFIG, ...(logTo !== undefined && { profile: `${logTo}.${logs++}` }) });
  // Memory belongs to the session that gave it: this one lives as long as the runtime.
  const root = opening(provider, () => open(writeOnnx(lower({ y: neg(input("x", [1])) }))));
  const tensor = ({ dtype, dims }: Pick<GraphTensor, "dtype" | "dims">): NativeTensor => opening(provider, () => root.tensor(dtype, dims));
  const weights = new DeviceWeights((stored, data) => {
    const made = tensor(stored);
    using(provider, () => environment.write(data, made));
    return made;
  });
  const runtime: DeviceRuntime = {
    device: provider.name,
    graphics: {
      float16: await computesInHalves(open), fusedProducts: provider.name === "cuda", ...(freeBytes !== undefined && { freeBytes }),
      resident: (data, dims = [data.length]) => {
        const resident = new DeviceResident(environment, provider, tensor({ dtype: "float32", dims }));
        resident.write(data);
        return resident;
      },
    },
    createSession: async (model, options) => {
      const { device, weightsFolder = "" } = options ?? {};
      if (!device) throw new Error("a graph for a graphics device comes with its inputs and outputs");
      const make = async (recorded: boolean): Promise<BoundSession> => {
        const held = await weights.hold(weightsFolder, device.weights);
        try {
          const session = opening(provider, () => open(model, recorded));
          for (const [name, stored] of held.tensors) session.bind("input", name, stored);
          return new BoundSession(environment, provider, session, device, tensor, () => held.release());
        } catch (error) {
          held.release();
          throw error;
        }
      };
      const plain = await make(false), { residents, seldom = false } = device;
      // Graphs that keep state on the device are those that run step after step.
      if (!residents || seldom || !replay) return plain;
      const written = [...new Set(device.outputs.flatMap(({ name }) => residents[name] ?? []))];
      return new ReplayedSession({ plain, recorded: await make(true), written, onDifference: (difference) => onWarning(`Replayed steps differ from others by ${(100 * difference).toPrecision(2)}% on ${provider.name}, so every step is launched anew.`) });
    },
    close: () => root.release(),
    closeAtExit: () => root.releaseIdle(),
  };
  return runtime;
}

/** A session whose every input and output is bound to memory of the device. */
class BoundSession implements Session {
  private readonly inputs: ReadonlyMap<string, NativeTensor>;
  private readonly outputs: readonly { readonly signature: GraphTensor; readonly tensor: NativeTensor }[];

  constructor(private readonly environment: NativeEnvironment, private readonly provider: Provider, readonly session: NativeSession, { inputs, outputs, residents = {} }: DeviceSession, tensor: (signature: GraphTensor) => NativeTensor, private readonly onRelease: () => void) {
    const owner = (name: string): DeviceResident | undefined => residents[name] as DeviceResident | undefined;
    const own = inputs.filter(({ name }) => !owner(name)), answered = outputs.filter(({ name }) => !owner(name));
    this.inputs = new Map(own.map((signature) => [signature.name, tensor(signature)]));
    this.outputs = answered.map((signature) => ({ signature, tensor: tensor(signature) }));
    for (const { name } of inputs) session.bind("input", name, owner(name)?.tensor ?? this.inputs.get(name)!);
    for (const { name } of outputs) session.bind("output", name, owner(name)?.tensor ?? this.outputs.find(({ signature }) => signature.name === name)!.tensor);
  }

  async run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    try {
      for (const [name, tensor] of this.inputs) this.environment.write(inputs[name]!.data, tensor);
      await this.session.run();
      return Object.fromEntries(this.outputs.map(({ signature: { name, dtype, dims }, tensor }) => {
        const data = emptyData(dtype as DType, product(dims));
        this.environment.read(tensor, data);
        return [name, { dtype: dtype as DType, dims, data }];
      }));
    } catch (error) {
      throw deviceError(this.provider, error);
    }
  }

  async release(): Promise<void> {
    await this.session.release();
    for (const tensor of this.inputs.values()) tensor.release();
    for (const { tensor } of this.outputs) tensor.release();
    this.onRelease();
  }
}

const emptyData = (dtype: DType, length: number): TensorData => {
  switch (dtype) {
    case "float32": return new Float32Array(length);
    case "int64": return new BigInt64Array(length);
    case "int32": return new Int32Array(length);
    case "float16": case "bfloat16": return new Uint16Array(length);
    case "int8": return new Int8Array(length);
    case "uint8": case "bool": return new Uint8Array(length);
  }
};

/** Whether a cast to 16 bits runs: a WebGPU adapter without shader-f16 says no only when the kernel is made. */
async function computesInHalves(open: (model: Uint8Array) => NativeSession): Promise<boolean> {
  const cast = { op: "Cast", inputs: ["x"], outputs: ["h"], attributes: { to: 10 } }, back = { op: "Cast", inputs: ["n"], outputs: ["y"], attributes: { to: 1 } };
  const model = writeOnnx({ nodes: [cast, { op: "Neg", inputs: ["h"], outputs: ["n"] }, back], inputs: [{ name: "x", dtype: "float32", dims: [4] }], outputs: [{ name: "y", dtype: "float32", dims: [4] }], constants: [], weights: [] });
  let session: NativeSession | undefined;
  try {
    session = open(model);
    const [x, y] = [session.tensor("float32", [4]), session.tensor("float32", [4])];
    session.bind("input", "x", x);
    session.bind("output", "y", y);
    await session.run().finally(() => { x.release(); y.release(); });
    return true;
  } catch (error) {
    if (error instanceof OrtError) return false;
    throw error;
  } finally {
    await session?.release();
  }
}
