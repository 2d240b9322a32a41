/** The texts of a batch as the model goes along with them: their keys and values stay from token to token, here in the host's memory. */
import { type Base } from "../model/base";
import { type Tensor } from "../runtime";
import { lengthBucket } from "../text/batch";
import { type SessionCache } from "../train/stepper";
import { type Group } from "./adapters";
import { KeyValueCache } from "./cache";
import { decodeGraph } from "./decodeGraph";

export interface Texts {
  /** Positions held, by row. */
  readonly lengths: readonly number[];
  /** Runs the new tokens of every row through the model. → logits [B, V] of each row's last token. */
  extend(added: readonly (readonly number[])[]): Promise<Float32Array>;
}

export class HostTexts implements Texts {
  private readonly cache: KeyValueCache;

  constructor(private readonly config: Base["config"], private readonly sessions: SessionCache, private readonly group: Group, rows: number) {
    this.cache = new KeyValueCache(config, rows);
  }

  get lengths(): readonly number[] { return this.cache.lengths; }

  async extend(added: readonly (readonly number[])[]): Promise<Float32Array> {
    const { config, cache, group } = this, { capacity } = cache, shape = { ...shapeOf(config, added, cache.lengths), capacity }, { B, T, length } = shape;
    const session = await this.sessions.get(`decode ${B}x${T} over ${capacity} to ${length} for ${group.key}`, () => decodeGraph(group.parameters(), config, shape));
    const out = await session.run({ ...tokenInputs(added, cache.lengths, T, capacity + T), ...(capacity > 0 && cache.inputs(T)), ...group.inputs });
    const layers = (name: string): Float32Array[] => config.layers.map((_, layer) => out[`${name}.${layer}`]!.data as Float32Array);
    cache.append(layers("newKeys"), layers("newValues"), T, added.map((ids) => ids.length));
    return out.logits!.data as Float32Array;
  }
}

/** B rows of T new positions; length: what some rotary kinds ask for. */
export function shapeOf(config: Base["config"], added: readonly (readonly number[])[], lengths: readonly number[]): { readonly B: number; readonly T: number; readonly length: number } {
  const longest = Math.max(...added.map((ids) => ids.length));
  return { B: added.length, T: longest === 1 ? 1 : lengthBucket(longest), length: rotaryLength(config, Math.max(...added.map((ids, b) => lengths[b]! + ids.length))) };
}

/** `positions`: how many there are tables for; what fills a row up stays below it. */
export function tokenInputs(added: readonly (readonly number[])[], lengths: readonly number[], T: number, positions: number): Record<"tokens" | "positions" | "last", Tensor> {
  const B = added.length;
  const grid = (at: (b: number, t: number) => number): Tensor => ({ dtype: "int64", dims: [B, T], data: BigInt64Array.from({ length: B * T }, (_, i) => BigInt(at(Math.floor(i / T), i % T))) });
  return {
    tokens: grid((b, t) => added[b]![t] ?? 0),
    positions: grid((b, t) => Math.min(lengths[b]! + t, positions - 1)),
    last: { dtype: "int64", dims: [B], data: BigInt64Array.from(added, (ids, b) => BigInt(b * T + ids.length - 1)) },
  };
}

/** Longrope turns every position of a longer text by other factors, so keys made before are made anew (as transformers does). */
export const switchesFactors = ({ layers }: Base["config"], before: number, after: number): boolean => layers.some(({ rope }) => rope?.kind === "longrope" && before <= rope.originalPositions && after > rope.originalPositions);

/** The text length that the rotary tables depend on: 0 where they do not, so that one prepared graph serves every length. */
export function rotaryLength({ layers }: Base["config"], length: number): number {
  const kinds = layers.flatMap(({ rope }) => rope ?? []);
  if (kinds.some((rope) => rope.kind === "dynamic" && length > rope.maxPositions)) return length;
  const long = kinds.find((rope) => rope.kind === "longrope");
  return long?.kind === "longrope" && length > long.originalPositions ? long.originalPositions + 1 : 0;
}
