/** Finds the CUDA provider of the shipped library's version, which is no part of the package, and lays it where that library looks for it. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";

const PROVIDERS = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];

export interface CudaLibraries {
  /** Holds the provider. */
  readonly folder: string;
  /** Libraries of CUDA itself that Python packages brought; empty where the system has them. */
  readonly dependencies: readonly string[];
}
export interface CudaSearch {
  /** The shipped library's. */
  readonly version: string;
  readonly runtimeFolder: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly python?: readonly string[];
}

/** In this order: TUNESMITH_CUDA (a window passes its setting on by it), beside the runtime, an onnxruntime-gpu of the same version that pip installed. Answers with the reason where there is none. */
export async function findCuda({ version, runtimeFolder, environment = process.env, python = ["python3", "python"] }: CudaSearch): Promise<CudaLibraries | { readonly why: string }> {
  if (process.platform !== "linux" || process.arch !== "x64") return { why: `ONNX Runtime has CUDA for Linux on x64 alone in this package; WebGPU uses the same card on ${process.platform}-${process.arch}.` };
  const { TUNESMITH_CUDA: folder } = environment;
  if (folder) {
    const missing = PROVIDERS.filter((name) => !existsSync(join(folder, name)));
    return missing.length === 0 ? { folder, dependencies: pythonLibraries(join(folder, "..", "..")) } : { why: `TUNESMITH_CUDA (the setting tunesmith.cudaFolder) names ${folder}, where ${missing.join(" and ")} is missing.` };
  }
  if (PROVIDERS.every((name) => existsSync(join(runtimeFolder, name)))) return { folder: runtimeFolder, dependencies: [] };
  const installed = await installedWithPip(python);
  if (!installed) return { why: `ONNX Runtime's CUDA libraries were not found: neither where the setting tunesmith.cudaFolder or TUNESMITH_CUDA says, nor as a Python package. \`pip install "onnxruntime-gpu[cuda,cudnn]==${version}"\` brings them.` };
  if (installed.version !== version) return { why: `The installed onnxruntime-gpu is ${installed.version}; ${version} is needed: \`pip install "onnxruntime-gpu[cuda,cudnn]==${version}"\`.` };
  return { folder: join(installed.site, "onnxruntime", "capi"), dependencies: pythonLibraries(installed.site) };
}

/** The library finds providers beside itself alone, by the path it was loaded by: a folder of links with both. */
export function cudaRuntimeFolder({ folder }: CudaLibraries, runtimeFolder: string, version: string, cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tunesmith")): string {
  const links = join(cache, `cuda-${version}`);
  mkdirSync(links, { recursive: true });
  for (const file of [join(runtimeFolder, "libonnxruntime.so.1"), ...PROVIDERS.map((name) => join(folder, name))]) {
    rmSync(join(links, basename(file)), { force: true });
    symlinkSync(realpathSync(file), join(links, basename(file)));
  }
  return links;
}

/** What pip knows, without loading anything of it. */
async function installedWithPip(python: readonly string[]): Promise<{ version: string; site: string } | undefined> {
  const script = "import importlib.metadata as m; d = m.distribution('onnxruntime-gpu'); print(d.version); print(d.locate_file(''))";
  for (const program of python) {
    try {
      const [version, site] = (await promisify(execFile)(program, ["-c", script], { timeout: 10_000, windowsHide: true })).stdout.trim().split("\n");
      if (version && site) return { version: version.trim(), site: site.trim() };
    } catch {
      continue; // No such program, or no such package in it.
    }
  }
  return undefined;
}

/** site-packages/nvidia/NAME/lib/*.so.N of the packages that CUDA's own libraries come in. */
function pythonLibraries(site: string): string[] {
  const root = join(site, "nvidia");
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((name) => {
    const folder = join(root, name, "lib");
    return existsSync(folder) ? readdirSync(folder).filter((file) => /\.so\.\d+$/.test(file)).map((file) => join(folder, file)) : [];
  });
}
