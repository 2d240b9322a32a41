/** `tunesmith` as a person at a terminal calls it: the built bundle, in a project folder of its own. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, expect } from "vitest";
import { type RunEvent } from "../../src/core/train/events";
import { isProcessAlive } from "../../src/node/processes";
import { makeTinyBase, type TinyBase } from "../tinyBase";

export const checkout = resolve(__dirname, "../..");
const cli = join(checkout, "dist", "cli.js");
if (!existsSync(cli)) throw new Error("dist/ is missing: run `npm run build` first");

export interface Ended { readonly status: number | null; readonly out: string; readonly err: string }
export interface Running { readonly child: ChildProcess; readonly ended: Promise<Ended>; out(): string; err(): string }

/** Starts a command in `folder`. */
export const start = (folder: string, ...args: string[]): Running => {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" }, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => { out += text; });
  child.stderr.setEncoding("utf8").on("data", (text: string) => { err += text; });
  const ended = new Promise<Ended>((settle) => child.once("close", (status) => settle({ status, out, err })));
  return { child, ended, out: () => out, err: () => err };
};

export const tunesmith = (folder: string, ...args: string[]): Promise<Ended> => start(folder, ...args).ended;

/** What a command that must succeed prints with --json. */
export const json = async <Result>(folder: string, ...args: string[]): Promise<Result> => {
  const { status, out, err } = await tunesmith(folder, ...args, "--json");
  expect(err, err).not.toContain("error[");
  expect(status, err).toBe(0);
  return JSON.parse(out) as Result;
};

export const events = (out: string): RunEvent[] => out.split("\n").filter((line) => line.endsWith("}")).map((line) => JSON.parse(line) as RunEvent);

const bases: TinyBase[] = [];
afterAll(() => bases.splice(0).forEach((base) => base.remove()));

/** A random base of a few thousand parameters that may be damaged; removed after the test file. */
export const tinyBase = (): string => {
  const base = makeTinyBase();
  bases.push(base);
  return base.path;
};

/** Rows that a tiny base can learn by heart. */
export const writeRows = (folder: string, name = "rows.jsonl", count = 24): string => {
  const rows = Array.from({ length: count }, (_, i) => JSON.stringify({ instruction: `Say ${"abc"[i % 3]} ${i}`, input: "", output: "abc"[i % 3]!.repeat(4) }));
  writeFileSync(join(folder, name), `${rows.join("\n")}\n`);
  return name;
};

/** The settings of a run that takes many small steps. */
export const writeConfig = (folder: string, base: string, values: object = {}): string => {
  const config = { base, data: writeRows(folder), batch_size: 4, learning_rate: 0.01, max_length: 64, eval_steps: 0, eval_fraction: 0, save_steps: 10, lora: { r: 4, lora_alpha: 8 }, ...values };
  writeFileSync(join(folder, "run.tune.json"), JSON.stringify(config));
  return "run.tune.json";
};

export const runFolder = (folder: string, id: string): string => join(folder, ".tunesmith", "runs", id);
export const workerPid = (folder: string, id: string): number => (JSON.parse(readFileSync(join(runFolder(folder, id), "worker.json"), "utf8")) as { pid: number }).pid;
export const adapterBytes = (folder: string, id: string): string => readFileSync(join(runFolder(folder, id), "adapter", "adapter_model.safetensors")).toString("base64");

/** Waits until a followed run has made a step. */
export const untilStep = async (running: Running, step: number): Promise<void> => {
  await expect.poll(() => events(running.out()).some((event) => event.event === "step" && event.step >= step), { timeout: 30_000, interval: 10 }).toBe(true);
};

export const untilGone = async (pid: number): Promise<void> => {
  await expect.poll(() => isProcessAlive(pid), { timeout: 10_000, interval: 20 }).toBe(false);
};
