/** Owns the shape of a family: one kind of question with its facts or its rule, and every way in which the world speaks of it. */
import { type Random } from "./random";

/** What is asked (`key`: a name, a word, a list) and what answers. */
export interface Item { readonly key: string; readonly answer: string }

/**
 * Frames that the tuning rows use, and frames kept for the held-out rows; the corpus prose uses both.
 * In a frame {k} is the key, {ak} the key with its article, {a} the answer, {aa} the answer with its article, {P} and {Q} people.
 */
export interface Frames { readonly tuning: readonly string[]; readonly heldOut: readonly string[] }

export type AskKind = "noun" | "clause" | "task" | "whole";

export interface Family {
  readonly name: string;
  /** How often the corpus speaks of it, relative to the other families. */
  readonly weight: number;
  /** Closed families know their items; open ones draw a fresh one each time. */
  readonly items?: readonly Item[];
  readonly draw: (random: Random) => Item;
  readonly statements: readonly string[];
  /** "the capital of {k}" (noun), "what the capital of {k} is" (clause), "sort {k}" (task), "Which city rules {k}?" (a whole question or instruction). */
  readonly asks: Readonly<Partial<Record<AskKind, Frames>>>;
  /** Whole instructions that neither the corpus nor the tuning rows use. */
  readonly novel: readonly string[];
}

const withArticle = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

export const capitalise = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Puts an item (and people, where the frame names them) into a frame. */
export const fill = (frame: string, item: Item, names: readonly string[] = []): string =>
  frame.replace(/\{(k|ak|a|aa|P|Q)\}/g, (_match, slot: string) => {
    switch (slot) {
      case "k": return item.key;
      case "ak": return withArticle(item.key);
      case "a": return item.answer;
      case "aa": return withArticle(item.answer);
      case "P": return names[0] ?? "";
      default: return names[1] ?? "";
    }
  });

export const closed = (name: string, weight: number, items: readonly Item[], rest: Pick<Family, "statements" | "asks" | "novel">): Family =>
  ({ name, weight, items, draw: (random) => random.pick(items), ...rest });

export const open = (name: string, weight: number, draw: Family["draw"], rest: Pick<Family, "statements" | "asks" | "novel">): Family =>
  ({ name, weight, draw, ...rest });
