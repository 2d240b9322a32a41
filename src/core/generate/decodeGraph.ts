/** The graph that extends texts by T positions over a cache: logits of each row's last position, and the new keys and values. */
import { input } from "../graph/graph";
import { type StoredTensor, type Value } from "../graph/ops";
import { type ModelConfig } from "../model/config";
import { decoder, logitsOf } from "../model/decoder";
import { cachedAttention, causalAttention, causalMask, type Parameters } from "../model/layers";
import { addLoraGrouped } from "../model/lora";
import { type LinearSpec } from "../model/tensors";
import { frozenTensors } from "../train/graphs";

export interface DecodeShape {
  /** Rows, in `candidates` equal groups. */
  readonly B: number;
  readonly T: number;
  /** Positions that the cache can hold; 0: there is none yet. */
  readonly capacity: number;
  readonly candidates: number;
  /** Rank of the stacked adapters; 0: no candidate has one. */
  readonly r: number;
}

/**
 * Inputs: tokens, positions int64 [B, T]; last int64 [B], row of [B·T] whose logits are wanted; with a cache cacheMask [B, 1, 1, S] and keys.i, values.i [B, G, S, D];
 * with adapters a.MODULE [S, r, in] and b.MODULE [S, out, r] (scale included) for each of `targets`.
 * Outputs: logits [B, V], newKeys.i and newValues.i [B, G, T, D].
 */
export function decodeGraph(weights: ReadonlyMap<string, StoredTensor>, config: ModelConfig, targets: readonly LinearSpec[], { B, T, capacity, candidates, r }: DecodeShape): Record<string, Value> {
  const adapted = new Map(r === 0 ? [] : targets.map(({ module, from, to }) => [module, { a: input(`a.${module}`, [candidates, r, from]), b: input(`b.${module}`, [candidates, to, r]) }]));
  const parameters: Parameters = {
    tensor: frozenTensors(weights),
    adapt: (module, x, y) => {
      const pair = adapted.get(module);
      return pair ? addLoraGrouped(y, x, pair.a, pair.b) : y;
    },
  };
  const outputs: Record<string, Value> = {}, mask = causalMask(T), cacheMask = capacity > 0 ? input("cacheMask", [B, 1, 1, capacity]) : undefined;
  const cacheDims = [B, config.kvHeads, capacity, config.headSize];
  const hidden = decoder(parameters, config, input("tokens", [B, T], "int64"), input("positions", [B, T], "int64"), (layer, q, k, v) => {
    outputs[`newKeys.${layer}`] = k;
    outputs[`newValues.${layer}`] = v;
    return cacheMask ? cachedAttention(q, k, v, mask, { keys: input(`keys.${layer}`, cacheDims), values: input(`values.${layer}`, cacheDims), mask: cacheMask }) : causalAttention(q, k, v, mask);
  }, capacity + T);
  return { logits: logitsOf(parameters, config, hidden, input("last", [B], "int64")), ...outputs };
}
