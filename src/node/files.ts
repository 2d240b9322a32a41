/** Files: read-only folders for core, writes that are whole or absent, and content hashes. */
import { createHash, randomBytes, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, type FileHandle, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { UserError } from "../core/errors";
import { type Folder } from "../core/runtime";

/** A folder by path; nothing is read yet, and it need not exist. */
export function openFolder(path: string): Folder {
  const root = resolve(path), at = (name: string): string => join(root, name);
  return {
    path: root,
    exists: (name) => stat(at(name)).then((found) => found.isFile(), () => false),
    size: async (name) => (await stat(at(name))).size,
    read: async (name, start, end) => (start === undefined || end === undefined ? readFile(at(name)) : readRange(at(name), start, end)),
  };
}

async function readRange(path: string, start: number, end: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new Error(`${path} ended at byte ${start + filled}, before ${end}`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/**
 * Writes beside the target, syncs, then renames: after a crash the old file or the new one is there, never half of it.
 * A link is followed, and the file's permissions stay. Throws DISK_FULL or WRITE_FAILED.
 */
export const writeFileAtomic = (path: string, content: Uint8Array | string): Promise<void> => replaceFile(path, (file) => file.writeFile(content));

/** The same for content that comes in pieces: `write` writes it; `beforeReplace` is called once it is on the disk. What either throws leaves the target alone; a UserError goes through as it is. */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>, beforeReplace?: () => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => resolve(path));
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const mode = await stat(target).then((found) => found.mode & 0o777, () => undefined);
    const file = await open(temporary, "wx");
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (mode !== undefined) await chmod(temporary, mode);
    await beforeReplace?.();
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause instanceof UserError ? cause : writeError(path, cause);
  }
}

/** Makes a rename in this folder last through a power cut; where the system cannot sync folders (Windows), it does so itself in time. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The UserError for a failed write. */
export function writeError(path: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") return new UserError("DISK_FULL", `There is no room left on the disk of ${path}.`, "Free some space and try again; what was written before is kept.", { cause });
  return new UserError("WRITE_FAILED", `${path} could not be written (${code ?? String(cause)}).`, "Check that the folder exists and that you may write there.", { cause });
}

/** SHA-256 of a file's bytes; read in blocks, for a base may be larger than memory. */
export const fileSha256 = (path: string): Promise<string> => digest(createHash("sha256"), path);

/** The id that git gives a file with these bytes (`git hash-object`). */
export const fileBlobId = async (path: string): Promise<string> => digest(createHash("sha1").update(`blob ${(await stat(path)).size}\0`), path);

async function digest(hash: Hash, path: string): Promise<string> {
  for await (const block of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(block as Buffer);
  return hash.digest("hex");
}
