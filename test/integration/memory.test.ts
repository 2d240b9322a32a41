/** What a step holds in memory on a base of 134 MB: as many megabytes fewer as its weights have, and never the whole base expanded at once. Each in a process of its own; Linux only, where the system says it exactly. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";
import { parseModelConfig } from "../../src/core/model/family/config";
import { floatsToBfloats } from "../../src/core/model/weights/halves";
import { safetensorsHeader } from "../../src/core/model/weights/safetensors";
import { tensorSpecs } from "../../src/core/model/family/tensors";
import { normal, seededRandom } from "../../src/core/random";
import { temporaryFolder } from "../project/folders";
import { byteTokenizer, tinyConfig } from "../tinyBase";
import { type StepMemory } from "./stepMemory";

const config = { ...tinyConfig, hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 2, num_attention_heads: 8, num_key_value_heads: 8 };

/** The matrices are the same million numbers from different beginnings: what they hold does not matter here. */
function makeBase(dtype: "F32" | "BF16"): string {
  const folder = temporaryFolder(), specs = tensorSpecs(parseModelConfig(JSON.stringify(config), folder)), random = seededRandom("memory"), pool = Float32Array.from({ length: 1 << 20 }, () => 0.02 * normal(random));
  const parts: Uint8Array[] = [safetensorsHeader(specs, { dtype })];
  specs.forEach(({ dims }, i) => {
    const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, at) => (dims.length === 1 ? 1 : pool[(at + i * 7919) % pool.length]!)), data = dtype === "F32" ? values : floatsToBfloats(values);
    parts.push(new Uint8Array(data.buffer));
  });
  writeFileSync(join(folder, "model.safetensors"), Buffer.concat(parts));
  writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  writeFileSync(join(folder, "tokenizer.json"), JSON.stringify(byteTokenizer()));
  return folder;
}

const cache = temporaryFolder();
const step = async (base: string, bits: 0 | 4 | 8): Promise<StepMemory> => {
  const run = async (): Promise<StepMemory> => JSON.parse((await promisify(execFile)(process.execPath, ["--import", "tsx", join(__dirname, "stepMemory.ts"), base, String(bits)], { env: { ...process.env, TUNESMITH_CACHE: cache } })).stdout) as StepMemory;
  if (bits > 0) await run(); // Making the copy of the base is not part of what is measured.
  return run();
};

const linux = process.platform === "linux";
let whole: string, narrow: string, full: StepMemory;
beforeAll(async () => {
  if (!linux) return;
  [whole, narrow] = [makeBase("F32"), makeBase("BF16")];
  full = await step(whole, 0);
}, 120_000);

/** 134 MB in float32, of which a matrix of the MLP is 17. */
const WHOLE = 134;

test.skipIf(!linux)("float32: the weights are mapped, nothing of them is copied", () => {
  expect(full.prepared - full.before).toBeLessThan(60);
  expect(full.peak).toBeGreaterThan(WHOLE);
}, 120_000);

test.skipIf(!linux)("4 bits: less than float32 although each matrix is expanded for a moment; all of them together would be more", async () => {
  const found = await step(whole, 4);
  expect(full.peak - found.peak).toBeGreaterThan(0.25 * WHOLE);
  expect(found.prepared - found.before).toBeLessThan(90);
  expect(found.loss).not.toBe(full.loss);
  expect(Math.abs(found.loss / full.loss - 1)).toBeLessThan(0.1);
}, 120_000);

test.skipIf(!linux)("16 bits in the file stay 16 bits in memory", async () => {
  const found = await step(narrow, 0);
  expect(full.peak - found.peak).toBeGreaterThan(0.1 * WHOLE);
  expect(found.prepared - found.before).toBeLessThan(90);
}, 120_000);
