/** What is asked of the process that compares rows over whole files: one constant per request. */
import { ProgressType, RequestType } from "vscode-jsonrpc";
import { type Leaks } from "../core/data/content/compareRows";
import { type MixLock } from "../core/data/mixture/mixLock";
import { type CodeCount } from "../core/data/content/fileReport";
import { type Problem } from "../core/data/problem";
import { type WireError } from "./worker";

export interface CompareParams {
  /** The file; with `text` only its name, for the text is that of an unsaved buffer. */
  readonly path: string;
  readonly text?: string;
  /** The file that must not share rows with it. */
  readonly against?: { readonly path: string; /** for messages */ readonly shown: string; readonly role: "train" | "eval" };
  /** Also everything that can be said of single rows: for a file that no editor holds. */
  readonly everything: boolean;
  /** Problems of a kind that are answered; all are counted. */
  readonly most: number;
}

export interface CompareResult {
  readonly rows: number; readonly usable: number; readonly format: string | undefined; readonly formatReason: string;
  readonly problems: readonly Problem[];
  readonly counts: readonly CodeCount[];
}

export interface LeaksParams { readonly train: string; readonly eval: string }

/** `path` of a *.mix.json, which is built: its files are written. */
export interface MixParams { readonly path: string }

interface WithProgress { readonly progress: string }

/** Cancelling rejects with CANCELLED. The share that is done comes as progress on `progress`. */
export const compareRequest = new RequestType<CompareParams & WithProgress, CompareResult, WireError>("compare");
export const leaksRequest = new RequestType<LeaksParams & WithProgress, Leaks, WireError>("leaks");
export const mixRequest = new RequestType<MixParams & WithProgress, MixLock, WireError>("mix");
/** 0 to 1. */
export const shareDone = new ProgressType<number>();
