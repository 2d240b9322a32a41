import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../../../src/core/text/tokenizer";

/** GPT-2's alphabet: one token for every byte. */
const byteAlphabet = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174 ? byte : next++));
})();
const vocabulary = (tokens: readonly string[]): Record<string, number> => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (id: number, content: string, more: object = {}): object => ({ id, content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: false, ...more });

const byteLevel = (merges: string[] = [], more: object = {}) => createTokenizer(JSON.stringify({
  model: { type: "BPE", vocab: vocabulary([...byteAlphabet, ...merges.map((merge) => merge.replace(" ", ""))]), merges },
  pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true }, decoder: { type: "ByteLevel" },
  added_tokens: [special(900, "<|end|>"), special(901, "<|pad|>", { rstrip: true })], ...more,
}), JSON.stringify({ eos_token: { content: "<|end|>" }, pad_token: "<|pad|>" }));

const sentencePiece = (options: { normalizer?: object; unk?: boolean } = {}) => createTokenizer(JSON.stringify({
  model: {
    type: "BPE", byte_fallback: true, fuse_unk: true, unk_token: "<unk>",
    vocab: vocabulary(["<unk>", "<s>", "</s>", ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`), "▁", "H", "e", "l", "o", "▁H", "ll", "é"]), merges: ["▁ H", "l l"],
  },
  normalizer: options.normalizer ?? { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, { type: "Replace", pattern: { String: " " }, content: "▁" }] },
  decoder: { type: "Sequence", decoders: [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }] },
  added_tokens: [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
}), JSON.stringify({ bos_token: "<s>", eos_token: "</s>", unk_token: "<unk>" }));

const spelled = (tokenizer: ReturnType<typeof createTokenizer>, text: string): [string, number][] => {
  const { ids, starts } = tokenizer.encodeWithOffsets(text);
  return ids.map((id, index) => [tokenizer.tokenOf(id)!, starts[index]!]);
};

describe("createTokenizer", () => {
  test("knows its special tokens and its size", () => {
    const tokenizer = byteLevel();
    expect(tokenizer).toMatchObject({ eosToken: "<|end|>", eosId: 900, padId: 901, bosId: undefined, vocabularySize: 902, addsBos: false, chatTemplate: undefined, specialTokens: ["<|end|>", "<|pad|>"] });
    expect(sentencePiece()).toMatchObject({ bosId: 1, eosId: 2, unkToken: "<unk>" });
  });

  test("byte-level: every token begins at the character of its first byte", () => {
    const tokenizer = byteLevel();
    fc.assert(fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const { ids, starts } = tokenizer.encodeWithOffsets(text);
      const expected: number[] = [];
      let at = 0;
      for (const character of text) {
        new TextEncoder().encode(character).forEach(() => expected.push(at));
        at += character.length;
      }
      expect(starts).toEqual(expected);
      expect(tokenizer.decode(ids)).toBe(text);
    }), { numRuns: 300 });
  });

  test("byte-level with merges and added tokens, one of which takes the blanks after it", () => {
    const tokenizer = byteLevel(["l l", "Ġ H"]);
    expect(spelled(tokenizer, "all H<|end|>é<|pad|>  x")).toEqual([["a", 0], ["ll", 1], ["ĠH", 3], ["<|end|>", 5], ["Ã", 12], ["©", 12], ["<|pad|>", 13], ["x", 22]]);
  });

  test("sentencepiece: the blank before a word belongs to its token, the one put before the text to the first character", () => {
    expect(spelled(sentencePiece(), "Hello H")).toEqual([["▁H", 0], ["e", 1], ["ll", 2], ["o", 4], ["▁H", 5]]);
    expect(spelled(sentencePiece(), "<s> Ho</s>")).toEqual([["<s>", 0], ["▁", 3], ["▁H", 3], ["o", 5], ["</s>", 6]]);
    expect(sentencePiece().encode("</s>")).toEqual([2]);
  });

  test("sentencepiece: bytes of an unknown character all begin at it", () => {
    expect(spelled(sentencePiece(), "o🙂é")).toEqual([["▁", 0], ["o", 0], ["<0xF0>", 1], ["<0x9F>", 1], ["<0x99>", 1], ["<0x82>", 1], ["é", 3]]);
    expect(sentencePiece().decode(sentencePiece().encode("o🙂é\ufeffo"))).toBe("o🙂é\ufeffo");
  });

  test.each([
    ["composes", { type: "NFC" }, "e\u0301Ho", [["é", 0], ["H", 2], ["o", 3]]],
    ["lowers and expands", { type: "Lowercase" }, "EHO", [["e", 0], ["<0x68>", 1], ["o", 2]]],
    ["collapses blanks", { type: "Replace", pattern: { Regex: " {2,}" }, content: "▁" }, "e   o  He", [["e", 0], ["▁", 1], ["o", 4], ["▁H", 5], ["e", 8]]],
    ["strips", { type: "Strip", strip_left: true, strip_right: true }, "  eo ", [["e", 2], ["o", 3]]],
    ["decomposes compatibility characters", { type: "NFKC" }, "ﬂo", [["<0x66>", 0], ["l", 0], ["o", 1]]],
  ])("offsets where the normaliser %s", (_, normalizer, text, expected) => {
    expect(spelled(sentencePiece({ normalizer }), text)).toEqual(expected);
  });

  test("decodes nothing to nothing, and passes over ids that are no tokens", () => {
    expect(byteLevel().decode([])).toBe("");
    expect(byteLevel().decode([5000, 72 - 33, 900])).toBe("H<|end|>".replace("H", byteAlphabet[39]!));
    expect(byteLevel().decode([900], { skipSpecialTokens: true })).toBe("");
  });

  test("takes the template of chat_template.jinja, then the default of several, then the only one", () => {
    const definition = JSON.stringify({ model: { type: "BPE", vocab: { a: 0 }, merges: [] } });
    expect(createTokenizer(definition, JSON.stringify({ chat_template: "one" }), "file").chatTemplate).toBe("file");
    expect(createTokenizer(definition, JSON.stringify({ chat_template: "one" })).chatTemplate).toBe("one");
    expect(createTokenizer(definition, JSON.stringify({ chat_template: [{ name: "tools", template: "t" }, { name: "default", template: "d" }] })).chatTemplate).toBe("d");
    expect(createTokenizer(definition, undefined).chatTemplate).toBeUndefined();
  });

  test.each([
    ["not JSON", "version https://git-lfs.github.com/spec/v1", /not JSON/],
    ["a list", "[]", /not a JSON object/],
    ["no model", "{}", /no `model`/],
    ["a wrong merge", '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}', /merge 1 of its 1/],
    ["an unknown part", '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}, "normalizer": {"type": "Magic"}}', /Magic/],
  ])("refuses %s with a coded error", (_, text, message) => {
    expect(() => createTokenizer(text, undefined)).toThrow(expect.objectContaining({ code: "TOKENIZER_INVALID", what: expect.stringMatching(message) }));
  });
});
