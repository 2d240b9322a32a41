/** What is wrong with a row of a dataset, and how to repair it: values, never throws, with the exact place and a stable code. */

/** Half-open range in UTF-16 units inside one line's text. */
export interface Span { readonly start: number; readonly end: number }

/** error: the row cannot be trained on and is left out. warning: it trains, but probably not as meant. information: worth knowing. */
export type Severity = "error" | "warning" | "information";

/** Replaces a range of one line. */
export interface Edit {
  /** Line number from 0. */
  readonly line: number;
  readonly span: Span;
  /** A line break is written `\n`; whoever applies the edit writes the file's own. */
  readonly newText: string;
  /** The span is the line's whole text and its line break goes too. */
  readonly wholeLine?: true;
}

export interface Fix {
  readonly title: string;
  readonly code: ProblemCode;
  readonly edits: readonly Edit[];
  /** Whether it can be applied without asking: it repairs the problem and loses nothing that is trained on. */
  readonly preferred: boolean;
}

export interface Problem {
  readonly code: ProblemCode;
  readonly severity: Severity;
  /** One sentence or two; says what the consequence is where it is not obvious. */
  readonly message: string;
  /** Line number from 0. */
  readonly line: number;
  readonly span: Span;
  /** Whether a preferred fix exists, so that `check --fix` repairs it. `fixes` may hold suggestions even where this is false. */
  readonly fixable: boolean;
  /** Ask `fixesFor` (fixes.ts), which also knows the fixes that are only worked out on demand. */
  readonly fixes: readonly Fix[];
  /** Another row that belongs to it: the twin of a duplicate. */
  readonly related?: Related;
}

export interface Related {
  /** Path of the other file, where the row is not in this one. */
  readonly file?: string;
  /** Line number from 0. */
  readonly line: number;
  readonly span: Span;
  readonly message: string;
}

/** Stable: settings, documentation links and scripts refer to these. */
export const problemCodes = [
  "json-syntax", "not-an-object", "unknown-format", "mixed-format", "duplicate-key", "bom", "array-file", "row-over-lines", "no-rows",
  "missing-key", "unknown-key", "wrong-type", "empty-output", "empty-instruction", "placeholder-output", "placeholder-input",
  "unknown-role", "role-order", "no-assistant", "empty-messages", "last-not-assistant",
  "replacement-character", "lone-surrogate", "surrounding-whitespace", "duplicate-row",
  "table-syntax", "table-columns", "end-mark", "train-flag", "tool-call-id", "preference", "left-out",
  // Of content (content/): what the texts say, and which rows say it twice.
  "personal-data", "secret", "refusal", "ai-boilerplate", "imitation", "language-mismatch", "unfilled-template", "mojibake",
  "repeated-text", "output-repeats-input", "unfinished-answer",
  "duplicate-conversation", "near-duplicate", "conflicting-output", "eval-leak",
  "template-refused", "nothing-trained", "cut-off", "truncated", "boundary-merge", "end-not-trained", "double-bos", "special-token", "image-placeholder",
] as const;
export type ProblemCode = typeof problemCodes[number];

export const isProblemCode = (code: string): code is ProblemCode => (problemCodes as readonly string[]).includes(code);
