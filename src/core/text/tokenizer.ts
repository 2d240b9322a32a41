/** Owns the Tokenizer port's one implementation, on @huggingface/tokenizers, and the mending of what that library does differently from the Rust tokenizers. */
import { ByteFallbackDecoder, ByteLevelPreTokenizer, SequenceDecoder, SequencePreTokenizer, Tokenizer as LibraryTokenizer, type PreTokenizer } from "@huggingface/tokenizers";
import { UserError } from "../errors";
import { type BpeDefinition } from "./bpe";
import { createEncoder } from "./encode";
import { type Tokenizer } from "./types";
import { type Encoded } from "./words";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);

/** From the texts of tokenizer.json, tokenizer_config.json and chat_template.jinja. Throws TOKENIZER_INVALID. */
export const createTokenizer = (tokenizerJson: string, tokenizerConfigJson: string | undefined, chatTemplateJinja?: string): Tokenizer => {
  const definition = parse(tokenizerJson, "tokenizer.json");
  const config = tokenizerConfigJson === undefined ? {} : parse(tokenizerConfigJson, "tokenizer_config.json");
  const library = load(definition, config);
  const encode = encoderOf(library, definition);
  /** The definition decides which of the library's code runs: what that throws is the file's fault. */
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw invalid("tokenizer.json", `it fails on a text: ${cause instanceof Error ? cause.message : String(cause)}.`, cause);
    }
  };
  const tokensOf = (text: string): Encoded => guarded(() => encode(text));
  const special = specialTokens(config);
  const idOf = (token: string | undefined): number | undefined => token === undefined ? undefined : library.token_to_id(token);
  const size = library.model!.vocab.length;
  const decode = (ids: readonly number[], skipSpecialTokens = false): string => {
    // Models often have more rows in their embedding than the tokenizer has tokens; those say nothing.
    const known = ids.filter((id) => library.id_to_token(id) !== undefined);
    return known.length === 0 ? "" : guarded(() => library.decode(known, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false }));
  };
  const probe = tokensOf(PROBE);
  if (!probe.ids.every((id) => Number.isSafeInteger(id) && id >= 0 && id < size) || !probe.starts.every((start) => start >= 0)) throw invalid("tokenizer.json", "it gives tokens that are not in its vocabulary.");
  if (typeof decode(probe.ids) !== "string") throw invalid("tokenizer.json", "its decoder gives no text.");
  return {
    vocabularySize: size,
    bosToken: special.bos, eosToken: special.eos, padToken: special.pad,
    bosId: idOf(special.bos), eosId: idOf(special.eos), padId: idOf(special.pad),
    unkToken: special.unk,
    addsBos: special.bos !== undefined && library.encode("", { add_special_tokens: true }).ids[0] === idOf(special.bos),
    chatTemplate: chatTemplateJinja ?? chatTemplate(config.chat_template),
    specialTokens: [...library.get_added_tokens_decoder().values()].filter((token) => token.special).map((token) => token.content),
    encode: (text) => tokensOf(text).ids,
    encodeWithOffsets: tokensOf,
    decode: (ids, { skipSpecialTokens = false } = {}) => decode(ids, skipSpecialTokens),
    tokenOf: (id) => library.id_to_token(id),
  };
};

const invalid = (file: string, why: string, cause?: unknown): UserError =>
  new UserError("TOKENIZER_INVALID", `${file} cannot be used: ${why}`, "Use the tokenizer files that came with the model, as a whole.", { cause });

const parse = (text: string, file: string): Json => {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (cause) {
    throw invalid(file, "it is not JSON. It may be cut off, or a Git LFS pointer.", cause);
  }
  if (!isObject(value)) throw invalid(file, "it is not a JSON object.");
  return value;
};

/** Words, blanks, digits, an accent, a character of four bytes and a line break. */
const PROBE = "Hello  world 12 é🙂\n";
/** Beyond every vocabulary: the library makes a list of this length. */
const MOST_TOKENS = 2 ** 22;

/** Ids become places in lists, so they are looked at before the library sees them. Throws TOKENIZER_INVALID naming the entry. */
const checkVocabulary = (vocab: Json | unknown[], added: unknown): void => {
  const isId = (id: unknown): boolean => Number.isInteger(id) && (id as number) >= 0 && (id as number) < MOST_TOKENS, shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 100) ?? "nothing";
  if (Array.isArray(vocab)) {
    const wrong = vocab.findIndex((entry) => !Array.isArray(entry) || typeof entry[0] !== "string" || typeof entry[1] !== "number");
    if (wrong >= 0) throw invalid("tokenizer.json", `model.vocab[${wrong}] is ${shown(vocab[wrong])}, not a token with its score.`);
  } else for (const [token, id] of Object.entries(vocab)) if (!isId(id)) throw invalid("tokenizer.json", `model.vocab gives the token ${shown(token)} the id ${shown(id)}.`);
  if (added === undefined || added === null) return;
  if (!Array.isArray(added)) throw invalid("tokenizer.json", "added_tokens is not a list.");
  added.forEach((token: unknown, i) => {
    if (!isObject(token) || !isId(token.id) || typeof token.content !== "string") throw invalid("tokenizer.json", `added_tokens[${i}] is ${shown(token)}, not a token with an id and its content.`);
  });
};

