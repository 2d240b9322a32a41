/** The lines of a file one after the other in bounded memory, however long they are; reads ahead by one piece. */
import { read } from "node:fs";
import { type LineSpan, LineBreaks } from "../../core/data/table/lineIndex";

const PIECE = 1 << 20;

/** Consecutive rows: `lines` lie in `bytes`, the first is row `firstRow` and stands at `offset` of the file. */
export interface RowBatch { readonly firstRow: number; readonly offset: number; readonly bytes: Buffer; readonly lines: readonly LineSpan[] }

/** As many bytes as there are of those asked for. */
export const readAt = (descriptor: number, length: number, position: number): Promise<Buffer> =>
  new Promise((settle, fail) => {
    const bytes = Buffer.allocUnsafe(length);
    read(descriptor, bytes, 0, length, position, (error, count) => error ? fail(error) : settle(bytes.subarray(0, count)));
  });

/** Bytes [0, size) of an open file as batches of whole rows. */
export async function* streamRows(descriptor: number, size: number): AsyncGenerator<RowBatch> {
  let row = 0, offset = 0, piece = PIECE;
  let rest: Buffer = Buffer.alloc(0);
  let next = readAt(descriptor, Math.min(piece, size), 0);
  for (let at = 0; at < size;) {
    const fresh = await next;
    if (fresh.length === 0) throw new Error(`The file ended at byte ${at} of ${size}.`);
    at += fresh.length;
    if (at < size) next = readAt(descriptor, Math.min(piece, size - at), at);
    const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    const last = at >= size;
    const lines = wholeLines(bytes, last);
    const taken = lines.at(-1)?.next ?? 0;
    if (lines.length > 0) yield { firstRow: row, offset, bytes, lines };
    // A line longer than a piece: larger pieces, so that it is not copied over and over.
    piece = lines.length === 0 ? piece * 2 : PIECE;
    rest = bytes.subarray(taken);
    row += lines.length;
    offset += taken;
  }
}

/** Lines whose end is known: at the end of the file all, else none that ends with the bytes, for a \r there may be half of a \r\n. */
const wholeLines = (bytes: Buffer, last: boolean): LineSpan[] => {
  const lines: LineSpan[] = [];
  const breaks = new LineBreaks();
  let start = 0;
  const begin = (next: number): void => {
    let end = next;
    if (end > start && bytes[end - 1] === 10) end--;
    if (end > start && bytes[end - 1] === 13) end--;
    lines.push({ start, end, next });
    start = next;
  };
  breaks.scan(bytes, 0, begin);
  if (last) {
    breaks.end(bytes.length, begin);
    if (start < bytes.length) lines.push({ start, end: bytes.length, next: bytes.length });
  }
  return lines;
};
