/** Owns writing a table: the file is copied through in pieces, only blocks with an edited row are taken apart, and the result replaces the target whole or not at all. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { UserError } from "../../core/errors";
import { linesOf, type LineIndex } from "../../core/data/table/lineIndex";
import { flattened, type Overlay } from "../../core/data/table/overlay";
import { replaceFile } from "../files";
import { type Snapshot } from "./snapshot";

const PIECE = 4 << 20;
/** Small parts are gathered up to this before they are written. */
const GATHER = 1 << 20;

export interface Rows { readonly snapshot: Snapshot; readonly index: LineIndex; readonly overlay: Overlay }
export interface WriteOptions {
  readonly signal?: AbortSignal;
  /** Bytes of the old file that are behind. */
  readonly report?: (bytes: number) => void;
  /** Called when the new file is whole and on the disk, before it takes the target's place; a throw leaves the target alone. */
  readonly beforeReplace?: () => Promise<void>;
}

export const cancelled = (): UserError => new UserError("CANCELLED", "It was cancelled.", "Nothing was written.");

/** The table's bytes, piece by piece: those of the file but for what was edited. The index must be done. */
export async function* tableBytes({ snapshot, index, overlay }: Rows, options: Pick<WriteOptions, "signal" | "report"> = {}): AsyncGenerator<Uint8Array> {
  const touched = overlay.touched(index.rows), between = flattened(overlay.added.values(), index.rows);
  let raw = 0; // Everything before this offset was given out.
  const copy = async function* (end: number): AsyncGenerator<Uint8Array> {
    while (raw < end) {
      if (options.signal?.aborted) throw cancelled();
      const to = Math.min(end, raw + PIECE);
      yield await snapshot.read(raw, to);
      raw = to;
      options.report?.(raw);
    }
  };
  for (let next = 0; next < touched.length;) {
    const block = index.block(index.blockOf(touched[next]!));
    yield* copy(block.start);
    if (options.signal?.aborted) throw cancelled();
    const bytes = await snapshot.read(block.start, block.end);
    const lines = linesOf(bytes);
    let kept = 0;
    for (; next < touched.length && touched[next]! < block.firstRow + block.rows; next++) {
      const row = touched[next]!;
      const { start, end, next: after } = lines[row - block.firstRow]!;
      if (start > kept) yield bytes.subarray(kept, start);
      const line = overlay.replaced.get(row), gone = overlay.deleted.has(row);
      const added = (between.get(row) ?? []).filter((each) => !overlay.deleted.has(each)).map((each) => overlay.line(each)!);
      if (added.length > 0) {
        const written = [...(gone ? [] : [line ?? bytes.subarray(start, end)]), ...added];
        // The last line of a file may have no break: then the last of these has none.
        const own = end < after, lineBreak = own ? bytes.subarray(end, after) : await breakBefore(snapshot, block.start + start);
        for (const [place, each] of written.entries()) {
          yield each;
          if (own || place < written.length - 1) yield lineBreak;
        }
        kept = after;
      } else if (gone) kept = after;
      else {
        if (line) yield line;
        kept = line ? end : start;
      }
    }
    if (kept < bytes.length) yield bytes.subarray(kept);
    raw = block.end;
    options.report?.(raw);
  }
  yield* copy(snapshot.size);
}

/** The line break that ends at this offset; a line feed where the file begins. */
const breakBefore = async (snapshot: Snapshot, offset: number): Promise<Uint8Array> => {
  const bytes = await snapshot.read(Math.max(0, offset - 2), offset);
  return bytes.length === 0 ? Buffer.from("\n") : bytes.subarray(bytes.length === 2 && bytes[0] === 13 && bytes[1] === 10 ? 0 : -1);
};

/** Writes beside the target, syncs, renames. Throws CANCELLED, DISK_FULL, WRITE_FAILED, FILE_CHANGED; the target is then as it was. */
export const writeTable = (rows: Rows, path: string, options: WriteOptions = {}): Promise<void> => replaceWith(path, tableBytes(rows, options), options);

/** Writes these lines after what the target holds, each with its line break; a target that is not there is made. Throws as writeTable. */
export const appendLines = async (path: string, lines: AsyncIterable<Uint8Array>, options: WriteOptions = {}): Promise<void> => replaceWith(path, appended(path, lines, options), options);

async function* appended(path: string, lines: AsyncIterable<Uint8Array>, { signal }: WriteOptions): AsyncGenerator<Uint8Array> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => { if (error.code === "ENOENT") return undefined; throw error; });
  let lineBreak = Buffer.from("\n"), open_ = false;
  if (found && found.size > 0) {
    const file = await open(path, "r");
    try {
      const bytes = Buffer.allocUnsafe(PIECE);
      for (let at = 0; ;) {
        if (signal?.aborted) throw cancelled();
        const { bytesRead } = await file.read(bytes, 0, bytes.length, at);
        if (bytesRead === 0) break;
        const piece = Buffer.from(bytes.subarray(0, bytesRead));
        if (at === 0) {
          const feed = piece.indexOf(10);
          if (feed > 0 && piece[feed - 1] === 13) lineBreak = Buffer.from("\r\n");
        }
        open_ = piece[bytesRead - 1] !== 10 && piece[bytesRead - 1] !== 13;
        at += bytesRead;
        yield piece;
      }
    } finally {
      await file.close();
    }
  }
  if (open_) yield lineBreak;
  for await (const line of lines) {
    if (signal?.aborted) throw cancelled();
    yield line;
    yield lineBreak;
  }
}

const replaceWith = (path: string, pieces: AsyncIterable<Uint8Array>, { signal, beforeReplace }: WriteOptions): Promise<void> => replaceFile(path, (file) => writeAll(file, pieces), async () => {
  if (signal?.aborted) throw cancelled();
  await beforeReplace?.();
});

const writeAll = async (file: FileHandle, pieces: AsyncIterable<Uint8Array>): Promise<void> => {
  let gathered: Uint8Array[] = [], length = 0;
  const flush = async (): Promise<void> => {
    if (length === 0) return;
    await file.writeFile(gathered.length === 1 ? gathered[0]! : Buffer.concat(gathered, length));
    gathered = [];
    length = 0;
  };
  for await (const piece of pieces) {
    gathered.push(piece);
    length += piece.length;
    if (length >= GATHER) await flush();
  }
  await flush();
};
