/** Texts whose keys and values stay on a graphics device, written there in place; tokens go up and logits come down, nothing else. */
import { product } from "../graph/ops";
import { type Base } from "../model/base";
import { MASKED } from "../model/decoder/layers";
import { type Device, type Resident, type Tensor } from "../runtime";
import { lengthBucket } from "../text/batch";
import { type SessionCache } from "../train/stepper";
import { type Group } from "./adapters";
import { windowsOf } from "./cache";
import { decodeInPlaceGraph } from "./decodeGraph";
import { shapeOf, type Texts, tokenInputs } from "./texts";

const SMALLEST = 64;
/** Shapes of batches whose memory is kept for the next answer, since the sessions are bound to it. */
const KEPT = 3;

type Residents = Readonly<Record<string, Resident>>;

/** What sessions are bound to: caches by shape, adapters by what they are of. */
export class DeviceMemory {
  private readonly caches = new Map<string, Residents>();
  private readonly adapters = new Map<string, Residents>();

  constructor(private readonly device: Device, private readonly config: Base["config"], private readonly sessions: SessionCache) {}

  /** Room for texts of at most `longest` positions, and the group's adapters. */
  async texts(group: Group, rows: number, longest: number): Promise<DeviceTexts> {
    const { config, device } = this, capacity = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(lengthBucket(longest)))), shape = `${rows}x${capacity}`;
    if (!this.caches.has(shape) && this.caches.size === KEPT) await this.clear();
    const dims = [rows * config.kvHeads * capacity, config.headSize], empty = new Float32Array(product(dims));
    const cache = this.caches.get(shape) ?? Object.fromEntries(config.layers.flatMap((_, layer) => [`keys.${layer}`, `values.${layer}`].map((name) => [name, device.resident(empty, dims)])));
    this.caches.set(shape, cache);
    const adapter = this.adapters.get(group.key) ?? Object.fromEntries(Object.entries(group.inputs).map(([name, tensor]) => [name, device.resident(tensor.data as Float32Array, tensor.dims)]));
    this.adapters.set(group.key, adapter);
    // One of the same shape may have been there before.
    for (const [name, { data }] of Object.entries(group.inputs)) adapter[name]!.write(data as Float32Array);
    return new DeviceTexts(config, this.sessions, group, rows, capacity, { ...cache, ...adapter });
  }

  /** Sessions go before what they are bound to. */
  async clear(): Promise<void> {
    await this.sessions.close();
    for (const kind of [this.caches, this.adapters]) {
      for (const residents of kind.values()) for (const resident of Object.values(residents)) resident.release();
      kind.clear();
    }
  }
}

class DeviceTexts implements Texts {
  readonly lengths: number[];

  constructor(private readonly config: Base["config"], private readonly sessions: SessionCache, private readonly group: Group, rows: number, private readonly capacity: number, private readonly residents: Residents) {
    this.lengths = new Array<number>(rows).fill(0);
  }

  async extend(added: readonly (readonly number[])[]): Promise<Float32Array> {
    const { config, group, capacity, lengths, residents } = this, shape = { ...shapeOf(config, added, lengths), capacity }, { B, T, length } = shape;
    const written = Object.fromEntries(Object.entries(residents).flatMap(([name, resident]) => (/^(keys|values)\./.test(name) ? [[`next ${name}`, resident]] : [])));
    const session = await this.sessions.get(`decode ${B}x${T} in ${capacity} to ${length} for ${group.key}`, () => decodeInPlaceGraph(group.parameters(), config, shape), { residents: { ...residents, ...written }, seldom: T > 1 || length > 0 });
    const out = await session.run({ ...tokenInputs(added, lengths, T, capacity), slots: this.slots(B, T), ...(T === 1 && this.masks(B)) });
    added.forEach((ids, b) => { lengths[b]! += ids.length; });
    return out.logits!.data as Float32Array;
  }

  /** Where the rows of the cache go that are made now: int64 [B·G·T]. What fills a shorter text up lies behind its end, where the text itself will be written. */
  private slots(B: number, T: number): Tensor {
    const { config: { kvHeads: G }, capacity } = this;
    return { dtype: "int64", dims: [B * G * T], data: BigInt64Array.from({ length: B * G * T }, (_, i) => BigInt(Math.floor(i / T) * capacity + this.lengths[Math.floor(i / (G * T))]! + (i % T))) };
  }

  /** [B, 1, 1, S]: 0 at the positions that the new one of a row may see, itself included. */
  private masks(B: number): Record<string, Tensor> {
    const S = this.capacity, mask = (window: number): Tensor => {
      const data = new Float32Array(B * S).fill(MASKED);
      this.lengths.forEach((length, b) => data.fill(0, b * S + Math.max(0, length + 1 - window), b * S + length + 1));
      return { dtype: "float32", dims: [B, 1, 1, S], data };
    };
    return { cacheMask: mask(Infinity), ...Object.fromEntries(windowsOf(this.config).map((window) => [`cacheMask.${window}`, mask(window)])) };
  }
}
