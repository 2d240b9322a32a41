/** The runs of a project: making one from a config, listing, opening and deleting them. Starts no process: see client.ts. */
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { randomBytes, randomInt } from "node:crypto";
import { mappingOf } from "../core/data/formats/mapping";
import { type MappingEntry } from "../core/data/formats/mappingSchema";
import { entryOfMapping, withEntry } from "../core/data/formats/mappingSources";
import { UserError, isUserError } from "../core/errors";
import { type FileIdentity, parseManifest, type RunManifest } from "../core/manifest";
import { type Precision, precisionKey, precisionOf } from "../core/model/weights/precision";
import { type Pause, type RunEvent, type RunStatus } from "../core/train/events";
import { type RunConfig } from "../core/train/runConfig";
import { ADAPTER_FILES, requireAdapterFiles } from "../core/model/adapter/adapter";
import { fileBlobId, fileSha256, openFolder, writeError, writeFileAtomic } from "../node/files";
import { DATASET_INFO, datasetOptions } from "../node/readDataset";
import { adapterFolder, initialAdapterFolder } from "./checkpoints";
import { currentEvents, readEnds, readJournal, workerExited } from "./journal";
import { ensureProject, resolveBase, tunesmithVersion, type Project } from "./project";
import { isWorkerAlive, readWorkerFile } from "./workerFile";

export interface Run { readonly id: string; readonly folder: string; readonly manifest: RunManifest }

export interface RunSummary {
  readonly id: string; readonly name: string; readonly status: RunStatus; readonly created: string;
  readonly step: number; readonly steps: number; readonly loss: number | null; readonly evalLoss: number | null;
  /** Folder of the finished (or stopped or paused) run's adapter. */
  readonly adapter: string | null;
  readonly base: string;
  readonly error?: { readonly code: string; readonly what: string; readonly next: string };
  /** Of a paused run: the step that was not made. */
  readonly pause?: Pause;
}

export const journalPath = (runFolder: string): string => join(runFolder, "journal.jsonl");
export const manifestPath = (runFolder: string): string => join(runFolder, "run.json");
export const logPath = (runFolder: string): string => join(runFolder, "worker.log");

/** Where the run's own copy of a dataset lies: editing the original neither disturbs a run nor its resumption. */
export const datasetCopy = (runFolder: string, identity: FileIdentity, kind: "data" | "eval"): string => join(runFolder, kind, basename(identity.path));

/**
 * A new run's folder: manifest, an empty journal and copies of the datasets and of the adapter that it starts from. `configFolder` is what the config's paths are relative to.
 * Hashes of the base are the worker's business (a base may be large). Throws DATASET_NOT_FOUND, BASE_NOT_FOUND, ADAPTER_NOT_FOUND, ADAPTER_INVALID, DISK_FULL, WRITE_FAILED.
 */
export const createRun = async (project: Project, { config, configFolder }: { config: RunConfig; configFolder: string }): Promise<Run> => {
  const basePath = resolveBase(project, config.base, configFolder), start = config.adapter_name_or_path;
  const adapterPath = start === undefined ? undefined : (await findAdapter(project, start, configFolder)).folder;
  const id = newId();
  const folder = join(project.runsFolder, id);
  try {
    await ensureProject(project);
    await mkdir(folder, { recursive: true });
    const data = await copyDataset(project, folder, resolve(configFolder, config.data), "data", config.mapping);
    const evalData = config.eval === undefined ? undefined : await copyDataset(project, folder, resolve(configFolder, config.eval), "eval", config.mapping);
    const manifest: RunManifest = {
      id, name: config.name ?? basename(config.data).replace(/\.\w+$/, ""), created: new Date().toISOString(), config, data,
      ...(evalData && { eval: evalData }), ...(adapterPath !== undefined && { adapter: { path: adapterPath, files: await copyAdapter(adapterPath, initialAdapterFolder(folder)) } }),
      base: { path: basePath, name: config.base === "starter" ? "starter" : basename(basePath), files: {} },
      versions: { tunesmith: tunesmithVersion(), onnxruntime: "", node: process.versions.node }, device: "",
    };
    await writeManifest(folder, manifest);
    await writeFile(journalPath(folder), "");
    await reserveRoom(folder);
    return { id, folder, manifest };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw isUserError(error) ? error : writeError(folder, error);
  }
};

const reservePath = (runFolder: string): string => join(runFolder, "reserve");

/** Keeps room for the last event of a run on a disk that fills up: the worker gives it back before it writes that event. Throws DISK_FULL, WRITE_FAILED. */
export const reserveRoom = (runFolder: string): Promise<void> => writeFileAtomic(reservePath(runFolder), randomBytes(16 * 1024));
export const giveRoom = (runFolder: string): Promise<void> => rm(reservePath(runFolder), { force: true });

export const writeManifest = (runFolder: string, manifest: RunManifest): Promise<void> =>
  writeFileAtomic(manifestPath(runFolder), `${JSON.stringify(manifest, null, 2)}\n`);

