/** What the parts of the bench share: the two sides as processes of their own, the machine and its state, and the file of results. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { trainingEnvironment } from "../src/node/processes";
import { type Rate } from "./rate";
import { replaceSection } from "./results";
import { type StepTask, type StepTimes } from "./step";

export const ROUNDS = Number(process.env.TUNESMITH_BENCH_ROUNDS ?? 3), THREADS = 2;
export const python = process.env.TUNESMITH_PYTHON ?? join(__dirname, ".venv", "bin", "python");
export const hasPeers = existsSync(python);

/** What glibc is told for the peer at its best: to keep its memory instead of faulting it in again for every step. */
const tunedMalloc = { MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: "1099511627776", MALLOC_TOP_PAD_: "268435456" };

/** Runs a program that answers with JSON. */
export const run = <T>(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, input = ""): T =>
  JSON.parse(execFileSync(command, args, { input, env, stdio: ["pipe", "pipe", process.env.TUNESMITH_BENCH_VERBOSE ? "inherit" : "ignore"], maxBuffer: 2 ** 26 }).toString()) as T;
const script = (name: string, ...args: string[]): string[] => ["--import", "tsx", join(__dirname, name), ...args];

/** A script of ours as an installed worker is: bundled beforehand, so that the process whose start is measured compiles no TypeScript. */
function bundled(name: string): string {
  const outfile = join(__dirname, "..", "out", "bench", name.replace(/\.ts$/, ".js"));
  buildSync({ entryPoints: [join(__dirname, name)], outfile, bundle: true, platform: "node", target: "node20", format: "cjs", external: ["onnxruntime-node", "koffi"], mainFields: ["module", "main"] });
  return outfile;
}

export const ownStep = (task: StepTask): StepTimes => run(process.execPath, [bundled("step.ts")], trainingEnvironment(process.env), JSON.stringify(task));
export const peerStep = (task: StepTask): StepTimes => run(python, [join(__dirname, "peer.py")], { ...process.env, ...(task.best && tunedMalloc) }, JSON.stringify(task));
const rate = (): Rate => run(process.execPath, script("rate.ts", String(THREADS)));

/** What a part found, and the section of the results that it stands in. */
export interface Section { readonly name: string; readonly body: string }

/** Measures with the machine's own rate taken before and after, which says how far figures of different minutes may be compared. `measure` gets the rate before, GFLOP/s. */
export async function withMachine(name: string, measure: (rate: number) => Promise<string> | string): Promise<Section> {
  const load = loadavg()[0]!, before = rate().wall, body = await measure(before), after = rate().wall;
  const when = new Date().toISOString().slice(0, 16).replace("T", " ");
  return { name, body: `${when} UTC, ${cpus()[0]!.model}, ${THREADS} threads, load ${load.toFixed(1)} when it began. Plain products of 2048 x 2048: ${before.toFixed(0)} GFLOP/s before, ${after.toFixed(0)} after.\n\n${body}` };
}

const RESULTS = join(__dirname, "RESULTS.md");

/** Prints a section and, unless only looking (TUNESMITH_BENCH_DRY), puts it into bench/RESULTS.md. */
export function publish({ name, body }: Section): void {
  console.log(`\n## ${name}\n\n${body}`);
  if (!process.env.TUNESMITH_BENCH_DRY) writeFileSync(RESULTS, replaceSection(readFileSync(RESULTS, "utf8"), name, body));
}
