/** The client of the process that compares rows over whole files: starts it when first asked, lets it go when nothing was asked for a while. Every request settles. */
import { existsSync } from "node:fs";
import { type ChildProcess } from "node:child_process";
import { type Leaks } from "../core/data/content/compareRows";
import { type DatasetReport } from "../core/data/report/datasetReport";
import { type MixLock } from "../core/data/mixture/mixLock";
import { UserError } from "../core/errors";
import { spawnChild } from "../node/processes";
import { columnsRequest, compareRequest, holdOutRequest, importRequest, leaksRequest, mixRequest, reportRequest, shareDone, type ColumnsResult, type CompareParams, type CompareResult, type HoldOutParams, type HoldOutResult, type ImportParams, type ImportResult, type LeaksParams, type ReportParams } from "../protocol/analysis";
import { connectIpc, type WorkerConnection } from "./connection";
import { analysisScript } from "./project";

const IDLE_MS = 60_000;
/** After it was told to stop. */
const DEAF_MS = 5000;

export interface Asking { readonly signal?: AbortSignal; readonly onProgress?: (done: number) => void }

export class Analysis {
  private process: { readonly child: ChildProcess; readonly connection: WorkerConnection } | undefined;
  private asked = 0;
  private running = 0;
  private idle: ReturnType<typeof setTimeout> | undefined;

  /** Of the process, while there is one. */
  get pid(): number | undefined { return this.process?.child.pid; }

  /** The problems that only the whole file shows. Throws DATASET_*, CANCELLED, WORKER_EXITED, WORKER_NOT_STARTED. */
  compare(params: CompareParams, asking: Asking = {}): Promise<CompareResult> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(compareRequest, { ...params, progress }, token), asking.signal));
  }

  /** Throws as `compare` does. */
  leaks(params: LeaksParams, asking: Asking = {}): Promise<Leaks> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(leaksRequest, { ...params, progress }, token), asking.signal));
  }

  /** Which rows go to an evaluation file. Throws as `compare` does. */
  holdOut(params: HoldOutParams, asking: Asking = {}): Promise<HoldOutResult> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(holdOutRequest, { ...params, progress }, token), asking.signal));
  }

  /** Builds a mixture. Throws as `buildMixture` does, and CANCELLED, WORKER_EXITED, WORKER_NOT_STARTED. */
  mix(path: string, asking: Asking = {}): Promise<MixLock> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(mixRequest, { path, progress }, token), asking.signal));
  }

  /** Writes the rows of a Parquet file as JSON Lines. Throws DATASET_*, DISK_FULL, WRITE_FAILED, CANCELLED, WORKER_EXITED, WORKER_NOT_STARTED. */
  importRows(params: ImportParams, asking: Asking = {}): Promise<ImportResult> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(importRequest, { ...params, progress }, token), asking.signal));
  }

  /** The columns and first rows of a Parquet file. Throws as `importRows` does. */
  columns(path: string, asking: Asking = {}): Promise<ColumnsResult> {
    return this.ask(asking, (connection) => connection.request((rpc, token) => rpc.sendRequest(columnsRequest, { path }, token), asking.signal));
  }

  /** A file in numbers. Throws as `compare` does, and BASE_*, TOKENIZER_*, TEMPLATE_FAILED. */
  report(params: ReportParams, asking: Asking = {}): Promise<DatasetReport> {
    return this.ask(asking, (connection, progress) => connection.request((rpc, token) => rpc.sendRequest(reportRequest, { ...params, progress }, token), asking.signal));
  }

  private async ask<Result>({ onProgress, signal }: Asking, send: (connection: WorkerConnection, progress: string) => Promise<Result>): Promise<Result> {
    clearTimeout(this.idle);
    const { connection } = this.process?.connection.failed === undefined && this.process ? this.process : this.start();
    const progress = `analysis-${this.asked++}`;
    const listening = onProgress && connection.rpc.onProgress(shareDone, progress, onProgress);
    this.running++;
    // A template is a program and may never end: a process that does not hear that it is to stop is ended.
    let deaf: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => { deaf = setTimeout(() => this.dispose(), DEAF_MS); };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await send(connection, progress);
    } finally {
      listening?.dispose();
      signal?.removeEventListener("abort", stop);
      clearTimeout(deaf);
      if (--this.running === 0) {
        this.idle = setTimeout(() => this.dispose(), IDLE_MS);
        this.idle.unref();
      }
    }
  }

  private start(): { readonly child: ChildProcess; readonly connection: WorkerConnection } {
    const script = analysisScript();
    if (!existsSync(script)) throw new UserError("WORKER_NOT_STARTED", `The worker program ${script} is missing.`, "Install Tunesmith again, or run `npm run build` in its checkout.");
    const child = spawnChild(script, []);
    let errors = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => { errors = (errors + text).slice(-2000); });
    const lost = (): UserError => {
      const last = errors.trimEnd().split("\n").at(-1);
      return new UserError("WORKER_EXITED", `The process that compares rows ended${child.signalCode ? ` (${child.signalCode})` : ""}.${last ? ` It printed last: ${last}` : ""}`, "Ask again: a new one is started.");
    };
    const connection = connectIpc(child, lost);
    child.once("error", () => connection.fail(lost()));
    child.once("close", () => connection.fail(lost()));
    return this.process = { child, connection };
  }

  /** Ends the process; a later question starts another. */
  dispose(): void {
    clearTimeout(this.idle);
    this.process?.connection.fail(new UserError("CANCELLED", "The comparison was cancelled.", "Start it again when you like."));
    this.process?.child.kill();
    this.process = undefined;
  }
}
