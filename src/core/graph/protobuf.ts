/** The few protobuf wire types that ONNX needs. A message is put together as a tree whose lengths are known, and written once. */

/** What will be written: a number as a varint, a string in UTF-8, bytes as they are. */
export interface Chunk { readonly length: number; readonly parts: readonly Part[] }
type Part = number | string | Uint8Array | Chunk;

const encoder = new TextEncoder();

function chunk(given: readonly Part[]): Chunk {
  const parts = [...given];
  let length = 0;
  for (let i = 0; i < parts.length; i++) {
    let part = parts[i]!;
    // What is not ASCII has another number of bytes than characters.
    if (typeof part === "string" && !isAscii(part)) parts[i] = part = encoder.encode(part);
    length += typeof part === "number" ? varintLength(part) : part.length;
  }
  return { parts, length };
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Bytes of a whole number from 0 on in base 128. */
function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** 64-bit two's complement: what a negative number is written as. */
function wideVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

const tag = (field: number, wire: number): number => (field << 3) | wire;
/** int32, int64, enum, bool. */
export const integerField = (field: number, value: number): Chunk => chunk([tag(field, 0), value < 0 ? wideVarint(BigInt(value)) : value]);
const withLength = (field: number, content: Chunk): Chunk => chunk([tag(field, 2), content.length, content]);
/** string, bytes. */
export const bytesField = (field: number, value: string | Uint8Array): Chunk => withLength(field, chunk([value]));
export const messageField = (field: number, parts: readonly Chunk[]): Chunk => withLength(field, chunk(parts));
/** float, little-endian. */
export const floatField = (field: number, value: number): Chunk => chunk([tag(field, 5), new Uint8Array(Float32Array.of(value).buffer)]);

/** The bytes of a message with these fields. */
export function writeMessage(fields: readonly Chunk[]): Uint8Array {
  const message = chunk(fields), out = new Uint8Array(message.length);
  let at = 0;
  const write = (part: Part): void => {
    if (typeof part === "number") {
      let rest = part;
      for (; rest > 127; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 128;
      out[at++] = rest;
    } else if (typeof part === "string") for (let i = 0; i < part.length; i++) out[at++] = part.charCodeAt(i);
    else if (part instanceof Uint8Array) {
      out.set(part, at);
      at += part.length;
    } else for (const inner of part.parts) write(inner);
  };
  write(message);
  return out;
}
