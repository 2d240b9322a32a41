/** The runtime that the suites of golden folders run on: the CPU, or what TUNESMITH_DEVICE names. WebGPU has SwiftShader where there is no graphics adapter. */
import { join } from "node:path";
import koffi from "koffi";
import { type Runtime } from "../src/core/runtime";
import { openDevice } from "../src/node/device/deviceRuntime";
import { NativeEnvironment } from "../src/node/device/native";
import { openOrtApi } from "../src/node/device/ortApi";
import { graphicsMemory } from "../src/node/device/graphicsMemory";
import { isDeviceName } from "../src/node/device/names";
import { openRuntime, providers } from "../src/node/device/open";
import { createOrtRuntime } from "../src/node/ort";
import { chromium, swiftShaderEnvironment } from "./swiftShader";

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
  if (!isDeviceName(device)) throw new Error(`TUNESMITH_DEVICE names no device: ${device}`);
  if (device === "cpu") return createOrtRuntime({ threads: 1 });
  return device === "cuda" || await graphicsMemory(device) ? openRuntime(device) : openDevice(testEnvironment(), providers.webgpu);
}
