/** Words are cut as the library's pre-tokenizer cuts them, and what is remembered of one changes nothing. */
import { ByteLevelPreTokenizer, DigitsPreTokenizer, MetaspacePreTokenizer, SequencePreTokenizer, SplitPreTokenizer, type PreTokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWordEncoder } from "../../../src/core/text/words";

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const split = (regex: string): SplitPreTokenizer => new SplitPreTokenizer({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false });
const sequence = (...parts: PreTokenizer[]): PreTokenizer => Object.assign(new SequencePreTokenizer({ type: "Sequence", pretokenizers: [] }), { tokenizers: parts });
const plain = (use_regex: boolean): ByteLevelPreTokenizer => new ByteLevelPreTokenizer({ type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex });

const kinds: readonly [string, PreTokenizer][] = [
  ["GPT-2", plain(true)], ["digits alone, then GPT-2's pattern", sequence(split("\\p{N}"), split(gpt2), plain(false))], ["digits in threes", sequence(split("\\p{N}{1,3}"), split("[一-龥]+"), split(gpt2), plain(false))],
  ["digits and bytes", sequence(new DigitsPreTokenizer({ type: "Digits", individual_digits: true }), plain(true))],
];
const texts = fc.oneof(fc.string({ unit: "grapheme", maxLength: 60 }), fc.string({ unit: "binary", maxLength: 40 }), fc.array(fc.constantFrom("the", " a", "It's", " 12", "3", "\n\n", "  ", "!?", "漢字", "é", "🙂", "\ud800", "\u00a0", "\ufeff"), { maxLength: 30 }).map((parts) => parts.join("")));

describe.each(kinds)("%s", (_, preTokenizer) => {
  test("cuts as the library does", () => {
    const met: string[] = [];
    const encode = createWordEncoder(preTokenizer, (piece) => {
      met.push(piece);
      return { ids: [piece.length], units: [0] };
    })!;
    const known = new Map<string, string>();
    fc.assert(fc.property(texts, (text) => {
      const into = { ids: [] as number[], starts: [] as number[] };
      encode(text, 5, into);
      for (const piece of met.splice(0)) known.set(piece, plain(false).pre_tokenize(piece).join(""));
      const pieces = into.ids.map((length, index) => text.slice(into.starts[index]! - 5, into.starts[index]! - 5 + length));
      expect(pieces.join("")).toBe(text);
      expect(pieces.map((piece) => known.get(piece))).toEqual(text === "" ? [] : preTokenizer.pre_tokenize(text));
    }), { numRuns: 400 });
  });
});

test("leaves to the careful way what does more than cut", () => {
  const tokenize = () => ({ ids: [], units: [] });
  expect(createWordEncoder(new MetaspacePreTokenizer({ type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true } as ConstructorParameters<typeof MetaspacePreTokenizer>[0]), tokenize)).toBeUndefined();
  expect(createWordEncoder(sequence(plain(true), split("\\p{N}")), tokenize)).toBeUndefined();
  expect(createWordEncoder(Object.assign(plain(true), { add_prefix_space: true }), tokenize)).toBeUndefined();
});
