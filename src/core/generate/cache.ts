/** The keys and values of earlier positions, one pair of buffers a layer, grown by doubling and written in place. */
import { type ModelConfig } from "../model/family/config";
import { windowKinds } from "../model/decoder/decoder";
import { MASKED } from "../model/decoder/layers";
import { type Tensor } from "../runtime";

const SMALLEST = 64;

/** The distinct windows of a model's sliding layers. */
export const windowsOf = (config: ModelConfig): number[] => windowKinds(config).flatMap((window) => window ?? []);

export class KeyValueCache {
  /** Positions that the buffers have room for; 0 before the first write. */
  capacity = 0;
  /** Positions held, by row. */
  readonly lengths: number[];
  private keys: Float32Array[] = [];
  private values: Float32Array[] = [];
  private mask = new Float32Array();

  constructor(private readonly config: ModelConfig, private readonly rows: number) {
    this.lengths = new Array<number>(rows).fill(0);
  }

  /** Appends the first counts[b] of T new positions of each row b. newKeys, newValues by layer: [B, G, T, D]. */
  append(newKeys: readonly Float32Array[], newValues: readonly Float32Array[], T: number, counts: readonly number[]): void {
    this.reserve(Math.max(...this.lengths.map((length, b) => length + counts[b]!)));
    const { kvHeads: G, headSize: D } = this.config;
    const copy = (from: Float32Array, to: Float32Array): void => counts.forEach((count, b) => {
      for (let g = 0; g < G; g++) {
        const source = (b * G + g) * T * D;
        to.set(from.subarray(source, source + count * D), ((b * G + g) * this.capacity + this.lengths[b]!) * D);
      }
    });
    newKeys.forEach((from, layer) => copy(from, this.keys[layer]!));
    newValues.forEach((from, layer) => copy(from, this.values[layer]!));
    counts.forEach((count, b) => {
      this.mask.fill(0, b * this.capacity + this.lengths[b]!, b * this.capacity + this.lengths[b]! + count);
      this.lengths[b]! += count;
    });
  }

  /** Inputs of the decode graph for T new positions. The buffers are handed over as they are. */
  inputs(T: number): Record<string, Tensor> {
    const dims = [this.rows, this.config.kvHeads, this.capacity, this.config.headSize];
    const named = (name: string, buffers: readonly Float32Array[]): [string, Tensor][] => buffers.map((data, layer) => [`${name}.${layer}`, { dtype: "float32", dims, data }]);
    const masks = windowsOf(this.config).map((window): [string, Tensor] => [`cacheMask.${window}`, { dtype: "float32", dims: [this.rows, 1, T, this.capacity], data: this.windowMask(T, window) }]);
    return { cacheMask: { dtype: "float32", dims: [this.rows, 1, 1, this.capacity], data: this.mask }, ...Object.fromEntries(masks), ...Object.fromEntries([...named("keys", this.keys), ...named("values", this.values)]) };
  }

  /** [B, T, S]: 0 where new position t of a row may see the cached one within its window. */
  private windowMask(T: number, window: number): Float32Array {
    const S = this.capacity, mask = new Float32Array(this.rows * T * S).fill(MASKED);
    this.lengths.forEach((length, b) => {
      for (let t = 0; t < T; t++) mask.fill(0, (b * T + t) * S + Math.max(0, Math.min(length, length + t - window + 1)), (b * T + t) * S + length);
    });
    return mask;
  }

  private reserve(needed: number): void {
    if (needed <= this.capacity) return;
    const old = this.capacity, { layers, kvHeads: G, headSize: D } = this.config;
    this.capacity = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(needed)));
    const grow = (buffer: Float32Array | undefined, blocks: number, width: number): Float32Array => {
      const grown = new Float32Array(blocks * this.capacity * width);
      for (let i = 0; buffer && i < blocks; i++) grown.set(buffer.subarray(i * old * width, (i + 1) * old * width), i * this.capacity * width);
      return grown;
    };
    const mask = new Float32Array(this.rows * this.capacity).fill(MASKED);
    this.lengths.forEach((length, b) => mask.fill(0, b * this.capacity, b * this.capacity + length));
    this.mask = mask;
    this.keys = layers.map((_, layer) => grow(this.keys[layer], this.rows * G, D));
    this.values = layers.map((_, layer) => grow(this.values[layer], this.rows * G, D));
  }
}
