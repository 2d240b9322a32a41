/** Owns the normalisation of text before it is tokenised, with the way back: for every character of the result, where it came from. */
import { PrependNormalizer, ReplaceNormalizer, SequenceNormalizer, type Normalizer } from "@huggingface/tokenizers";

/** A text whose UTF-16 unit i stems from offset starts[i] of the text that the user wrote. */
export interface Sourced { readonly text: string; readonly starts: readonly number[] }

export const sourced = (text: string, start: number): Sourced => ({ text, starts: Array.from({ length: text.length }, (_, index) => start + index) });

export const sliceSourced = ({ text, starts }: Sourced, start: number, end: number): Sourced => ({ text: text.slice(start, end), starts: starts.slice(start, end) });

export const normalize = (normalizer: Normalizer | null, input: Sourced): Sourced => {
  if (normalizer === null) return input;
  if (normalizer instanceof SequenceNormalizer) return normalizer.normalizers.reduce((text, next) => normalize(next, text), input);
  if (normalizer instanceof PrependNormalizer) {
    // As in the Rust library, nothing is put before nothing.
    if (input.text === "") return input;
    const text = normalizer.normalize(input.text);
    return { text, starts: [...new Array<number>(text.length - input.text.length).fill(input.starts[0]!), ...input.starts] };
  }
  if (normalizer instanceof ReplaceNormalizer) return normalizer.pattern === null ? input : replace(input, normalizer.pattern, normalizer.config.content);
  const text = normalizer.normalize(input.text);
  if (text === input.text) return input;
  return { text, starts: byCluster(normalizer, input, text) ?? byAnchors(input, text) };
};

/** Every match by the same words, which belong to where the match began. */
const replace = (input: Sourced, pattern: RegExp, content: string): Sourced => {
  let text = "";
  const starts: number[] = [];
  let from = 0;
  const keep = (to: number): void => {
    text += input.text.slice(from, to);
    for (let index = from; index < to; index++) starts.push(input.starts[index]!);
  };
  for (const match of input.text.matchAll(pattern)) {
    keep(match.index);
    text += content;
    const end = (input.starts.at(-1) ?? 0) + 1;
    for (let unit = 0; unit < content.length; unit++) starts.push(input.starts[match.index + (content.length === match[0].length ? unit : 0)] ?? end);
    from = match.index + match[0].length;
  }
  if (from === 0 && starts.length === 0) return input;
  keep(input.text.length);
  return { text, starts };
};

/** A character with the marks that can melt into it: what the Unicode normal forms work on. */
const CLUSTERS = /^[\p{M}\u1160-\u11ff\ud7b0-\ud7ff]+|[^\p{M}\u1160-\u11ff\ud7b0-\ud7ff][\p{M}\u1160-\u11ff\ud7b0-\ud7ff]*/gu;

/** Normalises cluster by cluster; undefined where that gives another text than the whole does. */
const byCluster = (normalizer: Normalizer, input: Sourced, text: string): number[] | undefined => {
  const starts: number[] = [];
  let result = "";
  for (const match of input.text.matchAll(CLUSTERS)) {
    const cluster = match[0];
    const piece = normalizer.normalize(cluster);
    // A character of the result that changed length belongs to the start of its cluster.
    for (let index = 0; index < piece.length; index++) starts.push(input.starts[match.index + (piece.length === cluster.length ? index : 0)]!);
    result += piece;
  }
  return result === text ? starts : undefined;
};

/** How far two texts may be apart before they meet again. */
const REACH = 256;

/** Walks both texts, meets again after each difference; what has no counterpart belongs to where the difference began. */
const byAnchors = (input: Sourced, text: string): number[] => {
  const { text: before, starts } = input;
  const end = starts.length === 0 ? 0 : starts.at(-1)! + 1;
  const result: number[] = [];
  let from = 0;
  while (result.length < text.length) {
    const to = result.length;
    if (before[from] === text[to]) {
      result.push(starts[from] ?? end);
      from++;
      continue;
    }
    const { removed, added } = meet(before, from, text, to);
    for (let index = 0; index < added; index++) result.push(starts[from + Math.min(index, Math.max(0, removed - 1))] ?? end);
    from += removed;
  }
  return result;
};

/** The least that must be passed over on both sides until they are equal for a few characters. */
const meet = (before: string, from: number, after: string, to: number): { removed: number; added: number } => {
  for (let total = 1; total <= REACH; total++) {
    for (let added = Math.min(total, after.length - to); added >= 0; added--) {
      const removed = total - added;
      if (from + removed > before.length) break;
      const anchor = after.slice(to + added, to + added + 4);
      if (before.startsWith(anchor, from + removed) && (anchor.length === 4 || from + removed + anchor.length === before.length)) return { removed, added };
    }
  }
  return { removed: before.length - from, added: after.length - to };
};
