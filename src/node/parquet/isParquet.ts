/** Owns the question whether a file is a Parquet file; the library that reads them is loaded only for one that is. */
import { type FileHandle, open } from "node:fs/promises";

/** What such a file begins and ends with, read as a little-endian number: "PAR1". */
export const MAGIC = 0x31524150;

/** By its first bytes, whatever its name; false for a file that cannot be opened. */
export const isParquetFile = async (path: string): Promise<boolean> => {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(4), 0, 4, 0);
    return bytesRead === 4 && new DataView(buffer.buffer).getUint32(0, true) === MAGIC;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EISDIR") throw error;
    return false;
  } finally {
    await file.close();
  }
};
