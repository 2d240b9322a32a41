/** The client of the worker processes: starts, finds and speaks to them. Never computes anything itself. */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { UserError, isUserError } from "../core/errors";
import { type DeviceName } from "../node/device/names";
import { spawnChild, spawnDetached } from "../node/processes";
import {
  generateRequest, initializeRequest, runStatusRequest, scoreRequest, stopRunRequest, tokenProgress,
  type Answer, type GenerateParams, type RunState, type ScoreParams, type ScoreResult, type TokenProgress,
} from "../protocol/worker";
import { connectIpc, connectSocket, type WorkerConnection } from "./connection";
import { appendEvent, readJournal } from "./journal";
import { tunesmithVersion, workerScript, type Project } from "./project";
import { planResume, type ResumePlan, type ResumeRequest } from "./resume";
import { foldEvents, journalPath, logPath, openRun, reserveRoom, type Run } from "./runs";
import { isWorkerAlive, readWorkerFile } from "./workerFile";

/** Whether a worker trains this run now. */
export const isRunAlive = async (project: Project, id: string): Promise<boolean> => isWorkerAlive((await openRun(project, id)).folder);

const START_TIMEOUT_MS = 30_000;

/**
 * Starts the detached worker of a new, stopped, paused or failed run (it goes on from the last checkpoint, unless `request` says otherwise) and waits until it is up.
 * Throws what planResume throws, RUN_ACTIVE, DISK_FULL, WORKER_NOT_STARTED; the latter also stands in the journal of a run that never began.
 */
export const startRun = async (project: Project, run: Run, request: ResumeRequest = {}): Promise<void> => {
  if (await isWorkerAlive(run.folder)) throw runActive(run);
  const events = await readJournal(journalPath(run.folder));
  if (foldEvents(events).status === "finished") throw new UserError("BAD_ARGUMENT", `Run ${run.id} is finished.`, "Start a new run to train again.");
  const plan = await planResume(run, events, request);
  await reserveRoom(run.folder);
  try {
    await launch(project, run, plan);
  } catch (error) {
    // Two windows pressed the button at once: the other's worker trains it and alone writes its journal.
    if (await isWorkerAlive(run.folder)) throw runActive(run);
    if (events.length === 0 && isUserError(error) && error.code === "WORKER_NOT_STARTED") {
      appendEvent(journalPath(run.folder), {
        event: "end", run: run.id, status: "failed", step: 0, adapter: null, evalLoss: null, seconds: 0,
        error: { code: error.code, what: error.what, next: error.next },
      });
    }
    throw error;
  }
};

const runActive = (run: Run): UserError => new UserError("RUN_ACTIVE", `Run ${run.id} is training already.`, `Follow it: \`tunesmith runs follow ${run.id}\`.`);

const launch = async (project: Project, run: Run, plan: ResumePlan): Promise<void> => {
  const script = workerScript();
  const log = logPath(run.folder);
  if (!existsSync(script)) throw new UserError("WORKER_NOT_STARTED", `The worker program ${script} is missing.`, "Install Tunesmith again, or run `npm run build` in its checkout.");
  const child = spawnDetached(script, ["train", run.folder, JSON.stringify(plan)], { folder: project.root, log });
  let exit: string | undefined;
  child.once("error", (error) => { exit = error.message; });
  child.once("exit", (code, signal) => { exit ??= signal ? `it was ended by ${signal}` : `it exited with status ${code}`; });
  for (const deadline = Date.now() + START_TIMEOUT_MS; Date.now() < deadline; await delay(20)) {
    const file = readWorkerFile(run.folder);
    if (file !== undefined && file.pid === child.pid && (exit !== undefined || await isListening(file.socket))) return; // A worker that came up and failed at once has told the journal why.
    if (exit !== undefined) break;
  }
  throw new UserError("WORKER_NOT_STARTED", `The worker of run ${run.id} did not start: ${exit ?? `it said nothing for ${START_TIMEOUT_MS / 1000} s`}.${lastLine(log)}`, `Its output is in ${log}.`);
};

const lastLine = (log: string): string => {
  const line = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n").at(-1) : "";
  return line ? ` It printed last: ${line}` : "";
};

const isListening = async (socket: string): Promise<boolean> => {
  const connection = await connectSocket(socket, workerLost, 1000);
  connection?.rpc.dispose();
  return connection !== undefined;
};

