/** Sessions and tensors of the C API as objects that cannot be misused: a handle is never seen outside, nothing is used after its release or while a run is under way. */
import { product } from "../../core/graph/ops";
import { onnxType } from "../../core/graph/onnx";
import { type GraphTensor, type TensorData } from "../../core/runtime";
import { type Handle, type OrtApi } from "./ortApi";

/** The names of the memories, as the library's providers call them. */
export type ProviderName = "webgpu" | "cuda";
const memoryNames: Readonly<Record<ProviderName, string>> = { webgpu: "WebGPU_Buffer", cuda: "Cuda" };

export interface Provider { readonly name: ProviderName; readonly options: Readonly<Record<string, string>> }

type ElementType = GraphTensor["dtype"];
const bytesPer: Readonly<Record<ElementType, number>> = { float32: 4, float16: 2, bfloat16: 2, int64: 8, int32: 4, int8: 1, uint8: 1, bool: 1, uint4: 0.5 };
const pairs = (options: Readonly<Record<string, string>>): [string[], string[], number] => [Object.keys(options), Object.values(options), Object.keys(options).length];
/** Errors come as errors; printing them too would only alarm. */
const FATAL = 4;
const shape = (dims: readonly number[]): BigInt64Array => BigInt64Array.from(dims, BigInt);

/** A tensor in the device's memory. */
export class NativeTensor {
  private handle: Handle | undefined;
  readonly bytes: number;

  constructor(private readonly api: OrtApi, allocator: Handle, readonly dtype: ElementType, readonly dims: readonly number[]) {
    this.bytes = Math.ceil(product(dims) * bytesPer[dtype]);
    this.handle = api.make("CreateTensorAsOrtValue", allocator, shape(dims), dims.length, onnxType[dtype]);
  }

  /** For other objects of this file. Throws after the release. */
  use(): Handle {
    if (this.handle === undefined) throw new Error("a device tensor is used after its release");
    return this.handle;
  }

  release(): void {
    if (this.handle !== undefined) this.api.release("Value", this.handle);
    this.handle = undefined;
  }
}

/** The library's environment; one for the process. */
export class NativeEnvironment {
  private readonly environment: Handle;
  private readonly host: Handle;

  constructor(readonly api: OrtApi) {
    this.environment = api.make("CreateEnv", FATAL, "tunesmith");
    api.call("DisableTelemetryEvents", this.environment);
    this.host = api.make("CreateMemoryInfo", "Cpu", 0, 0, 0);
  }

  /** Makes the library know copies to and from a provider that lies in a file of its own. */
  registerLibrary(name: string, file: string): void { this.api.call("RegisterExecutionProviderLibrary", this.environment, name, file); }

  createSession(model: Uint8Array, options: NativeSessionOptions): NativeSession { return new NativeSession(this.api, this.environment, model, options); }

  write(data: TensorData, to: NativeTensor): void { this.copy(data, to, (host) => [host, to.use()]); }

  read(from: NativeTensor, into: TensorData): void { this.copy(into, from, (host) => [from.use(), host]); }

  /** On the device; both of one size. */
  duplicate(from: NativeTensor, to: NativeTensor): void {
    if (from.bytes !== to.bytes) throw new Error(`${from.bytes} bytes do not go into ${to.bytes}`);
    this.api.call("CopyTensors", this.environment, [from.use()], [to.use()], null, 1);
  }

  /** The library borrows the array's memory for the length of this call: it is neither moved nor freed, for `data` holds it, and no view of foreign memory is made, which Electron forbids. */
  private copy(data: TensorData, { dtype, dims, bytes }: NativeTensor, ends: (host: Handle) => [Handle, Handle]): void {
    if (data.byteLength !== bytes) throw new Error(`${data.byteLength} bytes do not fit a device tensor of ${bytes}`);
    if (bytes === 0) return;
    const host = this.api.make("CreateTensorWithDataAsOrtValue", this.host, data, bytes, shape(dims), dims.length, onnxType[dtype]);
    try {
      const [from, to] = ends(host);
      this.api.call("CopyTensors", this.environment, [from], [to], null, 1);
    } finally {
      this.api.release("Value", host);
    }
  }
}

