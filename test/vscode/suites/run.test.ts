/** A run on the starter base: started by the command, trained by another process, recorded on disk; the extension host loads no model. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as vscode from "vscode";
import { closeEverything, eventually, fileUri, openText, type RunOnDisk, runsOnDisk, workspaceFolder } from "../host";

const config = { base: "starter", data: "train.jsonl", max_length: 128, batch_size: 8, max_steps: 60, learning_rate: 0.003, eval_steps: 0, save_steps: 0, warmup_steps: 2, seed: 7 };

/** Libraries that this process has loaded; those of another process can be read on Linux. */
const ownLibraries = (): string[] => (process.report.getReport() as unknown as { sharedObjects: string[] }).sharedObjects;
const librariesOf = (pid: number): string => readFileSync(`/proc/${pid}/maps`, "utf8");

const git = (...args: string[]): string => execFileSync("git", args, { cwd: workspaceFolder().fsPath, encoding: "utf8" }).trim();

const eventOf = (run: RunOnDisk | undefined, name: string): RunOnDisk["events"][number] | undefined => run?.events.find((each) => each.event === name);

describe("run", function () {
  this.timeout(120_000);
  let run: RunOnDisk;
  let head: string;

  before(async () => {
    head = git("rev-parse", "HEAD");
    const known = new Set(runsOnDisk().map(({ id }) => id));
    await openText("short.tune.json", JSON.stringify(config, null, 2));
    void vscode.commands.executeCommand("tunesmith.startRun", fileUri("short.tune.json"));
    run = await eventually("a run with its first step", () => runsOnDisk().find((each) => !known.has(each.id) && eventOf(each, "step")), { timeoutMs: 60_000, describe: () => JSON.stringify(runsOnDisk()) });
  });
  after(closeEverything);
  const now = (): RunOnDisk => runsOnDisk().find(({ id }) => id === run.id)!;

  it("is trained by a process that is not the extension host", () => {
    const worker = JSON.parse(readFileSync(join(run.folder, "worker.json"), "utf8")) as { pid: number };
    assert.notEqual(worker.pid, process.pid);
    assert(!eventOf(now(), "end"), "the run was over before this test could look at it");
    if (process.platform === "linux") assert.match(librariesOf(worker.pid), /libonnxruntime/);
  });

  it("finishes, with a falling loss", async () => {
    const end = await eventually("the end of the run", () => eventOf(now(), "end"), { timeoutMs: 60_000, describe: () => JSON.stringify(now().events.slice(-3)) });
    assert.equal(end.status, "finished", JSON.stringify(end));
    const losses = now().events.filter((each) => each.event === "step").map((each) => each.loss as number);
    assert.equal(losses.length, config.max_steps);
    assert(losses.every(Number.isFinite));
    assert(losses.at(-1)! < losses[0]!, `the loss went from ${losses[0]} to ${losses.at(-1)}`);
  });

  it("leaves an adapter in the PEFT layout and a manifest", () => {
    const adapter = eventOf(now(), "end")?.adapter as string;
    const folder = [adapter, join(run.folder, adapter), join(workspaceFolder().fsPath, adapter), join(run.folder, "adapter")].find((path) => existsSync(join(path, "adapter_config.json")));
    assert(folder, `no adapter_config.json in ${adapter}`);
    assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("adapter_")).sort(), ["adapter_config.json", "adapter_model.safetensors"]);
    const written = JSON.parse(readFileSync(join(folder, "adapter_config.json"), "utf8")) as { peft_type: string };
    assert.equal(written.peft_type, "LORA");
    const manifest = JSON.parse(readFileSync(join(run.folder, "run.json"), "utf8")) as { id: string; data: { blob: string } };
    assert.equal(manifest.id, run.id);
    assert.match(manifest.data.blob, /^[0-9a-f]{40}$/);
  });

  it("has not made the extension host load the runtime", () => {
    const loaded = ownLibraries();
    assert(loaded.length > 0, "this system does not tell which libraries are loaded");
    assert.deepEqual(loaded.filter((path) => /onnxruntime/i.test(path)), []);
  });

  it("is a version of its own, and leaves git's branch, index and work tree as they were", async () => {
    await eventually("refs/tunesmith/runs", () => git("for-each-ref", "--format=%(refname)", "refs/tunesmith/runs").includes(run.id), { timeoutMs: 30_000, describe: () => git("for-each-ref") });
    const kept = git("ls-tree", "-r", "--name-only", `refs/tunesmith/runs/${run.id}`);
    for (const name of ["run.json", "journal.jsonl", "adapter_config.json", "adapter_model.safetensors"]) assert(kept.includes(name), `${name} is not in the version:\n${kept}`);
    assert.equal(git("rev-parse", "HEAD"), head);
    assert.equal(git("symbolic-ref", "--short", "HEAD"), "main");
    assert.equal(git("diff", "--cached", "--name-only"), "");
    assert(!git("status", "--porcelain").includes(".tunesmith"), git("status", "--porcelain"));
  });
});
