/** Ports: what effects look like from inside core. `src/node` implements them; tests may too. */

export type DType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "uint8" | "bool";

export type TensorData = Float32Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array;

/** Row-major. float16 and bfloat16 travel as their bits in a Uint16Array, bool as a Uint8Array. */
export interface Tensor { readonly dtype: DType; readonly dims: readonly number[]; readonly data: TensorData }

export interface Session {
  /** Runs the whole graph once. Settles with every output by name; throws UserError where the device ran out. */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  release(): Promise<void>;
}

export interface SessionOptions {
  /** Folder against which the model's external data locations are resolved. */
  readonly weightsFolder?: string;
  /** Give working memory back after every run instead of keeping it: for large models, of which several prepared graphs together would fill the machine. */
  readonly returnMemory?: boolean;
  /** Copy constant matrices into the form that products read fastest; otherwise they stay mapped where they lie. */
  readonly packed?: boolean;
}

export interface Runtime {
  readonly device: string;
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
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
