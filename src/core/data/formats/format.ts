/** What a dataset format is to the parser, and what it gets to read a row with. */
import { type JsonEntry, type JsonObject, type Repair } from "../json";
import { type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord, type FormatName } from "../record";

export interface Row {
  /** Line number from 0. */
  readonly line: number;
  readonly text: string;
  readonly object: JsonObject;
  report(code: ProblemCode, severity: Severity, span: Span, message: string, ...repairs: readonly (Repair | undefined)[]): void;
  /** A key that the format does not use; the parser says it once for a whole file that has it in most rows. */
  unused(entry: JsonEntry, where: string): void;
}

export interface RowFormat {
  readonly name: FormatName;
  readonly title: string;
  /** One row as it should look. */
  readonly example: string;
  /** The key that tells that a row is of this format, or is meant to be. */
  recognise(object: JsonObject): string | undefined;
  /** Reports every problem of the row; the record counts only where none was an error. */
  read(row: Row): DatasetRecord | undefined;
}
