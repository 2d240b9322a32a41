/** Where prepared copies of bases lie on disk (a GGUF file dequantised, a folder quantised): one folder each, named by what it was made from and how, written beside its place and renamed into it. */
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../core/errors";
import { type StoredTensor } from "../core/graph/ops";
import { type ModelConfig } from "../core/model/family/config";
import { readGgufHeader } from "../core/model/gguf/gguf";
import { openGguf } from "../core/model/gguf/ggufModel";
import { type Precision, precisionKey, precisionLabel } from "../core/model/weights/precision";
import { folderTensors, type WeightsFile, weightsIn } from "../core/model/weights/prepare";
import { openFolder, writeError } from "./files";

/** Another number where the folders of an earlier version must not be used any more. */
const FORMAT = 2;
/** A folder that nobody has written to for so long is a dead process's. */
const ABANDONED_MS = 60 * 60 * 1000;
/** A run may go on with a folder whose source was replaced meanwhile: it stays for a week after its last opening. */
const UNUSED_MS = 7 * 24 * 60 * 60 * 1000;

/** The system's place for what can be made again; TUNESMITH_CACHE overrides it. */
export const cacheFolder = (environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string => {
  if (environment.TUNESMITH_CACHE) return resolve(environment.TUNESMITH_CACHE);
  if (platform === "win32") return join(environment.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "tunesmith", "cache");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "tunesmith");
  return join(environment.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tunesmith");
};

export interface PrepareOptions {
  /** Of the whole cache. */
  readonly cache?: string;
  /** Called once before something is written, with a line for the user. */
  readonly onPreparing?: ((text: string) => void) | undefined;
}

const asIs: Precision = { dtype: "auto" };

/**
 * The Hugging Face folder of a GGUF file, made now where it was not yet. A file of another length, time or header is another file; the folder of what stood
 * there before is removed in time. Throws the UserErrors of openGguf, DISK_FULL, WRITE_FAILED.
 */
export const ggufFolder = async (path: string, given: Precision = asIs, { cache = cacheFolder(), onPreparing }: PrepareOptions = {}): Promise<string> => {
  // float32 is what these files become as it is.
  const precision: Precision = given.dtype === "float32" ? { ...given, dtype: "auto" } : given;
  const file = resolve(path), at = openFolder(dirname(file));
  if (!(await at.exists(basename(file)))) throw new UserError("BASE_NOT_FOUND", `There is no file ${file}.`, "Give a GGUF file or a Hugging Face folder.");
  const { bytes: headerBytes } = await readGgufHeader(at, basename(file));
  return prepared(join(cache, "gguf"), {
    source: file, label: `${basename(file)} (${precisionLabel(precision) ?? "float32"})`, onPreparing,
    identity: async () => identityOf(precision, [await fileIdentity(file, headerBytes)]),
    make: async () => {
      const { files, tensors, config } = await openGguf(at, basename(file));
      return { files, weights: weightsIn(tensors, config, precision) };
    },
  });
};

/**
 * The folder that holds a Hugging Face folder's weights in another precision, made now where it was not yet: model.safetensors alone. The folder itself where
 * its weights are already so. Throws DISK_FULL, WRITE_FAILED, BASE_INVALID where the weights are quantised already.
 */
export const weightsFolder = async (path: string, model: { readonly config: ModelConfig; readonly weights: ReadonlyMap<string, StoredTensor> }, precision: Precision, { cache = cacheFolder(), onPreparing }: PrepareOptions = {}): Promise<string> => {
  const source = resolve(path), folder = openFolder(source), tensors = folderTensors(folder, model.weights);
  if (!tensors) throw new UserError("BASE_INVALID", `The weights in ${source} are quantised already.`, "Leave dtype, load_in_4bit and load_in_8bit out, or give the model that they were made from.");
  const weights = weightsIn(tensors, model.config, precision);
  if (weights.unchanged) return source;
  const files = [...new Set([...model.weights.values()].map(({ file }) => file))].sort();
  return prepared(join(cache, "prepared"), {
    source, label: `${basename(source)} (${precisionLabel(precision) ?? "float32"})`, onPreparing,
    identity: async () => {
      const parts = [await folder.read("config.json")];
      for (const file of files) parts.push(await fileIdentity(join(source, file), await headerLength(source, file)));
      return identityOf(precision, parts);
    },
    make: async () => ({ files: {}, weights }),
  });
};

interface Preparation {
  /** What it is made from: a file or a folder. */
  readonly source: string;
  readonly label: string;
  readonly onPreparing: ((text: string) => void) | undefined;
  /** Name of the folder: another one where the source or the way of making it is another. */
  identity(): Promise<string>;
  make(): Promise<{ readonly files: Readonly<Record<string, string>>; readonly weights: WeightsFile }>;
}

const prepared = async (cache: string, { source, label, onPreparing, identity, make }: Preparation): Promise<string> => {
  const name = await identity(), folder = join(cache, name);
  if (await isWhole(folder)) {
    const now = new Date();
    await utimes(join(folder, SOURCE), now, now).catch(() => {}); // A cache that is only readable serves as well.
    return folder;
  }
  const { files, weights } = await make();
  onPreparing?.(`Preparing ${label}: writing ${size(weights.bytes)} to ${cache}, once.`);
  const temporary = `${folder}.${randomBytes(6).toString("hex")}.tmp`;
  await mkdir(temporary, { recursive: true }).catch((error: unknown) => { throw writeError(folder, error); });
  try {
    await removeLeftovers(cache, source, name);
    await write(temporary, files, weights, source);
    if ((await identity()) !== name) throw new UserError("BASE_INVALID", `${source} changed while it was read.`, "Wait until it is whole, and try again.");
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

const size = (bytes: number): string => (bytes < 1e9 ? `${Math.max(1, Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

/** Hashing gigabytes at every start would cost seconds: length, time and the header (names, types, offsets, a GGUF file's vocabulary) stand for them. */
const fileIdentity = async (file: string, headerBytes: number): Promise<Uint8Array> => {
  const { size: length, mtimeMs } = await stat(file), header = await openFolder(dirname(file)).read(basename(file), 0, headerBytes);
  return Buffer.concat([Buffer.from(`${length} ${mtimeMs}\n`), header]);
};

const headerLength = async (folder: string, file: string): Promise<number> => 8 + Number(Buffer.from(await openFolder(folder).read(file, 0, 8)).readBigUInt64LE());

const identityOf = (precision: Precision, parts: readonly Uint8Array[]): string => {
  const hash = createHash("sha256").update(`${FORMAT} ${precisionLabel(precision) === undefined ? "" : `${precisionKey(precision)} `}`);
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 32);
};

const WEIGHTS = "model.safetensors", SOURCE = "source.json";

/** What a folder was made from, and the length of each of its files. */
interface Source { readonly source: string; readonly files: Readonly<Record<string, number>> }

const isWhole = async (folder: string): Promise<boolean> => {
  const source = await sourceOf(folder), at = openFolder(folder);
  if (!source) return false;
  for (const [name, length] of Object.entries(source.files)) if (!(await at.exists(name)) || (await at.size(name)) !== length) return false;
  return true;
};

const write = async (folder: string, files: Readonly<Record<string, string>>, { bytes: length, parts }: WeightsFile, source: string): Promise<void> => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { flush: true });
  const lengths = Object.entries(files).map(([name, text]) => [name, Buffer.byteLength(text)]), description: Source = { source, files: { ...Object.fromEntries(lengths), [WEIGHTS]: length } };
  await writeFile(join(folder, SOURCE), `${JSON.stringify(description)}\n`, { flush: true });
  const weights = await open(join(folder, WEIGHTS), "w");
  try {
    for await (const { at, bytes } of parts()) {
      for (let done = 0; done < bytes.length;) done += (await weights.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
    }
    await weights.sync();
  } finally {
    await weights.close();
  }
};

/** What dead processes left half done, and what was made long ago from this source as it was then, or in a way that nobody asks for any more. */
const removeLeftovers = async (cache: string, source: string, keep: string): Promise<void> => {
  for (const name of await readdir(cache)) {
    const folder = join(cache, name);
    const useless = name.endsWith(".tmp") ? await untouched(folder, WEIGHTS, ABANDONED_MS) : name !== keep && (await sourceOf(folder))?.source === source && (await untouched(folder, SOURCE, UNUSED_MS));
    if (useless) await rm(folder, { recursive: true, force: true });
  }
};

const untouched = async (folder: string, file: string, age: number): Promise<boolean> => {
  const times = await Promise.all([folder, join(folder, file)].map((path) => stat(path).then(({ mtimeMs }) => mtimeMs, () => 0)));
  return Date.now() - Math.max(...times) > age;
};

const sourceOf = async (folder: string): Promise<Source | undefined> => {
  try {
    const source = JSON.parse(await readFile(join(folder, SOURCE), "utf8")) as Partial<Source> & { readonly gguf?: unknown };
    const from = source.source ?? source.gguf; // Folders of GGUF files had this name for it at first.
    return typeof from === "string" && typeof source.files?.[WEIGHTS] === "number" ? { source: from, files: source.files } : undefined;
  } catch {
    return undefined; // Not one of ours, or damaged: made anew where it is needed, left alone elsewhere.
  }
};