/** Sorts by time, is a legal part of a git ref and of a file name everywhere. */
const newId = (): string => {
  const [date, time] = new Date().toISOString().split(/[T.]/) as [string, string];
  return `${date.replaceAll("-", "")}-${time.replaceAll(":", "")}-${randomInt(36 ** 4).toString(36).padStart(4, "0")}`;
};

const copyDataset = async (project: Project, folder: string, path: string, kind: "data" | "eval", asked: MappingEntry | undefined): Promise<FileIdentity> => {
  if (!existsSync(path)) throw new UserError("DATASET_NOT_FOUND", `There is no dataset ${path}.`, `Check the path in "${kind}"; it is relative to the config file.`);
  if (!(await stat(path)).isFile()) throw new UserError("DATASET_UNREADABLE", `${path} is not a file.`, "Give one JSONL file.");
  const inProject = relative(project.root, path);
  const shown = inProject.startsWith("..") || resolve(inProject) === inProject ? path : inProject.split(sep).join("/");
  const copy = join(folder, kind, basename(path));
  await mkdir(join(folder, kind), { recursive: true });
  await copyFile(path, copy);
  // What describes the dataset's columns belongs to the copy too, wherever it stands.
  const info = join(dirname(path), DATASET_INFO);
  const { mapping } = asked ? { mapping: mappingOf("mapping", "The run config describes it", asked) } : await datasetOptions(path, shown);
  if (!asked && existsSync(info)) await copyFile(info, join(folder, kind, DATASET_INFO));
  if (mapping && !(await datasetOptions(copy, shown)).mapping) await writeFileAtomic(join(folder, kind, DATASET_INFO), withEntry("", basename(path), entryOfMapping(mapping)));
  return { path: shown, blob: await fileBlobId(copy), bytes: (await stat(copy)).size };
};

/** SHA-256 of the copied files by name. */
const copyAdapter = async (from: string, to: string): Promise<Record<string, string>> => {
  await requireAdapterFiles(openFolder(from));
  await mkdir(to, { recursive: true });
  const files: Record<string, string> = {};
  for (const name of ADAPTER_FILES) {
    await copyFile(join(from, name), join(to, name));
    files[name] = await fileSha256(join(to, name));
  }
  return files;
};

/** `place`: a PEFT folder (relative to `relativeTo`), the id of a run, or "latest". Throws ADAPTER_NOT_FOUND. */
export const findAdapter = async (project: Project, place: string, relativeTo: string): Promise<{ readonly folder: string; readonly run?: RunManifest }> => {
  const folder = resolve(relativeTo, place);
  if (existsSync(join(folder, "adapter_config.json"))) return { folder };
  try {
    const run = await openRun(project, place), own = adapterFolder(run.folder);
    if (!existsSync(own)) throw new UserError("ADAPTER_NOT_FOUND", `Run ${run.id} has no adapter yet.`, `Let it finish, or stop it: \`tunesmith runs stop ${run.id}\`.`);
    return { folder: own, run: run.manifest };
  } catch (error) {
    if (!isUserError(error) || error.code !== "RUN_NOT_FOUND") throw error;
    throw new UserError("ADAPTER_NOT_FOUND", `"${place}" is neither a PEFT folder (with adapter_config.json) nor a run of this project.`, "Give the adapter's folder, or a run id from `tunesmith runs list`.", { cause: error });
  }
};

/** Throws RUN_NOT_FOUND. `id` may be a unique beginning or end of an id, or "latest". */
export const openRun = async (project: Project, id: string): Promise<Run> => {
  const ids = await runIds(project);
  const exact = ids.find((each) => each === id);
  const matching = exact !== undefined ? [exact] : id === "latest" ? ids.slice(-1) : id === "" ? [] : ids.filter((each) => each.startsWith(id) || each.endsWith(id));
  if (matching.length !== 1) {
    throw new UserError("RUN_NOT_FOUND", matching.length > 1 ? `"${id}" fits ${matching.length} runs.` : `There is no run "${id}" in ${project.runsFolder}.`, "`tunesmith runs list` shows the runs of this project.");
  }
  const folder = join(project.runsFolder, matching[0]!);
  return { id: matching[0]!, folder, manifest: await readManifest(folder) };
};

/** Throws RUN_NOT_FOUND where the folder holds no whole run.json, naming what in it is wrong. */
export const readManifest = async (runFolder: string): Promise<RunManifest> => {
  const damaged = (detail: string, cause?: unknown): UserError => new UserError("RUN_NOT_FOUND", `${runFolder} holds no readable run.json${detail}.`, "Start the run anew; its folder can be deleted.", { cause });
  let value: unknown;
  try {
    value = JSON.parse(await readFile(manifestPath(runFolder), "utf8"));
  } catch (cause) {
    throw damaged("", cause);
  }
  const parsed = parseManifest(value);
  if ("fault" in parsed) throw damaged(`: ${parsed.fault}`);
  return parsed.manifest;
};

