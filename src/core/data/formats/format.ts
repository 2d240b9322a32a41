/** What a dataset format is to the parser, and what it gets to read a row with. */
import { type JsonEntry, type JsonObject, type Repair } from "../json/tree";
import { type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord, type FormatName } from "../record";

/** One row; every span is an offset in its own text, which may go over several lines. */
export interface Row {
  readonly text: string;
  readonly object: JsonObject;
  /** Whether the text may hold characters that were lost. */
  readonly suspicious: boolean;
  report(code: ProblemCode, severity: Severity, span: Span, message: string, ...repairs: readonly (Repair | undefined)[]): void;
  /** A key that the format does not use; the parser says it once for a whole file that has it in most rows. */
  unused(entry: JsonEntry, where: string): void;
  /** What is true of the file rather than of the row, and no fault: told once, at the first row that says it. */
  remark(code: ProblemCode, span: Span, message: string): void;
}

/** A record without what the parser knows better: its line, format and number. */
export type RowRecord = Omit<DatasetRecord, "line" | "format" | "part">;

/** Keys by which a row is recognised. A needed key counts 2, one that helps 1; the heaviest signature wins, of equals the first in the table. */
export interface Signature {
  readonly needs: readonly string[];
  readonly helps?: readonly string[];
  /** Added where the keys alone say too little about how particular this is. */
  readonly weight?: number;
  /** What the values must look like. */
  readonly also?: (object: JsonObject) => boolean;
}

export interface RowFormat {
  readonly name: FormatName;
  readonly title: string;
  /** Paper or repository that the format comes from. */
  readonly source: string;
  /** One row as it should look. */
  readonly example: string;
  /** What the loss sees, in a sentence. */
  readonly mask: string;
  readonly signatures: readonly Signature[];
  /** Keys that the format knows and that are no part of a conversation. */
  readonly aside?: readonly string[];
  /** Reports every problem of the row; its records count only where none was an error. Forced onto a row of another format, it has no signature. */
  read(row: Row, signature: Signature | undefined): readonly RowRecord[];
  /** Where a conversation is spread over rows: `read` gives one message a row, with these keys for its place. */
  readonly links?: (object: JsonObject) => { readonly id: string; readonly parent: string | undefined } | undefined;
}
