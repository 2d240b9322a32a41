/** A run's journal: one JSON line an event, appended by the one worker, read and followed by any number of others. */
import { closeSync, existsSync, fsyncSync, ftruncateSync, fstatSync, openSync, readSync, watch, writeSync, type FSWatcher } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { type RunEvent } from "../core/train/events";
import { writeError } from "../node/files";
import { checkpointsOf } from "./checkpoints";
import { isWorkerAlive, readWorkerFile } from "./workerFile";

export interface Journal {
  /** Throws DISK_FULL or WRITE_FAILED; then the journal ends with the last whole line, as before. */
  append(event: RunEvent): void;
  /** Bytes so far. */
  size(): number;
  close(): void;
}

/** Opens for the one writer. A torn last line (the writer was killed, or the disk was full) is cut off: it was never read as an event. */
export const openJournal = (path: string): Journal => {
  const file = openSync(path, "a+");
  let end = wholeLines(file);
  if (end < fstatSync(file).size) ftruncateSync(file, end);
  return {
    append(event) {
      const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
      try {
        for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
        // Steps may be lost with the power, what a resumed run builds on may not.
        if (event.event !== "step") fsyncSync(file);
        end += bytes.length;
      } catch (error) {
        ftruncateSync(file, end);
        throw writeError(path, error);
      }
    },
    size: () => end,
    close: () => closeSync(file),
  };
};

/** One event, for who is not the worker (a run that could not be started). */
export const appendEvent = (path: string, event: RunEvent): void => {
  const journal = openJournal(path);
  try {
    journal.append(event);
  } finally {
    journal.close();
  }
};

/** Offset after the last line break. */
const wholeLines = (file: number): number => {
  const size = fstatSync(file).size;
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - block.length);
    const read = readSync(file, block, 0, end - start, start);
    const at = block.subarray(0, read).lastIndexOf(10);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
};

/** Events that belong to no step. */
const STEPLESS: ReadonlySet<string> = new Set(["warning", "note", "device", "preflight", "precision"] satisfies RunEvent["event"][]);

/** What every reader of an event relies on. */
const isEvent = (value: unknown): value is RunEvent => {
  if (typeof value !== "object" || value === null) return false;
  const { event, step, steps, rows } = value as Record<string, unknown>;
  if (event === "start") return Number.isSafeInteger(steps);
  if (event === "step") return Number.isSafeInteger(step) && Array.isArray(rows);
  return STEPLESS.has(event as string) || typeof event === "string" && Number.isSafeInteger(step);
};

/** Whole lines of `bytes` as events, and how many bytes they took. A line that is no JSON (a disk's fault) is passed over. */
const parseLines = (bytes: Buffer): { events: RunEvent[]; taken: number } => {
  const taken = bytes.lastIndexOf(10) + 1;
  const events = bytes.toString("utf8", 0, taken).split("\n").flatMap((line): RunEvent[] => {
    if (line === "") return [];
    try {
      const event: unknown = JSON.parse(line);
      return isEvent(event) ? [event] : [];
    } catch {
      return []; // Nothing to be done about it here; every other event still counts.
    }
  });
  return { events, taken };
};

/** Every event in the order written, a torn tail left out. No file: no events. A resumed run's journal repeats steps: see `currentEvents`. */
export const readJournal = async (path: string): Promise<RunEvent[]> => {
  const events: RunEvent[] = [];
  await readFrom(path, 0, (event) => events.push(event));
  return events;
};

/** Of an end that is looked at first. */
const TAIL = 64 * 1024;

/** The first event and those of the journal's last lines, for a run that has ended and whose whole journal says no more than that; undefined where it may. */
export const readEnds = async (path: string, tail = TAIL): Promise<RunEvent[] | undefined> => {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size <= 2 * tail) return undefined;
    const part = async (at: number): Promise<RunEvent[]> => {
      const block = Buffer.alloc(tail), { bytesRead } = await file.read(block, 0, tail, at);
      // What begins in the midst of a line is no JSON, and passed over.
      return parseLines(block.subarray(0, bytesRead)).events;
    };
    const first = (await part(0)).find(({ event }) => event === "start"), last = await part(size - tail), end = last.at(-1);
    // Without a loss here, the last one stands further up; so does the evaluation where the end names none.
    const known = end?.event === "end" && end.evalLoss !== null && currentEvents(last).some(({ event }) => event === "step");
    return first && known ? [first, ...last] : undefined;
  } finally {
    await file.close();
  }
};

