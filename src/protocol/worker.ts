/** The messages between a window or terminal and a worker process: one constant per request binds its name, its params and its result. */
import { ProgressType, RequestType, RequestType0, ResponseError } from "vscode-jsonrpc";
import { UserError, isUserError, type ErrorCode } from "../core/errors";
import { type Role } from "../core/data/record";
import { type Precision } from "../core/model/weights/precision";
import { type SamplerSettings } from "../core/generate/sampler";
import { type RunStatus } from "../core/train/events";

export interface InitializeParams { readonly version: string }
export interface InitializeResult { readonly version: string; readonly pid: number; readonly kind: "train" | "playground" }

export interface RunState { readonly run: string; readonly status: RunStatus; readonly step: number; readonly steps: number; readonly loss: number | null }

/** A conversation (or, `raw`, the plain text of its messages) that one base and any number of its adapters answer together. */
export interface GenerateParams {
  /** Folder of the base. */
  readonly base: string;
  readonly messages: readonly { readonly role: Role; readonly content: string }[];
  /** No prompt template: the model continues the text. */
  readonly raw?: boolean;
  /** Who answers; without `adapter` (a PEFT folder) it is the base itself. */
  readonly models: readonly { readonly name: string; readonly adapter?: string }[];
  readonly settings: SamplerSettings;
  /** "chat" or "alpaca"; left out: chat where the base has a template. */
  readonly template?: string;
  /** How the base is held; left out: as in the runs of the adapters where they agree, else as it is. */
  readonly precision?: Precision;
}

export interface Answer {
  readonly prompt: string; readonly model: string; readonly text: string; readonly ids: readonly number[];
  readonly finish: "stop" | "length"; readonly firstTokenMs: number; readonly tokensPerSecond: number;
}

/** New text of one model, safe to append; `model` is the index in `GenerateParams.models`. */
export interface TokenProgress { readonly model: number; readonly id: number; readonly text: string }

export interface ScoreParams { readonly base: string; readonly adapter?: string; readonly data: string; readonly template?: string; /** as completion_only_loss */ readonly completionOnly?: boolean; readonly maxLength: number; readonly precision?: Precision }
/** row: line in the file, from 1. nll: mean over the row's trained tokens, nats. */
export interface RowScore { readonly row: number; readonly tokens: number; readonly nll: number }
/** nll: mean over all trained tokens, nats. */
export interface ScoreResult { readonly rows: number; readonly tokens: number; readonly nll: number; readonly perplexity: number; readonly perRow: readonly RowScore[] }

/** First request on every connection. */
export const initializeRequest = new RequestType<InitializeParams, InitializeResult, WireError>("initialize");

/** Of a training worker. */
export const runStatusRequest = new RequestType0<RunState, WireError>("runStatus");
/** Of a training worker: finish the current step, write checkpoint and adapter, end. The result says that it will; the journal says that it has. */
export const stopRunRequest = new RequestType0<RunState, WireError>("stopRun");

/** Of a playground worker. Tokens come as progress on `progress`; cancelling rejects with CANCELLED. */
export const generateRequest = new RequestType<GenerateParams & { readonly progress: string }, Answer[], WireError>("generate");
export const tokenProgress = new ProgressType<TokenProgress>();
export const scoreRequest = new RequestType<ScoreParams, ScoreResult, WireError>("score");

/** How a UserError travels; a bug travels as its message alone. */
export interface WireError { readonly code: ErrorCode; readonly what: string; readonly next: string }

const USER_ERROR = -32001;

export const toResponseError = (error: unknown): ResponseError<WireError | undefined> =>
  isUserError(error)
    ? new ResponseError(USER_ERROR, error.message, { code: error.code, what: error.what, next: error.next })
    : new ResponseError(-32603, error instanceof Error ? error.message : String(error), undefined);

/** The error as the caller should see it: the worker's own UserError, or what arrived. */
export const fromResponseError = (error: unknown): unknown => {
  if (!(error instanceof ResponseError) || error.code !== USER_ERROR) return error;
  const data = error.data as WireError;
  return new UserError(data.code, data.what, data.next);
};
