/** `worker.json` in a run's folder: which process trains the run and where it listens; says whether that process still lives. */
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isProcessAlive, processStart } from "../node/processes";

export interface WorkerFile {
  readonly pid: number;
  readonly socket: string;
  /** When the worker started, ISO 8601. */
  readonly started: string;
  /** The system's own mark of that start, where it has one: a later process with the same pid has another. */
  readonly start?: string;
}

/** A unix socket's path holds 108 bytes at most, a run's folder often more: hence a hash, in the temporary folder. */
export const socketPath = (runFolder: string): string => {
  const name = `tunesmith-${createHash("sha256").update(`${userInfo().username}\0${resolve(runFolder)}`).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return `\\\\.\\pipe\\${name}`;
  const folder = tmpdir();
  return join(Buffer.byteLength(folder) > 70 ? "/tmp" : folder, `${name}.sock`);
};

export const workerFilePath = (runFolder: string): string => join(runFolder, "worker.json");

/** Undefined where there is none, or one that was cut off in the middle of being written. */
export const readWorkerFile = (runFolder: string): WorkerFile | undefined => {
  try {
    const file = JSON.parse(readFileSync(workerFilePath(runFolder), "utf8")) as WorkerFile | null;
    return Number.isSafeInteger(file?.pid) && file!.pid > 0 && typeof file!.socket === "string" && typeof file!.started === "string" ? file! : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/**
 * Puts this process's name on a run; false where another living worker has it. Creating a file that must not exist is
 * atomic, so of two that start at once one wins; removing a dead worker's file first is the gap, hence the second look.
 */
export const claimRun = async (runFolder: string, socket: string): Promise<boolean> => {
  if (await isWorkerAlive(runFolder)) return false;
  rmSync(workerFilePath(runFolder), { force: true });
  const start = processStart(process.pid);
  const mine: WorkerFile = { pid: process.pid, socket, started: new Date().toISOString(), ...(start === undefined ? {} : { start }) };
  try {
    writeFileSync(workerFilePath(runFolder), JSON.stringify(mine), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  await delay(20);
  return readWorkerFile(runFolder)?.pid === process.pid;
};

/** Whether the process that claimed the run still runs: false where none did. */
export const isWorkerAlive = async (runFolder: string): Promise<boolean> => {
  const file = readWorkerFile(runFolder);
  if (!file || !isProcessAlive(file.pid)) return false;
  // A pid alone may belong to a later process. A busy worker answers late, but the system accepts for it at once.
  return file.start === undefined ? canConnect(file.socket) : processStart(file.pid) === file.start;
};

const canConnect = (socket: string): Promise<boolean> => new Promise((settle) => {
  const connection = createConnection(socket);
  const done = (answer: boolean): void => { connection.destroy(); settle(answer); };
  connection.setTimeout(1000, () => done(false));
  connection.once("connect", () => done(true)).once("error", () => done(false));
});
