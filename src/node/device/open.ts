/** Opens a device by its name. One library and one environment serve the process, so which CUDA libraries it has is decided by the first device that is opened. */
import { UserError } from "../../core/errors";
import { type Runtime } from "../../core/runtime";
import { createOrtRuntime } from "../ort";
import { cudaRuntimeFolder, findCuda } from "./cuda";
import { type DeviceRuntime, openDevice } from "./deviceRuntime";
import { graphicsMemory } from "./graphicsMemory";
import { type DeviceName, type GraphicsName } from "./names";
import { NativeEnvironment, type Provider } from "./native";
import { type LibraryPlace, openOrtApi, shippedFolder, VERSION } from "./ortApi";

/** Every key is read by the library: it takes unknown ones without a word (test/parity/devices.test.ts asks). */
export const providers: Readonly<Record<GraphicsName, Provider>> = {
  // enableInt64: token ids and targets are 64-bit integers, and stay on the device.
  webgpu: { name: "webgpu", options: { enableInt64: "1" } },
  cuda: { name: "cuda", options: { device_id: "0", use_tf32: "1", arena_extend_strategy: "kSameAsRequested" } },
};

let shared: NativeEnvironment | undefined;
const environmentAt = (place: LibraryPlace): NativeEnvironment => (shared ??= new NativeEnvironment(openOrtApi(place)));

/** CUDA records for each thread anew, without a word and with wrong results, so its steps are replayed only where asynchronous calls have one thread. */
export const replays = (name: GraphicsName, { UV_THREADPOOL_SIZE: threads }: Readonly<Record<string, string | undefined>> = process.env): boolean => name !== "cuda" || threads === "1";

/** Throws DEVICE_UNUSABLE with the reason. */
export async function openRuntime(name: DeviceName, onWarning?: (message: string) => void): Promise<Runtime> {
  if (name === "cpu") return createOrtRuntime();
  const memory = await graphicsMemory(name), options = { replay: replays(name), ...(memory && { freeBytes: memory.free }), ...(onWarning && { onWarning }) };
  if (name === "webgpu") {
    const environment = environmentAt({});
    return closedAtExit(await openDevice(environment, providers.webgpu, options), environment);
  }
  const runtimeFolder = shippedFolder(), found = await findCuda({ version: VERSION, runtimeFolder });
  if ("why" in found) throw new UserError("DEVICE_UNUSABLE", found.why, "`Tunesmith: Set Up GPU` in VS Code, or docs/devices.md, says what CUDA needs; WebGPU needs nothing.");
  const folder = cudaRuntimeFolder(found, runtimeFolder, VERSION), environment = environmentAt({ folder, dependencies: found.dependencies });
  registerOnce(environment, `${folder}/libonnxruntime_providers_cuda.so`);
  return closedAtExit(await openDevice(environment, providers.cuda, options), environment);
}

const opened: DeviceRuntime[] = [];
/** Listeners of the process's end that were there before have had their turn when this one ends it. */
function closedAtExit(runtime: DeviceRuntime, { api }: NativeEnvironment): DeviceRuntime {
  if (opened.push(runtime) === 1) process.once("exit", (status) => {
    for (const open of opened) open.closeAtExit();
    api.endProcess(status);
  });
  return runtime;
}

let registered = false;
/** Without it the library can compute with CUDA, yet not copy to and from it. */
function registerOnce(environment: NativeEnvironment, file: string): void {
  if (registered) return;
  try {
    environment.registerLibrary("CUDAExecutionProvider", file);
  } catch (cause) {
    throw new UserError("DEVICE_UNUSABLE", `CUDA's libraries do not load: ${cause instanceof Error ? cause.message : String(cause)}.`, "Install NVIDIA's driver and the CUDA libraries that docs/devices.md names.", { cause });
  }
  registered = true;
}
