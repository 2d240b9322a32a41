/** The graph that extends texts by T positions over a cache: logits of each row's last position, and the new keys and values. */
import { input } from "../graph/graph";
import { type StoredTensor, type Value } from "../graph/ops";
import { type ModelConfig } from "../model/config";
import { attentionSettings, decoder, logitsOf, windowMasks } from "../model/decoder";
import { cachedAttention, causalAttention, type Parameters } from "../model/layers";
import { addLoraGrouped } from "../model/lora";
import { type LinearSpec } from "../model/tensors";
import { frozenTensors } from "../train/graphs";
import { windowsOf } from "./cache";

export interface DecodeShape {
  /** Rows, in `candidates` equal groups. */
  readonly B: number;
  readonly T: number;
  /** Positions that the cache can hold; 0: there is none yet. */
  readonly capacity: number;
  readonly candidates: number;
  /** Rank of the stacked adapters; 0: no candidate has one. */
  readonly r: number;
  /** How long the texts are taken to be; some rotary kinds stretch beyond the trained length. */
  readonly length: number;
}

/**
 * Inputs: tokens, positions int64 [B, T]; last int64 [B], row of [B·T] whose logits are wanted; with a cache cacheMask [B, 1, 1, S], cacheMask.WINDOW [B, 1, T, S] for each sliding window, and keys.i, values.i [B, G, S, D];
 * with adapters a.MODULE [S, r, in] and b.MODULE [S, out, r] (scale included) for each of `targets`.
 * Outputs: logits [B, V], newKeys.i and newValues.i [B, G, T, D].
 */
export function decodeGraph(weights: ReadonlyMap<string, StoredTensor>, config: ModelConfig, targets: readonly LinearSpec[], { B, T, capacity, candidates, r, length }: DecodeShape): Record<string, Value> {
  const adapted = new Map(r === 0 ? [] : targets.map(({ module, from, to }) => [module, { a: input(`a.${module}`, [candidates, r, from]), b: input(`b.${module}`, [candidates, to, r]) }]));
  const parameters: Parameters = {
    tensor: frozenTensors(weights),
    adapt: (module, x, y) => {
      const pair = adapted.get(module);
      return pair ? addLoraGrouped(y, x, pair.a, pair.b) : y;
    },
  };
  const outputs: Record<string, Value> = {}, maskOf = windowMasks(T), settings = attentionSettings(config);
  const cacheMask = capacity > 0 ? input("cacheMask", [B, 1, 1, capacity]) : undefined;
  const slidingMasks = new Map(capacity > 0 ? windowsOf(config).map((window) => [window, input(`cacheMask.${window}`, [B, 1, T, capacity])]) : []);
  const cacheDims = [B, config.kvHeads, capacity, config.headSize];
  const hidden = decoder(parameters, config, input("tokens", [B, T], "int64"), input("positions", [B, T], "int64"), (layer, q, k, v) => {
    outputs[`newKeys.${layer}`] = k;
    outputs[`newValues.${layer}`] = v;
    const { window } = config.layers[layer]!, mask = maskOf(window);
    if (!cacheMask) return causalAttention(q, k, v, mask, settings);
    return cachedAttention(q, k, v, mask, { keys: input(`keys.${layer}`, cacheDims), values: input(`values.${layer}`, cacheDims), mask: slidingMasks.get(window ?? NaN) ?? cacheMask }, settings);
  }, { positions: capacity + T, length });
  return { logits: logitsOf(parameters, config, hidden, input("last", [B], "int64")), ...outputs };
}
