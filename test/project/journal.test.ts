/** journal.ts: torn tails, resumed runs, following a live file, and workers that die without a word. */
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { type RunEvent } from "../../src/core/train/events";
import { processStart } from "../../src/node/processes";
import { appendEvent, currentEvents, followJournal, openJournal, readJournal } from "../../src/project/journal";
import { workerFilePath } from "../../src/project/workerFile";
import { temporaryFolder } from "./folders";

const start = (resumedFrom?: number): RunEvent => ({ event: "start", run: "r1", base: "b", data: "d", device: "cpu", examples: 8, evalExamples: 0, steps: 9, epochs: 1, trainableParameters: 1, time: "", ...(resumedFrom === undefined ? {} : { resumedFrom }) });
const step = (number: number, loss = 1): RunEvent => ({ event: "step", step: number, epoch: 0, loss, learningRate: 0, gradNorm: 0, tokens: 1, seconds: 0, rows: [] });
const end = (status: "finished" | "stopped" = "finished"): RunEvent => ({ event: "end", run: "r1", status, step: 9, adapter: null, evalLoss: null, seconds: 1 });

const journal = (): string => join(temporaryFolder(), "journal.jsonl");

test("what was appended is read back; a torn tail is no event", async () => {
  const path = journal();
  expect(await readJournal(path)).toEqual([]);
  for (const event of [start(), step(1)]) appendEvent(path, event);
  appendFileSync(path, '{"event":"step","st');
  expect(await readJournal(path)).toEqual([start(), step(1)]);
});

test("appending mends a torn tail first", async () => {
  const path = journal();
  for (const event of [start(), step(1), step(2)]) appendEvent(path, event);
  const size = readFileSync(path).length;
  for (const cut of [1, 5, 40]) {
    truncateSync(path, size - cut);
    const writer = openJournal(path);
    writer.append(step(2, 7));
    writer.close();
    expect(await readJournal(path)).toEqual([start(), step(1), step(2, 7)]);
    truncateSync(path, size);
    writeFileSync(path, [start(), step(1), step(2)].map((event) => `${JSON.stringify(event)}\n`).join(""));
  }
});

test("a journal that is nothing but a torn line starts anew", async () => {
  const path = journal();
  writeFileSync(path, "x".repeat(200_000));
  appendEvent(path, start());
  expect(await readJournal(path)).toEqual([start()]);
});

test("a line longer than the reader's block, and one that a disk has damaged", async () => {
  const path = journal();
  const wide = { ...step(1), rows: Array.from({ length: 400_000 }, (_, i) => i) } as RunEvent;
  appendEvent(path, wide);
  appendFileSync(path, "\0\0\0\n");
  appendEvent(path, step(2));
  expect(await readJournal(path)).toEqual([wide, step(2)]);
});

test("a resumed run's earlier end and the steps after its checkpoint are superseded", () => {
  const events = [start(), step(1), step(2), step(3, 5), end("stopped"), start(2), step(3, 6), end()];
  expect(currentEvents(events)).toEqual([start(), step(1), step(2), start(2), step(3, 6), end()]);
});

/** A process that does nothing, on whose account a run is entered. */
const worker = (folder: string): { pid: number; kill(): void } => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  writeFileSync(workerFilePath(folder), JSON.stringify({ pid: child.pid, socket: "/nowhere", started: new Date().toISOString(), start: processStart(child.pid!) }));
  return { pid: child.pid!, kill: () => { child.kill("SIGKILL"); } };
};

const follow = (folder: string, signal = new AbortController().signal): { seen: RunEvent[]; done: Promise<void> } => {
  const seen: RunEvent[] = [];
  return { seen, done: followJournal(join(folder, "journal.jsonl"), (event) => seen.push(event), signal) };
};

// The tests that hold a clock to something try again: any single try may meet a busy moment of the machine.
const clocked = { retry: 4 };

test("follows past and new events, waits at an end for a worker that goes on, and ends with it", clocked, async () => {
  const folder = temporaryFolder();
  const path = join(folder, "journal.jsonl");
  for (const event of [start(), step(1), end("stopped")]) appendEvent(path, event);
  const process = worker(folder);
  const { seen, done } = follow(folder);
  await expect.poll(() => seen.length).toBe(3);
  for (const event of [start(1), step(2)]) appendEvent(path, event);
  await expect.poll(() => seen.length).toBe(5);
  const late = Date.now();
  appendEvent(path, end());
  await expect.poll(() => seen.length, { interval: 5 }).toBe(6);
  expect(Date.now() - late).toBeLessThan(400);
  process.kill();
  await done;
  expect(seen.at(-1)).toEqual(end());
});

test("a worker that dies without a word gives WORKER_EXITED within about a second, with its last checkpoint", clocked, async () => {
  const folder = temporaryFolder();
  for (const event of [start(), step(1), step(2)]) appendEvent(join(folder, "journal.jsonl"), event);
  mkdirSync(join(folder, "checkpoints", "step-1"), { recursive: true });
  mkdirSync(join(folder, "checkpoints", ".step-2.77"), { recursive: true });
  const process = worker(folder);
  const { seen, done } = follow(folder);
  await expect.poll(() => seen.length).toBe(3);
  const killed = Date.now();
  process.kill();
  await done;
  expect(Date.now() - killed).toBeLessThan(1300);
  expect(seen).toHaveLength(4);
  expect(seen[3]).toMatchObject({ event: "end", run: "r1", status: "failed", step: 2, error: { code: "WORKER_EXITED", next: expect.stringMatching(/step 1 .*runs resume r1/) } });
  expect(await readJournal(join(folder, "journal.jsonl"))).toHaveLength(3);
});

test("another process with the worker's number is not the worker", async () => {
  const folder = temporaryFolder();
  appendEvent(join(folder, "journal.jsonl"), start());
  writeFileSync(workerFilePath(folder), JSON.stringify({ pid: process.pid, socket: "/nowhere", started: new Date().toISOString(), start: "1" }));
  const { seen, done } = follow(folder);
  await done;
  expect(seen.at(-1)).toMatchObject({ event: "end", error: { code: "WORKER_EXITED" } });
});

test("where the system gives no start time, nobody listening means gone", async () => {
  const folder = temporaryFolder();
  appendEvent(join(folder, "journal.jsonl"), start());
  writeFileSync(workerFilePath(folder), JSON.stringify({ pid: process.pid, socket: join(folder, "none.sock"), started: new Date().toISOString() }));
  await follow(folder).done;
});

test("a run that is deleted is followed no more", async () => {
  const folder = temporaryFolder();
  appendEvent(join(folder, "journal.jsonl"), start());
  const { seen, done } = follow(folder);
  await expect.poll(() => seen.length).toBe(1);
  rmSync(folder, { recursive: true });
  await done;
});

test("a run that nobody has started is waited for until the signal", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "journal.jsonl"), "");
  const stop = new AbortController();
  const { seen, done } = follow(folder, stop.signal);
  await delay(300);
  stop.abort();
  await done;
  expect(seen).toEqual([]);
});

test("many events are cheap to follow", clocked, async () => {
  const folder = temporaryFolder();
  const path = join(folder, "journal.jsonl");
  const count = 50_000;
  writeFileSync(path, [start(), ...Array.from({ length: count }, (_, i) => step(i + 1)), end()].map((event) => `${JSON.stringify(event)}\n`).join(""));
  const { seen, done } = follow(folder);
  const began = performance.now();
  await done;
  expect(seen).toHaveLength(count + 2);
  expect(performance.now() - began).toBeLessThan(3000);
});
