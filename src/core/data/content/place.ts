/** Owns where a piece of a message stands in its line, and what a content check reports with. */
import { spanWithin } from "../json/tree";
import { type Problem, type ProblemCode, type Severity, type Span } from "../problem";
import { type DatasetRecord, type Message } from "../record";

/** A finding in one message: characters [from, to) of its content. */
export type Report = (code: ProblemCode, severity: Severity, message: Message, from: number, to: number, text: string) => void;

export interface Inspected {
  readonly record: DatasetRecord;
  /** The texts that the loss sees. */
  readonly answers: readonly Message[];
  /** The others that hold text, in order: system, questions, results of tools. */
  readonly others: readonly Message[];
  /** The signs of all messages (`signs.ts`). */
  readonly signs: number;
  readonly report: Report;
}

/** Where characters [from, to) of a message's content stand in its line. Where the content is not one JSON string there, the same characters are looked for, and else the whole span is meant. */
export const placeOf = (line: string, { content, span }: Message, from: number, to: number): Span => {
  const whole = inside(line, span);
  const value = line[span.start] === '"' ? stringAt(line.slice(span.start, span.end)) : undefined;
  // A content that goes on after the string (Alpaca's input follows its instruction) keeps the offsets of its beginning.
  if (value !== undefined && to <= value.length && content.startsWith(value)) return inside(line, spanWithin(line, { kind: "string", ...span, value }, from, to));
  for (const sought of new Set([JSON.stringify(content.slice(from, to)).slice(1, -1), content.slice(from, to)])) {
    const at = sought === "" ? -1 : line.indexOf(sought, value === undefined ? whole.start : 0);
    if (at >= 0) return { start: at, end: at + sought.length };
  }
  return whole;
};

/** Clamped to the line, and never empty where the line is not. */
const inside = (line: string, { start, end }: Span): Span => {
  const from = Math.min(Math.max(0, start), line.length);
  return { start: from, end: Math.min(Math.max(from, end), line.length) };
};

const stringAt = (json: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "string" ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // A string that was mended while it was read, or no string at all.
    throw error;
  }
};

export const contentProblem = (code: ProblemCode, severity: Severity, line: number, span: Span, message: string): Problem =>
  ({ code, severity, message, line, span, fixable: false, fixes: [] });
