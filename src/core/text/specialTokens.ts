/** Which tokens of a base are control marks rather than text, worked out once for each tokenizer. */
import { type Tokenizer } from "./types";

export interface Specials {
  /** By id, as they are written. */
  readonly ids: ReadonlyMap<number, string>;
  /** Finds any of them in a text; undefined where there is none. */
  readonly pattern: RegExp | undefined;
}

export const specialsOf = (tokenizer: Tokenizer): Specials => {
  const known = found.get(tokenizer);
  if (known) return known;
  const names = [...new Set([...(tokenizer.specialTokens ?? []), ...[tokenizer.bosToken, tokenizer.eosToken].filter((name) => name !== undefined)])].filter((name) => name !== "");
  const ids = new Map(names.flatMap((name): [number, string][] => {
    const encoded = tokenizer.encode(name);
    return encoded.length === 1 ? [[encoded[0]!, name]] : [];
  }));
  const written = [...ids.values()].sort((a, b) => b.length - a.length).map((name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const specials: Specials = { ids, pattern: written.length > 0 ? new RegExp(written.join("|")) : undefined };
  found.set(tokenizer, specials);
  return specials;
};

const found = new WeakMap<Tokenizer, Specials>();
