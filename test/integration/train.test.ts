/** A run from the terminal: trained, followed, stopped, killed and resumed, by real workers on the built bundles. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type RunManifest } from "../../src/core/manifest";
import { type RunEvent } from "../../src/core/train/events";
import { runStatus, startRun } from "../../src/project/client";
import { openProject } from "../../src/project/project";
import { openRun } from "../../src/project/runs";
import { emptyRepository, git, repository, temporaryFolder } from "../project/folders";
import { adapterBytes, events, json, runFolder, start, tinyBase, tunesmith, untilGone, untilStep, workerPid, writeConfig, writeRows } from "./terminal";

type End = RunEvent & { event: "end" };
const endOf = (out: string): End => events(out).at(-1) as End;

test("train, then list, show, score and generate", async () => {
  const folder = emptyRepository();
  const base = tinyBase();
  const { status, out, err } = await tunesmith(folder, "train", writeConfig(folder, base, { num_train_epochs: 20, eval: writeRows(folder, "held.jsonl", 6), allow_leak: true, eval_steps: 30 }), "--json");
  expect(status, err).toBe(0);
  const seen = events(out);
  expect(seen.map(({ event }) => event)).toEqual(expect.arrayContaining(["start", "step", "eval", "checkpoint", "end"]));
  expect(seen[0]).toMatchObject({ event: "start", examples: 24, evalExamples: 6, steps: 120, device: "cpu" });
  const steps = seen.filter((event) => event.event === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
  expect(steps.at(-1)!.loss).toBeLessThan(steps[0]!.loss / 2);
  // Lines of the file, counted from 1, each once an epoch.
  expect(steps.slice(0, 6).flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
  const end = endOf(out);
  expect(end).toMatchObject({ status: "finished", step: 120, evalLoss: expect.any(Number), adapter: join(runFolder(folder, end.run), "adapter") });
  expect(err).toMatch(/step 120\/120 .*\nRun .* finished 120 steps/s);

  expect(readdirSync(end.adapter!).sort()).toEqual(["adapter_config.json", "adapter_model.safetensors"]);
  expect(JSON.parse(readFileSync(join(end.adapter!, "adapter_config.json"), "utf8"))).toMatchObject({ peft_type: "LORA", r: 4, lora_alpha: 8 });
  expect(readdirSync(runFolder(folder, end.run)).sort()).toEqual(["adapter", "checkpoints", "data", "eval", "journal.jsonl", "run.json", "worker.json", "worker.log"]);
  expect(readFileSync(join(runFolder(folder, end.run), "journal.jsonl"), "utf8")).toBe(out);
  const manifest = JSON.parse(readFileSync(join(runFolder(folder, end.run), "run.json"), "utf8")) as RunManifest;
  expect(manifest.base.files["model.safetensors"]).toMatch(/^[0-9a-f]{64}$/);
  expect(manifest).toMatchObject({ device: "cpu", data: { path: "rows.jsonl", blob: git(folder, "hash-object", "rows.jsonl").trim() }, versions: { onnxruntime: expect.stringMatching(/^\d+\./) } });

  // Saved as a version, and the user's repository is as it was.
  expect(git(folder, "show", `refs/tunesmith/runs/${end.run}:journal.jsonl`)).toBe(out);
  expect(git(folder, "status", "--porcelain")).toBe("?? held.jsonl\n?? rows.jsonl\n?? run.tune.json\n");

  const { runs } = await json<{ runs: { id: string; status: string; evalLoss: number }[] }>(folder, "runs", "list");
  expect(runs).toMatchObject([{ id: end.run, status: "finished", evalLoss: end.evalLoss, step: 120, steps: 120 }]);
  expect(await json(folder, "runs", "show", "latest")).toMatchObject({ id: end.run, version: expect.stringMatching(/^[0-9a-f]{40}$/), checkpoints: [{ step: 110 }, { step: 120 }] });

  const before = await json<{ rows: number; nll: number }>(folder, "score", "--data", "held.jsonl", "--base", base);
  const after = await json<{ rows: number; nll: number; perRow: unknown[] }>(folder, "score", "--data", "held.jsonl", "--adapter", end.run, "--per-row");
  expect(after).toMatchObject({ rows: 6, perRow: { length: 6, 0: { row: 1 } } });
  expect(after.nll).toBeCloseTo(end.evalLoss!, 5);
  expect(after.nll).toBeLessThan(before.nll / 2);

  const asked = ["generate", "--prompt", "Say b 7", "--max-tokens", "8"];
  const { answers } = await json<{ answers: { model: string; text: string; finish: string }[] }>(folder, ...asked, "--adapter", `tuned=${end.run}`, "--compare");
  expect(answers).toMatchObject([{ model: "base", prompt: "Say b 7", finish: "length" }, { model: "tuned", text: "bbbb", finish: "stop" }]);
  // The adapter's folder says the same as the run's id, and plain text comes as it is made.
  expect((await tunesmith(folder, ...asked, "--adapter", end.adapter!, "--base", base)).out).toBe("bbbb\n");
});

/** Long enough that no machine is done before it can be stopped; 6 steps an epoch. */
const EPOCHS = 80, STEPS = 6 * EPOCHS;