/** Without what a resumption has superseded: events after the checkpoint it went on from, and the end before it. */
export const currentEvents = (events: readonly RunEvent[]): RunEvent[] => {
  let kept: RunEvent[] = [];
  for (const event of events) {
    if (event.event === "start") {
      const from = event.resumedFrom ?? 0;
      kept = kept.filter((earlier) => earlier.event !== "end" && !("step" in earlier && earlier.step > from));
    }
    kept.push(event);
  }
  return kept;
};

const READ_BLOCK = 1024 * 1024;

/** Delivers the whole lines after `offset`; returns the offset after them. */
const readFrom = async (path: string, offset: number, onEvent: (event: RunEvent) => void): Promise<number> => {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return offset;
    throw error;
  }
  try {
    for (let length = READ_BLOCK; ;) {
      const block = Buffer.alloc(Math.min(length, Math.max(0, (await file.stat()).size - offset)));
      const { bytesRead } = await file.read(block, 0, block.length, offset);
      const { events, taken } = parseLines(block.subarray(0, bytesRead));
      offset += taken;
      events.forEach(onEvent);
      if (bytesRead < length) return offset;
      if (taken === 0) length *= 2; // One line longer than the block.
    }
  } finally {
    await file.close();
  }
};

const POLL_MS = 200;

/**
 * Delivers all past events, then each new one, until the run has ended and its worker is gone (a resumed run has an
 * earlier end in its journal), or `signal`. A worker that died without a word gives an `end` event with WORKER_EXITED.
 */
export const followJournal = async (path: string, onEvent: (event: RunEvent) => void, signal: AbortSignal): Promise<void> => {
  const runFolder = dirname(path);
  let offset = 0;
  let ended = false;
  let step = 0;
  let run = "";
  const deliver = (event: RunEvent): void => {
    if (event.event === "start") { ended = false; step = event.resumedFrom ?? 0; run = event.run; }
    if (event.event === "step") step = event.step;
    if (event.event === "end") ended = true;
    onEvent(event);
  };
  const changes = watchFile(path);
  try {
    let checked = 0;
    while (!signal.aborted) {
      const before = offset;
      offset = await readFrom(path, offset, deliver);
      if (signal.aborted || !existsSync(path)) return; // Its run was deleted meanwhile.
      // While events come, somebody writes them: asking the system twice a second is for silence.
      if (ended || (offset === before && Date.now() - checked > 500)) {
        checked = Date.now();
        // A run without a worker file waits to be started.
        if ((ended || readWorkerFile(runFolder) !== undefined) && !(await isWorkerAlive(runFolder))) {
          // What it wrote between the last read and its death.
          offset = await readFrom(path, offset, deliver);
          if (!ended) deliver(await workerExited(runFolder, run, step));
          return;
        }
      }
      await changes.next(ended ? 25 : POLL_MS, signal);
    }
  } finally {
    changes.close();
  }
};

/** What is said of a run whose worker vanished; nobody but the worker writes the journal, so this is never on disk. */
export const workerExited = async (runFolder: string, run: string, step: number): Promise<RunEvent & { event: "end" }> => {
  const last = (await checkpointsOf(runFolder)).at(-1);
  const id = run || runFolder.split(/[\\/]/).at(-1)!;
  return {
    event: "end", run: id, status: "failed", step, adapter: null, evalLoss: null, seconds: 0,
    error: {
      code: "WORKER_EXITED",
      what: `The worker of run ${id} is gone: it was killed, ran out of memory, or crashed${step > 0 ? ` after step ${step}` : ""}.`,
      next: last
        ? `Its last checkpoint is step ${last.step} (${last.path}): \`tunesmith runs resume ${id}\` goes on from there.`
        : `It had no checkpoint yet: \`tunesmith runs resume ${id}\` starts it again. What it printed last is in ${runFolder}/worker.log.`,
    },
  };
};

/** Wakes on the next change of a file or after a time, whichever is first: not every file system reports changes. */
const watchFile = (path: string): { next(milliseconds: number, signal: AbortSignal): Promise<void>; close(): void } => {
  let wake = (): void => {};
  let changed = false;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(path, () => { changed = true; wake(); });
    watcher.on("error", () => watcher?.close());
  } catch {
    watcher = undefined; // No file yet, or no watches left: the clock alone will do.
  }
  return {
    next: (milliseconds, signal) => new Promise((settle) => {
      const done = (): void => { clearTimeout(timer); signal.removeEventListener("abort", done); wake = () => {}; changed = false; settle(); };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener("abort", done, { once: true });
      wake = done;
      if (changed || signal.aborted) done();
    }),
    close: () => watcher?.close(),
  };
};
