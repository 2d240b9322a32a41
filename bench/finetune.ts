/** The real fine-tune of ../shared/golden/smollm2 (256 Alpaca rows, one epoch) by `tunesmith train` as a person calls it and by PEFT as people write it: seconds from the process's start to the adapter on disk, and the likelihood of the same held-out rows then. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { adapterFiles } from "../src/core/model/adapter/adapter";
import { type Example } from "../src/core/text/types";
import { type RunEvent } from "../src/core/train/events";
import { initialState } from "../src/core/train/initial";
import { planData } from "../src/core/train/plan";
import { type RunConfigInput, runConfigSchema } from "../src/core/train/runConfig";
import { ggufFolder } from "../src/node/preparedBases";
import { openBase } from "../src/project/base";
import { readExamples } from "../src/project/examples";
import { type ScoreResult } from "../src/protocol/worker";
import { readAsGpt2 } from "../test/models";
import { hasShared, sharedJson } from "../test/shared";
import { python, ROUNDS, run, type Section, THREADS, withMachine } from "./processes";
import { median, range, table, type Target, verdict } from "./results";

/** processorSeconds of Tunesmith are those of the worker, which the command starts apart: not known here. */
export interface Tuned { readonly seconds: number; readonly firstStepAt: number; readonly nll: number; readonly peakMegabytes: number; readonly losses: readonly number[] }
interface PeerTuned extends Tuned { readonly positions: number }

const TRAINED = 256, LEARNING_RATE = 2e-4, BATCH = 8, cli = resolve(__dirname, "../dist/cli.js");
/** Half of the rounds: PEFT takes minutes. */
export const FINETUNES = Math.max(1, Math.floor(ROUNDS / 2));

/** Why it cannot be measured here; undefined: it can. */
export const finetuneMissing = (): string | undefined => (!hasShared ? "../shared is not there" : !existsSync(cli) ? "dist/ is not there: `npm run build` first" : undefined);

/** The run of golden/smollm2/generate.py as a person would write it. */
const configOf = (base: string, more: Partial<RunConfigInput> = {}): RunConfigInput => ({
  base, data: "train.jsonl", eval_fraction: 0, max_length: 256, completion_only_loss: true, lora: { r: 8, lora_alpha: 16, target_modules: "all-linear" }, adapter_name_or_path: "start", device: "cpu",
  num_train_epochs: 1, batch_size: BATCH, train_sampling_strategy: "sequential", learning_rate: LEARNING_RATE, lr_scheduler_type: "constant", warmup_steps: 0, weight_decay: 0, max_grad_norm: 0, eval_steps: 0, save_steps: 0, ...more,
});

export interface Workspace { readonly folder: string; readonly base: string; readonly gguf: string; readonly examples: readonly Example[]; readonly config: Awaited<ReturnType<typeof openBase>>["config"] }

/** Rows, tokens and the adapter that both start from. */
async function prepare(folder: string, model: string): Promise<Workspace> {
  const gguf = readAsGpt2(model), base = await openBase(gguf), write = (name: string, rows: readonly string[]): void => writeFileSync(join(folder, name), `${rows.join("\n")}\n`);
  await openBase(gguf, { precision: { dtype: "auto", bits: 8 } }); // Made once and kept: not part of a run.
  const { adapter } = await initialState(base, runConfigSchema.parse(configOf(gguf)));
  mkdirSync(join(folder, "start"));
  for (const [name, bytes] of Object.entries(adapterFiles(adapter, base.name, base.config))) writeFileSync(join(folder, "start", name), bytes);
  const data = sharedJson<object[]>("data", "llama-factory", "alpaca_en_demo.json"), rows = sharedJson<{ row: number }[]>("golden", "smollm2", "examples.json").map(({ row }) => JSON.stringify(data[row]));
  write("train.jsonl", rows.slice(0, TRAINED));
  write("heldout.jsonl", rows.slice(TRAINED));
  const tokens = async (name: string): Promise<readonly Example[]> => (await readExamples(join(folder, name), base.tokenizer, { completionOnly: true, maxLength: 256 })).examples;
  const examples = await tokens("train.jsonl"), lines = (of: readonly Example[]): string[] => of.map(({ ids, labels }) => JSON.stringify({ ids: [...ids], labels: [...labels] }));
  write("train.tokens.jsonl", lines(examples));
  write("heldout.tokens.jsonl", lines(await tokens("heldout.jsonl")));
  return { folder, base: await ggufFolder(gguf), gguf, examples, config: base.config };
}

/** Calls `tunesmith` of a build; throws where it fails. */
export const tunesmith = (program: string, folder: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 26, env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" } });
  if (status !== 0) throw new Error(`tunesmith ${args[0]} ended with ${status}: ${stderr}`);
  return stdout;
};

