/** Owns reshaping rows of JSON Lines that come one after the other as bytes, for files that no string holds: what takes the place of each, and what is lost. Bytes that are not concerned stay. */
import { bomLength, isBlank, MOST_LINE_BYTES } from "../table/rowCells";
import { withChanges, type Refusal } from "./conversation";
import { mergeRows } from "./mergeRows";
import { type ReshapeLoss, Tally } from "./reshape";
import { roleChanges } from "./roleNames";
import { splitIntoSingle } from "./splitRow";

export type LineReshaping = "split" | "merge" | "roles" | "plain-roles";

export interface ReshapedLines {
  /** Rows that change, each as many times as there are lines in its place. */
  readonly rows: Uint32Array;
  /** Those lines one after the other, without breaks, and where each ends. */
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
  /** Rows that go. */
  readonly gone: Uint32Array;
  readonly from: number;
  readonly to: number;
  /** `line` is the row's number. */
  readonly losses: readonly ReshapeLoss[];
  readonly left: readonly ReshapeLoss[];
}

/** New text is kept in memory until it is saved. */
const MOST_BYTES = 256 * 2 ** 20;
const TOO_MUCH: Refusal = { refusal: `These rows are more than ${MOST_BYTES / 2 ** 20} MiB together. Select fewer, or filter them first.` };
const NOT_UTF8 = "a row with bytes that are not UTF-8. Mend it in another program first";
const TOO_LONG = `a row of more than ${MOST_LINE_BYTES / 2 ** 20} MiB`;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

export class LineReshaper {
  private readonly rows: number[] = [];
  private readonly lines: Uint8Array[] = [];
  private readonly losses = new Tally();
  private readonly left = new Tally();
  private readonly merging: { readonly row: number; readonly text: string; readonly bom: Uint8Array }[] = [];
  private refusal: Refusal | undefined;
  private bytes = 0;
  private from = 0;

  constructor(private readonly what: LineReshaping) {}

  /** Rows in the file's order; blank ones count for nothing. */
  add(row: number, line: Uint8Array): void {
    if (this.refusal || isBlank(line)) return;
    const bom = line.subarray(0, bomLength(line)), text = textOf(line);
    if (typeof text !== "string") {
      if (this.what === "merge") this.refusal = { refusal: `Among these rows is ${text.why}.` };
      else this.left.add(text.why, row);
      return;
    }
    if (this.what === "merge") {
      this.bytes += line.length;
      this.merging.push({ row, text, bom });
    } else if (this.what === "split") {
      const pieces = splitIntoSingle(text);
      if ("refusal" in pieces) return this.left.add(pieces.refusal, row);
      for (const loss of pieces.losses) this.losses.add(loss, row);
      this.put(row, pieces.rows, bom);
    } else {
      const found = roleChanges(text, this.what === "roles" ? "format" : "plain");
      for (const word of found.unknown) this.left.add(`\`${word}\` is no role that is known`, row);
      for (const word of found.kept) this.left.add(`\`${word}\` has no plain word`, row);
      if (found.changes.length > 0) this.put(row, [withChanges(text, found.changes)], bom);
    }
    if (this.bytes > MOST_BYTES) this.refusal = TOO_MUCH;
  }

  finish(): ReshapedLines | Refusal {
    if (this.refusal) return this.refusal;
    let gone = new Uint32Array();
    if (this.what === "merge") {
      const merged = mergeRows(this.merging.map(({ text }) => text));
      if ("refusal" in merged) return merged;
      const [first, ...others] = this.merging;
      this.put(first!.row, [merged.row], first!.bom);
      this.from = this.merging.length;
      for (const loss of merged.losses) this.losses.add(loss, first!.row, this.merging.length);
      gone = Uint32Array.from(others, ({ row }) => row);
    }
    const ends = new Uint32Array(this.lines.length), bytes = new Uint8Array(this.lines.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const [index, line] of this.lines.entries()) {
      bytes.set(line, at);
      ends[index] = at += line.length;
    }
    return { rows: Uint32Array.from(this.rows), bytes, ends, gone, from: this.from, to: this.lines.length, losses: this.losses.all, left: this.left.all };
  }

  private put(row: number, texts: readonly string[], bom: Uint8Array): void {
    this.from++;
    for (const [place, text] of texts.entries()) {
      const own = encoder.encode(text), line = place === 0 && bom.length > 0 ? Uint8Array.from([...bom, ...own]) : own;
      this.rows.push(row);
      this.lines.push(line);
      this.bytes += line.length;
    }
  }
}

const textOf = (line: Uint8Array): string | { readonly why: string } => {
  if (line.length > MOST_LINE_BYTES) return { why: TOO_LONG };
  try {
    return utf8.decode(line.subarray(bomLength(line)));
  } catch (error) {
    if (error instanceof TypeError) return { why: NOT_UTF8 };
    throw error;
  }
};
