/** The tokenizer in a GGUF file's metadata as the tokenizer.json and tokenizer_config.json that say the same: byte-level BPE ("gpt2") and SentencePiece BPE ("llama"). Everything after that is createTokenizer's. */
import { UserError } from "../errors";
import { type GgufValue } from "../model/gguf/gguf";
import { GgufFields } from "../model/gguf/ggufFields";
import { preTokenizerOf } from "./ggufPreTokenizers";

type Metadata = ReadonlyMap<string, GgufValue>;
type Json = Record<string, unknown>;
export interface TokenizerFiles { readonly "tokenizer.json": string; readonly "tokenizer_config.json": string }

/** llama.cpp's llama_token_type. */
const UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4;
/** Pieces longer than this are not made by merging (SentencePiece's own limit is 16, added whitespace runs are marked as such). */
const MAX_MERGED = 128;

/** `place` names the file in messages. Throws TOKENIZER_MISSING, TOKENIZER_INVALID naming the field. */
export function ggufTokenizer(metadata: Metadata, place: string): TokenizerFiles {
  const fields = new Fields(metadata, place), kind = fields.text("model");
  if (kind === undefined || fields.get("tokens") === undefined) throw new UserError("TOKENIZER_MISSING", `${place} holds no tokenizer.`, "Choose a GGUF file of the whole model.");
  if (kind !== "gpt2" && kind !== "llama") throw fields.invalid("model", `the tokenizer "${kind}" is not one that Tunesmith reads (gpt2, llama)`);
  const tokens = fields.strings("tokens")!, types = fields.numbers("token_type", tokens.length);
  const definition = kind === "gpt2" ? byteLevel(fields, tokens) : sentencePiece(fields, tokens, types);
  const bos = fields.token("bos_token_id", tokens), addsBos = fields.flag("add_bos_token") ?? (kind === "llama" || definition.addsBos === true);
  const json = {
    version: "1.0", truncation: null, padding: null, added_tokens: addedTokens(tokens, types, eatsBlanks(metadata)), normalizer: definition.normalizer, pre_tokenizer: definition.preTokenizer,
    post_processor: addsBos && bos !== undefined ? bosProcessor(bos, tokens.indexOf(bos)) : null, decoder: definition.decoder, model: definition.model,
  };
  const template = metadata.get("tokenizer.chat_template");
  const config = {
    tokenizer_class: "PreTrainedTokenizerFast", clean_up_tokenization_spaces: false, bos_token: bos, eos_token: fields.token("eos_token_id", tokens), unk_token: fields.token("unknown_token_id", tokens),
    pad_token: fields.token("padding_token_id", tokens), ...(typeof template === "string" && { chat_template: template }),
  };
  return { "tokenizer.json": JSON.stringify(json), "tokenizer_config.json": JSON.stringify(config) };
}

/** Ids that end an answer: the end of the text, of a turn, of a message. */
export function ggufEndIds(metadata: Metadata, place: string): number[] {
  const fields = new Fields(metadata, place), size = fields.strings("tokens")?.length ?? 0;
  return [...new Set(["eos_token_id", "eot_token_id", "eom_token_id"].flatMap((name) => fields.id(name, size) ?? []))];
}

interface Definition { readonly normalizer: Json | null; readonly preTokenizer: Json | null; readonly decoder: Json; readonly model: Json; readonly addsBos?: boolean }

function byteLevel(fields: Fields, tokens: readonly string[]): Definition {
  const name = fields.text("pre") ?? "default", pre = preTokenizerOf(name);
  if (!pre) throw fields.invalid("pre", `the pre-tokenizer "${name}" is not one that Tunesmith knows`);
  const merges = fields.strings("merges");
  if (!merges) throw fields.invalid("merges", "it is missing");
  return {
    normalizer: null, preTokenizer: pre.json, decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true }, ...(pre.addsBos && { addsBos: true }),
    model: { type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: "", end_of_word_suffix: "", fuse_unk: false, byte_fallback: false, ignore_merges: pre.ignoreMerges === true, vocab: vocabulary(tokens), merges },
  };
}

