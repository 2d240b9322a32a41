/** The Tokenizer port on @huggingface/tokenizers, with what that package lacks: where in the text each token starts. */
import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { UserError } from "../errors";
import { type Tokenizer } from "./types";

type TokenSetting = string | { content?: unknown } | null | undefined;
interface TokenizerConfig { bos_token?: TokenSetting; eos_token?: TokenSetting; pad_token?: TokenSetting; unk_token?: TokenSetting; chat_template?: unknown }

/** `chatTemplateJinja`: chat_template.jinja, which goes before the template inside tokenizer_config.json. Throws TOKENIZER_INVALID. */
export function createTokenizer(tokenizerJson: string, tokenizerConfigJson: string | undefined, chatTemplateJinja?: string): Tokenizer {
  const definition = parseObject(tokenizerJson, "tokenizer.json"), config: TokenizerConfig = tokenizerConfigJson === undefined ? {} : parseObject(tokenizerConfigJson, "tokenizer_config.json");
  const inner = construct(definition, config);
  const added = new Map([...inner.get_added_tokens_decoder()].map(([id, token]) => [id, token.content]));
  const known = inner.get_vocab(true);
  const idOf = (token: string | undefined): number | undefined => (token === undefined ? undefined : known.get(token));
  const bosToken = tokenText(config.bos_token), eosToken = tokenText(config.eos_token), padToken = tokenText(config.pad_token);
  const bytesOf = byteReader(definition);
  const encode = (text: string): { ids: number[]; tokens: string[] } => inner.encode(text, { add_special_tokens: false });

  return {
    vocabularySize: Math.max(...known.values(), ...added.keys()) + 1,
    bosToken, eosToken, padToken, bosId: idOf(bosToken), eosId: idOf(eosToken), padId: idOf(padToken),
    unkToken: tokenText(config.unk_token),
    addsBos: bosToken !== undefined && inner.encode("", { add_special_tokens: true }).ids[0] === idOf(bosToken),
    chatTemplate: chatTemplateJinja ?? chatTemplateOf(config.chat_template),
    encode: (text) => encode(text).ids,
    encodeWithOffsets: (text) => {
      const { ids, tokens } = encode(text);
      return { ids, starts: alignTokens(text, ids.map((id, i) => { const content = added.get(id); return content === undefined ? { bytes: bytesOf(tokens[i]!) } : { content }; })) };
    },
    decode: (ids, { skipSpecialTokens = false } = {}) => (ids.length === 0 ? "" : inner.decode([...ids], { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false })),
    tokenOf: (id) => added.get(id) ?? inner.id_to_token(id),
  };
}

const invalid = (file: string, detail: string, cause?: unknown): UserError => new UserError("TOKENIZER_INVALID", `${file} ${detail}.`, "Put the file that came with this model in its place.", { cause });

function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(file, "is not valid JSON", cause);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(file, "is not a JSON object");
  return value as Record<string, unknown>;
}

function construct(definition: object, config: object): HuggingFaceTokenizer {
  try {
    return new HuggingFaceTokenizer(definition, config);
  } catch (cause) {
    throw invalid("tokenizer.json", `describes a tokenizer that Tunesmith cannot build (${cause instanceof Error ? cause.message : String(cause)})`, cause);
  }
}

const tokenText = (setting: TokenSetting): string | undefined => (typeof setting === "string" ? setting : typeof setting?.content === "string" ? setting.content : undefined);

/** A template, or several by name, of which "default" is the one. */
function chatTemplateOf(setting: unknown): string | undefined {
  if (typeof setting === "string") return setting;
  if (!Array.isArray(setting)) return undefined;
  const named = setting as { name?: unknown; template?: unknown }[];
  const chosen = named.find(({ name }) => name === "default") ?? named[0];
  return typeof chosen?.template === "string" ? chosen.template : undefined;
}

const encoder = new TextEncoder();

/** How a vocabulary entry spells bytes: byte-level alphabets map each byte to a visible character, the others write ▁ for a blank and <0x0A> for a raw byte. */
function byteReader(definition: Record<string, unknown>): (token: string) => Uint8Array {
  if (JSON.stringify([definition.pre_tokenizer, definition.decoder]).includes('"ByteLevel"')) {
    const alphabet = byteLevelAlphabet();
    return (token) => Uint8Array.from(token, (character) => alphabet.get(character) ?? 0x20);
  }
  return (token) => {
    const raw = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
    return raw ? Uint8Array.of(parseInt(raw[1]!, 16)) : encoder.encode(token.replaceAll("\u2581", " "));
  };
}

/** GPT-2's bytes_to_unicode: printable bytes stand for themselves, the others follow from U+0100. */
function byteLevelAlphabet(): Map<string, number> {
  const visible = (byte: number): boolean => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let next = 0x100;
  return new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCodePoint(visible(byte) ? byte : next++), byte]));
}

/** First UTF-16 offset of each token. Follows the text byte by byte; blanks that a tokenizer adds or drops, and characters that it normalises, are stepped over. */
function alignTokens(text: string, tokens: readonly ({ content: string } | { bytes: Uint8Array })[]): number[] {
  const bytes = encoder.encode(text), offsets = utf16Offsets(text, bytes.length);
  let at = 0;
  return tokens.map((token) => {
    if ("content" in token) {
      const found = text.indexOf(token.content, offsets[at]!);
      if (found < 0) return offsets[at]!;
      at = offsets.indexOf(found + token.content.length, at);
      return found;
    }
    let start = -1;
    for (const byte of token.bytes) {
      // A blank that is not in the text was put there by the tokenizer; blanks in the text that the token lacks were removed by it.
      if (byte === 0x20 && bytes[at] !== 0x20) continue;
      while (at < bytes.length && bytes[at] !== byte && isBlank(bytes[at]!)) at++;
      if (start < 0) start = at;
      if (at < bytes.length) at++;
    }
    return offsets[Math.min(start < 0 ? at : start, bytes.length)]!;
  });
}

const isBlank = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** For every byte of the UTF-8 form, and one past the end: the UTF-16 offset of its character. */
function utf16Offsets(text: string, length: number): number[] {
  const offsets: number[] = [];
  let unit = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!, width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < width; i++) offsets.push(unit);
    unit += character.length;
  }
  offsets[length] = unit;
  return offsets;
}
