/** The block formats of ggml (ggml-quants.c, dequantize_row_*) to float32, bit for bit: every product here is exact in float32, and each sum is rounded once. */
import { halfToFloat } from "../weights/halves";

/** ggml_type by number; those that are not in `tensorTypes` are known by name only. */
export const ggmlTypeNames: Readonly<Record<number, string>> = {
  0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K",
  16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8", 25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16",
  34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
};

/** Elements and bytes of one block. */
export const tensorTypes = {
  F32: { elements: 1, bytes: 4 }, F16: { elements: 1, bytes: 2 }, BF16: { elements: 1, bytes: 2 },
  Q8_0: { elements: 32, bytes: 34 }, Q4_0: { elements: 32, bytes: 18 }, Q4_1: { elements: 32, bytes: 20 }, Q5_0: { elements: 32, bytes: 22 }, Q5_1: { elements: 32, bytes: 24 },
  Q4_K: { elements: 256, bytes: 144 }, Q5_K: { elements: 256, bytes: 176 }, Q6_K: { elements: 256, bytes: 210 },
} as const;
export type GgmlType = keyof typeof tensorTypes;

/** The values of whole blocks. */
export function dequantize(type: GgmlType, bytes: Uint8Array): Float32Array {
  const { elements, bytes: blockBytes } = tensorTypes[type], blocks = bytes.length / blockBytes;
  if (!Number.isInteger(blocks)) throw new Error(`${bytes.length} bytes are no whole blocks of ${type}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), out = new Float32Array(blocks * elements), read = readers[type];
  for (let block = 0; block < blocks; block++) read(view, block * blockBytes, out, block * elements);
  return out;
}

type BlockReader = (view: DataView, at: number, out: Float32Array, to: number) => void;

const half = (view: DataView, at: number): number => halfToFloat(view.getUint16(at, true));

/** w = q·d + m (m is −0 where there is none: it keeps the sign of a zero); the low nibbles are the first 16 values, the high ones the last. `high` gives the fifth bits of Q5. */
const nibbles = (view: DataView, at: number, out: Float32Array, to: number, { d, zero, m, high }: { d: number; zero: number; m: number; high: number }): void => {
  for (let j = 0; j < 16; j++) {
    const byte = view.getUint8(at + j);
    out[to + j] = ((byte & 15 | (high >>> j & 1) << 4) - zero) * d + m;
    out[to + 16 + j] = ((byte >> 4 | (high >>> (j + 16) & 1) << 4) - zero) * d + m;
  }
};

/** Scale and minimum number j of a Q4_K or Q5_K block: 6 bits each, packed in 12 bytes (get_scale_min_k4). */
const scaleAndMinimum = (view: DataView, at: number, j: number): readonly [number, number] => {
  const byte = (i: number): number => view.getUint8(at + i);
  return j < 4 ? [byte(j) & 63, byte(j + 4) & 63] : [byte(j + 4) & 15 | byte(j - 4) >> 6 << 4, byte(j + 4) >> 4 | byte(j) >> 6 << 4];
};

/** Eight runs of 32 values; `quants` is where their nibbles begin, `high` where Q5_K keeps the fifth bits. */
const kQuants = (view: DataView, at: number, out: Float32Array, to: number, quants: number, high?: number): void => {
  const d = half(view, at), dmin = half(view, at + 2);
  for (let run = 0; run < 8; run++) {
    const [scale, minimum] = scaleAndMinimum(view, at + 4, run), step = d * scale, offset = dmin * minimum, from = quants + (run >> 1) * 32;
    for (let i = 0; i < 32; i++) {
      const byte = view.getUint8(from + i), nibble = run & 1 ? byte >> 4 : byte & 15;
      out[to + run * 32 + i] = step * (high === undefined ? nibble : nibble | (view.getUint8(high + i) >> run & 1) << 4) - offset;
    }
  }
};

const word = new Uint32Array(1), float = new Float32Array(word.buffer);

const readers: Readonly<Record<GgmlType, BlockReader>> = {
  F32: (view, at, out, to) => { out[to] = view.getFloat32(at, true); },
  F16: (view, at, out, to) => { out[to] = half(view, at); },
  BF16: (view, at, out, to) => { word[0] = view.getUint16(at, true) << 16; out[to] = float[0]!; },
  Q8_0: (view, at, out, to) => {
    const d = half(view, at);
    for (let j = 0; j < 32; j++) out[to + j] = view.getInt8(at + 2 + j) * d;
  },
  Q4_0: (view, at, out, to) => nibbles(view, at + 2, out, to, { d: half(view, at), zero: 8, m: -0, high: 0 }),
  Q4_1: (view, at, out, to) => nibbles(view, at + 4, out, to, { d: half(view, at), zero: 0, m: half(view, at + 2), high: 0 }),
  Q5_0: (view, at, out, to) => nibbles(view, at + 6, out, to, { d: half(view, at), zero: 16, m: -0, high: view.getUint32(at + 2, true) }),
  Q5_1: (view, at, out, to) => nibbles(view, at + 8, out, to, { d: half(view, at), zero: 0, m: half(view, at + 2), high: view.getUint32(at + 4, true) }),
  Q4_K: (view, at, out, to) => kQuants(view, at, out, to, at + 16),
  Q5_K: (view, at, out, to) => kQuants(view, at, out, to, at + 48, at + 16),
  Q6_K: (view, at, out, to) => {
    const d = half(view, at + 208);
    for (let run = 0; run < 8; run++) {
      // Of each 128 values: the low four bits of runs 0 and 1 lie in the low nibbles of 64 bytes, those of 2 and 3 in the high ones; two more bits of all four share 32 bytes.
      const part = run >> 2, row = run & 3, low = at + part * 64 + (row & 1) * 32, high = at + 128 + part * 32;
      for (let i = 0; i < 32; i++) {
        const byte = view.getUint8(low + i), nibble = row & 2 ? byte >> 4 : byte & 15, q = (nibble | (view.getUint8(high + i) >> row * 2 & 3) << 4) - 32;
        out[to + run * 32 + i] = d * view.getInt8(at + 192 + part * 8 + row * 2 + (i >> 4)) * q;
      }
    }
  },
};
