/** The graph that extends texts by T positions over a cache: logits of each row's last position, and the new keys and values. */
import { input, replaceRows, reshape } from "../graph/graph";
import { type Value } from "../graph/ops";
import { type ModelConfig } from "../model/family/config";
import { attentionSettings, decoder, logitsOf, windowMasks } from "../model/decoder/decoder";
import { attendTo, cachedAttention, causalAttention, type Parameters } from "../model/decoder/layers";
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

/**
 * The same where the cache is the device's own memory: the rows that `slots` names are written first, and texts that go on by one token attend to the cache as it then is. Texts of T > 1 tokens begin.
 * Inputs: tokens, positions, last as above; slots int64 [B·G·T]; for one token cacheMask and cacheMask.WINDOW [B, 1, 1, S]; keys.i, values.i [B·G·S, D].
 * Outputs: logits [B, V], "next keys.i" and "next values.i", to be bound to the very memory of keys.i and values.i.
 */
export function decodeInPlaceGraph(parameters: Parameters, config: ModelConfig, { B, T, capacity, length }: DecodeShape): Record<string, Value> {
  const outputs: Record<string, Value> = {}, maskOf = windowMasks(T), { kvHeads: G, headSize: D } = config;
  const slots = input("slots", [B * G * T], "int64"), maskNamed = (name: string): Value => input(name, [B, 1, 1, capacity]);
  const masks = new Map(T === 1 ? [[undefined, maskNamed("cacheMask")], ...windowsOf(config).map((window): [number, Value] => [window, maskNamed(`cacheMask.${window}`)])] : []);
  const written = (name: string, rows: Value): Value => reshape(outputs[`next ${name}`] = replaceRows(input(name, [B * G * capacity, D]), slots, reshape(rows, [B * G * T, D])), [B, G, capacity, D]);
  const hidden = decoder(parameters, config, input("tokens", [B, T], "int64"), input("positions", [B, T], "int64"), (layer, q, k, v) => {
    const { window } = config.layers[layer]!, settings = attentionSettings(config, layer), keys = written(`keys.${layer}`, k), values = written(`values.${layer}`, v);
    return T === 1 ? attendTo(q, keys, values, masks.get(window)!, settings) : causalAttention(q, k, v, maskOf(window), settings);
  }, { positions: capacity, length });
  return { logits: logitsOf(parameters, config, hidden, input("last", [B], "int64")), ...outputs };
}
