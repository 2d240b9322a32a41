/** The tokenizer that we train must be read by others exactly as we encode with it. */
import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createEncoder, eosId, specialTokens, tokenizerFiles, trainBpe } from "../../../scripts/starter/bpe";
import { documents } from "../../../scripts/starter/corpus";
import { take } from "../../../scripts/starter/random";

const texts = [...take(documents(3), 400)].map((text) => ` ${text}`);
const bpe = trainBpe(texts, 500);
const encode = createEncoder(bpe);
const files = tokenizerFiles(bpe, 256);
const reader = new Tokenizer(JSON.parse(files["tokenizer.json"]), JSON.parse(files["tokenizer_config.json"]));

describe("a trained tokenizer", () => {
  test("has the special tokens, the bytes and then what the merges make", () => {
    expect(bpe.vocabulary.size).toBe(500);
    expect(specialTokens.map((token) => bpe.vocabulary.get(token))).toEqual([0, 1, 2, 3]);
    expect(new Set(bpe.merges.map(([left, right]) => left + right)).size).toBe(500 - 256 - 4);
    expect(specialTokens[eosId]).toBe("<|eos|>");
  });

  test("merges the commonest pair first", () => {
    const tiny = trainBpe(["ab abx xab x"], 262);
    expect(tiny.merges).toEqual([["a", "b"], ["Ġ", "x"]]);
  });

  test("refuses a vocabulary that the text cannot fill", () => {
    expect(() => trainBpe(["ab"], 400)).toThrow(/no more pairs/);
  });

  test("encodes the corpus as @huggingface/tokenizers does, and decodes back", () => {
    for (const text of take(documents(4), 200)) {
      const ids = encode(` ${text}`);
      expect(ids).toEqual(reader.encode(` ${text}`).ids);
      expect(reader.decode(ids)).toBe(` ${text}`);
    }
  });

  test("agrees on any text", () => {
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      fc.pre(!specialTokens.some((token) => text.includes(token)));
      expect(encode(text)).toEqual(reader.encode(text).ids);
    }), { numRuns: 300 });
  });

  test("finds special tokens in a rendered conversation", () => {
    const { ids } = reader.encode("<|user|> What is it?<|assistant|> It is 4.<|eos|>");
    expect([ids[0], ids.at(-1), ids.filter((id) => id === 2).length]).toEqual([1, 0, 1]);
  });
});
