/** A file as it was when it was opened: the descriptor stays, so that another file put in its place by a rename does not disturb the reader. Tells whether the file at the path is still this one. */
import { randomBytes } from "node:crypto";
import { fstat, stat as statOf } from "node:fs";
import { type FileHandle, link, open, realpath, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { UserError } from "../../core/errors";

/** What tells one state of a file from another. Times in nanoseconds. */
export interface FileStamp { readonly device: string; readonly inode: string; readonly size: number; readonly modified: string }

const toStamp = (found: { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint }): FileStamp => ({ device: String(found.dev), inode: String(found.ino), size: Number(found.size), modified: String(found.mtimeNs) });

export const sameStamp = (a: FileStamp, b: FileStamp): boolean => a.device === b.device && a.inode === b.inode && a.size === b.size && a.modified === b.modified;

/** The state of the file at a path; undefined where there is none. */
export const stampOf = async (path: string): Promise<FileStamp | undefined> => {
  try {
    return toStamp(await promisify(statOf)(path, { bigint: true }) as { dev: bigint; ino: bigint; size: bigint; mtimeNs: bigint });
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
};

const descriptorStamp = (descriptor: number): Promise<FileStamp> =>
  new Promise((settle, fail) => fstat(descriptor, { bigint: true }, (error, found) => error ? fail(error) : settle(toStamp(found))));

export class Snapshot {
  /** A second name that was given to the file, to be removed with it. */
  private beside: string | undefined;

  private constructor(readonly path: string, private file: FileHandle, readonly stamp: FileStamp) {}

  /** Throws DATASET_NOT_FOUND, DATASET_UNREADABLE. */
  static async open(path: string): Promise<Snapshot> {
    try {
      const file = await open(path, "r");
      try {
        const found = await file.stat();
        if (!found.isFile()) throw new UserError("DATASET_UNREADABLE", `${path} is no file.`, "Open a .jsonl file.");
        return new Snapshot(path, file, await descriptorStamp(file.fd));
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (cause) {
      if (cause instanceof UserError) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") throw new UserError("DATASET_NOT_FOUND", `There is no dataset ${path}.`, "It may have been moved or deleted.", { cause });
      throw new UserError("DATASET_UNREADABLE", `${path} cannot be read (${code ?? String(cause)}).`, "Check that you may read it.", { cause });
    }
  }

  get size(): number { return this.stamp.size; }
  /** For a thread of this process: descriptors are the process's. */
  get descriptor(): number { return this.file.fd; }

  /** Bytes [start, end). Throws FILE_CHANGED where the file became shorter. */
  async read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(end - start);
    for (let filled = 0; filled < bytes.length;) {
      const { bytesRead } = await this.file.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw new UserError("FILE_CHANGED", `${this.path} became shorter while it was open.`, "Reload it to see what it holds now.");
      filled += bytesRead;
    }
    return bytes;
  }

  /** False once somebody wrote into this very file: then rows read from it are no longer those that were indexed. */
  async intact(): Promise<boolean> { return sameStamp(await descriptorStamp(this.file.fd), this.stamp); }

  /**
   * Before another file takes this one's place where a file that is open cannot be replaced (Windows): it gets a second name, is read from there and lets go of the first.
   * Throws where the file system knows no second names.
   */
  async stepAside(): Promise<void> {
    if (this.beside) return;
    const beside = `${await realpath(this.path)}.${randomBytes(6).toString("hex")}.before`;
    await link(this.path, beside);
    this.beside = beside;
    const old = this.file;
    this.file = await open(beside, "r");
    await old.close();
  }

  async close(): Promise<void> {
    await this.file.close();
    if (this.beside) await rm(this.beside, { force: true });
  }
}
