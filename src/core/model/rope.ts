/** Rotary position tables: the frequencies of each rope kind, and cos/sin for the positions that are needed. */
import { type RopeConfig } from "./config";

/** Angle a position adds, for each of the D/2 pairs. */
export function ropeFrequencies(rope: RopeConfig, headSize: number): Float64Array {
  const plain = Float64Array.from({ length: headSize / 2 }, (_, i) => rope.theta ** ((-2 * i) / headSize));
  switch (rope.kind) {
    case "default": return plain;
    case "linear": return plain.map((frequency) => frequency / rope.factor);
    // Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, the band between them blended (transformers: modeling_rope_utils.py, _compute_llama3_parameters).
    case "llama3": return plain.map((frequency) => {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength > rope.originalPositions / rope.lowFrequencyFactor) return frequency / rope.factor;
      if (wavelength < rope.originalPositions / rope.highFrequencyFactor) return frequency;
      const smooth = (rope.originalPositions / wavelength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
      return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
    });
  }
}

/** cos and sin, [positions, D/2] each, row-major. */
export function ropeTables(rope: RopeConfig, headSize: number, positions: number): { cos: Float32Array; sin: Float32Array } {
  // Hugging Face computes frequencies and angles in 32 bits; so do we, to agree at far positions too.
  const frequencies = Float32Array.from(ropeFrequencies(rope, headSize)), half = headSize / 2;
  const angle = (i: number): number => Math.fround(Math.floor(i / half) * frequencies[i % half]!);
  return { cos: Float32Array.from({ length: positions * half }, (_, i) => Math.cos(angle(i))), sin: Float32Array.from({ length: positions * half }, (_, i) => Math.sin(angle(i))) };
}
