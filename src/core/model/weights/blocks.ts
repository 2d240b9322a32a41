/** Quantising in blocks: 4 bits a value, a scale and a zero point for 32 values of a row, in the layout of ONNX Runtime's MatMulNBits. All arithmetic is in 32-bit floats, so that every writer makes the same bytes. */
import { BLOCK } from "../../graph/ops";

export interface Blocks {
  /** [N, K / 32, 16]; the value with the even index lies in the low half of a byte. */
  readonly codes: Uint8Array;
  /** [N, K / 32] */
  readonly scales: Float32Array;
  /** [N, ⌈K / 64⌉], packed as the codes are; a half that is left over is 0. */
  readonly zeroPoints: Uint8Array;
}

/** Whether rows of K values divide into blocks whose zero points fill whole bytes: then the same bytes serve MatMulNBits and DequantizeLinear. */
export const blocksFit = (K: number): boolean => K % (2 * BLOCK) === 0;

/** The largest code. */
const TOP = 15;

/** lo = min(0, least), hi = max(0, greatest), scale = (hi − lo) / 15, zero point = round(−lo / scale), code = round(w / scale + zero point). K is a multiple of 32. */
export function quantizeBlocks(values: Float32Array, K: number): Blocks {
  const N = values.length / K, perRow = K / BLOCK, zeroBytes = Math.ceil(perRow / 2);
  if (!Number.isInteger(N) || !Number.isInteger(perRow)) throw new Error(`${values.length} values are no rows of ${K} in blocks of ${BLOCK}`);
  const codes = new Uint8Array(values.length / 2), scales = new Float32Array(N * perRow), zeroPoints = new Uint8Array(N * zeroBytes);
  const put = (bytes: Uint8Array, index: number, code: number): void => { bytes[index >> 1]! |= code << (index & 1) * 4; };
  for (let block = 0; block < scales.length; block++) {
    const from = block * BLOCK;
    let lo = 0, hi = 0;
    for (let i = from; i < from + BLOCK; i++) { const w = values[i]!; if (w < lo) lo = w; if (w > hi) hi = w; }
    const scale = Math.fround(Math.fround(hi - lo) / TOP);
    scales[block] = scale;
    if (scale === 0) continue; // All codes and the zero point are 0.
    const zero = Math.min(TOP, halfAwayFromZero(Math.fround(-lo / scale))), inverse = Math.fround(1 / scale), row = Math.floor(block / perRow);
    put(zeroPoints, row * zeroBytes * 2 + block - row * perRow, zero);
    for (let i = from; i < from + BLOCK; i++) put(codes, i, Math.max(0, Math.min(TOP, halfAwayFromZero(Math.fround(Math.fround(values[i]! * inverse) + zero)))));
  }
  return { codes, scales, zeroPoints };
}

/** (code − zero point) · scale, rounded once: float32 [N, K]. */
export function dequantizeBlocks({ codes, scales, zeroPoints }: Blocks, K: number): Float32Array {
  const perRow = K / BLOCK, zeroBytes = Math.ceil(perRow / 2), out = new Float32Array(scales.length * BLOCK);
  const at = (bytes: Uint8Array, index: number): number => bytes[index >> 1]! >> (index & 1) * 4 & 15;
  for (let block = 0; block < scales.length; block++) {
    const row = Math.floor(block / perRow), scale = scales[block]!, zero = at(zeroPoints, row * zeroBytes * 2 + block - row * perRow);
    for (let i = block * BLOCK; i < (block + 1) * BLOCK; i++) out[i] = (at(codes, i) - zero) * scale;
  }
  return out;
}

/** C's roundf for what is not negative; what is below 0 ends at 0 either way. The sum is made in 32 bits. */
const halfAwayFromZero = (x: number): number => Math.floor(Math.fround(x + 0.5));
