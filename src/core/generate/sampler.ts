/** Chooses the next token from logits: greedy, or by temperature, top-k and nucleus (Holtzman et al. 2020) with a seeded generator. */
import { type Random } from "../random";

export interface SamplerSettings {
  /** 0 is greedy. */
  readonly temperature: number;
  /** Keep the fewest tokens whose probabilities reach this; 1 keeps all. */
  readonly top_p: number;
  /** Keep this many tokens; 0 keeps all. */
  readonly top_k: number;
  readonly seed: number;
  readonly max_new_tokens: number;
}

export const greedySettings: SamplerSettings = { temperature: 0, top_p: 1, top_k: 0, seed: 0, max_new_tokens: 256 };

/** Index of the largest logit; the first of equals. */
export function argmax(logits: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

export function sample(logits: Float32Array, settings: Pick<SamplerSettings, "temperature" | "top_p" | "top_k">, random: Random): number {
  if (settings.temperature <= 0) return argmax(logits);
  const kept = nucleus(topLogits(logits, settings.top_k > 0 ? settings.top_k : logits.length), settings.temperature, settings.top_p);
  let rest = random() * kept.reduce((total, { weight }) => total + weight, 0);
  for (const { id, weight } of kept) if ((rest -= weight) < 0) return id;
  return kept.at(-1)!.id;
}

/** The `count` largest logits, largest first. */
export function topLogits(logits: Float32Array, count: number): { id: number; logit: number }[] {
  return Array.from(logits, (logit, id) => ({ id, logit })).sort((a, b) => b.logit - a.logit || a.id - b.id).slice(0, count);
}

/** The `count` most likely tokens with their log-probabilities, nats. */
export function topLogprobs(logits: Float32Array, count: number): { id: number; logprob: number }[] {
  const top = logits[argmax(logits)]!;
  const logTotal = top + Math.log(logits.reduce((total, logit) => total + Math.exp(logit - top), 0));
  return topLogits(logits, count).map(({ id, logit }) => ({ id, logprob: logit - logTotal }));
}

function nucleus(sorted: readonly { id: number; logit: number }[], temperature: number, topP: number): { id: number; weight: number }[] {
  const top = sorted[0]!.logit, weights = sorted.map(({ id, logit }) => ({ id, weight: Math.exp((logit - top) / temperature) }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const end = weights.findIndex(({ weight }) => (reached += weight) >= topP * total);
  return end < 0 ? weights : weights.slice(0, end + 1);
}