/** One run of a build from a fresh config, and the score of what it made; a setting that is undefined is left out of the config. */
export function ownRun({ folder, gguf }: Workspace, settings: Partial<RunConfigInput>, program = cli): Tuned {
  writeFileSync(join(folder, "run.tune.json"), JSON.stringify(configOf(gguf, settings)));
  const began = performance.now(), out = tunesmith(program, folder, "train", "run.tune.json", "--json"), seconds = (performance.now() - began) / 1000;
  const events = out.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as RunEvent), steps = events.flatMap((event) => (event.event === "step" ? [event] : []));
  const start = events.find((event) => event.event === "start") as { run: string }, end = events.find((event) => event.event === "end") as RunEvent & { event: "end" };
  const { nll } = JSON.parse(tunesmith(cli, folder, "score", "--data", "heldout.jsonl", "--adapter", start.run, "--json", "--device", "cpu")) as ScoreResult;
  // Steps are timed from the worker's start; what came before it in the command is the difference to the whole.
  return { seconds, firstStepAt: seconds - end.seconds + steps[0]!.seconds, nll, peakMegabytes: (end.peakBytes ?? NaN) / 2 ** 20, losses: steps.map(({ loss }) => loss) };
}

const peerRun = ({ folder, base }: Workspace): PeerTuned => run(python, [join(__dirname, "finetunePeer.py")], process.env, JSON.stringify({
  base, adapter: join(folder, "start"), data: join(folder, "train.tokens.jsonl"), heldout: join(folder, "heldout.tokens.jsonl"), threads: THREADS, batch: BATCH, learningRate: LEARNING_RATE, out: join(folder, "peft"),
}));

/** Positions that the run computes on, by its own plan. */
const positionsOf = ({ gguf, config, examples }: Workspace, settings: Partial<RunConfigInput> = {}): number =>
  planData(runConfigSchema.parse(configOf(gguf, settings)), config, examples).shapesOf(0).flat().reduce((total, { B, T }) => total + B * T, 0);

interface Side { readonly name: string; readonly settings?: Partial<RunConfigInput>; readonly target?: Target }
const sides: readonly Side[] = [
  { name: "Tunesmith", target: { atLeast: 3 } }, { name: "Tunesmith, 8 bits", settings: { load_in_8bit: true } },
];

/** Lets `use` work in a folder that is removed afterwards. */
export async function withWorkspace<T>(model: string, use: (workspace: Workspace) => T): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-bench-"));
  try {
    return use(await prepare(folder, model));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const measureFinetune = (model: string): Promise<Section> => withMachine("finetune", () => withWorkspace(model, (workspace) => {
  const theirs: PeerTuned[] = [], ours = new Map<string, Tuned[]>(sides.map(({ name }) => [name, []]));
  const say = (name: string, { seconds, nll }: Tuned): void => console.log(`fine-tune, ${name}: ${seconds.toFixed(1)} s, held-out NLL ${nll.toFixed(4)}`);
  for (let round = 0; round < FINETUNES; round++) {
    for (const { name, settings = {} } of sides) { const tuned = ownRun(workspace, settings); ours.get(name)!.push(tuned); say(name, tuned); }
    const tuned = peerRun(workspace);
    theirs.push(tuned);
    say("PEFT", tuned);
  }
  const tokens = workspace.examples.reduce((total, { ids }) => total + ids.length, 0), before = theirs[0]!;
  const row = (name: string, of: readonly Tuned[], positions: number, target?: Target): string[] => {
    const ratios = of.map(({ seconds }, round) => theirs[round]!.seconds / seconds), off = Math.max(...of.flatMap(({ losses }) => losses.map((loss, step) => Math.abs(loss - before.losses[step]!))));
    return [name, range(of.map(({ seconds }) => seconds), 1), range(ratios) + (target ? `, ${verdict(median(ratios), target)}` : ""), of[0]!.nll.toFixed(4), off.toExponential(1), `${positions.toLocaleString("en")} (${((positions / tokens - 1) * 100).toFixed(0)}% over ${tokens.toLocaleString("en")} tokens)`,
      Math.max(...of.map(({ peakMegabytes }) => peakMegabytes)).toFixed(0), range(of.map(({ firstStepAt }) => firstStepAt), 1)];
  };
  return [
    `SmolLM2-135M, ${TRAINED} Alpaca rows in the file's order, ${BATCH} a step, one epoch, LoRA r 8 on all linears, both from the same adapter; ${FINETUNES} ${FINETUNES === 1 ? "round" : "rounds"} in turn. Seconds are from the process's start to the adapter on disk.`, "",
    table(["", "seconds", "times as fast as PEFT", "held-out NLL, 32 rows", "largest difference of a step's loss to PEFT's", "positions computed", "peak MB", "s to the first finished step"], [
      ...sides.map(({ name, settings, target }) => row(name, ours.get(name)!, positionsOf(workspace, settings), target)), row("PEFT as people write it", theirs, before.positions),
    ]),
  ].join("\n");
}));
