/** Where the folders made from GGUF files lie on disk: one each, named by the file's identity, written beside its place and renamed into it. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../core/errors";
import { readGgufHeader } from "../core/model/gguf";
import { type GgufModel, openGguf } from "../core/model/ggufModel";
import { openFolder, writeError } from "./files";

/** Another number where the folders of an earlier version must not be used any more. */
const FORMAT = 2;
/** A folder that nobody has written to for so long is a dead process's. */
const ABANDONED_MS = 60 * 60 * 1000;
/** A run may go on with a folder whose GGUF file was replaced meanwhile: it stays for a week after its last opening. */
const UNUSED_MS = 7 * 24 * 60 * 60 * 1000;

/** The system's place for what can be made again; TUNESMITH_CACHE overrides it. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string => {
  if (environment.TUNESMITH_CACHE) return resolve(environment.TUNESMITH_CACHE);
  if (platform === "win32") return join(environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "tunesmith", "cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "tunesmith");
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tunesmith");
};

/**
 * The Hugging Face folder of a GGUF file, made now where it was not yet. A file of another length, time or header is another file; the folder of what stood
 * there before is removed in time. Throws the UserErrors of openGguf, DISK_FULL, WRITE_FAILED.
 */
export const ggufFolder = async (path: string, cache = join(cacheFolder(), "gguf")): Promise<string> => {
  const file = resolve(path), at = openFolder(dirname(file));
  if (!(await at.exists(basename(file)))) throw new UserError("BASE_NOT_FOUND", `There is no file ${file}.`, "Give a GGUF file or a Hugging Face folder.");
  const { bytes: headerBytes } = await readGgufHeader(at, basename(file)), name = await identity(file, headerBytes), folder = join(cache, name);
  if (await isWhole(folder)) {
    const now = new Date();
    await utimes(join(folder, SOURCE), now, now).catch(() => {}); // A cache that is only readable serves as well.
    return folder;
  }
  const model = await openGguf(at, basename(file));
  const temporary = `${folder}.${randomBytes(6).toString("hex")}.tmp`;
  await mkdir(temporary, { recursive: true }).catch((error: unknown) => { throw writeError(folder, error); });
  try {
    await removeLeftovers(cache, file, name);
    await write(temporary, model, file);
    if ((await identity(file, headerBytes)) !== name) throw new UserError("BASE_INVALID", `${file} changed while it was read.`, "Wait until it is whole, and try again.");
    // A damaged folder makes room; one that another process has just made stays.
    if (!(await isWhole(folder))) await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder).catch(async (error: unknown) => { if (!(await isWhole(folder))) throw error; });
  } catch (error) {
    // What the system refused has a code; anything else is a bug.
    throw error instanceof UserError || !(error instanceof Error && "code" in error) ? error : writeError(folder, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
};

/** Hashing gigabytes at every start would cost seconds: length, time and the header (names, types, offsets, vocabulary) stand for them. */
const identity = async (file: string, headerBytes: number): Promise<string> => {
  const { size, mtimeMs } = await stat(file), header = await openFolder(dirname(file)).read(basename(file), 0, headerBytes);
  return createHash("sha256").update(`${FORMAT} ${size} ${mtimeMs}\n`).update(header).digest("hex").slice(0, 32);
};

const WEIGHTS = "model.safetensors", SOURCE = "source.json";

/** What a folder was made from, and the length of each of its files. */
interface Source { readonly gguf: string; readonly files: Readonly<Record<string, number>> }

const isWhole = async (folder: string): Promise<boolean> => {
  const source = await sourceOf(folder), at = openFolder(folder);
  if (!source) return false;
  for (const [name, size] of Object.entries(source.files)) if (!(await at.exists(name)) || (await at.size(name)) !== size) return false;
  return true;
};

const write = async (folder: string, model: GgufModel, source: string): Promise<void> => {
  for (const [name, text] of Object.entries(model.files)) await writeFile(join(folder, name), text, { flush: true });
  const lengths = Object.entries(model.files).map(([name, text]) => [name, Buffer.byteLength(text)]), description: Source = { gguf: source, files: { ...Object.fromEntries(lengths), [WEIGHTS]: model.weightsBytes } };
  await writeFile(join(folder, SOURCE), `${JSON.stringify(description)}\n`, { flush: true });
  const weights = await open(join(folder, WEIGHTS), "w");
  try {
    for await (const bytes of model.weights()) {
      for (let at = 0; at < bytes.length;) at += (await weights.write(bytes, at)).bytesWritten;
    }
    await weights.sync();
  } finally {
    await weights.close();
  }
};

/** What dead processes left half done, and what was made long ago from an earlier file of this path. */
const removeLeftovers = async (cache: string, file: string, keep: string): Promise<void> => {
  for (const name of await readdir(cache)) {
    const folder = join(cache, name);
    const useless = name.endsWith(".tmp") ? await untouched(folder, WEIGHTS, ABANDONED_MS) : name !== keep && (await sourceOf(folder))?.gguf === file && (await untouched(folder, SOURCE, UNUSED_MS));
    if (useless) await rm(folder, { recursive: true, force: true });
  }
};

const untouched = async (folder: string, file: string, age: number): Promise<boolean> => {
  const times = await Promise.all([folder, join(folder, file)].map((path) => stat(path).then(({ mtimeMs }) => mtimeMs, () => 0)));
  return Date.now() - Math.max(...times) > age;
};

const sourceOf = async (folder: string): Promise<Source | undefined> => {
  try {
    const source = JSON.parse(await readFile(join(folder, SOURCE), "utf8")) as Partial<Source>;
    return typeof source.gguf === "string" && typeof source.files?.[WEIGHTS] === "number" ? (source as Source) : undefined;
  } catch {
    return undefined; // Not one of ours, or damaged: made anew where it is needed, left alone elsewhere.
  }
};
