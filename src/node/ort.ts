/** The only importer of onnxruntime-node: the Runtime port on its binding, on the CPU. */
import type * as Ort from "onnxruntime-node";
import { UserError } from "../core/errors";
import { writeOnnx } from "../core/graph/onnx";
import { type DType, type Runtime, type Session, type SessionOptions, type Tensor, type TensorData } from "../core/runtime";

export interface OrtOptions {
  /** Threads inside an operator; left out, the library's own choice (the physical cores). */
  readonly threads?: number;
}

/** Loads the native library (about 100 ms) and answers with its CPU device. Throws DEVICE_UNUSABLE where it cannot be loaded. */
export async function createOrtRuntime({ threads }: OrtOptions = {}): Promise<Runtime> {
  // The library reads this once, when it is loaded: nothing leaves the machine.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const ort = await import("onnxruntime-node").catch((cause: unknown) => {
    throw new UserError("DEVICE_UNUSABLE", `The ONNX Runtime library could not be loaded on ${process.platform}-${process.arch}.`, "Reinstall Tunesmith for this platform.", { cause });
  });
  let exact: Promise<boolean> | undefined;
  return {
    device: "cpu",
    exactIntegers: () => exact ??= multipliesExactly(ort),
    createSession: async (model, options) => wrap(ort, await ort.InferenceSession.create(model, sessionOptions(threads, options))),
  };
}

/**
 * Whether products of unsigned with signed 8 bits come out right: x86 before VNNI adds pairs of them in 16 bits, which overflow. Asked of the processor itself,
 * by the largest codes there are, since Node does not tell what it can do. (The runtime has an option that makes signed weights unsigned there; it cannot take a
 * weight that two products read, and is slower than float32.)
 */
async function multipliesExactly(ort: typeof Ort): Promise<boolean> {
  const n = 64, exact = n * 255 * 127;
  const model = writeOnnx({
    nodes: [{ op: "MatMulInteger", inputs: ["a", "b"], outputs: ["y"] }], inputs: [{ name: "a", dtype: "uint8", dims: [n, n] }], outputs: [{ name: "y", dtype: "int32", dims: [n, n] }],
    constants: [{ name: "b", dtype: "int8", dims: [n, n], data: new Int8Array(n * n).fill(127) }], weights: [],
  });
  const session = await ort.InferenceSession.create(model, sessionOptions(1));
  const { y } = await session.run({ a: new ort.Tensor("uint8", new Uint8Array(n * n).fill(255), [n, n]) });
  await session.release();
  return (y!.data as Int32Array).every((sum) => sum === exact);
}

function sessionOptions(threads: number | undefined, { weightsFolder, returnMemory = false, packed = false }: SessionOptions = {}): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ["cpu"],
    // Graphs come as they are to be carried out (core/graph/lower.ts): the runtime's optimizers found a few slices and scales to join, which made no step faster or smaller, and took half of the time to prepare a graph.
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
    // A third to a half less memory at no cost (measured on a 135M model).
    enableMemPattern: false,
    enableCpuMemArena: !returnMemory,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    extra: {
      session: {
        // Weights stay memory-mapped in the user's file instead of being copied into a packed form.
        disable_prepacking: packed ? "0" : "1",
        // Waiting threads sleep instead of spinning: on a machine that is also used for editing a step takes a third of the time, and the editor keeps its processor.
        intra_op: { allow_spinning: "0" },
        ...(weightsFolder !== undefined && { model_external_initializers_file_folder_path: weightsFolder }),
      },
    },
  };
}

function wrap(ort: typeof Ort, session: Ort.InferenceSession): Session {
  return {
    run: async (inputs) => {
      const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toOrt(ort, tensor)]));
      const results = await session.run(feeds);
      await answerOthers();
      return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, { dtype: tensor.type as DType, dims: tensor.dims, data: tensor.data as TensorData }]));
    },
    release: () => session.release(),
  };
}

const toOrt = (ort: typeof Ort, { dtype, data, dims }: Tensor): Ort.Tensor => new ort.Tensor(dtype as "float32", data as Float32Array, dims as number[]);

/** The library's version, for a run's manifest. */
export const ortVersion = async (): Promise<string> => (await import("onnxruntime-node")).env.versions.node ?? "";

/** A run blocks its thread; a message needs some turns of the event loop to come in, be read and be answered, and a series of runs gives it none. */
async function answerOthers(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((settle) => { setImmediate(settle); });
}
