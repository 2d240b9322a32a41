/** The few protobuf wire types that ONNX needs, written as byte chunks. */

export type Chunk = Uint8Array;
const encoder = new TextEncoder();

export function concatBytes(chunks: readonly Chunk[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) { out.set(chunk, at); at += chunk.length; }
  return out;
}

/** Base-128 varint; negative numbers as 64-bit two's complement. */
export function varint(value: number | bigint): Chunk {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) { bytes.push(Number(rest & 127n) | 128); rest >>= 7n; }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

const tag = (field: number, wire: number): Chunk => varint((field << 3) | wire);
/** int32, int64, enum, bool. */
export const integerField = (field: number, value: number | bigint): Chunk => concatBytes([tag(field, 0), varint(value)]);
/** string, bytes, embedded message. */
export const bytesField = (field: number, value: Chunk | string): Chunk => {
  const bytes = typeof value === "string" ? encoder.encode(value) : value;
  return concatBytes([tag(field, 2), varint(bytes.length), bytes]);
};
export const messageField = (field: number, parts: readonly Chunk[]): Chunk => bytesField(field, concatBytes(parts));
/** float, little-endian. */
export const floatField = (field: number, value: number): Chunk => concatBytes([tag(field, 5), new Uint8Array(Float32Array.of(value).buffer)]);