export interface NativeSessionOptions {
  readonly provider: Provider;
  /** Keys of onnxruntime_session_options_config_keys.h. */
  readonly config?: Readonly<Record<string, string>>;
  /** Begin of the name of a file that logs what ran where. */
  readonly profile?: string;
}

export class NativeSession {
  private readonly session: Handle;
  private readonly binding: Handle;
  private readonly runOptions: Handle;
  private readonly memory: Handle;
  private readonly allocator: Handle;
  private readonly bound = new Map<string, NativeTensor>();
  private running: Promise<void> | undefined;
  private released = false;

  constructor(private readonly api: OrtApi, environment: Handle, model: Uint8Array, { provider: { name, options }, config = {}, profile }: NativeSessionOptions) {
    const settings = api.make("CreateSessionOptions");
    try {
      api.call("SetSessionGraphOptimizationLevel", settings, 99);
      api.call("SetSessionLogSeverityLevel", settings, FATAL);
      api.call("DisableMemPattern", settings);
      if (profile !== undefined) api.call("EnableProfiling", settings, profile);
      for (const [key, value] of Object.entries(config)) api.call("AddSessionConfigEntry", settings, key, value);
      if (name === "webgpu") api.call("SessionOptionsAppendExecutionProvider", settings, "WebGPU", ...pairs(options));
      else appendCuda(api, settings, options);
      this.session = api.make("CreateSessionFromArray", environment, model, model.byteLength, settings);
    } finally {
      api.release("SessionOptions", settings);
    }
    this.memory = api.make("CreateMemoryInfo", memoryNames[name], 0, 0, 0);
    this.allocator = api.make("CreateAllocator", this.session, this.memory);
    this.binding = api.make("CreateIoBinding", this.session);
    this.runOptions = api.make("CreateRunOptions");
  }

  /** Memory of the device; to be released before this session. */
  tensor(dtype: ElementType, dims: readonly number[]): NativeTensor {
    this.ensureIdle();
    return new NativeTensor(this.api, this.allocator, dtype, dims);
  }

  /** Stays bound until another takes its place. The session keeps the tensor from being collected, its owner releases it. */
  bind(side: "input" | "output", name: string, tensor: NativeTensor): void {
    this.ensureIdle();
    this.api.call(side === "input" ? "BindInput" : "BindOutput", this.binding, name, tensor.use());
    this.bound.set(`${side} ${name}`, tensor);
  }

  /** Runs with what is bound, on another thread. */
  async run(): Promise<void> {
    this.ensureIdle();
    for (const tensor of this.bound.values()) tensor.use();
    this.running = this.api.callAsync("RunWithBinding", this.session, this.runOptions, this.binding);
    try {
      await this.running;
    } finally {
      this.running = undefined;
    }
  }

  /** Ends the log that `profile` began; answers with its file: JSON, one event for each node of each run with the provider that ran it. */
  endProfiling(): string {
    this.ensureIdle();
    const allocator = this.api.make("GetAllocatorWithDefaultOptions"), name = this.api.make("SessionEndProfiling", this.session, allocator), file = this.api.text(name);
    this.api.call("AllocatorFree", allocator, name);
    return file;
  }

  /** Waits for a run under way. */
  async release(): Promise<void> {
    await this.running?.catch(() => {}); // Whoever started that run has its error.
    this.releaseIdle();
  }

  /** At once; nothing where it runs. */
  releaseIdle(): void {
    if (this.released || this.running) return;
    this.released = true;
    this.bound.clear();
    this.api.release("IoBinding", this.binding);
    this.api.release("RunOptions", this.runOptions);
    this.api.release("Allocator", this.allocator);
    this.api.release("MemoryInfo", this.memory);
    this.api.release("Session", this.session);
  }

  private ensureIdle(): void {
    if (this.released) throw new Error("a device session is used after its release");
    if (this.running) throw new Error("a device session is used while it runs");
  }
}

function appendCuda(api: OrtApi, settings: Handle, options: Readonly<Record<string, string>>): void {
  const cuda = api.make("CreateCUDAProviderOptions");
  try {
    api.call("UpdateCUDAProviderOptions", cuda, ...pairs(options));
    api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", settings, cuda);
  } finally {
    api.release("CUDAProviderOptions", cuda);
  }
}
