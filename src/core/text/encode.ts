/** Owns the way from text to tokens with offsets: added tokens, normaliser, pre-tokenizer, model. The steps are the library's; which character each token began at is found here. */
import { MetaspacePreTokenizer, Unigram, WordPiece, type AddedToken, type PreTokenizer, type Tokenizer as LibraryTokenizer } from "@huggingface/tokenizers";
import { createBpe, type BpeDefinition, type Symbols } from "./bpe";
import { normalize, sliceSourced, sourced, type Sourced } from "./normalize";
import { createWordEncoder, type Encoded } from "./words";

export interface EncoderOptions {
  /** Whether the pre-tokenizer writes bytes as characters (GPT-2's byte-level BPE). */
  readonly byteLevel: boolean;
  /** Whether the Metaspace pre-tokenizer cuts before every ▁, which the library leaves out. */
  readonly splitAtMetaspace: boolean;
  /** The BPE model, which is done here instead of in the library. */
  readonly bpe?: BpeDefinition;
}

interface Token { readonly id: number; readonly start: number }

/** Encodes without adding BOS or EOS; added tokens written in the text are recognised. */
export const createEncoder = (tokenizer: LibraryTokenizer, options: EncoderOptions): ((text: string) => Encoded) => {
  const added = [...tokenizer.get_added_tokens_decoder().values()];
  const isNormalized = (token: AddedToken): boolean => token.normalized && tokenizer.normalizer !== null;
  const findExact = finder(added.filter((token) => !isNormalized(token)).map((token) => [token.content, token]));
  const findNormalized = finder(added.filter(isNormalized).map((token) => [tokenizer.normalizer!.normalize(token.content), token]));
  const bpe = options.bpe && createBpe(options.bpe);
  const words = bpe && tokenizer.normalizer === null ? createWordEncoder(tokenizer.pre_tokenizer, options.byteLevel ? (piece) => ofBytes(piece, bpe) : bpe) : undefined;
  if (words) {
    return (text) => {
      const into: Encoded = { ids: [], starts: [] };
      for (const section of findExact(text)) {
        if (section.id === undefined) words(section.start === 0 && section.end === text.length ? text : text.slice(section.start, section.end), section.start, into);
        else {
          into.ids.push(section.id);
          into.starts.push(section.start);
        }
      }
      return into;
    };
  }

  const tokensOf = bpe ? placed(bpe) : modelTokens(tokenizer);
  const encodePlain = (section: Sourced, index: number): Token[] => {
    if (section.text === "") return [];
    const pieces = tokenizer.pre_tokenizer ? cut(tokenizer.pre_tokenizer, section, index, options) : [section];
    return pieces.flatMap(tokensOf);
  };
  const inSections = (find: (text: string) => readonly Section[], input: Sourced, plain: (section: Sourced, index: number) => Token[]): Token[] =>
    find(input.text).flatMap(({ id, start, end }, index) => id !== undefined ? [{ id, start: input.starts[start]! }] : plain(sliceSourced(input, start, end), index));
  return (text) => {
    const tokens = inSections(findExact, sourced(text, 0), (section, index) => inSections(findNormalized, normalize(tokenizer.normalizer, section), (part) => encodePlain(part, index)));
    return { ids: tokens.map(({ id }) => id), starts: tokens.map(({ start }) => start) };
  };
};

/** A piece of a text; with an id it is an added token. */
interface Section { readonly id?: number; readonly start: number; readonly end: number }

/** Cuts a text at its added tokens: at the leftmost, of several the longest. */
const finder = (contents: readonly (readonly [string, AddedToken])[]): ((text: string) => readonly Section[]) => {
  const byContent = new Map(contents.filter(([content]) => content !== ""));
  if (byContent.size === 0) return (text) => [{ start: 0, end: text.length }];
  const longestFirst = [...byContent.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"), "g");
  return (text) => {
    const sections: Section[] = [];
    let from = 0;
    const plain = (to: number, next: AddedToken | undefined, previous: AddedToken | undefined): void => {
      let [start, end] = [from, to];
      if (previous?.rstrip) start += text.slice(start, end).length - text.slice(start, end).trimStart().length;
      if (next?.lstrip) end = start + text.slice(start, end).trimEnd().length;
      sections.push({ start, end });
    };
    let previous: AddedToken | undefined;
    for (const match of text.matchAll(pattern)) {
      const token = byContent.get(match[0])!;
      const end = match.index + match[0].length;
      if (token.single_word && (isWord(text[match.index - 1]) || isWord(text[end]))) continue;
      if (match.index > from) plain(match.index, token, previous);
      sections.push({ id: token.id, start: match.index, end });
      from = end;
      previous = token;
    }
    if (from < text.length) plain(text.length, undefined, previous);
    return sections;
  };
};

const isWord = (character: string | undefined): boolean => character !== undefined && /[\p{L}\p{N}_]/u.test(character);

/** The pre-tokenizer's pieces with their offsets. It may drop blanks, put a blank or ▁ before a piece, and write ▁ for a blank; nothing else. */
const cut = (preTokenizer: PreTokenizer, section: Sourced, index: number, options: EncoderOptions): Sourced[] => {
  let pieces = preTokenizer.pre_tokenize(section.text, { section_index: index });
  if (options.splitAtMetaspace && preTokenizer instanceof MetaspacePreTokenizer) pieces = pieces.flatMap((piece) => piece.split(/(?=▁)/u));
  const source = options.byteLevel ? asBytes(section) : section;
  const end = (section.starts.at(-1) ?? 0) + 1;
  let from = 0;
  return pieces.map((piece): Sourced => {
    const place = (at: number, skipped: number): Sourced => {
      const starts = Array.from({ length: piece.length }, (_, unit) => source.starts[at + Math.max(0, unit - skipped)] ?? end);
      from = at + piece.length - skipped;
      return { text: piece, starts };
    };
    const hasPrefix = /^[ ▁Ġ]/.test(piece);
    for (let at = from; at <= source.text.length; at++) {
      if (standsAt(piece, 0, source.text, at)) return place(at, 0);
      if (hasPrefix && standsAt(piece, 1, source.text, at)) return place(at, 1);
    }
    return place(from, 0);
  });
};

const standsAt = (piece: string, skipped: number, source: string, at: number): boolean => {
  for (let index = skipped; index < piece.length; index++) {
    const [a, b] = [piece[index], source[at + index - skipped]];
    if (a !== b && !(a === "▁" && b === " ")) return false;
  }
  return true;
};

/** GPT-2's character for every byte: printable bytes stand for themselves, the others follow from U+0100 on. */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte >= 33 && byte <= 126 || byte >= 161 && byte <= 172 || byte >= 174 ? byte : next++));
})();

