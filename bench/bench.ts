/** `npm run bench`: training steps against PyTorch + PEFT on the same base, batch and cores, in turn, as ratios; prints a table in Markdown. Peers: `node bench/setup.mjs`. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { seededRandom } from "../src/core/random";
import { ggufFolder } from "../src/node/preparedBases";
import { smollm2 } from "../test/models";
import { type StepTask, type StepTimes } from "./step";

const ROUNDS = 3, THREADS = 2;
const python = process.env.TUNESMITH_PYTHON ?? join(__dirname, ".venv", "bin", "python");
if (!existsSync(python)) { console.error(`There is no ${python}: \`node bench/setup.mjs\` installs the peers.`); process.exit(2); }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const range = (values: readonly number[]): string => `${median(values).toFixed(values.some((value) => value < 10) ? 2 : 0)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`;

/** Random ids; the second half of every row is trained on. */
function task(base: string, vocabulary: number, B: number, T: number, steps: number): StepTask {
  const random = seededRandom(`bench/${B}x${T}`), ids = Array.from({ length: B }, () => Array.from({ length: T }, () => Math.floor(random() * vocabulary)));
  return { base, r: 8, alpha: 16, steps, warmup: 2, threads: THREADS, ids, labels: ids.map((row) => row.map((id, t) => (t < T / 2 ? -100 : id))) };
}

const run = (command: string, args: string[], input: StepTask): StepTimes =>
  JSON.parse(execFileSync(command, args, { input: JSON.stringify(input), stdio: ["pipe", "pipe", "ignore"], maxBuffer: 2 ** 26 }).toString()) as StepTimes;

async function main(): Promise<void> {
  const real = smollm2().path, smol = real && await ggufFolder(real);
  const cases: [string, StepTask][] = [["starter base, 8 x 32", task(resolve("starter/base"), 1024, 8, 32, 40)], ...(smol ? [["SmolLM2-135M, 4 x 128", task(smol, 49152, 4, 128, 4)] as [string, StepTask]] : [])];
  console.log(`${cpus()[0]!.model}, ${THREADS} threads, LoRA r 8 on all linears, fp32, half of the positions trained. ${ROUNDS} rounds in turn; median (least to most).\n`);
  console.log("| case | Tunesmith ms a step | PyTorch + PEFT ms a step | times as fast | Tunesmith peak MB | PEFT peak MB |\n|---|---|---|---|---|---|");
  for (const [name, input] of cases) {
    const own: number[] = [], theirs: number[] = [], memory: [number, number] = [0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const mine = run(process.execPath, ["--import", "tsx", join(__dirname, "step.ts")], input), peer = run(python, [join(__dirname, "peer.py")], input);
      own.push(median(mine.milliseconds));
      theirs.push(median(peer.milliseconds));
      memory[0] = Math.max(memory[0], mine.peakMegabytes);
      memory[1] = Math.max(memory[1], peer.peakMegabytes);
    }
    console.log(`| ${name} | ${range(own)} | ${range(theirs)} | ${range(own.map((ms, i) => theirs[i]! / ms))} | ${memory[0].toFixed(0)} | ${memory[1].toFixed(0)} |`);
  }
}

void main();
