/** Rotary position tables: the frequencies of each rope kind (transformers: modeling_rope_utils.py), and cos/sin for the positions that are needed. */
import { type RopeConfig } from "./ropeConfig";

/** Angle that a position adds, for each of the `size`/2 pairs. `length`: how long the text is; some kinds stretch only beyond the trained length. */
export function ropeFrequencies(rope: RopeConfig, size: number, length: number): Float64Array {
  const plain = (theta: number): Float64Array => Float64Array.from({ length: size / 2 }, (_, i) => theta ** ((-2 * i) / size));
  switch (rope.kind) {
    case "default": return plain(rope.theta);
    case "linear": return plain(rope.theta).map((frequency) => frequency / rope.factor);
    // NTK-aware: the base grows with the length.
    case "dynamic": {
      const reach = Math.max(length, rope.maxPositions);
      return plain(rope.theta * ((rope.factor * reach) / rope.maxPositions - (rope.factor - 1)) ** (size / (size - 2)));
    }
    // Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, the band between them blended.
    case "llama3": return plain(rope.theta).map((frequency) => {
      const wavelength = (2 * Math.PI) / frequency;
      if (wavelength > rope.originalPositions / rope.lowFrequencyFactor) return frequency / rope.factor;
      if (wavelength < rope.originalPositions / rope.highFrequencyFactor) return frequency;
      const smooth = (rope.originalPositions / wavelength - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor);
      return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
    });
    // Peng et al. 2023: a ramp between kept and stretched dimensions.
    case "yarn": {
      const dimension = (rotations: number): number => (size * Math.log(rope.originalPositions / (rotations * 2 * Math.PI))) / (2 * Math.log(rope.theta));
      const whole = (x: number, round: (x: number) => number): number => (rope.truncate ? round(x) : x);
      const low = Math.max(whole(dimension(rope.betaFast), Math.floor), 0), high = Math.min(whole(dimension(rope.betaSlow), Math.ceil), size - 1);
      const stretched = (i: number): number => Math.min(1, Math.max(0, (i - low) / (high === low ? 0.001 : high - low)));
      return plain(rope.theta).map((frequency, i) => (frequency / rope.factor) * stretched(i) + frequency * (1 - stretched(i)));
    }
    // Ding et al. 2024: a factor for each pair, one list within the trained length and one beyond.
    case "longrope": {
      const factors = length > rope.originalPositions ? rope.longFactors : rope.shortFactors;
      return plain(rope.theta).map((frequency, i) => frequency / factors[i]!);
    }
  }
}

/** cos and sin, [positions, size/2] each, row-major; yarn and longrope scale both. */
export function ropeTables(rope: RopeConfig, size: number, positions: number, length = positions): { cos: Float32Array; sin: Float32Array } {
  // Hugging Face computes frequencies and angles in 32 bits; so do we, to agree at far positions too.
  const frequencies = Float32Array.from(ropeFrequencies(rope, size, length)), half = size / 2;
  const scale = rope.kind === "yarn" || rope.kind === "longrope" ? rope.attentionFactor : 1;
  const angle = (i: number): number => Math.fround(Math.floor(i / half) * frequencies[i % half]!);
  const table = (f: (angle: number) => number): Float32Array => Float32Array.from({ length: positions * half }, (_, i) => scale * f(angle(i)));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}