/** The UTF-8 bytes of a code point as characters; half a surrogate pair is U+FFFD, as TextEncoder writes it. */
const byteCharacters = (code: number): string => {
  const c = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
  const bytes = c < 0x80 ? [c] : c < 0x800 ? [0xc0 | c >> 6, 0x80 | c & 63] : c < 0x10000 ? [0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63] : [0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63];
  return bytes.map((byte) => BYTE_CHARACTERS[byte]!).join("");
};

const asBytes = ({ text, starts }: Sourced): Sourced => {
  let bytes = "";
  const byteStarts: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index)!;
    const characters = byteCharacters(code);
    bytes += characters;
    for (let byte = 0; byte < characters.length; byte++) byteStarts.push(starts[index]!);
    if (code > 0xffff) index++;
  }
  return { text: bytes, starts: byteStarts };
};

/** The tokens of a piece's bytes; a token begins at the character that its first byte belongs to. */
const ofBytes = (piece: string, bpe: (piece: string) => Symbols): Symbols => {
  const { text, starts } = asBytes(sourced(piece, 0));
  const { ids, units } = bpe(text);
  return { ids, units: units.map((unit) => starts[unit]!) };
};

/** With their places in the text; pieces that come again are not merged again. */
const placed = (bpe: (piece: string) => Symbols): ((piece: Sourced) => Token[]) => {
  const known = new Map<string, Symbols>();
  return ({ text, starts }) => {
    let symbols = known.get(text);
    if (!symbols) {
      symbols = bpe(text);
      if (text.length <= LONGEST_KEPT) {
        if (known.size >= MOST_KEPT) known.clear();
        known.set(text, symbols);
      }
    }
    const { ids, units } = symbols;
    return ids.map((id, index) => ({ id, start: starts[units[index]!]! }));
  };
};
const [LONGEST_KEPT, MOST_KEPT] = [48, 50_000];

/** The tokens of one piece by the library's model. */
const modelTokens = (tokenizer: LibraryTokenizer): ((piece: Sourced) => Token[]) => {
  const model = tokenizer.model!;
  const idOf = (token: string): number | undefined => model.tokens_to_ids.get(token) ?? model.unk_token_id;
  if (model instanceof Unigram) return unigramTokens(model, idOf);
  if (model instanceof WordPiece) {
    const prefix = model.config.continuing_subword_prefix ?? "##";
    return ({ text, starts }) => {
      let at = 0;
      return model.encode([text]).map((token) => {
        const start = starts[at]!;
        at += token === model.unk_token ? 0 : token.length - (at > 0 && token.startsWith(prefix) ? prefix.length : 0);
        return { id: idOf(token)!, start };
      });
    };
  }
  throw new Error(`A ${model.config.type} model is not a subword model.`);
};

const unigramTokens = (model: Unigram, idOf: (token: string) => number | undefined) => {
  const byteFallback = "byte_fallback" in model.config && model.config.byte_fallback === true;
  const encoder = new TextEncoder();
  return ({ text, starts }: Sourced): Token[] => {
    const tokens: Token[] = [];
    let at = 0;
    let afterUnknown = false;
    for (const piece of model.encode([text])) {
      const start = starts[at]!;
      at += piece.length;
      const id = idOf(piece)!;
      const isUnknown = id === model.unk_token_id;
      const bytes = isUnknown && byteFallback ? [...encoder.encode(piece)].map((byte) => model.tokens_to_ids.get(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`)) : undefined;
      if (bytes?.every((byte) => byte !== undefined)) tokens.push(...bytes.map((byte) => ({ id: byte!, start })));
      else if (!(isUnknown && afterUnknown)) tokens.push({ id, start });
      afterUnknown = isUnknown && !bytes;
    }
    return tokens;
  };
};
