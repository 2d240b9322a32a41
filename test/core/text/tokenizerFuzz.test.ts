/** Whatever stands in tokenizer.json and tokenizer_config.json, opening them gives a tokenizer that works or one coded error that names the file. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTokenizer } from "../../../src/core/text/tokenizer";
import { asText, mutatedBytes, mutatedTree, settled } from "../../mutate";
import { byteTokenizer } from "../../tinyBase";

const small = (tokens: readonly string[]): Record<string, number> => Object.fromEntries(tokens.map((token, id) => [token, id]));
const special = (id: number, content: string): object => ({ id, content, special: true, normalized: false, single_word: false, lstrip: false, rstrip: true });
const definitions: Record<string, object> = {
  "byte-level BPE": byteTokenizer(),
  "BPE as SentencePiece": {
    model: { type: "BPE", byte_fallback: true, fuse_unk: true, unk_token: "<unk>", vocab: small(["<unk>", "<s>", "</s>", "▁", "H", "e", "l", "o", "▁H", "ll"]), merges: ["▁ H", "l l"] }, normalizer: { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, { type: "Replace", pattern: { String: " " }, content: "▁" }] },
    decoder: { type: "Sequence", decoders: [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" }, { type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }] }, added_tokens: [special(0, "<unk>"), special(1, "<s>"), special(2, "</s>")],
  },
  Unigram: { model: { type: "Unigram", unk_id: 0, vocab: [["<unk>", 0], ["▁", -1], ["H", -2], ["e", -2], ["▁He", -1.5]] }, pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" }, decoder: { type: "Metaspace", replacement: "▁", prepend_scheme: "always" }, added_tokens: [special(5, "</s>")] },
  "split by expressions": { model: { type: "BPE", vocab: small(["a", "b", "1", "ab"]), merges: ["a b"], unk_token: null }, normalizer: { type: "NFC" }, pre_tokenizer: { type: "Sequence", pretokenizers: [{ type: "Split", pattern: { Regex: "\\p{N}" }, behavior: "Isolated", invert: false }, { type: "ByteLevel", add_prefix_space: false, use_regex: false }] }, post_processor: null, decoder: null, added_tokens: [] },
};
const config = { bos_token: "<s>", eos_token: { content: "</s>" }, pad_token: null, chat_template: [{ name: "default", template: "{{ messages }}" }], added_tokens_decoder: {}, model_max_length: 1e30 };

/** Opens, and where that succeeds any text has ids of the vocabulary. */
const open = (definition: string, settings: string): Promise<void> => settled(() => {
  const tokenizer = createTokenizer(definition, settings);
  for (const text of ["", "Hello </s> 12 ab", "\ud800", "é".repeat(30)]) {
    const { ids, starts } = tokenizer.encodeWithOffsets(text);
    expect(starts).toHaveLength(ids.length);
    for (const id of ids) expect(Number.isSafeInteger(id) && id >= 0 && id < tokenizer.vocabularySize, `${id} of ${tokenizer.vocabularySize}`).toBe(true);
    expect(typeof tokenizer.decode([...ids, 0, 1, 2])).toBe("string");
  }
}, ["TOKENIZER_INVALID"], /tokenizer(_config)?\.json/);

describe.each(Object.entries(definitions))("%s", (_, definition) => {
  test("a hostile part or changed bytes", async () => {
    const text = JSON.stringify(definition), settings = JSON.stringify(config);
    await fc.assert(fc.asyncProperty(mutatedTree(definition), ({ text }) => open(text, settings)), { numRuns: 150 });
    await fc.assert(fc.asyncProperty(mutatedBytes(new TextEncoder().encode(text)), (bytes) => open(asText(bytes), settings)), { numRuns: 100 });
    await fc.assert(fc.asyncProperty(mutatedTree(config), (mutated) => open(text, mutated.text)), { numRuns: 100 });
  });
});

const base = definitions["split by expressions"]!;
test.each<[string, object, RegExp]>([
  ["an id of 2³²", { model: { type: "BPE", vocab: { a: 2 ** 32 }, merges: [] } }, /model\.vocab gives the token "a" the id 4294967296/], ["an id below zero", { model: { type: "BPE", vocab: { a: -1 }, merges: [] } }, /the id -1/], ["an added token of 2³²", { added_tokens: [special(2 ** 32, "x")] }, /added_tokens\[0\]/],
  ["an expression that is none", { pre_tokenizer: { type: "Split", pattern: { Regex: "(" }, behavior: "Isolated", invert: false } }, /tokenizer\.json/], ["a kind that does not exist", { model: { type: "Magic", vocab: {} } }, /tokenizer\.json/], ["a merge of three", { model: { type: "BPE", vocab: { a: 0 }, merges: ["a b c"] } }, /merge 1 of its 1/],
])("%s is named", (_, change, what) => {
  expect(() => createTokenizer(JSON.stringify({ ...base, ...change }), undefined)).toThrow(expect.objectContaining({ name: "UserError", code: "TOKENIZER_INVALID", what: expect.stringMatching(what) as string }));
});
