/** What is known of a mixture once it is built. */
import { type TaskShare } from "./shares";

/** What the lock file holds: enough to know whether anything changed. */
export interface MixLock {
  /** sha256 of the settings, of each source and of each written file. Files are relative to the mixture. */
  readonly settings: string;
  readonly sources: readonly { readonly file: string; readonly sha256: string; readonly rows: number; readonly usable: number }[];
  readonly files: readonly { readonly file: string; readonly sha256: string; readonly rows: number }[];
  readonly tasks: readonly TaskShare[];
  readonly duplicates: number;
  readonly nearDuplicates: number;
  /** What the written format cannot hold, and how many rows that concerns; `leftOut` where those rows are not written. */
  readonly losses: readonly { readonly file: string; readonly what: string; readonly rows: number; readonly leftOut: boolean }[];
}
