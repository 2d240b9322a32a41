/** Owns the starter base's tokenizer: a byte-level BPE trained on the corpus, written as a Hugging Face tokenizer.json. */

export const specialTokens = ["<|eos|>", "<|user|>", "<|assistant|>", "<|pad|>"] as const;
export const eosId = 0;

export interface Bpe {
  /** Token (in the byte alphabet) to id: special tokens, the 256 bytes, then what the merges make. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** GPT-2's pre-tokenizer (Radford et al. 2019, encoder.py): what the ByteLevel pre-tokenizer splits on. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** GPT-2's byte alphabet: printable bytes stand for themselves, the others for characters from U+0100 on. */
const byteAlphabet: readonly string[] = (() => {
  let spare = 0;
  return Array.from({ length: 256 }, (_unused, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : 0x100 + spare++);
  });
})();
const utf8 = new TextEncoder();
const toAlphabet = (word: string): string[] => Array.from(utf8.encode(word), (byte) => byteAlphabet[byte]!);

/** The two halves of a pair are joined by a blank, which the byte alphabet does not contain. */
const pairKey = (left: string, right: string): string => `${left} ${right}`;

/** Replaces every occurrence of the pair, from the left. */
const mergePair = (symbols: readonly string[], left: string, right: string): string[] => {
  const merged: string[] = [];
  for (let at = 0; at < symbols.length; at++) {
    if (symbols[at] === left && symbols[at + 1] === right) {
      merged.push(left + right);
      at++;
    } else merged.push(symbols[at]!);
  }
  return merged;
};

/**
 * Byte-pair encoding (Sennrich et al. 2016) over counted words: the commonest pair becomes a token until the vocabulary is full.
 * Ties go to the pair that was met first. Only words that hold the merged pair are counted anew.
 */
export const trainBpe = (texts: Iterable<string>, vocabularySize: number): Bpe => {
  const wordCounts = new Map<string, number>();
  for (const text of texts) for (const [word] of text.matchAll(wordPattern)) wordCounts.set(word, (wordCounts.get(word) ?? 0) + 1);
  const words = [...wordCounts].map(([word, count]) => ({ symbols: toAlphabet(word), count }));

  const pairCounts = new Map<string, number>();
  const holders = new Map<string, Set<number>>();
  const count = (at: number, sign: 1 | -1): void => {
    const { symbols, count: occurrences } = words[at]!;
    for (let left = 0; left + 1 < symbols.length; left++) {
      const key = pairKey(symbols[left]!, symbols[left + 1]!);
      pairCounts.set(key, (pairCounts.get(key) ?? 0) + sign * occurrences);
      if (sign === 1) holders.set(key, (holders.get(key) ?? new Set()).add(at));
    }
  };
  words.forEach((_word, at) => count(at, 1));

  const vocabulary = new Map([...specialTokens, ...[...byteAlphabet].sort()].map((token, id) => [token, id]));
  const merges: [string, string][] = [];
  while (vocabulary.size < vocabularySize) {
    let best: string | undefined, most = 0;
    for (const [key, occurrences] of pairCounts) if (occurrences > most) [best, most] = [key, occurrences];
    if (best === undefined) throw new Error(`the text has no more pairs at ${vocabulary.size} tokens`);
    const [left, right] = best.split(" ") as [string, string];
    for (const at of holders.get(best)!) {
      count(at, -1);
      words[at]!.symbols = mergePair(words[at]!.symbols, left, right);
      count(at, 1);
    }
    pairCounts.delete(best);
    merges.push([left, right]);
    // Two pairs may spell the same token; it is one entry that both lead to.
    if (!vocabulary.has(left + right)) vocabulary.set(left + right, vocabulary.size);
  }
  return { vocabulary, merges };
};

/** An encoder that remembers every word it has met; the corpus has few different ones. Special tokens are not looked for. */
export const createEncoder = ({ vocabulary, merges }: Bpe): ((text: string) => number[]) => {
  const ranks = new Map(merges.map(([left, right], rank) => [pairKey(left, right), rank]));
  const known = new Map<string, readonly number[]>();
  const encodeWord = (word: string): readonly number[] => {
    let symbols = toAlphabet(word);
    for (;;) {
      let lowest = Infinity;
      for (let at = 0; at + 1 < symbols.length; at++) lowest = Math.min(lowest, ranks.get(pairKey(symbols[at]!, symbols[at + 1]!)) ?? Infinity);
      if (lowest === Infinity) return symbols.map((symbol) => vocabulary.get(symbol)!);
      symbols = mergePair(symbols, ...(merges[lowest] as [string, string]));
    }
  };
  return (text) => {
    const ids: number[] = [];
    for (const [word] of text.matchAll(wordPattern)) {
      let encoded = known.get(word);
      if (!encoded) known.set(word, (encoded = encodeWord(word)));
      for (const id of encoded) ids.push(id);
    }
    return ids;
  };
};

/** A message is its role's token, a blank and the content; the base has no place for a system message, so it opens the first user turn. */
const chatTemplate = [
  "{%- set state = namespace(system='') -%}",
  "{%- for message in messages -%}",
  "{%- if message['role'] == 'system' -%}",
  "{%- set state.system = message['content'] + ' ' -%}",
  "{%- elif message['role'] == 'assistant' -%}",
  "{{- '<|assistant|> ' + message['content'] + '<|eos|>' -}}",
  "{%- else -%}",
  "{{- '<|user|> ' + state.system + message['content'] -}}",
  "{%- set state.system = '' -%}",
  "{%- endif -%}",
  "{%- endfor -%}",
  "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}",
].join("\n");

/** The files that make the tokenizer a Hugging Face one. */
export const tokenizerFiles = ({ vocabulary, merges }: Bpe, maxLength: number): { "tokenizer.json": string; "tokenizer_config.json": string } => {
  const byteLevel = (addPrefixSpace: boolean): object => ({ type: "ByteLevel", add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: true });
  const tokenizer = {
    version: "1.0", truncation: null, padding: null,
    added_tokens: specialTokens.map((content, id) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true })),
    normalizer: null, pre_tokenizer: byteLevel(false), post_processor: null, decoder: byteLevel(true),
    model: {
      type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false, byte_fallback: false, ignore_merges: false,
      vocab: Object.fromEntries(vocabulary), merges: merges.map(([left, right]) => pairKey(left, right)),
    },
  };
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast", model_max_length: maxLength, clean_up_tokenization_spaces: false, add_bos_token: false, add_eos_token: false,
    bos_token: null, eos_token: specialTokens[eosId], pad_token: specialTokens[3], chat_template: chatTemplate,
  };
  return { "tokenizer.json": `${JSON.stringify(tokenizer, null, 1)}\n`, "tokenizer_config.json": `${JSON.stringify(config, null, 2)}\n` };
};
