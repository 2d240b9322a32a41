/**
 * Quantising a matrix in 8 bits for integer products, symmetric and with one scale for all values that a sum goes over (the vector-wise quantisation of LLM.int8(), Dettmers et al. 2022).
 * The forward and the backward pass sum over different axes, so there are two copies of the codes.
 */

/** A matrix that comes some whole rows at a time, as often as it is asked for. */
interface Rows { readonly dims: readonly number[]; rows(): AsyncIterable<Float32Array> }

/** Of [R, C]: w[r, c] ≈ codes[r, c] · scales[c] ≈ transposed[c, r] · transposedScales[r]. */
interface Int8Parts {
  /** [C] */
  readonly scales: Float32Array;
  /** [R] */
  readonly transposedScales: Float32Array;
  /** [R, C], some rows at a time. To be read to its end before `transposed`, which is filled on the way. */
  readonly codes: AsyncIterable<Int8Array>;
  /** [C, R] */
  readonly transposed: Int8Array;
}

/** Codes lie in [-127, 127]: the range is symmetric, so that zero is zero and no zero point is needed. */
export const INT8_TOP = 127;

/** Sums of so many products of 8 bits stay within 32. */
const LONGEST_SUM = 2 ** 16;
/** Shorter sums are not worth quantising. */
const SHORTEST_SUM = 32;

/** Whether a matrix can be read by integer products over either axis. */
export const int8Fits = (dims: readonly number[]): boolean => dims.length === 2 && dims.every((n) => n >= SHORTEST_SUM && n <= LONGEST_SUM);

/** Both copies of a matrix; reads it twice, and holds a byte for each of its values. */
export async function int8Of(matrix: Rows): Promise<Int8Parts> {
  const [R, C] = matrix.dims as [number, number], scales = new Float32Array(C), transposedScales = new Float32Array(R), transposed = new Int8Array(R * C);
  let r = 0;
  for await (const rows of matrix.rows()) for (let from = 0; from < rows.length; from += C, r++) {
    let largest = 0;
    for (let c = 0; c < C; c++) {
      const size = Math.abs(rows[from + c]!);
      if (size > largest) largest = size;
      if (size > scales[c]!) scales[c] = size;
    }
    transposedScales[r] = largest / INT8_TOP;
  }
  for (let c = 0; c < C; c++) scales[c]! /= INT8_TOP;
  return { scales, transposedScales, transposed, codes: codesOf(matrix, scales, transposedScales, transposed) };
}

async function* codesOf(matrix: Rows, scales: Float32Array, transposedScales: Float32Array, transposed: Int8Array): AsyncGenerator<Int8Array, void, void> {
  const [R, C] = matrix.dims as [number, number], inverses = Float64Array.from(scales, inverseOf);
  let r = 0;
  for await (const rows of matrix.rows()) {
    const codes = new Int8Array(rows.length);
    for (let from = 0; from < rows.length; from += C, r++) {
      const inverse = inverseOf(transposedScales[r]!);
      for (let c = 0; c < C; c++) {
        const value = rows[from + c]!;
        codes[from + c] = codeOf(value * inverses[c]!);
        transposed[c * R + r] = codeOf(value * inverse);
      }
    }
    yield codes;
  }
}

const inverseOf = (scale: number): number => (scale > 0 ? 1 / scale : 0);

/** The nearest code. Scales of almost nothing round so roughly that a quotient may lie past the end. */
const codeOf = (quotient: number): number => Math.max(-INT8_TOP, Math.min(INT8_TOP, Math.round(quotient)));

/** codes [R, C] and scales [C] to values, rounded once. */
export function dequantizeInt8(codes: Int8Array, scales: Float32Array): Float32Array {
  const out = new Float32Array(codes.length), C = scales.length;
  for (let from = 0; from < codes.length; from += C) for (let c = 0; c < C; c++) out[from + c] = codes[from + c]! * scales[c]!;
  return out;
}