/** How the base was held in the runs that made these adapters, where all are adapters of runs and agree; else as it is. */
export const sharedPrecision = async (adapters: readonly string[]): Promise<Precision> => {
  const found = new Map<string, Precision>();
  for (const folder of adapters) {
    const run = dirname(folder), precision: Precision = adapterFolder(run) === resolve(folder) && existsSync(manifestPath(run)) ? precisionOf((await readManifest(run)).config) : { dtype: "auto" };
    found.set(precisionKey(precision), precision);
  }
  const [only] = found.values();
  return found.size === 1 && only ? only : { dtype: "auto" };
};

/** Oldest first. A folder without run.json is not a run (yet). */
const runIds = async (project: Project): Promise<string[]> => {
  if (!existsSync(project.runsFolder)) return [];
  return (await readdir(project.runsFolder)).filter((name) => !name.startsWith(".") && existsSync(manifestPath(join(project.runsFolder, name)))).sort();
};

/** Newest first. */
export const listRuns = async (project: Project): Promise<RunSummary[]> => {
  const summaries: RunSummary[] = [];
  for (const id of (await runIds(project)).reverse()) {
    try {
      const folder = join(project.runsFolder, id);
      summaries.push(await summarize({ id, folder, manifest: await readManifest(folder) }));
    } catch (error) {
      if (!isUserError(error)) throw error; // Deleted meanwhile, or its run.json is damaged: the others still count.
    }
  }
  return summaries;
};

interface Fold { started: boolean; ended: boolean; status: RunStatus; step: number; steps: number; loss: number | null; evalLoss: number | null; error?: RunSummary["error"]; pause?: Pause }

export const foldEvents = (events: readonly RunEvent[]): Fold => {
  const fold: Fold = { started: false, ended: false, status: "queued", step: 0, steps: 0, loss: null, evalLoss: null };
  for (const event of currentEvents(events)) {
    if (event.event === "start") Object.assign(fold, { started: true, ended: false, status: "running", steps: event.steps, step: event.resumedFrom ?? 0, error: undefined, pause: undefined });
    else if (event.event === "step") Object.assign(fold, { step: event.step, loss: event.loss });
    else if (event.event === "skip") fold.step = event.step;
    else if (event.event === "eval") fold.evalLoss = event.loss;
    else if (event.event === "end") Object.assign(fold, { ended: true, status: event.status, step: event.step, evalLoss: event.evalLoss ?? fold.evalLoss, error: event.error, pause: event.pause });
  }
  return fold;
};

/** Journals only grow, so one of the same size and time has the same sum. */
const folds = new Map<string, { size: number; time: number; fold: Fold }>();

const foldOf = async (path: string): Promise<Fold> => {
  if (!existsSync(path)) return foldEvents([]);
  const { size, mtimeMs: time } = await stat(path);
  const known = folds.get(path);
  if (known?.size === size && known.time === time) return known.fold;
  const fold = foldEvents(await readEnds(path) ?? await readJournal(path));
  folds.set(path, { size, time, fold });
  return fold;
};

export const summarize = async (run: Run): Promise<RunSummary> => {
  // Asked before the journal is read: of a dead worker, everything has been written by then.
  const alive = await isWorkerAlive(run.folder);
  const fold = await foldOf(journalPath(run.folder));
  const worker = readWorkerFile(run.folder);
  // A resumed run has its earlier end in the journal until the new worker's first event.
  const silent = worker !== undefined && (!fold.started || Date.parse(worker.started) > (folds.get(journalPath(run.folder))?.time ?? 0));
  const open = silent || (fold.started && !fold.ended);
  const error = open && !alive ? (await workerExited(run.folder, run.id, fold.step)).error : open ? undefined : fold.error;
  const adapter = adapterFolder(run.folder);
  return {
    id: run.id, name: run.manifest.name, status: open ? (alive ? "running" : "failed") : fold.status, created: run.manifest.created, base: run.manifest.base.name,
    step: fold.step, steps: fold.steps, loss: fold.loss, evalLoss: fold.evalLoss,
    adapter: existsSync(join(adapter, "adapter_config.json")) ? adapter : null, ...(error && { error }), ...(!open && fold.pause && { pause: fold.pause }),
  };
};

/** Removes the run's folder; a version of it in git stays. Throws RUN_ACTIVE, RUN_NOT_FOUND. */
export const deleteRun = async (project: Project, id: string): Promise<void> => {
  const run = await openRun(project, id);
  if (await isWorkerAlive(run.folder)) throw new UserError("RUN_ACTIVE", `Run ${run.id} is still training.`, `Stop it first: \`tunesmith runs stop ${run.id}\`.`);
  // Renamed first: half a run is never seen, even where removing takes long or fails.
  const gone = join(project.runsFolder, `.deleted-${run.id}`);
  await rename(run.folder, gone);
  await rm(gone, { recursive: true, force: true });
};
