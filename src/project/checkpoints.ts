/** Checkpoints and the adapter of a run on disk: whole folders that appear at once or not at all. */
import { existsSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isUserError } from "../core/errors";
import { writeError, writeFileAtomic } from "../node/files";

export interface Checkpoint { readonly step: number; readonly path: string }

export const adapterFolder = (runFolder: string): string => join(runFolder, "adapter");
/** The run's own copy of the adapter that it starts from: what becomes of the original neither disturbs the run nor its repetition. */
export const initialAdapterFolder = (runFolder: string): string => join(runFolder, "initial_adapter");
export const STATE_FILE = "state.bin";
/** The checkpoint of the lowest evaluation loss; it is no step to resume from. */
export const bestFolder = (runFolder: string): string => join(runFolder, "checkpoints", "best");

/** Oldest first. A folder without its final name was never finished and is no checkpoint. */
export const checkpointsOf = async (runFolder: string): Promise<Checkpoint[]> => {
  const folder = join(runFolder, "checkpoints");
  if (!existsSync(folder)) return [];
  return (await readdir(folder))
    .flatMap((name) => (/^step-\d+$/.test(name) ? [{ step: Number(name.slice(5)), path: join(folder, name) }] : []))
    .sort((a, b) => a.step - b.step);
};

/** Writes a checkpoint, then removes the older ones beyond `kept`. Throws DISK_FULL, WRITE_FAILED; then the earlier ones still stand. */
export const writeCheckpoint = async (runFolder: string, step: number, files: Readonly<Record<string, Uint8Array>>, kept: number): Promise<Checkpoint> => {
  const path = join(runFolder, "checkpoints", `step-${step}`);
  await replaceFolder(path, files);
  const older = (await checkpointsOf(runFolder)).filter((checkpoint) => checkpoint.step < step);
  for (const checkpoint of older.slice(0, Math.max(0, older.length - kept + 1))) await rm(checkpoint.path, { recursive: true, force: true });
  return { step, path };
};

/** Moves the checkpoints after `step` (and the best one, where it is later too) into a folder of their own beside the others: a run that went back writes those steps anew, and nothing is lost. */
export const setAside = async (runFolder: string, step: number, bestStep: number | undefined): Promise<void> => {
  const later = (await checkpointsOf(runFolder)).filter((checkpoint) => checkpoint.step > step).map(({ path }) => path);
  if (bestStep !== undefined && bestStep > step && existsSync(bestFolder(runFolder))) later.push(bestFolder(runFolder));
  if (later.length === 0) return;
  let number = 1;
  const aside = (): string => join(runFolder, "checkpoints", `superseded-${number}`);
  while (existsSync(aside())) number++;
  await mkdir(aside());
  for (const path of later) await rename(path, join(aside(), basename(path)));
  await syncFolder(join(runFolder, "checkpoints"));
};

/** A folder with exactly these files, in place of what was there: written aside, synced, renamed. */
export const replaceFolder = async (path: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> => {
  const aside = join(dirname(path), `.${basename(path)}.${process.pid}`);
  const old = `${aside}.old`;
  try {
    await mkdir(aside, { recursive: true });
    for (const [name, bytes] of Object.entries(files)) await writeFileAtomic(join(aside, name), bytes);
    if (existsSync(path)) await rename(path, old);
    await rename(aside, path);
    await syncFolder(dirname(path));
  } catch (error) {
    if (existsSync(old) && !existsSync(path)) await rename(old, path);
    await rm(aside, { recursive: true, force: true });
    throw isUserError(error) ? error : writeError(path, error);
  }
  await rm(old, { recursive: true, force: true });
};

/** Removes what a killed worker left half written. Only for the run's own worker, before it writes. */
export const removeLeftovers = async (runFolder: string): Promise<void> => {
  for (const folder of [runFolder, join(runFolder, "checkpoints")].filter((each) => existsSync(each))) {
    for (const name of await readdir(folder)) {
      // An old adapter is the only one if the worker died between the two renames.
      if (/^\.adapter\.\d+\.old$/.test(name) && !existsSync(adapterFolder(runFolder))) await rename(join(folder, name), adapterFolder(runFolder));
      else if (/^\.(step-\d+|best|adapter)\.\d+(\.old)?$|\.[0-9a-f]{12}\.tmp$/.test(name)) await rm(join(folder, name), { recursive: true, force: true });
    }
  }
};

/** Makes a rename outlive a power cut; Windows has no such call and needs none. */
const syncFolder = async (folder: string): Promise<void> => {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};
