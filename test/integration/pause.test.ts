/** A run that pauses, from the terminal: what is said, and going on by real workers on the built bundles. */
import { expect, test } from "vitest";
import { type RunEvent } from "../../src/core/train/events";
import { temporaryFolder } from "../project/folders";
import { adapterBytes, events, json, start, tinyBase, tunesmith, untilStep, workerPid, writeConfig } from "./terminal";

const endOf = (out: string): RunEvent & { event: "end" } => events(out).at(-1) as RunEvent & { event: "end" };

test("a step without a loss pauses; it cannot be made, but the run can go back with a lower rate", async () => {
  const folder = temporaryFolder();
  const paused = await tunesmith(folder, "train", writeConfig(folder, tinyBase(), { learning_rate: 1e30, max_grad_norm: 0, warmup_steps: 0, num_train_epochs: 2 }), "--json");
  expect(paused.status, paused.err).toBe(1);
  const { run, pause } = endOf(paused.out);
  expect(pause).toMatchObject({ code: "LOSS_NOT_FINITE", step: 2, loss: null, rows: expect.any(Array) });
  expect(paused.err).toContain(`Run ${run}: Paused before step 2 (lines ${pause!.rows.join(", ")} of rows.jsonl): the loss is NaN.`);
  expect(await json(folder, "runs", "list")).toMatchObject({ runs: [{ id: run, status: "paused", pause: { step: 2 } }] });
  expect((await tunesmith(folder, "runs", "list")).out).toMatch(/ paused +1\/12 /);
  expect((await tunesmith(folder, "runs", "show", run)).out).toContain("paused    [LOSS_NOT_FINITE] Paused before step 2");
  expect(await tunesmith(folder, "runs", "follow", run)).toMatchObject({ status: 1, err: expect.stringContaining("--rollback") });

  expect(await tunesmith(folder, "runs", "resume", run)).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[LOSS_NOT_FINITE\]: Run .* cannot make step 2 as it is/) });
  expect(await tunesmith(folder, "runs", "resume", run, "--set", "seed=1")).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[LOSS_NOT_FINITE\]/) });
  expect(await tunesmith(folder, "runs", "resume", run, "--rollback", "7")).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[BAD_ARGUMENT\]: Run .* has no checkpoint at step 7\. It has them at step 1/) });
  // A run id is no step.
  expect(await tunesmith(folder, "runs", "resume", "--rollback", run)).toMatchObject({ status: 2, err: expect.stringMatching(/^error\[BAD_ARGUMENT\]/) });
  const back = await tunesmith(folder, "runs", "resume", run, "--rollback", "--set", "learning_rate=0.01", "--json");
  expect(back.status, back.err).toBe(0);
  expect(events(back.out)[0]).toMatchObject({ event: "start", choice: { rolledBack: true, settings: { learning_rate: 0.01 } } });
  expect(back.err).toContain("rolled back (later checkpoints are kept aside), learning_rate 0.01");
  expect((await tunesmith(folder, "runs", "show", run)).out).toContain("changed   learning_rate=0.01 after step 0");
});

/** The threshold is below every loss, so that the guard speaks after so many steps: it counts right over a kill or it does not. */
const PATIENCE = 32;
const nervous = { num_train_epochs: 80, save_steps: 7, loss_watchdog_threshold: 1e-9, loss_watchdog_patience: PATIENCE };

test("a killed worker's guard goes on where it was, and what was accepted stays so", async () => {
  const folder = temporaryFolder(), other = temporaryFolder(), base = tinyBase();
  const unbroken = await tunesmith(other, "train", writeConfig(other, base, nervous), "--json");
  expect(endOf(unbroken.out)).toMatchObject({ status: "paused", step: PATIENCE - 1, pause: { code: "LOSS_DIVERGED", step: PATIENCE } });

  const running = start(folder, "train", writeConfig(folder, base, nervous), "--json");
  await untilStep(running, 10);
  const { run } = events(running.out())[0] as RunEvent & { event: "start" };
  process.kill(workerPid(folder, run), "SIGKILL");
  await running.ended;
  const resumed = await tunesmith(folder, "runs", "resume", run, "--json");
  expect({ ...endOf(resumed.out), run: "", seconds: 0, adapter: "" }).toMatchObject({ status: "paused", pause: { ...endOf(unbroken.out).pause!, next: expect.any(String) } });

  // Off from here on; killed again, it stays off, and ends where a run without a guard ends.
  const off = start(folder, "runs", "resume", run, "--set", "loss_watchdog=false", "--json");
  await untilStep(off, PATIENCE + 20);
  process.kill(workerPid(folder, run), "SIGKILL");
  await off.ended;
  expect(endOf((await tunesmith(folder, "runs", "resume", run, "--json")).out)).toMatchObject({ status: "finished", step: 480 });
  const calm = await tunesmith(other, "train", writeConfig(other, base, { ...nervous, loss_watchdog: false }), "--json");
  expect(adapterBytes(folder, run)).toBe(adapterBytes(other, endOf(calm.out).run));
});
