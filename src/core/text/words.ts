/** Owns the quick way from plain text to tokens for vocabularies that cut a text into words and merge each by itself (GPT-2's kind): what a word became is remembered. */
import { ByteLevelPreTokenizer, DigitsPreTokenizer, PunctuationPreTokenizer, SequencePreTokenizer, SplitPreTokenizer, type PreTokenizer } from "@huggingface/tokenizers";
import { type Symbols } from "./bpe";

/** Ids, and the UTF-16 offset of the first character of each. */
export interface Encoded { readonly ids: number[]; readonly starts: number[] }

/** Words longer than this are not remembered. */
const LONGEST = 48;
/** Two generations of so many: what was not met for a while goes. */
const MOST = 40_000;

type Cut = (text: string, pieces: string[]) => void;

/** How the pre-tokenizer cuts a text, where it does nothing else but write bytes as characters in the end: pieces that joined are the text again. Undefined for any other kind. */
const cutsOf = (preTokenizer: PreTokenizer | null): readonly Cut[] | undefined => {
  const parts = flat(preTokenizer);
  const cuts = parts.map((part, index) => part instanceof ByteLevelPreTokenizer && index < parts.length - 1 ? undefined : cutOf(part));
  return cuts.every((cut) => cut !== undefined) ? cuts : undefined;
};

const flat = (preTokenizer: PreTokenizer | null): PreTokenizer[] =>
  preTokenizer === null ? [] : preTokenizer instanceof SequencePreTokenizer ? preTokenizer.tokenizers.flatMap(flat) : [preTokenizer];

const cutOf = (part: PreTokenizer): Cut | undefined => {
  if (part instanceof ByteLevelPreTokenizer) return part.add_prefix_space ? undefined : part.use_regex ? cutAt(part.pattern) : (text, pieces) => { pieces.push(text); };
  if (part instanceof SplitPreTokenizer) return part.pattern && !part.config.invert && part.config.behavior?.toLowerCase() === "isolated" ? cutAt(part.pattern) : undefined;
  return part instanceof DigitsPreTokenizer || part instanceof PunctuationPreTokenizer ? cutAt(part.pattern) : undefined;
};

/** Every match is a piece, and so is what stands between two. `pattern` is global. */
const cutAt = (pattern: RegExp): Cut => (text, pieces) => {
  const matches = text.match(pattern);
  if (!matches) {
    pieces.push(text);
    return;
  }
  let total = 0;
  for (const match of matches) total += match.length;
  if (total === text.length) {
    for (const match of matches) if (match !== "") pieces.push(match);
    return;
  }
  let from = 0;
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (index > from) pieces.push(text.slice(from, index));
    if (match !== "") pieces.push(match);
    from = index + match.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
};

/** Undefined where the pre-tokenizer does more than cut. `tokenize` gives the tokens of a piece with the UTF-16 unit of it that each begins at. */
export const createWordEncoder = (preTokenizer: PreTokenizer | null, tokenize: (piece: string) => Symbols): ((text: string, offset: number, into: Encoded) => void) | undefined => {
  const cuts = cutsOf(preTokenizer);
  if (!cuts) return undefined;
  let young = new Map<string, Symbols>();
  let old = new Map<string, Symbols>();
  const symbolsOf = (piece: string): Symbols => {
    const known = young.get(piece);
    if (known) return known;
    const symbols = old.get(piece) ?? tokenize(piece);
    if (piece.length <= LONGEST) {
      if (young.size >= MOST) [young, old] = [new Map(), young];
      // A cut-out piece would keep its whole text with it.
      young.set(piece.length < 13 ? piece : JSON.parse(JSON.stringify(piece)) as string, symbols);
    }
    return symbols;
  };
  return (text, offset, { ids, starts }) => {
    let pieces = text === "" ? [] : [text];
    for (const cut of cuts) {
      const finer: string[] = [];
      for (const piece of pieces) cut(piece, finer);
      pieces = finer;
    }
    let at = offset;
    for (const piece of pieces) {
      const symbols = symbolsOf(piece);
      for (let index = 0; index < symbols.ids.length; index++) {
        ids.push(symbols.ids[index]!);
        starts.push(at + symbols.units[index]!);
      }
      at += piece.length;
    }
  };
};