/** The bytes of the adapter after an unbroken run. */
const unbroken = async (base: string): Promise<string> => {
  const folder = temporaryFolder();
  const { out } = await tunesmith(folder, "train", writeConfig(folder, base, { num_train_epochs: EPOCHS }), "--json");
  return adapterBytes(folder, endOf(out).run);
};

test("Ctrl+C stops with an adapter; resuming ends exactly where an unbroken run ends", async () => {
  const folder = temporaryFolder();
  const base = tinyBase();
  const config = writeConfig(folder, base, { num_train_epochs: EPOCHS, save_steps: 0 });
  const running = start(folder, "train", config, "--json");
  await untilStep(running, 5);
  running.child.kill("SIGINT");
  const stopped = await running.ended;
  expect(stopped.status).toBe(1);
  const end = endOf(stopped.out);
  expect(end.status).toBe("stopped");
  expect(end.step).toBeLessThan(STEPS);
  expect(stopped.err).toContain(`tunesmith runs resume ${end.run}`);
  expect(existsSync(join(end.adapter!, "adapter_model.safetensors"))).toBe(true);

  const resumed = await tunesmith(folder, "runs", "resume", end.run, "--json");
  expect(resumed.status, resumed.err).toBe(0);
  expect(events(resumed.out)[0]).toMatchObject({ event: "start", resumedFrom: end.step });
  expect(events(resumed.out).find(({ event }) => event === "step")).toMatchObject({ step: end.step + 1 });
  expect(endOf(resumed.out)).toMatchObject({ status: "finished", step: STEPS });
  expect(adapterBytes(folder, end.run)).toBe(await unbroken(base));
  expect((await tunesmith(folder, "runs", "resume", end.run)).err).toMatch(/^error\[BAD_ARGUMENT\]: Run .* is finished\./);
});

test("a killed worker is noticed at once, loses nothing before its last checkpoint, and can be resumed", async () => {
  const folder = temporaryFolder();
  const base = tinyBase();
  const running = start(folder, "train", writeConfig(folder, base, { num_train_epochs: EPOCHS, gradient_checkpointing: true }), "--json");
  await untilStep(running, 25);
  const id = (events(running.out())[0] as RunEvent & { event: "start" }).run;
  process.kill(workerPid(folder, id), "SIGKILL");
  const killed = Date.now();
  const { status, err, out } = await running.ended;
  expect(Date.now() - killed).toBeLessThan(10_000); // How soon exactly, test/project/journal.test.ts measures.
  expect(status).toBe(2);
  expect(err).toMatch(new RegExp(`error\\[WORKER_EXITED\\]: The worker of run ${id} is gone: .* after step \\d+\\. Its last checkpoint is step \\d*0 .*tunesmith runs resume ${id}`));
  expect(endOf(out)).toMatchObject({ status: "failed", error: { code: "WORKER_EXITED" } });
  expect(await json(folder, "runs", "list")).toMatchObject({ runs: [{ id, status: "failed", error: { code: "WORKER_EXITED" } }] });

  const resumed = await tunesmith(folder, "runs", "resume", id, "--json");
  expect(resumed.status, resumed.err).toBe(0);
  expect((events(resumed.out)[0] as RunEvent & { event: "start" }).resumedFrom! % 10).toBe(0);
  // Computing the inside of layers again changed nothing either.
  expect(adapterBytes(folder, id)).toBe(await unbroken(base));
  expect(await json(folder, "runs", "list")).toMatchObject({ runs: [{ id, status: "finished" }] });
});

test("a detached run outlives its terminal; others follow, stop and delete it", async () => {
  const folder = temporaryFolder();
  const config = writeConfig(folder, tinyBase(), { num_train_epochs: 100_000, save_steps: 1000 });
  vi.stubEnv("VSCODE_PID", "1");
  const { out, status } = await tunesmith(folder, "train", config, "--detach");
  vi.unstubAllEnvs();
  expect(status).toBe(0);
  const id = out.trim();
  expect(await json(folder, "runs", "list")).toMatchObject({ runs: [{ id, status: "running" }] });
  const pid = workerPid(folder, id);
  expect(await runStatus(openProject(folder), id)).toMatchObject({ run: id, status: "running" });
  if (process.platform === "linux") {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    expect(environment).toEqual(expect.arrayContaining(["ELECTRON_RUN_AS_NODE=1", "ORT_DISABLE_TELEMETRY=1"]));
    expect(environment.filter((variable) => /^VSCODE_/.test(variable))).toEqual([]);
  }

  const [one, two] = [start(folder, "runs", "follow", id, "--json"), start(folder, "runs", "follow", "latest", "--json")];
  await untilStep(one, 3);
  await untilStep(two, 3);
  two.child.kill("SIGINT");
  expect(await two.ended).toMatchObject({ status: 0, err: expect.stringContaining("goes on by itself") });

  expect((await tunesmith(folder, "runs", "resume", id)).err).toMatch(/^error\[RUN_ACTIVE\]/);
  expect((await tunesmith(folder, "runs", "delete", id)).err).toMatch(/^error\[RUN_ACTIVE\]/);
  expect(await json(folder, "runs", "stop", id)).toMatchObject({ run: id, status: "stopped" });
  expect(endOf((await one.ended).out)).toMatchObject({ status: "stopped" });
  await untilGone(pid);
  // Stopping what has stopped is no failure.
  expect(await tunesmith(folder, "runs", "stop", id)).toMatchObject({ status: 0, err: expect.stringContaining("was not training") });
  expect(await json(folder, "runs", "delete", id)).toMatchObject({ deleted: true });
  expect(await json(folder, "runs", "list")).toEqual({ runs: [] });
});

