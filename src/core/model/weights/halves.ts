/** 16-bit floats: IEEE 754 binary16 and bfloat16, one number or many. */

/** IEEE 754 binary16 bits to a number. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** A number to binary16 bits, rounded to nearest even. */
export function floatToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0, size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // The unit in the last place: 2^-24 below the normal range, else 2^(exponent - 10).
  const exponent = Math.max(Math.floor(Math.log2(size || 1e-30)), -14), unit = 2 ** (exponent - 10);
  const steps = roundHalfEven(size / unit);
  return exponent === -14 ? sign | steps : sign + ((exponent + 15) << 10) + (steps - 1024);
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x), rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

const halfTable = (): Float32Array => (table ??= Float32Array.from({ length: 65536 }, (_, half) => halfToFloat(half)));
let table: Float32Array | undefined;

/** Bits of binary16 to their values. */
export function halvesToFloats(halves: Uint16Array): Float32Array {
  const known = halfTable(), out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = known[halves[i]!]!;
  return out;
}

/** Bits of bfloat16 to their values: the upper half of a float32. */
export function bfloatsToFloats(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/** As `floatToHalf`, for many. */
export function floatsToHalves(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length), out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const word = words[i]! & 0x7fffffff;
    out[i] = (words[i]! >>> 16 & 0x8000) | (word >= 0x38800000 ? normalHalf(word) : smallHalf(word));
  }
  return out;
}

/** From 2^-14 on, infinity and NaN included: the exponent moves by 112, 13 bits of the fraction are rounded off. */
const normalHalf = (word: number): number => (word > 0x7f800000 ? 0x7e00 : word >= 0x477ff000 ? 0x7c00 : (word - 0x38000000 + 0xfff + (word >>> 13 & 1)) >>> 13);

/** Below: multiples of 2^-24. */
function smallHalf(word: number): number {
  if (word < 0x33000000) return 0;
  const shift = 126 - (word >>> 23), fraction = (word & 0x7fffff) | 0x800000, whole = fraction >>> shift, rest = fraction - (whole << shift), middle = 1 << (shift - 1);
  return rest > middle || (rest === middle && (whole & 1) === 1) ? whole + 1 : whole;
}

/** Values to bits of bfloat16, rounded to nearest even; a NaN stays one. */
export function floatsToBfloats(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length), out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) {
    const word = words[i]!;
    out[i] = Number.isNaN(values[i]!) ? (word >>> 16) | 0x40 : (word + 0x7fff + (word >>> 16 & 1)) >>> 16;
  }
  return out;
}
