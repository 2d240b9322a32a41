/** Every failure that a person can mend, as a named factory with a stable code and a next step. Problems inside datasets are values (data/problem.ts), bugs are plain throws. */

export type ErrorCode =
  | "BASE_NOT_FOUND" | "BASE_TRUNCATED" | "BASE_INVALID" | "ARCHITECTURE_UNKNOWN" | "TENSOR_MISSING" | "TENSOR_SHAPE"
  | "TOKENIZER_MISSING" | "TOKENIZER_INVALID" | "TOKENIZER_MISMATCH" | "TEMPLATE_FAILED"
  | "ADAPTER_NOT_FOUND" | "ADAPTER_INVALID" | "ADAPTER_MISMATCH"
  | "DATASET_NOT_FOUND" | "DATASET_UNREADABLE" | "DATASET_NO_USABLE_ROW" | "EVAL_LEAK" | "ROW_NOT_FOUND" | "CELL_INVALID" | "FILE_CHANGED"
  | "CONFIG_INVALID" | "CONFIG_NOT_FOUND" | "NOTHING_TO_TRAIN" | "OUT_OF_MEMORY" | "LOSS_NOT_FINITE"
  | "DISK_FULL" | "WRITE_FAILED" | "WORKER_EXITED" | "WORKER_NOT_STARTED" | "RUN_NOT_FOUND" | "RUN_ACTIVE"
  | "GIT_NOT_FOUND" | "GIT_NOT_A_REPOSITORY" | "GIT_FAILED" | "DEVICE_UNUSABLE" | "CANCELLED" | "BAD_ARGUMENT";

/** Shown once, to a person: what happened, and what to do next. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly what: string;
  readonly next: string;
  constructor(readonly code: ErrorCode, what: string, next: string, options?: { cause?: unknown }) {
    super(`${legible(what)} ${legible(next)}`);
    [this.what, this.next] = [legible(what), legible(next)];
    if (options && "cause" in options) Object.defineProperty(this, "cause", { value: options.cause });
  }
}

/** Messages quote what files hold: control characters would move a terminal's cursor, and a word of a million letters would be all that is seen. */
const legible = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, "?").replace(/\S{400,}/g, (word) => `${word.slice(0, 200)}…`);

/** `error[CODE]: what. What to do next.` as the command line prints it (CLI contract). */
export const formatUserError = (error: UserError): string => `error[${error.code}]: ${error.what} ${error.next}`;

export const isUserError = (error: unknown): error is UserError => error instanceof UserError;
