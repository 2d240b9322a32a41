/** The runtime that the suites of golden folders run on: the CPU, or what TUNESMITH_DEVICE names. WebGPU has SwiftShader where there is no graphics adapter. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";
import { type Runtime } from "../src/core/runtime";
import { openDevice } from "../src/node/device/deviceRuntime";
import { NativeEnvironment } from "../src/node/device/native";
import { openOrtApi } from "../src/node/device/ortApi";
import { createOrtRuntime } from "../src/node/ort";

/** What `apt-get install -y chromium` brings: a Vulkan loader and SwiftShader, which computes on the CPU. */
const chromium = "/usr/lib/chromium", icd = join(chromium, "vk_swiftshader_icd.json");

/** Whether WebGPU can be tested here. In CI it must be. */
export const hasSwiftShader = existsSync(icd);
if (!hasSwiftShader) {
  if (process.env.CI && process.platform === "linux") throw new Error("SwiftShader is missing: CI must `apt-get install -y chromium`.");
  console.warn("WebGPU is NOT tested here: SwiftShader is missing (`apt-get install -y chromium` brings it).");
}

/** For processes that are started: what makes them find SwiftShader. */
export const swiftShaderEnvironment = (): Record<string, string> => ({ VK_ICD_FILENAMES: icd, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: mkdtempSync(join(tmpdir(), "tunesmith-xdg-")) });

let environment: NativeEnvironment | undefined;

/** The library in this process, with SwiftShader within its reach. */
export function testEnvironment(): NativeEnvironment {
  if (environment) return environment;
  const { VK_ICD_FILENAMES, XDG_RUNTIME_DIR } = swiftShaderEnvironment();
  Object.assign(process.env, { VK_ICD_FILENAMES, XDG_RUNTIME_DIR });
  const api = openOrtApi(); // First: it sets koffi up.
  koffi.load(join(chromium, "libvulkan.so.1"), { global: true }); // Found by its name from now on.
  return (environment = new NativeEnvironment(api));
}

export async function openTestRuntime(device = process.env.TUNESMITH_DEVICE ?? "cpu"): Promise<Runtime> {
  return device === "webgpu" ? openDevice(testEnvironment(), { name: "webgpu", options: { enableInt64: "1" } }) : createOrtRuntime({ threads: 1 });
}
