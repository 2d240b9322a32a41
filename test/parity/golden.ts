/** Reads the golden folders: safetensors with every dtype they use, as plain numbers. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Example, IGNORE_LABEL } from "../../src/core/text/types";

export interface GoldenTensor { dims: number[]; data: number[] }

/** All tensors of a safetensors file. */
export function readGolden(...path: string[]): Record<string, GoldenTensor> {
  const bytes = readFileSync(join(...path)), headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString()) as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;
  return Object.fromEntries(Object.entries(header).filter(([name]) => name !== "__metadata__").map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
    const raw = bytes.buffer.slice(bytes.byteOffset + 8 + headerBytes + from, bytes.byteOffset + 8 + headerBytes + to) as ArrayBuffer;
    const data = dtype === "I64" ? Array.from(new BigInt64Array(raw), Number) : dtype === "I32" ? Array.from(new Int32Array(raw)) : dtype === "U8" ? Array.from(new Uint8Array(raw)) : Array.from(new Float32Array(raw));
    return [name, { dims: shape, data }];
  }));
}

/** Rows of a stored batch as examples; padding (attention 0) is cut off. */
export function goldenExamples(tensors: Record<string, GoldenTensor>, batch = 0): Example[] {
  const { input_ids: ids, labels, attention_mask: attention } = tensors as Record<"input_ids" | "labels" | "attention_mask", GoldenTensor>;
  const [rows, T] = ids.dims.slice(-2) as [number, number], start = batch * rows * T;
  return Array.from({ length: rows }, (_, row) => {
    const at = start + row * T, length = attention.data.slice(at, at + T).reduce((a, b) => a + b, 0);
    return { row, ids: ids.data.slice(at, at + length), labels: labels.data.slice(at, at + length).map((label) => (label === IGNORE_LABEL ? IGNORE_LABEL : label)), truncated: 0, segments: [] };
  });
}

export const maxDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let worst = a.length === b.length ? 0 : Infinity;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!) || (Number.isNaN(a[i]!) ? Infinity : 0));
  return worst;
};

/** ‖a − b‖ / ‖b‖ */
export const relativeL2 = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let difference = 0, norm = 0;
  for (let i = 0; i < b.length; i++) { difference += (a[i]! - b[i]!) ** 2; norm += b[i]! ** 2; }
  return Math.sqrt(difference / norm);
};
