/** SwiftShader, a Vulkan driver that computes on the CPU: WebGPU is tested with it where there is no graphics card. */
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What `apt-get install -y chromium` brings: a Vulkan loader and SwiftShader, which computes on the CPU. */
export const chromium = "/usr/lib/chromium", icd = join(chromium, "vk_swiftshader_icd.json");

/** Whether WebGPU can be tested here. In CI it must be. */
export const hasSwiftShader = existsSync(icd);
if (!hasSwiftShader) {
  if (process.env.CI && process.platform === "linux") throw new Error("SwiftShader is missing: CI must `apt-get install -y chromium`.");
  console.warn("WebGPU is NOT tested here: SwiftShader is missing (`apt-get install -y chromium` brings it).");
}

/** For processes that are started: what makes them find SwiftShader. */
export const swiftShaderEnvironment = (): Record<string, string> => ({ VK_ICD_FILENAMES: icd, LD_LIBRARY_PATH: chromium, XDG_RUNTIME_DIR: mkdtempSync(join(tmpdir(), "tunesmith-xdg-")) });
