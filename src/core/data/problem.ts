/** What is wrong with a row of a dataset: a value, never a throw, with the exact place and a stable code. */

/** Half-open range in UTF-16 units inside one line's text. */
export interface Span { readonly start: number; readonly end: number }

export type Severity = "error" | "warning" | "information";

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  /** One sentence; says what the consequence is where it is not obvious. */
  readonly message: string;
  /** Line number from 0. */
  readonly line: number;
  readonly span: Span;
  /** Whether `fixes.ts` offers a repair. */
  readonly fixable: boolean;
}

/** Stable: settings, documentation links and scripts refer to these. */
export type ProblemCode =
  | "json-syntax" | "not-an-object" | "unknown-format" | "mixed-format" | "duplicate-key" | "bom" | "array-file"
  | "missing-key" | "unknown-key" | "wrong-type" | "empty-output" | "empty-instruction" | "placeholder-output"
  | "unknown-role" | "role-order" | "no-assistant" | "empty-messages" | "last-not-assistant"
  | "replacement-character" | "lone-surrogate" | "surrounding-whitespace" | "duplicate-row";