const workerLost = (): UserError => new UserError("WORKER_EXITED", "The worker process is gone.", "Look at its last messages in worker.log in the run's folder.");

/** A connection to the worker of a living run, or undefined where there is none. */
const withRun = async <Result>(run: Run, ask: (connection: WorkerConnection) => Promise<Result>): Promise<Result | undefined> => {
  const file = readWorkerFile(run.folder);
  if (!file || !(await isWorkerAlive(run.folder))) return undefined;
  const connection = await connectSocket(file.socket, workerLost, 5000);
  if (!connection) return undefined;
  try {
    await connection.request((rpc) => rpc.sendRequest(initializeRequest, { version: tunesmithVersion() }));
    return await ask(connection);
  } catch (error) {
    // It ended while it was asked: as good as not there.
    if (isUserError(error) && error.code === "WORKER_EXITED") return undefined;
    throw error;
  } finally {
    connection.rpc.dispose();
  }
};

/** Asks the run's worker to end after the current step. False where none was training. Its end comes through the journal. */
export const stopRun = async (project: Project, id: string): Promise<boolean> =>
  (await withRun(await openRun(project, id), (connection) => connection.request((rpc) => rpc.sendRequest(stopRunRequest)))) !== undefined;

/** What the run's worker says of itself; undefined where none is training. */
export const runStatus = async (project: Project, id: string): Promise<RunState | undefined> =>
  withRun(await openRun(project, id), (connection) => connection.request((rpc) => rpc.sendRequest(runStatusRequest)));

export interface PlaygroundClient {
  readonly pid: number | undefined;
  /** False once the process has ended; then start another. */
  readonly alive: boolean;
  /** Answers in the order of `request.models`. Rejects with the worker's UserError, CANCELLED or WORKER_EXITED. */
  generate(request: GenerateParams, onToken: (token: TokenProgress) => void, signal?: AbortSignal): Promise<Answer[]>;
  score(request: ScoreParams, signal?: AbortSignal): Promise<ScoreResult>;
  dispose(): void;
}

/** A child worker that answers prompts on a device (auto: the CPU, to which the keys and values of earlier tokens need not travel); it keeps the last base open between requests and ends with this process. Throws WORKER_NOT_STARTED. */
export const startPlayground = async (device: "auto" | DeviceName = "auto"): Promise<PlaygroundClient> => {
  const script = workerScript();
  if (!existsSync(script)) throw new UserError("WORKER_NOT_STARTED", `The worker program ${script} is missing.`, "Install Tunesmith again, or run `npm run build` in its checkout.");
  const child = spawnChild(script, ["playground", device === "auto" ? "cpu" : device]);
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => { errors = (errors + text).slice(-2000); });
  const lost = (): UserError => {
    const last = errors.trimEnd().split("\n").at(-1);
    const how = child.signalCode ? ` (${child.signalCode})` : child.exitCode ? ` (status ${child.exitCode})` : "";
    return new UserError("WORKER_EXITED", `The process that answers prompts ended${how}.${last ? ` It printed last: ${last}` : ""}`, "Ask again: a new one is started. If it ends again, the model may be too large for this machine's memory.");
  };
  const connection = connectIpc(child, lost);
  child.once("error", () => connection.fail(lost()));
  // "exit" knows the status; "close" also has the last words on stderr.
  child.once("close", () => connection.fail(lost()));
  try {
    await connection.request((rpc) => rpc.sendRequest(initializeRequest, { version: tunesmithVersion() }));
  } catch (cause) {
    child.kill();
    const what = isUserError(cause) ? cause.what : String(cause);
    throw new UserError("WORKER_NOT_STARTED", `The process that answers prompts did not start. ${what}`, "Install Tunesmith again.", { cause });
  }
  let requests = 0;
  return {
    pid: child.pid,
    get alive() { return connection.failed === undefined; },
    async generate(request, onToken, signal) {
      const progress = `generate-${requests++}`;
      const listening = connection.failed ? undefined : connection.rpc.onProgress(tokenProgress, progress, onToken);
      try {
        return await connection.request((rpc, token) => rpc.sendRequest(generateRequest, { ...request, progress }, token), signal);
      } finally {
        listening?.dispose();
      }
    },
    score: (request, signal) => connection.request((rpc, token) => rpc.sendRequest(scoreRequest, request, token), signal),
    dispose() {
      connection.fail(new UserError("CANCELLED", "The playground was closed.", "Open it again."));
      child.kill();
    },
  };
};
