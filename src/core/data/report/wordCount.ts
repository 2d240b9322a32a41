/** Owns the count of words, of which Chinese and its like have one a character. */

const NONE = 0, LETTER = 1, WHOLE = 2;
/** Only in ASCII's table: part of a word between two letters. */
const JOINS = 2;

const ASCII = Uint8Array.from({ length: 128 }, (_, code) => /\w/.test(String.fromCharCode(code)) ? LETTER : code === 39 || code === 45 ? JOINS : NONE);

const kindOf = (code: number): number => {
  if (code < 0x80) return ASCII[code]! & LETTER;
  if (code < 0xc0 || code >= 0x2000 && code <= 0x206f || code >= 0x3000 && code <= 0x303f || code >= 0xff00 && code <= 0xff0f) return NONE;
  return code >= 0x3040 && code <= 0x9fff || code >= 0xac00 && code <= 0xd7af || code >= 0xf900 && code <= 0xfaff ? WHOLE : LETTER;
};

/** "don't" and "well-known" are one word each. */
export const countWords = (text: string): number => {
  const { length } = text;
  let count = 0, before = NONE;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x80) {
      let kind = ASCII[code]!;
      if (kind === JOINS) kind = before === LETTER && kindOf(text.charCodeAt(at + 1) || 0) === LETTER ? LETTER : NONE;
      // One more where a letter follows what is none.
      count += kind & ~before;
      before = kind;
      continue;
    }
    let kind = kindOf(code);
    if (kind === NONE && before === LETTER && code === 0x2019 && kindOf(text.charCodeAt(at + 1) || 0) === LETTER) kind = LETTER;
    if (kind === WHOLE || kind === LETTER && before !== LETTER) count++;
    before = kind;
  }
  return count;
};
