import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBpe, type BpeDefinition } from "../../../src/core/text/bpe";

/** The rule itself: merge the leftmost pair of the lowest rank, until there is none. */
const byTheBook = (text: string, merges: readonly string[]): string[] => {
  const symbols = [...text];
  for (;;) {
    const ranks = symbols.slice(1).map((right, index) => merges.indexOf(`${symbols[index]} ${right}`)).map((rank) => rank < 0 ? Infinity : rank);
    const best = Math.min(Infinity, ...ranks);
    if (best === Infinity) return symbols;
    const at = ranks.indexOf(best);
    symbols.splice(at, 2, symbols[at]! + symbols[at + 1]!);
  }
};

/** Merges as a tokenizer learns them: each of two tokens that are there already. */
const learned = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 25 }).map((choices) => {
  const tokens = ["a", "b", "c"];
  const merges: string[] = [];
  for (const [i, j] of choices) {
    const [left, right] = [tokens[i % tokens.length]!, tokens[j % tokens.length]!];
    if (merges.includes(`${left} ${right}`)) continue;
    merges.push(`${left} ${right}`);
    if (!tokens.includes(left + right)) tokens.push(left + right);
  }
  return { tokens, merges };
});
const vocabulary = (tokens: readonly string[]): Record<string, number> => Object.fromEntries(tokens.map((token, id) => [token, id]));

describe("createBpe", () => {
  test("merges as the rule says, and knows where every token begins", () => {
    fc.assert(fc.property(learned, fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 120 }), ({ tokens, merges }, text) => {
      const found = createBpe({ vocab: vocabulary(tokens), merges })(text);
      const expected = byTheBook(text, merges);
      expect(found.ids.map((id) => tokens[id])).toEqual(expected);
      let at = 0;
      for (const [index, token] of expected.entries()) {
        expect(found.units[index]).toBe(at);
        at += token.length;
      }
    }), { numRuns: 500 });
  });

  const spell = (definition: Partial<BpeDefinition>, text: string): [number, number][] => {
    const { ids, units } = createBpe({ vocab: vocabulary(["a", "v", "e", "ve", "ave", "?", "<0xC3>", "<0xAF>"]), merges: ["v e", "a ve"], ...definition })(text);
    return ids.map((id, index) => [id, units[index]!]);
  };
  test("an unknown character is dropped before its neighbours are merged", () => expect(spell({}, "aïve")).toEqual([[4, 0]]));
  test("or is the unknown token, one for a run if fused", () => {
    expect(spell({ unk_token: "?" }, "aïïve")).toEqual([[0, 0], [5, 1], [5, 2], [3, 3]]);
    expect(spell({ unk_token: "?", fuse_unk: true }, "aïïve")).toEqual([[0, 0], [5, 1], [3, 3]]);
  });
  test("or its bytes", () => expect(spell({ byte_fallback: true, unk_token: "?" }, "aï🙂ve")).toEqual([[0, 0], [6, 1], [7, 1], [5, 2], [3, 4]]));
  test("a word of the vocabulary is taken whole where merges are ignored", () => expect(spell({ merges: [], ignore_merges: true }, "ave")).toEqual([[4, 0]]));
  test("marks of continuation and of the end of a word", () => {
    const vocab = vocabulary(["a", "##b", "##b</w>", "a##b", "ab", "ab</w>"]);
    expect(createBpe({ vocab, merges: ["a ##b</w>"], continuing_subword_prefix: "##", end_of_word_suffix: "</w>" })("ab")).toEqual({ ids: [5], units: [0] });
  });
  test("refuses a merge of tokens that are not there", () => expect(() => createBpe({ vocab: { a: 0 }, merges: [["a", "b"]] })).toThrow(/needs a token/));
});
