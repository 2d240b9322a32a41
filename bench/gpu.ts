/**
 * `npm run bench:gpu`: the day a graphics card is at hand. The parity suite on every device that is usable, then training steps there against PEFT, eager and compiled, at two shapes, in TF32 and on a base in 16 bits;
 * figures go into bench/RESULTS.md. `npm run bench:gpu -- tiny` runs its own side on SwiftShader and writes nothing. Peers: `node bench/setup.mjs`.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseModelConfig } from "../src/core/model/family/config";
import { tensorSpecs } from "../src/core/model/family/tensors";
import { writeSafetensors } from "../src/core/model/weights/safetensors";
import { seededRandom } from "../src/core/random";
import { graphicsMemory } from "../src/node/device/graphicsMemory";
import { graphicsNames } from "../src/node/device/names";
import { trainingEnvironment } from "../src/node/processes";
import { probeDevice } from "../src/node/devices";
import { swiftShaderEnvironment } from "../test/swiftShader";
import { hasPeers, publish, python } from "./processes";
import { median, table } from "./results";
import { stepTask } from "./stepCases";
import { type StepTimes } from "./step";

interface Shape { readonly name: string; readonly B: number; readonly T: number; readonly config: Record<string, unknown> & { vocab_size: number } }
const llama = { model_type: "llama", architectures: ["LlamaForCausalLM"], hidden_act: "silu", rms_norm_eps: 1e-5, rope_theta: 1e5, max_position_embeddings: 8192, tie_word_embeddings: true };
const shapes: readonly Shape[] = [
  { name: "SmolLM2-135M, 4 x 256", B: 4, T: 256, config: { ...llama, vocab_size: 49152, hidden_size: 576, intermediate_size: 1536, num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3 } },
  { name: "Qwen2.5-0.5B, 4 x 512", B: 4, T: 512, config: { ...llama, model_type: "qwen2", architectures: ["Qwen2ForCausalLM"], vocab_size: 151936, hidden_size: 896, intermediate_size: 4864, num_hidden_layers: 24, num_attention_heads: 14, num_key_value_heads: 2 } },
];
const tiny: Shape = { name: "tiny, 1 x 16", B: 1, T: 16, config: { ...llama, vocab_size: 256, hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 2, num_key_value_heads: 1 } };

/** Random weights of the shape, in a folder that both sides open. */
function makeBase({ name, config }: Shape, dtype: "F32" | "F16"): string {
  const path = mkdtempSync(join(tmpdir(), "tunesmith-gpu-")), json = JSON.stringify({ ...config, torch_dtype: dtype === "F32" ? "float32" : "float16" });
  const tensors = tensorSpecs(parseModelConfig(json, name)).map(({ name: tensor, dims }) => {
    const random = seededRandom(tensor);
    return { name: tensor, dims, data: Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => (dims.length === 1 ? 1 : 0.07 * (random() - 0.5))) };
  });
  writeFileSync(join(path, "config.json"), json);
  writeFileSync(join(path, "model.safetensors"), writeSafetensors(tensors, { dtype }));
  return path;
}

/** Runs a side, and looks at the card's memory meanwhile: the most that it had in use, in MiB; NaN where nobody says. */
async function side(command: string, args: readonly string[], environment: NodeJS.ProcessEnv, task: object): Promise<StepTimes & { readonly cardMegabytes: number }> {
  const child = spawn(command, args, { env: environment, stdio: ["pipe", "pipe", "inherit"] });
  let most = NaN, ended = false;
  child.stdin.end(JSON.stringify(task));
  const answer = text(child.stdout), closed = new Promise<number | null>((resolve) => { child.on("close", resolve); });
  void closed.then(() => { ended = true; });
  for (let memory = await graphicsMemory("webgpu"); memory && !ended; memory = await graphicsMemory("webgpu")) {
    most = Math.max(Number.isNaN(most) ? 0 : most, (memory.total - memory.free) / 2 ** 20);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
  }
  const code = await closed, said = await answer;
  if (said === "") throw new Error(`${command} ${args.join(" ")} failed (${code ?? "by a signal"})`);
  if (code !== 0) console.error(`${command} ${args.join(" ")} ended with a fault after its last step (${code ?? "by a signal"}).`);
  return { ...(JSON.parse(said) as StepTimes), cardMegabytes: most };
}
const own = (device: string, task: object, environment: NodeJS.ProcessEnv = {}): ReturnType<typeof side> =>
  side(process.execPath, ["--import", "tsx", join(__dirname, "gpuStep.ts"), device], { ...trainingEnvironment(process.env), UV_THREADPOOL_SIZE: "1", ...environment }, task);
const peer = (kind: "eager" | "compiled", task: object): ReturnType<typeof side> => side(python, [join(__dirname, "gpuPeer.py"), kind], process.env, task);

async function measure(shape: Shape, sides: readonly string[], steps: number, environment?: NodeJS.ProcessEnv): Promise<string> {
  const rows: string[][] = [];
  for (const dtype of ["F32", "F16"] as const) {
    const base = makeBase(shape, dtype), task = stepTask(base, shape.config.vocab_size, shape.B, shape.T, steps);
    try {
      for (const name of sides) {
        const { milliseconds, firstStepAt, loss, cardMegabytes } = name === "eager" || name === "compiled" ? await peer(name, task) : await own(name, task, environment);
        rows.push([name === "eager" || name === "compiled" ? `PEFT, ${name}` : `Tunesmith, ${name}`, dtype === "F32" ? "TF32" : "float16 base", median(milliseconds).toFixed(1), Number.isNaN(cardMegabytes) ? "?" : cardMegabytes.toFixed(0), firstStepAt.toFixed(1), loss.toFixed(5)]);
      }
    } finally {
      rmSync(base, { recursive: true, force: true });
    }
  }
  return `### ${shape.name}\n\n${table(["side", "numbers", "ms a step", "MiB of the card", "first step, s", "loss"], rows)}`;
}

/** The golden suites on a device. In TF32 products differ more than they allow, so it is off there. */
function parity(device: string): string {
  const suites = ["arch", "loraVariants", "packing", "finetune"].map((name) => `test/parity/${name}.test.ts`);
  const { status } = spawnSync("npx", ["vitest", "run", "--project", "parity", ...suites], { stdio: "inherit", env: { ...process.env, TUNESMITH_DEVICE: device, NVIDIA_TF32_OVERRIDE: "0" } });
  return `The golden suites on ${device}: ${status === 0 ? "passed" : "FAILED"}.`;
}

async function main(): Promise<void> {
  if (process.argv[2] === "tiny") return console.log(await measure(tiny, ["webgpu"], 2, swiftShaderEnvironment()));
  const devices = (await Promise.all(graphicsNames.map((name) => probeDevice(name)))).filter(({ name, usable, why }) => usable || console.error(`${name} is not measured: ${why}`)).map(({ name }) => name);
  if (devices.length === 0) { process.exitCode = 2; return; }
  if (!hasPeers) console.error(`PEFT is not measured: there is no ${python}; \`node bench/setup.mjs\` installs it.`);
  const card = execFileSync("nvidia-smi", ["--query-gpu=name,driver_version", "--format=csv,noheader"]).toString().trim(), parts = devices.map(parity);
  for (const shape of shapes) parts.push(await measure(shape, [...devices, ...(hasPeers ? ["eager", "compiled"] : [])], 20));
  publish({ name: "gpu", body: `${card}\n\n${parts.join("\n\n")}` });
}

void main();
