/** How a GGUF's named pre-tokenizer (`tokenizer.ggml.pre`) cuts a text before byte-pair merging, as a tokenizer.json says it. Names and patterns follow llama.cpp's llama-vocab.cpp. */

export interface PreTokenizerDefinition { readonly json: Record<string, unknown>; /** a piece that is a token stays one */ readonly ignoreMerges?: boolean; /** where add_bos_token is not said */ readonly addsBos?: boolean }

/** The White_Space of Unicode: JavaScript's \s holds U+FEFF too and lacks U+0085. */
const S = "\\p{White_Space}", NOT_S = "\\P{White_Space}";
const contractions = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])";
const blanks = `${S}*[\\r\\n]+|${S}+(?!${NOT_S})|${S}+`;
const gpt2 = `'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^${S}\\p{L}\\p{N}]+|${S}+(?!${NOT_S})|${S}+`;
/** The family of cl100k; it differs in how many digits stand together. */
const cl100k = (digits: string): string => `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n]*|${blanks}`;
const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]", lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
/** The family of o200k, which cuts where capitals begin. */
const o200k = (digits: string, suffix: string): string =>
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${suffix}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${suffix}|${digits}| ?[^${S}\\p{L}\\p{N}]+[\\r\\n/]*|${blanks}`;
const deepseek3 = `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${blanks}`;

/** Each pattern cuts the pieces that the one before left. */
const cut = (...patterns: string[]): Record<string, unknown> => ({
  type: "Sequence",
  pretokenizers: [...patterns.map((Regex) => ({ type: "Split", pattern: { Regex }, behavior: "Isolated", invert: false })), { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false }],
});

const groups: readonly (readonly [names: string, PreTokenizerDefinition])[] = [
  ["default", { json: cut("[\\p{P}$+<=>^~|]+", gpt2, "\\p{N}+", "[0-9][0-9][0-9]") }],
  ["gpt-2 phi-2 mpt olmo jais trillion granite-docling exaone4 gigachat mellum a.x-4.0 jina-es jina-de jina-v2-es jina-v2-de jina-v1-en jina-v2-code roberta-bpe", { json: cut(gpt2) }],
  ["smollm starcoder refact command-r codeshell exaone minerva-7b", { json: cut("\\p{N}", gpt2) }],
  ["llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2", { json: cut(cl100k("\\p{N}{1,3}")), ignoreMerges: true, addsBos: true }],
  ["dbrx smaug-bpe glm4 chatglm-bpe", { json: cut(cl100k("\\p{N}{1,3}")) }],
  ["qwen2 deepseek-r1-qwen stablelm2 hunyuan megrez kormo solar-open grok-2", { json: cut(cl100k("\\p{N}")) }],
  ["gpt-4o llama4 kanana2", { json: cut(o200k("\\p{N}{1,3}", `${contractions}?`)) }],
  ["tekken", { json: cut(o200k("\\p{N}", "")), ignoreMerges: true, addsBos: true }],
  ["falcon", { json: cut("[\\p{P}$+<=>^~|`]+", gpt2, "[0-9][0-9][0-9]") }],
  ["deepseek-v3 hunyuan-dense", { json: cut("\\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", deepseek3) }],
  ["deepseek-coder", { json: cut("[\\r\\n]", `${S}?\\p{L}+`, `${S}?\\p{P}+`, "[一-龥ࠀ-一가-퟿]+", "\\p{N}") }],
];
const byName = new Map(groups.flatMap(([names, definition]) => names.split(" ").map((name) => [name, definition] as const)));

export const preTokenizerOf = (name: string): PreTokenizerDefinition | undefined => byName.get(name);
