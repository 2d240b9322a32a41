/** Runs the work that reads a whole table in a thread, so that the extension host stays free, and ends the thread when it is cancelled. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { UserError } from "../../core/errors";
import { type ScanJob, type ScanReport, type ScanResult, type ScanSource } from "../../node/table/scan";
import { cancelled } from "../../node/table/writeRows";

/** A sort of many millions of rows by text may need much; it must not take the editor with it. */
const MOST_MEGABYTES = 4096;

export type RunScan = (source: ScanSource, job: ScanJob, options?: { signal?: AbortSignal; report?: ScanReport }) => Promise<ScanResult>;

/** `extension` is the folder that the extension lies in. Rejects with CANCELLED. */
export const scanIn = (extension: string): RunScan => (source, job, { signal, report } = {}) => new Promise((settle, fail) => {
  if (signal?.aborted) return fail(cancelled());
  const thread = new Worker(join(extension, "dist", "tableScan.js"), { workerData: { source, job }, resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES }, env: {} });
  const stop = (): void => {
    fail(cancelled());
    void thread.terminate();
  };
  signal?.addEventListener("abort", stop, { once: true });
  thread.on("message", (message: { result?: ScanResult; bytes: number; found: number }) => message.result ? settle(message.result) : report?.(message.bytes, message.found));
  thread.on("error", (error: NodeJS.ErrnoException) => fail(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new UserError("BAD_ARGUMENT", "The table is too large for this order.", "Filter it first, or sort by length.", { cause: error }) : error));
  thread.on("exit", (code) => {
    signal?.removeEventListener("abort", stop);
    fail(new Error(`The table's thread ended with ${code} and without an answer.`));
  });
});
