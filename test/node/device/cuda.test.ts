/** cuda.ts: where CUDA's provider is looked for, what is said where it is not, and how it is laid beside the runtime. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cudaRuntimeFolder, findCuda } from "../../../src/node/device/cuda";
import { replays } from "../../../src/node/device/open";

const root = mkdtempSync(join(tmpdir(), "tunesmith-cuda-"));
const folderOf = (name: string, files: readonly string[]): string => {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(join(folder, file), file);
  return folder;
};
const both = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];
/** A Python that knows of one package. */
const pythonWith = (version: string, site: string): string => {
  const path = join(folderOf("bin", []), `python-${version}`);
  writeFileSync(path, `#!/bin/sh\nprintf '%s\\n%s\\n' '${version}' '${site}'\n`);
  chmodSync(path, 0o755);
  return path;
};

describe.skipIf(process.platform !== "linux" || process.arch !== "x64")("CUDA's libraries", () => {
  const runtimeFolder = folderOf("runtime", ["libonnxruntime.so.1"]);
  const find = (more: Partial<Parameters<typeof findCuda>[0]> = {}): ReturnType<typeof findCuda> => findCuda({ version: "1.30.0", runtimeFolder, environment: {}, python: [], ...more });

  test("are named by TUNESMITH_CUDA, or what is missing there is said", async () => {
    const folder = folderOf("named", both);
    expect(await find({ environment: { TUNESMITH_CUDA: folder } })).toEqual({ folder, dependencies: [] });
    expect(await find({ environment: { TUNESMITH_CUDA: runtimeFolder } })).toEqual({ why: expect.stringContaining(`names ${runtimeFolder}, where libonnxruntime_providers_shared.so and libonnxruntime_providers_cuda.so is missing`) });
  });

  test("lie beside the runtime", async () => {
    const beside = folderOf("beside", ["libonnxruntime.so.1", ...both]);
    expect(await find({ runtimeFolder: beside })).toEqual({ folder: beside, dependencies: [] });
  });

  test("come with pip, in the same version, with CUDA's own in packages beside them", async () => {
    const site = join(root, "site"), capi = folderOf("site/onnxruntime/capi", both), cuda = folderOf("site/nvidia/cu13/lib", ["libcudart.so.13", "libcudart.a"]);
    expect(await find({ python: [join(root, "no-python"), pythonWith("1.30.0", site)] })).toEqual({ folder: capi, dependencies: [join(cuda, "libcudart.so.13")] });
    expect(await find({ python: [pythonWith("1.22.0", site)] })).toEqual({ why: expect.stringMatching(/The installed onnxruntime-gpu is 1\.22\.0; 1\.30\.0 is needed: `pip install/) });
    expect(await find()).toEqual({ why: expect.stringContaining("CUDA libraries were not found") });
  });

  test("are laid beside the runtime by links, anew each time", () => {
    const cache = join(root, "cache"), libraries = { folder: folderOf("named", both), dependencies: [] };
    cudaRuntimeFolder(libraries, runtimeFolder, "1.30.0", cache);
    const links = cudaRuntimeFolder({ ...libraries, folder: folderOf("other", both) }, runtimeFolder, "1.30.0", cache);
    expect(readlinkSync(join(links, both[1]!))).toContain("other");
    expect(existsSync(join(links, "libonnxruntime.so.1"))).toBe(true);
  });
});

test("CUDA's steps are replayed only where one thread runs them", () => {
  expect([replays("webgpu", {}), replays("cuda", {}), replays("cuda", { UV_THREADPOOL_SIZE: "4" }), replays("cuda", { UV_THREADPOOL_SIZE: "1" })]).toEqual([true, false, false, true]);
});
