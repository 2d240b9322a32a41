/**
 * The only importer of koffi: the C API of the very library that onnxruntime-node ships, by which device memory stays bound between runs, runs do not block and captured graphs can be had.
 * A wrong argument here ends the process (a fault is no exception), so nothing but device/native.ts may call it.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type * as Koffi from "koffi";
import { UserError } from "../../core/errors";

/** A pointer of the library; only device/native.ts holds some. */
export type Handle = bigint & { readonly ortHandle: true };

/** The library that the table below was checked against; another one is refused. */
export const VERSION = "1.30.0";
/** Of the struct that the table's indices belong to: it only ever grows at its end. */
const API_VERSION = 24;
/** koffi runs calls on stacks of its own, asynchronous ones on 128 KiB by default, which graphics drivers overrun (a fault on an H100). This is its largest. */
const STACK_BYTES = 16 << 20;

const path = process.platform === "win32" ? "str16" : "str";
/** Index in struct OrtApi, and the arguments. All answer with a status; what is marked as output comes last. */
const calls = {
  CreateEnv: [3, "int, str, _Out_ void **"], DisableTelemetryEvents: [6, "void *"],
  CreateSessionFromArray: [8, "void *, void *, size_t, void *, _Out_ void **"], CreateSessionOptions: [10, "_Out_ void **"],
  EnableProfiling: [14, `void *, ${path}`], SessionEndProfiling: [110, "void *, void *, _Out_ void **"], GetAllocatorWithDefaultOptions: [78, "_Out_ void **"], AllocatorFree: [76, "void *, void *"],
  DisableMemPattern: [17, "void *"], SetSessionLogSeverityLevel: [22, "void *, int"], SetSessionGraphOptimizationLevel: [23, "void *, int"], AddSessionConfigEntry: [130, "void *, str, str"],
  SessionOptionsAppendExecutionProvider: [216, "void *, str, const char **, const char **, size_t"],
  CreateCUDAProviderOptions: [205, "_Out_ void **"], UpdateCUDAProviderOptions: [206, "void *, const char **, const char **, size_t"], SessionOptionsAppendExecutionProvider_CUDA_V2: [204, "void *, void *"],
  RegisterExecutionProviderLibrary: [301, `void *, str, ${path}`],
  CreateRunOptions: [39, "_Out_ void **"], CreateIoBinding: [134, "void *, _Out_ void **"], BindInput: [136, "void *, str, void *"], BindOutput: [137, "void *, str, void *"], RunWithBinding: [133, "void *, void *, void *"],
  CreateMemoryInfo: [68, "str, int, int, int, _Out_ void **"], CreateAllocator: [131, "void *, void *, _Out_ void **"],
  CreateTensorAsOrtValue: [48, "void *, int64_t *, size_t, int, _Out_ void **"], CreateTensorWithDataAsOrtValue: [49, "void *, void *, size_t, int64_t *, size_t, int, _Out_ void **"],
  CopyTensors: [386, "void *, void **, void **, void *, size_t"],
  GetEpDevices: [303, "void *, _Out_ void **, _Out_ size_t *"],
} as const satisfies Record<string, readonly [number, string]>;
const releases = { Status: 93, MemoryInfo: 94, Session: 95, Value: 96, RunOptions: 97, SessionOptions: 100, Allocator: 132, IoBinding: 135, CUDAProviderOptions: 208 } as const;

export type CallName = keyof typeof calls;
export type ReleaseName = keyof typeof releases;
type Argument = string | number | bigint | null | Handle | readonly (string | Handle)[] | NodeJS.TypedArray;

export interface OrtApi {
  readonly version: string;
  /** The folder of the library. */
  readonly folder: string;
  /** Throws OrtError where the library says no. */
  call(name: CallName, ...args: readonly Argument[]): void;
  /** The same on a thread of libuv's pool; nothing that takes part may be touched until it settles. */
  callAsync(name: CallName, ...args: readonly Argument[]): Promise<void>;
  /** A call whose last argument is an output pointer. */
  make(name: CallName, ...args: readonly Argument[]): Handle;
  /** A call whose last two arguments are an array of pointers and its length; both stay the library's. */
  list(name: CallName, ...args: readonly Argument[]): Handle[];
  release(name: ReleaseName, handle: Handle): void;
  /** A string that the library owns. */
  text(handle: Handle): string;
  /** Ends the process without the library's own clearing up, in which drivers fault (SwiftShader under WebGPU: exit status 139 after all work was done). */
  endProcess(status: number): void;
}

/** What the library said. */
export class OrtError extends Error {}

/** folder: where the library is loaded from, instead of where it is shipped; dependencies: libraries to load before it. */
export interface LibraryPlace { readonly folder?: string; readonly dependencies?: readonly string[] }

/** Where onnxruntime-node keeps the library of this platform. */
export const shippedFolder = (): string => join(dirname(createRequire(__filename).resolve("onnxruntime-node/package.json")), "bin", "napi-v6", process.platform, process.arch);

