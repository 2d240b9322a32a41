/** Ports: what effects look like from inside core. `src/node` implements them; tests may too. */

export type DType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "int8" | "uint8" | "bool";

export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

/** Row-major. float16 and bfloat16 travel as their bits in a Uint16Array, bool as a Uint8Array. */
export interface Tensor { readonly dtype: DType; readonly dims: readonly number[]; readonly data: TensorData }

export interface Session {
  /** Runs the whole graph once. Settles with every output by name; throws UserError where the device ran out. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

/** A named input or output of a graph with fixed dims. uint4: two to a byte, the first in the low half. */
export interface GraphTensor { readonly name: string; readonly dtype: DType | "uint4"; readonly dims: readonly number[] }
/** An input that lies in a file of the weights folder as `storedAs`; the device holds it as `dtype`. */
export interface StoredInput extends GraphTensor { readonly file: string; readonly offset: number; readonly bytes: number; readonly storedAs: DType }

/** Float32 values that stay where the device computes, from session to session. */
export interface Resident {
  write(data: Float32Array): void;
  read(): Float32Array;
  release(): void;
}

/** What a session on a graphics device needs to know of its graph. */
export interface DeviceSession {
  readonly inputs: readonly GraphTensor[];
  readonly outputs: readonly GraphTensor[];
  readonly weights: readonly StoredInput[];
  /** Inputs and outputs by name that are bound to a vector on the device and do not travel; one vector may be both, and is then updated in place. */
  readonly residents?: Readonly<Record<string, Resident>>;
  /** It runs too seldom to be recorded and replayed. */
  readonly seldom?: boolean;
}

export interface SessionOptions {
  /** Folder against which the model's external data locations are resolved. */
  readonly weightsFolder?: string;
  /** Give working memory back after every run instead of keeping it: for large models, of which several prepared graphs together would fill the machine. */
  readonly returnMemory?: boolean;
  /** Copy constant matrices into the form that products read fastest; otherwise they stay mapped where they lie. */
  readonly packed?: boolean;
  /** Where the runtime has a device: there weights are inputs, of which it keeps one copy for all sessions. */
  readonly device?: DeviceSession;
}

/** A graphics device. float16: it computes with 16-bit floats, so it can hold weights in them; fusedProducts: it has FusedMatMul. */
export interface Device {
  readonly float16: boolean;
  readonly fusedProducts: boolean;
  /** Of its memory when it was opened; left out where the system does not say. */
  readonly freeBytes?: number;
  /** dims: as graphs see it; left out: a vector. */
  resident(data: Float32Array, dims?: readonly number[]): Resident;
}

export interface Runtime {
  /** "cpu", "webgpu", … */
  readonly device: string;
  /** Left out on the CPU. */
  readonly graphics?: Device;
  /** Whether products of unsigned with signed 8 bits come out right, which is not so on every processor; left out: they do. */
  exactIntegers?(): Promise<boolean>;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}

/** The memory of the machine and of this process, in bytes. */
export interface Machine {
  /** The most that this process ever held, apart from `mappedBytes`. To be asked after every step: some systems only know the highest since the last question. */
  highestBytes(): number;
  /** Files that it has mapped, each once; 0 where the system counts them with the rest. */
  mappedBytes(): number;
  /** What it may still take before others would have to give way. */
  freeBytes(): number;
}

/** Read-only view of one folder (a Hugging Face model folder, an adapter). Paths are relative to it. */
export interface Folder {
  /** Absolute path, for messages and for the runtime's external data. */
  readonly path: string;
  exists(name: string): Promise<boolean>;
  size(name: string): Promise<number>;
  /** Bytes [start, end) or the whole file. */
  read(name: string, start?: number, end?: number): Promise<Uint8Array>;
}
