/** What memory the first graphics card has, and how much of it is free, as far as the system says: neither WebGPU nor ONNX Runtime do. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { promisify } from "node:util";
import { type GraphicsName } from "./names";

/** In bytes. */
export interface GraphicsMemory { readonly total: number; readonly free: number }

/** NVIDIA's tool, else what Linux says of AMD's cards; on Apple's processors the machine's own. undefined: nobody says. */
export async function graphicsMemory(name: GraphicsName): Promise<GraphicsMemory | undefined> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", ["--query-gpu=memory.total,memory.free", "--format=csv,noheader,nounits"], { timeout: 5000, windowsHide: true });
    const known = fromNvidia(stdout);
    if (known) return known;
  } catch {
    // No such tool: no such card, or no driver.
  }
  if (name === "cuda") return undefined;
  if (process.platform === "darwin" && process.arch === "arm64") return { total: totalmem(), free: 0.75 * totalmem() }; // What Metal lends of it.
  return process.platform === "linux" ? fromDrm("/sys/class/drm") : undefined;
}

/** "81559, 80994" in MiB, a line for each card. */
export function fromNvidia(text: string): GraphicsMemory | undefined {
  const [total, free] = text.trim().split("\n")[0]!.split(",").map(Number) as [number, number?];
  return total > 0 && free !== undefined && free >= 0 ? { total: total * 2 ** 20, free: free * 2 ** 20 } : undefined;
}

/** The largest of the cards whose drivers say it (amdgpu). */
export function fromDrm(folder: string): GraphicsMemory | undefined {
  const cards = foldersOf(folder).flatMap((card) => {
    try {
      const [total, used] = ["total", "used"].map((what) => Number(readFileSync(`${folder}/${card}/device/mem_info_vram_${what}`, "utf8"))) as [number, number];
      return total > 0 && used >= 0 ? [{ total, free: total - used }] : [];
    } catch {
      return []; // A connector, or a card whose driver says nothing.
    }
  });
  return cards.sort((a, b) => b.total - a.total)[0];
}

function foldersOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // No card.
  }
}
