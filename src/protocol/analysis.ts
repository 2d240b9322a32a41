/** What is asked of the process that compares rows over whole files: one constant per request. */
import { ProgressType, RequestType } from "vscode-jsonrpc";
import { type Leaks } from "../core/data/content/compareRows";
import { type Mapping } from "../core/data/formats/mapping";
import { type MappingEntry } from "../core/data/formats/mappingSchema";
import { type HoldOut } from "../core/data/reshape/holdOut";
import { type MixLock } from "../core/data/mixture/mixLock";
import { type CodeCount } from "../core/data/content/fileReport";
import { type Problem } from "../core/data/problem";
import { type DatasetReport } from "../core/data/report/datasetReport";
import { type RowBasis } from "./rows";
import { type WireError } from "./worker";

export interface CompareParams {
  /** The file; with `text` only its name, for the text is that of an unsaved buffer. */
  readonly path: string;
  readonly text?: string;
  /** The file that must not share rows with it. */
  readonly against?: { readonly path: string; /** for messages */ readonly shown: string; readonly role: "train" | "eval"; /** as below */ readonly mapping?: Mapping };
  /** What a run config says of its columns, which goes before what stands beside the file. */
  readonly mapping?: Mapping;
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

/** `columns`: what a run config says of both files. */
export interface LeaksParams { readonly train: string; readonly eval: string; readonly columns?: MappingEntry }

/** `path` of a *.mix.json, which is built: its files are written. */
export interface MixParams { readonly path: string }

/** A Parquet file, and where its rows go as JSON Lines. */
export interface ImportParams {
  readonly path: string;
  /** Every part of the set that the file belongs to. */
  readonly shards: boolean;
  readonly to: string;
  /** Write although something is left out. */
  readonly force: boolean;
}
export interface ImportResult { readonly rows: number; readonly written: boolean; readonly losses: readonly string[]; readonly notes: readonly string[] }

/** What a person sees of a Parquet file before it is brought in. */
export interface ColumnsParams { readonly path: string }
export interface ColumnsResult {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly title: string }[];
  /** Of the first rows: what they are read as, and why. */
  readonly format: string | undefined;
  readonly formatReason: string;
  /** The first rows, a text for each column; undefined where there is none. */
  readonly first: readonly (readonly (string | undefined)[])[];
  readonly shard: { readonly number: number; readonly of: number } | undefined;
}

export interface ReportParams {
  /** The file; with `text` only its name, for the text is that of an unsaved buffer. */
  readonly path: string;
  readonly text?: string;
  /** Where the rows lie instead, as they are in a table with unsaved edits; `path` is still what they are called and described by. */
  readonly rows?: string;
  /** As in `CompareParams`. */
  readonly mapping?: Mapping;
  /** What the lengths are counted with; left out: in words. */
  readonly basis?: RowBasis;
}

export interface HoldOutParams extends HoldOut {
  /** The file; with `text` only its name, for the text is that of an unsaved buffer. */
  readonly path: string;
  readonly text?: string;
  /** As in `CompareParams`. */
  readonly mapping?: Mapping;
}
/** Rows by number from 0, ascending. */
export interface HoldOutResult { readonly rows: readonly number[] }

interface WithProgress { readonly progress: string }

/** Cancelling rejects with CANCELLED. The share that is done comes as progress on `progress`. */
export const compareRequest = new RequestType<CompareParams & WithProgress, CompareResult, WireError>("compare");
export const leaksRequest = new RequestType<LeaksParams & WithProgress, Leaks, WireError>("leaks");
export const holdOutRequest = new RequestType<HoldOutParams & WithProgress, HoldOutResult, WireError>("holdOut");
export const mixRequest = new RequestType<MixParams & WithProgress, MixLock, WireError>("mix");
export const importRequest = new RequestType<ImportParams & WithProgress, ImportResult, WireError>("import");
export const columnsRequest = new RequestType<ColumnsParams, ColumnsResult, WireError>("columns");
export const reportRequest = new RequestType<ReportParams & WithProgress, DatasetReport, WireError>("report");
/** 0 to 1. */
export const shareDone = new ProgressType<number>();
