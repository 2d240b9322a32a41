/** Starting other processes of ours and asking whether one is still there; knows nothing of what they do. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";

/**
 * The environment of a worker: this process's, run as plain Node even by Electron, without VS Code's own variables
 * (they make a child believe that it is part of the editor) and without the runtime's telemetry.
 */
export const workerEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const kept = Object.entries(environment).filter(([name, value]) =>
    !/^(VSCODE_|ELECTRON_)/i.test(name)
    // The editor's debugger attaches itself to every Node child through this; a run must not end with its debugger.
    && !(name === "NODE_OPTIONS" && /js-debug|bootloader/.test(value ?? "")));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1", ORT_DISABLE_TELEMETRY: "1" };
};

/**
 * glibc, as it is, gives large blocks back to the system as soon as they are free, and a step asks for 1.5 GB of them again, each page of it cleared by the kernel (a tenth of a step of a 135M
 * base). So the heap keeps what it has and grows by 64 MB at a time; all prepared graphs of the process share it. Without its two caches of small blocks (for each
 * thread, and its fast bins): what they keep counts as in use, and a few bytes between two freed tensors keep them from becoming room for a larger one (2,310 MB instead of 1,920 at the peak of
 * the same step; fast bins 830 instead of 700 where layers are computed again). Elsewhere nobody reads these; who sets them himself knows better.
 */
const keptMemory = { GLIBC_TUNABLES: "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0", MALLOC_MMAP_MAX_: "0", MALLOC_TRIM_THRESHOLD_: "1099511627776", MALLOC_TOP_PAD_: "67108864" };

/** The environment of a worker that trains. One thread for asynchronous calls: what a CUDA graph recorded belongs to the thread that it was recorded on. */
export const trainingEnvironment = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({ ...keptMemory, ...workerEnvironment(environment), UV_THREADPOOL_SIZE: "1" });

/** Starts a Node script that trains and outlives this process; its output goes to the end of `log`. */
export const spawnDetached = (script: string, args: readonly string[], options: { folder: string; log: string }): ChildProcess => {
  const log = openSync(options.log, "a");
  try {
    const child = spawn(process.execPath, [script, ...args], {
      cwd: options.folder, env: trainingEnvironment(process.env), detached: true, stdio: ["ignore", log, log], windowsHide: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
};

/** Runs a Node script of ours to its end, for its output. `ended` says how it ended where that was not with status 0: a fault in a driver is a signal here, and no more. */
export const runScript = (script: string, args: readonly string[], { timeoutMs, environment = {}, folder }: { timeoutMs: number; environment?: NodeJS.ProcessEnv; folder?: string }): Promise<{ stdout: string; ended?: string }> =>
  new Promise((settle) => {
    execFile(process.execPath, [script, ...args], { env: { ...workerEnvironment(process.env), ...environment }, timeout: timeoutMs, windowsHide: true, ...(folder !== undefined && { cwd: folder }) }, (error, stdout) => {
      const how = error && (error.killed ? `it took longer than ${timeoutMs / 1000} s` : error.signal ? `it was ended by ${error.signal}` : `it ended with status ${error.code ?? "unknown"}`);
      settle({ stdout, ...(how && { ended: how }) });
    });
  });

/** Starts a Node script that ends with this process and talks over Node's own channel, so that native libraries may print as they like. */
export const spawnChild = (script: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [script, ...args], { env: workerEnvironment(process.env), stdio: ["ignore", "ignore", "pipe", "ipc"], windowsHide: true });

/** Fields of /proc/PID/stat after the command's name (which may hold blanks and brackets); undefined where there is no such file. */
const procStat = (pid: number): string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined; // Not Linux, or no such process: the caller asks the other way.
  }
};

/** Whether a process with this number runs. One that ended but was not yet collected by its parent (a zombie) does not. */
export const isProcessAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return procStat(pid)?.[0] !== "Z";
};

/** What tells a process from a later one with the same number: its start in clock ticks since boot, where the system says so (Linux). */
export const processStart = (pid: number): string | undefined => procStat(pid)?.[19];
