/** Owns the count of words, of which Chinese and its like have one a character. */

const [NONE, LETTER, WHOLE] = [0, 1, 2];

const kindOf = (code: number): number => {
  if (code < 0x80) return code >= 48 && code <= 57 || code >= 65 && code <= 90 || code >= 97 && code <= 122 || code === 95 ? LETTER : NONE;
  if (code < 0xc0 || code >= 0x2000 && code <= 0x206f || code >= 0x3000 && code <= 0x303f || code >= 0xff00 && code <= 0xff0f) return NONE;
  return code >= 0x3040 && code <= 0x9fff || code >= 0xac00 && code <= 0xd7af || code >= 0xf900 && code <= 0xfaff ? WHOLE : LETTER;
};

/** "don't" and "well-known" are one word each. */
export const countWords = (text: string): number => {
  let [count, before] = [0, NONE];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    let kind = kindOf(code);
    if (kind === NONE && before === LETTER && (code === 39 || code === 45 || code === 0x2019) && kindOf(text.charCodeAt(at + 1) || 0) === LETTER) kind = LETTER;
    if (kind === WHOLE || kind === LETTER && before !== LETTER) count++;
    before = kind;
  }
  return count;
};