const load = (definition: Json, config: Json): LibraryTokenizer => {
  const { model } = definition;
  if (!isObject(model) || !(isObject(model.vocab) || Array.isArray(model.vocab))) throw invalid("tokenizer.json", "it has no `model` with a `vocab`.");
  checkVocabulary(model.vocab, definition.added_tokens);
  // The library wants every part to be there and knows only the newer name of this Metaspace setting.
  const whole = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, added_tokens: [], ...definition };
  // Merging is bpe.ts's, so the library need not build its own table.
  const forLibrary = isBpe(model) ? { ...whole, model: { ...model, merges: [] } } : whole;
  try {
    const library = new LibraryTokenizer({ ...forLibrary, pre_tokenizer: withPrependScheme(whole.pre_tokenizer) as null }, config);
    mend(library);
    return library;
  } catch (cause) {
    throw invalid("tokenizer.json", `${cause instanceof Error ? cause.message : String(cause)}.`, cause);
  }
};

/** Older files leave out the type. */
const isBpe = (model: Json): boolean => model.type === "BPE" || model.type === undefined && Array.isArray(model.merges);

const encoderOf = (library: LibraryTokenizer, definition: Json): ((text: string) => Encoded) => {
  const model = definition.model as Json;
  try {
    return createEncoder(library, {
      byteLevel: byteLevels(library.pre_tokenizer).length > 0,
      splitAtMetaspace: isObject(definition.pre_tokenizer) && definition.pre_tokenizer.split !== false,
      ...(isBpe(model) ? { bpe: { merges: [], ...model } as unknown as BpeDefinition } : {}),
    });
  } catch (cause) {
    throw invalid("tokenizer.json", `${cause instanceof Error ? cause.message : String(cause)}.`, cause);
  }
};

const withPrependScheme = (preTokenizer: unknown): unknown => {
  if (!isObject(preTokenizer)) return preTokenizer;
  if (Array.isArray(preTokenizer.pretokenizers)) return { ...preTokenizer, pretokenizers: preTokenizer.pretokenizers.map(withPrependScheme) };
  return preTokenizer.type === "Metaspace" && preTokenizer.add_prefix_space === false ? { prepend_scheme: "never", ...preTokenizer } : preTokenizer;
};

const flat = (preTokenizer: PreTokenizer | null): PreTokenizer[] =>
  preTokenizer === null ? [] : preTokenizer instanceof SequencePreTokenizer ? preTokenizer.tokenizers.flatMap(flat) : [preTokenizer];
const byteLevels = (preTokenizer: PreTokenizer | null): ByteLevelPreTokenizer[] => flat(preTokenizer).filter((part) => part instanceof ByteLevelPreTokenizer);

/** Differences from the Rust tokenizers that can be set right from outside. */
const mend = (library: LibraryTokenizer): void => {
  if (!library.model) throw new Error("it has no model");
  // JavaScript's \s holds U+FEFF, which is not White_Space.
  for (const part of byteLevels(library.pre_tokenizer)) {
    part.pattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;
  }
  // TextDecoder swallows U+FEFF at the start of every run of bytes unless told not to.
  const decoders = library.decoder instanceof SequenceDecoder ? library.decoder.decoders : [library.decoder];
  for (const decoder of decoders) if (decoder instanceof ByteFallbackDecoder) Object.assign(decoder, { text_decoder: new TextDecoder("utf-8", { ignoreBOM: true }) });
};

/** A token is written as text or as an object with its content. */
const specialTokens = (config: Json): Record<"bos" | "eos" | "pad" | "unk", string | undefined> => {
  const text = (value: unknown): string | undefined => typeof value === "string" ? value : isObject(value) && typeof value.content === "string" ? value.content : undefined;
  return { bos: text(config.bos_token), eos: text(config.eos_token), pad: text(config.pad_token), unk: text(config.unk_token) };
};

/** One template, or several with names: then the one called default. */
const chatTemplate = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  const named = value.filter((entry): entry is { name: string; template: string } => isObject(entry) && typeof entry.template === "string");
  return (named.find((entry) => entry.name === "default") ?? named[0])?.template;
};
