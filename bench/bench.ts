/** `npm run bench`: training steps against PyTorch + PEFT on the same base, batch and cores, in turn, as ratios; prints tables in Markdown. Peers: `node bench/setup.mjs`. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join, resolve } from "node:path";
import { seededRandom } from "../src/core/random";
import { ggufFolder } from "../src/node/preparedBases";
import { trainingEnvironment } from "../src/node/processes";
import { smollm2 } from "../test/models";
import { type Rate } from "./rate";
import { type StepTask, type StepTimes } from "./step";

const ROUNDS = Number(process.env.TUNESMITH_BENCH_ROUNDS ?? 3), THREADS = 2;
const python = process.env.TUNESMITH_PYTHON ?? join(__dirname, ".venv", "bin", "python");
if (!existsSync(python)) { console.error(`There is no ${python}: \`node bench/setup.mjs\` installs the peers.`); process.exit(2); }

/** What the peer is compared as: as people run it, or with its head on labelled positions and a malloc that keeps its memory. */
type Side = Partial<Pick<StepTask, "checkpointing" | "bits" | "best">>;
interface Comparison { readonly name: string; readonly task: StepTask; readonly own?: Side; readonly peer?: Side }

/** Random ids; the second half of every row is trained on. */
function task(base: string, vocabulary: number, B: number, T: number, steps: number): StepTask {
  const random = seededRandom(`bench/${B}x${T}`), ids = Array.from({ length: B }, () => Array.from({ length: T }, () => Math.floor(random() * vocabulary)));
  return { base, r: 8, alpha: 16, steps, warmup: 2, threads: THREADS, ids, labels: ids.map((row) => row.map((id, t) => (t < T / 2 ? -100 : id))) };
}

/** What glibc is told for the peer at its best. */
const tunedMalloc = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: "1099511627776", MALLOC_TOP_PAD_: "268435456" };

const run = <T>(command: string, args: string[], env: NodeJS.ProcessEnv, input = ""): T => JSON.parse(execFileSync(command, args, { input, env, stdio: ["pipe", "pipe", "ignore"], maxBuffer: 2 ** 26 }).toString()) as T;
const script = (name: string, ...args: string[]): string[] => ["--import", "tsx", join(__dirname, name), ...args];
const ownSide = (given: StepTask, side: Side = {}): StepTimes => run(process.execPath, script("step.ts"), trainingEnvironment(process.env), JSON.stringify({ ...given, ...side }));
const peerSide = (given: StepTask, side: Side = {}): StepTimes => run(python, [join(__dirname, "peer.py")], { ...process.env, ...(side.best && tunedMalloc) }, JSON.stringify({ ...given, ...side }));

const least = (values: readonly number[]): number => Math.min(...values);
const times = (values: readonly number[]): string => `${[...values].sort((a, b) => a - b)[values.length >> 1]!.toFixed(2)} (${least(values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

/** One row of the table: the least of all rounds for each side, and the ratio round by round. */
function compare({ name, task: given, own, peer }: Comparison): string {
  const mine: StepTimes[] = [], theirs: StepTimes[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    mine.push(ownSide(given, own));
    theirs.push(peerSide(given, peer));
  }
  const wall = (of: readonly StepTimes[]): number => least(of.flatMap(({ milliseconds }) => milliseconds)), busy = (of: readonly StepTimes[]): number => least(of.flatMap(({ processorSeconds }) => processorSeconds));
  const memory = (of: readonly StepTimes[]): number => Math.max(...of.map(({ peakMegabytes }) => peakMegabytes)), first = (of: readonly StepTimes[]): number => least(of.map(({ firstStepAt }) => firstStepAt));
  const cells = [
    name, `${wall(mine).toFixed(0)} / ${wall(theirs).toFixed(0)}`, times(mine.map(({ milliseconds }, i) => least(theirs[i]!.milliseconds) / least(milliseconds))),
    `${busy(mine).toFixed(2)} / ${busy(theirs).toFixed(2)}`, (busy(theirs) / busy(mine)).toFixed(2), `${memory(mine).toFixed(0)} / ${memory(theirs).toFixed(0)}`, (memory(mine) / memory(theirs)).toFixed(2),
    `${first(mine).toFixed(1)} / ${first(theirs).toFixed(1)}`, (first(mine) / first(theirs)).toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

async function main(): Promise<void> {
  const real = smollm2().path, smol = real && await ggufFolder(real), chosen = process.argv[2];
  const smolTask = (B: number, T: number): StepTask => task(smol!, 49152, B, T, 2), wide = smol ? smolTask(4, 256) : undefined;
  const comparisons: Comparison[] = [
    { name: "starter base, 8 x 32", task: task(resolve("starter/base"), 1024, 8, 32, 40) },
    ...(wide ? [
      { name: "SmolLM2-135M, 4 x 256", task: wide }, { name: "the same, PEFT at its best", task: wide, peer: { best: true } },
      { name: "the same, both with gradient checkpointing", task: wide, own: { checkpointing: true }, peer: { checkpointing: true } },
      { name: "the same on 4 bits with checkpointing, PEFT fp32 as it is", task: wide, own: { bits: 4, checkpointing: true } as const },
      { name: "the same on 8 bits, PEFT fp32", task: wide, own: { bits: 8 } as const }, { name: "SmolLM2-135M, 1 x 1024", task: smolTask(1, 1024) },
    ] : []),
  ];
  const { wall, processor } = run<Rate>(process.execPath, script("rate.ts", String(THREADS)), process.env);
  console.log(`${cpus()[0]!.model}, ${THREADS} threads, LoRA r 8 on all linears, fp32 where nothing else is said, half of the positions trained. ${ROUNDS} rounds in turn; least times, ratios as median (least to most), Tunesmith / PEFT.`);
  console.log(`Plain products of 2048 x 2048 on the same machine: ${wall.toFixed(0)} GFLOP/s, ${processor.toFixed(0)} a processor second.\n`);
  console.log("| case | ms a step | times as fast | processor s a step | times as few | peak MB | share | s to the first finished step | share |\n|---|---|---|---|---|---|---|---|---|");
  for (const comparison of comparisons) if (chosen === undefined || comparison.name.includes(chosen)) console.log(compare(comparison));
}

void main();
