/** Rotary position tables: the frequencies of each rope kind (transformers: modeling_rope_utils.py), and cos/sin for the positions that are needed. */
import { type RopeConfig } from "../family/ropeConfig";

const { fround } = Math;

/**
 * Angle that a position adds, for each of the `size`/2 pairs. `length`: how long the text is; some kinds stretch only beyond the trained length.
 * Hugging Face computes in 32 bits, step by step, and far positions multiply what is rounded: so the same steps are rounded here.
 */
export function ropeFrequencies(rope: RopeConfig, size: number, length: number): Float32Array {
  const powers = (theta: number): Float32Array => Float32Array.from({ length: size / 2 }, (_, i) => theta ** fround((2 * i) / size));
  const plain = (theta: number): Float32Array => powers(theta).map((power) => 1 / power);
  switch (rope.kind) {
    case "default": return plain(rope.theta);
    case "linear": return plain(rope.theta).map((frequency) => frequency / fround(rope.factor));
    // NTK-aware: the base grows with the length.
    case "dynamic": {
      if (length <= rope.maxPositions) return plain(rope.theta);
      const growth = fround(fround(fround(fround(rope.factor) * length) / rope.maxPositions) - fround(rope.factor - 1));
      return plain(fround(rope.theta * fround(growth ** (size / (size - 2)))));
    }
    // Llama 3.1: long wavelengths are stretched by `factor`, short ones kept, the band between them blended.
    case "llama3": return plain(rope.theta).map((frequency) => {
      const wavelength = fround(fround(2 * Math.PI) / frequency);
      if (wavelength > rope.originalPositions / rope.lowFrequencyFactor) return frequency / rope.factor;
      if (wavelength < rope.originalPositions / rope.highFrequencyFactor) return frequency;
      const smooth = fround(fround(fround(rope.originalPositions / wavelength) - rope.lowFrequencyFactor) / (rope.highFrequencyFactor - rope.lowFrequencyFactor));
      return fround(fround(fround(1 - smooth) * frequency) / rope.factor) + fround(smooth * frequency);
    });
    // Peng et al. 2023: a ramp between kept and stretched dimensions.
    case "yarn": {
      const dimension = (rotations: number): number => (size * Math.log(rope.originalPositions / (rotations * 2 * Math.PI))) / (2 * Math.log(rope.theta));
      const whole = (x: number, round: (x: number) => number): number => (rope.truncate ? round(x) : x);
      const low = Math.max(whole(dimension(rope.betaFast), Math.floor), 0), high = Math.min(whole(dimension(rope.betaSlow), Math.ceil), size - 1);
      const kept = (i: number): number => 1 - Math.min(1, Math.max(0, fround(fround(i - fround(low)) / fround(high === low ? 0.001 : high - low))));
      return powers(rope.theta).map((power, i) => {
        const share = fround(kept(i));
        return fround(fround(1 / fround(fround(rope.factor) * power)) * fround(1 - share)) + fround(fround(1 / power) * share);
      });
    }
    // Ding et al. 2024: a factor for each pair, one list within the trained length and one beyond.
    case "longrope": {
      const factors = length > rope.originalPositions ? rope.longFactors : rope.shortFactors;
      return powers(rope.theta).map((power, i) => 1 / fround(fround(factors[i]!) * power));
    }
  }
}

/** cos and sin, [positions, size/2] each, row-major; yarn and longrope scale both. */
export function ropeTables(rope: RopeConfig, size: number, positions: number, length = positions): { cos: Float32Array; sin: Float32Array } {
  const frequencies = ropeFrequencies(rope, size, length), half = size / 2;
  const scale = rope.kind === "yarn" || rope.kind === "longrope" ? rope.attentionFactor : 1;
  const angle = (i: number): number => fround(Math.floor(i / half) * frequencies[i % half]!);
  const table = (f: (angle: number) => number): Float32Array => Float32Array.from({ length: positions * half }, (_, i) => scale * f(angle(i)));
  return { cos: table(Math.cos), sin: table(Math.sin) };
}

/** Up to this many positions the frequencies do not depend on how long the text is; Infinity: they never do. */
export const textLimit = (layers: readonly { readonly rope?: RopeConfig }[]): number =>
  Math.min(...layers.map(({ rope }) => (rope?.kind === "dynamic" ? rope.maxPositions : rope?.kind === "longrope" ? rope.originalPositions : Infinity)));
