/** The graph that extends texts by T positions over a cache: logits of each row's last position, and the new keys and values. */
import { input } from "../graph/graph";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "../model/family/config";
import { attentionSettings, decoder, logitsOf, windowMasks } from "../model/decoder/decoder";
import { cachedAttention, causalAttention, type Parameters } from "../model/decoder/layers";
import { windowsOf } from "./cache";

export interface DecodeShape {
  readonly B: number;
  readonly T: number;
  /** Positions that the cache can hold; 0: there is none yet. */
  readonly capacity: number;
  /** How long the texts are taken to be; some rotary kinds stretch beyond the trained length. */
  readonly length: number;
}

/**
 * Inputs: tokens, positions int64 [B, T]; last int64 [B], row of [B·T] whose logits are wanted; with a cache cacheMask [B, 1, 1, S], cacheMask.WINDOW [B, 1, T, S] for each sliding window, and keys.i, values.i [B, G, S, D];
 * and what `parameters` read.
 * Outputs: logits [B, V], newKeys.i and newValues.i [B, G, T, D].
 */
export function decodeGraph(parameters: Parameters, config: ModelConfig, { B, T, capacity, length }: DecodeShape): Record<string, Value> {
  const outputs: Record<string, Value> = {}, maskOf = windowMasks(T);
  const cacheMask = capacity > 0 ? input("cacheMask", [B, 1, 1, capacity]) : undefined;
  const slidingMasks = new Map(capacity > 0 ? windowsOf(config).map((window) => [window, input(`cacheMask.${window}`, [B, 1, T, capacity])]) : []);
  const cacheDims = [B, config.kvHeads, capacity, config.headSize];
  const hidden = decoder(parameters, config, input("tokens", [B, T], "int64"), input("positions", [B, T], "int64"), (layer, q, k, v) => {
    outputs[`newKeys.${layer}`] = k;
    outputs[`newValues.${layer}`] = v;
    const { window } = config.layers[layer]!, mask = maskOf(window), settings = attentionSettings(config, layer);
    if (!cacheMask) return causalAttention(q, k, v, mask, settings);
    return cachedAttention(q, k, v, mask, { keys: input(`keys.${layer}`, cacheDims), values: input(`values.${layer}`, cacheDims), mask: slidingMasks.get(window ?? NaN) ?? cacheMask }, settings);
  }, { positions: capacity + T, length });
  return { logits: logitsOf(parameters, config, hidden, input("last", [B], "int64")), ...outputs };
}
