/** What is asked of the thread that reads rows as a base sees them, and what it answers. Both ends are this program's, so that nothing is checked on arrival. */
import { type Problem } from "../core/data/problem";
import { type DatasetRecord, type Role } from "../core/data/record";
import { type ErrorCode } from "../core/errors";

/** A base and the settings that matter for its tokens. */
export interface RowBasis {
  /** A Hugging Face folder or a GGUF file. */
  readonly base: string;
  readonly template?: string;
  readonly completionOnlyLoss?: boolean;
  /** In tokens. */
  readonly maxLength: number;
}

/** A record with the text of its line. */
export interface RowText { readonly record: DatasetRecord; readonly line: string }

export interface RowSummary {
  /** All tokens of the row, those that fit, and those of them that are trained. */
  readonly tokens: number; readonly kept: number; readonly trained: number;
  /** Their `line` is that of the record that was sent. */
  readonly problems: readonly Problem[];
}

export interface ViewedSegment {
  readonly role: Role | "template"; readonly text: string; readonly trained: boolean;
  /** Which message of the record it shows; null for the template's own words. */
  readonly message: number | null;
}

export interface ViewedTokens {
  readonly ids: readonly number[];
  /** UTF-16 offset in the text of each token's first character. */
  readonly starts: readonly number[];
  /** As the vocabulary writes them. */
  readonly names: readonly string[];
  /** Indexes of the tokens that the loss sees, and of those that are control marks. */
  readonly trained: readonly number[]; readonly special: readonly number[];
}

export interface RowView extends RowSummary {
  readonly template: "chat" | "alpaca";
  /** Empty where the template refuses the row; the problems say why. */
  readonly segments: readonly ViewedSegment[];
  readonly encoded: ViewedTokens;
}

export type RowsRequest =
  | { readonly id: number; readonly type: "lint"; readonly basis: RowBasis; readonly rows: readonly RowText[] }
  | { readonly id: number; readonly type: "view"; readonly basis: RowBasis; readonly row: RowText };

export type RowsAnswer =
  | { readonly id: number; readonly type: "linted"; readonly rows: readonly RowSummary[] }
  | { readonly id: number; readonly type: "viewed"; readonly view: RowView }
  | { readonly id: number; readonly type: "failed"; /** absent for a bug */ readonly code?: ErrorCode; readonly what: string; readonly next: string };