test("of two windows that start a run at once, one trains it and the other says so", async () => {
  const folder = temporaryFolder();
  const project = openProject(folder);
  const id = (await tunesmith(folder, "train", writeConfig(folder, tinyBase(), { num_train_epochs: 100_000 }), "--detach")).out.trim();
  await tunesmith(folder, "runs", "stop", id);
  const run = await openRun(project, id);
  const [won, lost] = (await Promise.allSettled([startRun(project, run), startRun(project, run)])).sort((a, b) => a.status.localeCompare(b.status));
  expect(won).toMatchObject({ status: "fulfilled" });
  expect(lost).toMatchObject({ status: "rejected", reason: { code: "RUN_ACTIVE" } });
  expect(await json(folder, "runs", "stop", id)).toMatchObject({ status: "stopped" });
});

test("prompts come from text, from rows with a prompt, or from a dataset", async () => {
  const folder = temporaryFolder();
  const base = tinyBase();
  const ask = async (name: string, text: string): Promise<string[]> => {
    writeFileSync(join(folder, name), text);
    const { answers } = await json<{ answers: { prompt: string; ids: number[] }[] }>(folder, "generate", "--prompts", name, "--base", base, "--max-tokens", "3");
    expect(answers.every(({ ids }) => ids.length <= 3)).toBe(true);
    return answers.map(({ prompt }) => prompt);
  };
  expect(await ask("a.txt", "one\n\ntwo words\n3\n")).toEqual(["one", "two words", "3"]);
  expect(await ask("b.jsonl", '{"prompt":"one"}\n"two"\n')).toEqual(["one", "two"]);
  expect(await ask("c.jsonl", '{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"x"}]}\n')).toEqual(["one"]);
  expect(await tunesmith(folder, "generate", "--prompts", "a.txt", "--prompt", "x")).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[BAD_ARGUMENT\]/) });
});

test("datasets are saved and listed as versions", async () => {
  const folder = repository();
  writeRows(folder, "rows.jsonl", 3);
  const saved = await json<{ commit: string }>(folder, "data", "save", "rows.jsonl", "-m", "three rows");
  expect(saved).toMatchObject({ file: "rows.jsonl", saved: true, added: 3 });
  expect(await json(folder, "data", "log", "rows.jsonl")).toMatchObject({ versions: [{ commit: saved.commit, message: "three rows" }] });
  expect(await tunesmith(folder, "data", "save", "rows.jsonl")).toMatchObject({ status: 0, err: expect.stringContaining("nothing to save") });
});

test("check and render, wired to the same parser and mask", async () => {
  const folder = temporaryFolder();
  writeRows(folder, "rows.jsonl", 3);
  expect(await json(folder, "check", "rows.jsonl")).toMatchObject({ files: [{ file: "rows.jsonl", format: "alpaca", rows: 3, usable: 3, problems: [] }] });
  const { ids, labels } = await json<{ ids: number[]; labels: number[] }>(folder, "render", "rows.jsonl", "--row", "2", "--base", tinyBase());
  expect(labels).toHaveLength(ids.length);
  // "bbbb" and the end token are trained, nothing else is.
  expect(labels.filter((label) => label !== -100)).toEqual([98, 98, 98, 98, 256]);
  writeFileSync(join(folder, "bad.jsonl"), '{"instruction": "a"}\n');
  const bad = await tunesmith(folder, "check", "bad.jsonl", "rows.jsonl", "--json");
  expect(bad.status).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({ files: [{ usable: 0, problems: [{ line: 1, severity: "error" }] }, { usable: 3 }] });
  expect(await tunesmith(folder, "render", "rows.jsonl", "--row", "9")).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[ROW_NOT_FOUND\]/) });
});

test("devices", async () => {
  expect(await json(temporaryFolder(), "devices")).toMatchObject({ devices: expect.arrayContaining([expect.objectContaining({ name: "cpu", usable: true, selfCheck: "passed", why: expect.any(String), memoryBytes: expect.any(Number) })]) });
});