function sentencePiece(fields: Fields, tokens: readonly string[], types: ArrayLike<number> | undefined): Definition {
  const scores = fields.numbers("scores", tokens.length);
  if (!scores) throw fields.invalid("scores", "it is missing");
  const prefixed = fields.flag("add_space_prefix") ?? true, unknown = fields.token("unknown_token_id", tokens) ?? tokens.find((_, id) => types?.[id] === UNKNOWN) ?? null;
  // SentencePiece's own order: blanks at both ends and runs of blanks first, then the ▁ in front.
  const trimmed = fields.flag("remove_extra_whitespaces") === true ? [{ type: "Replace", pattern: { Regex: "(?<![\\s\\S]) +| +(?![\\s\\S])" }, content: "" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }] : [];
  const normalizers = [...trimmed, ...(prefixed ? [{ type: "Prepend", prepend: "▁" }] : []), { type: "Replace", pattern: { String: " " }, content: "▁" }];
  const decoders = [{ type: "Replace", pattern: { String: "▁" }, content: " " }, { type: "ByteFallback" }, { type: "Fuse" }, ...(prefixed ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : [])];
  return {
    normalizer: { type: "Sequence", normalizers }, preTokenizer: null, decoder: { type: "Sequence", decoders },
    model: { type: "BPE", dropout: null, unk_token: unknown, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: false, vocab: vocabulary(tokens), merges: mergesOf(tokens, scores, types) },
  };
}

/** The first of two equal tokens keeps its place. */
const vocabulary = (tokens: readonly string[]): Json => Object.fromEntries(tokens.map((token, id) => [token, id] as const).reverse());

/** SentencePiece joins the neighbours whose whole has the best score; as ranked merges: every way to cut every piece in two, best pieces first (as transformers converts them). */
function mergesOf(tokens: readonly string[], scores: ArrayLike<number>, types: ArrayLike<number> | undefined): [string, string][] {
  const plain = (id: number): boolean => types === undefined || types[id] === 1;
  const ids = new Map(tokens.map((token, id) => [token, id] as const).filter(([, id]) => plain(id)));
  const pieces = [...ids].filter(([token]) => token.length > 1 && token.length <= MAX_MERGED).sort(([, a], [, b]) => scores[b]! - scores[a]! || a - b);
  return pieces.flatMap(([token]) => {
    const cuts: [number, number][] = [];
    for (let at = 1; at < token.length; at++) {
      const left = ids.get(token.slice(0, at)), right = ids.get(token.slice(at));
      if (left !== undefined && right !== undefined) cuts.push([left, right]);
    }
    return cuts.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([left, right]): [string, string] => [tokens[left]!, tokens[right]!]);
  });
}

/** Phi-3's marks eat the blanks after them; GGUF has no field for that, so llama.cpp goes by the model's name, as here. */
const eatsBlanks = (metadata: Metadata): ((token: string) => boolean) => {
  const name = metadata.get("general.name"), phi3 = typeof name === "string" && /phi-?3/i.test(name);
  return (token) => phi3 && !["<unk>", "<s>", "<|endoftext|>"].includes(token);
};

const addedTokens = (tokens: readonly string[], types: ArrayLike<number> | undefined, rstrip: (token: string) => boolean): Json[] => tokens.flatMap((content, id) => {
  const type = types?.[id];
  if (content === "" || (type !== UNKNOWN && type !== CONTROL && type !== USER_DEFINED)) return [];
  return [{ id, content, single_word: false, lstrip: false, rstrip: rstrip(content), normalized: false, special: type !== USER_DEFINED }];
});

const bosProcessor = (token: string, id: number): Json => ({
  type: "TemplateProcessing", single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }], pair: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: { [token]: { id: token, ids: [id], tokens: [token] } },
});

/** Fields of `tokenizer.ggml` with their types checked. */
class Fields extends GgufFields {
  constructor(private readonly metadata: Metadata, private readonly place: string) { super(); }

  override get(name: string): GgufValue | undefined { return this.metadata.get(`tokenizer.ggml.${name}`); }

  strings(name: string): readonly string[] | undefined {
    const value = this.get(name);
    if (value !== undefined && !(Array.isArray(value) && value.every((item) => typeof item === "string"))) throw this.invalid(name, "it is not a list of texts");
    return value;
  }

  /** One for each token. */
  numbers(name: string, length: number): ArrayLike<number> | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (!ArrayBuffer.isView(value)) throw this.invalid(name, "it is not a list of numbers");
    if (value.length !== length) throw this.invalid(name, `it has ${value.length} entries for ${length} tokens`);
    return value;
  }

  id(name: string, size: number): number | undefined {
    const value = this.get(name);
    // llama.cpp writes 2³² − 1 for "none".
    if (value === undefined || value === 0xffffffff || value === -1) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= size) throw this.invalid(name, `${String(value)} is not the id of one of its ${size} tokens`);
    return value;
  }

  token(name: string, tokens: readonly string[]): string | undefined {
    const id = this.id(name, tokens.length);
    return id === undefined ? undefined : tokens[id];
  }

  override invalid(name: string, detail: string): UserError {
    return new UserError("TOKENIZER_INVALID", `tokenizer.ggml.${name} in ${this.place} cannot be used: ${detail}.`, "Choose another GGUF file of this model, or its Hugging Face folder.");
  }
}