/** Ends the process with nothing run after it: no destructors of libraries. */
function processEnd(koffi: typeof Koffi): (status: number) => void {
  if (process.platform !== "win32") return koffi.load(null).func("void _exit(int)") as (status: number) => void;
  const kernel = koffi.load("kernel32.dll"), self = kernel.func("void *GetCurrentProcess()"), terminate = kernel.func("int TerminateProcess(void *, uint32_t)");
  return (status) => { terminate(self(), status); };
}

/** Loads the library (again: onnxruntime-node in the same process uses the same one). Throws DEVICE_UNUSABLE where koffi or the library is missing or another version. */
export function openOrtApi({ expected = VERSION, folder, dependencies = [] }: LibraryPlace & { readonly expected?: string } = {}): OrtApi {
  try {
    return bind(expected, folder ?? shippedFolder(), dependencies);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError("DEVICE_UNUSABLE", `ONNX Runtime's C API could not be reached on ${process.platform}-${process.arch}: ${cause instanceof Error ? cause.message : String(cause)}.`, "Reinstall Tunesmith for this platform; the CPU works without it.", { cause });
  }
}

const libraryNames: Partial<Record<NodeJS.Platform, string>> = { linux: "libonnxruntime.so.1", darwin: "libonnxruntime.1.dylib", win32: "onnxruntime.dll" };

/** They need one another, in an order that only they know: what fails is tried again as long as others succeed. What is left over is missed by whoever needs it. */
function loadInAnyOrder(koffi: typeof Koffi, files: readonly string[]): void {
  for (let left = [...files], before = Infinity; left.length > 0 && left.length < before;) {
    before = left.length;
    left = left.filter((file) => {
      try {
        koffi.load(file, { global: true });
        return false;
      } catch {
        return true;
      }
    });
  }
}

/** koffi knows a prototype by its name, once for the process. */
const prototypes = new Map<string, Koffi.TypeObject>();
function prototypeOf(koffi: typeof Koffi, text: string): Koffi.TypeObject {
  const known = prototypes.get(text) ?? koffi.proto(text);
  prototypes.set(text, known);
  return known;
}

/** A function of the library as koffi hands it over. */
interface Native { (...args: readonly unknown[]): unknown; async(...args: readonly unknown[]): void }

function bind(expected: string, folder: string, dependencies: readonly string[]): OrtApi {
  // The library reads this once, when it is loaded: nothing leaves the machine.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const koffi = createRequire(__filename)("koffi") as typeof Koffi;
  // It can be set only before koffi loads its first library.
  if (koffi.config().async_stack_size !== STACK_BYTES) koffi.config({ ...koffi.config(), sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  loadInAnyOrder(koffi, dependencies);
  const library = koffi.load(join(folder, libraryNames[process.platform] ?? "libonnxruntime.so"));
  const at = (table: unknown, index: number, prototype: string): Native => koffi.decode(koffi.decode(table, index * 8, "void *"), prototypeOf(koffi, prototype)) as Native;
  const base = library.func("void *OrtGetApiBase()")() as Handle;
  const version = at(base, 1, "str OrtGetVersionString()")() as string;
  if (version !== expected) throw new UserError("DEVICE_UNUSABLE", `The ONNX Runtime library is version ${version}; graphics devices need ${expected}.`, "Reinstall Tunesmith; the CPU works with it.");
  const table = at(base, 0, "void *OrtGetApi(uint32_t)")(API_VERSION) as Handle | null;
  if (table === null) throw new Error(`version ${version} has no API ${API_VERSION}`);

  const functions = new Map(Object.entries(calls).map(([name, [index, args]]) => [name, at(table, index, `void *${name}(${args})`)]));
  const release = new Map(Object.entries(releases).map(([name, index]) => [name, at(table, index, `void Release${name}(void *)`)]));
  const message = at(table, 2, "str GetErrorMessage(void *)");
  const check = (status: unknown): void => {
    if (status === null) return;
    const text = message(status) as string;
    release.get("Status")!(status);
    throw new OrtError(text);
  };
  return {
    version, folder, endProcess: processEnd(koffi),
    call: (name, ...args) => check(functions.get(name)!(...args)),
    callAsync: (name, ...args) => new Promise((resolve, reject) => {
      functions.get(name)!.async(...args, (error: unknown, status: unknown) => {
        try {
          if (error) throw error as Error;
          check(status);
          resolve();
        } catch (caught) {
          reject(caught as Error);
        }
      });
    }),
    make: (name, ...args) => {
      const out: [Handle | null] = [null];
      check(functions.get(name)!(...args, out));
      return out[0]!;
    },
    list: (name, ...args) => {
      const out: [Handle | null] = [null], count: [number | bigint] = [0];
      check(functions.get(name)!(...args, out, count));
      return Array.from({ length: Number(count[0]) }, (_, i) => koffi.decode(out[0], i * 8, "void *") as Handle);
    },
    release: (name, handle) => { release.get(name)!(handle); },
    text: (handle) => koffi.decode(handle, "char", -1) as string,
  };
}
