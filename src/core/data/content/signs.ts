/**
 * Owns one look at a text on behalf of all checks: which of them could find anything in it. A pass over its characters, three at a time as one number, costs less than a single pattern, and nearly every
 * text holds nothing for most checks. A sign may be told where nothing is; where something is, its sign is told.
 */

/** What a text may hold, as bits: a key or password; digits in a row; an address; a brace or bracket; characters beyond ASCII; the name of a model or its maker; words of a model about itself, in English and in other languages with Latin letters; "I" or "my". */
export const Sign = { secret: 1, digits: 2, at: 4, bracket: 8, beyondAscii: 16, model: 32, ofAi: 64, ofAiElsewhere: 128, firstPerson: 256 } as const;

/** Characters as 6 bits: letters, small and capital; from 53 on a digit and these; 0 for other ASCII, 63 beyond it. */
const [DIGIT, BEYOND, OTHER] = [53, 63, 0];
const MARKS = "' -_:/.@{";
const symbolOf = (code: number): number => {
  const character = String.fromCharCode(code);
  if (code >= 0x80) return code === 0x2019 ? symbolOf(39) : BEYOND;
  if (/[a-z]/.test(character)) return code - 96;
  if (/[A-Z]/.test(character)) return code - 38;
  if (/\d/.test(character)) return DIGIT;
  const at = MARKS.indexOf(/[<[]/.test(character) ? "{" : character);
  return at < 0 ? OTHER : DIGIT + 1 + at;
};
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => symbolOf(code));
const APOSTROPHE = symbolOf(39);

/** The signs that three characters tell together. */
const TOLD = new Uint16Array(1 << 18);

/** Letters from the most frequent in English to the least; capitals, digits and marks are rarer than these, blanks are not. */
const FREQUENT = " etaoinshrdlcumwfgypbvkjxqz";
const rarityOf = (character: string): number => {
  const rank = FREQUENT.indexOf(character);
  return rank < 0 ? FREQUENT.length : rank;
};

/** Every text that holds one of `words` has the sign; told by the rarest three characters of each. */
const tellWords = (sign: number, words: readonly string[]): void => {
  for (const word of words) {
    const rarities = [...word].map(rarityOf), sums = rarities.slice(2).map((rarity, at) => rarity + rarities[at]! + rarities[at + 1]!);
    const at = Math.max(0, sums.indexOf(Math.max(...sums)));
    const [first, second, third] = [0, 1, 2].map((index) => at + index < word.length ? symbolOf(word.charCodeAt(at + index)) : undefined) as [number, number | undefined, number | undefined];
    if (third !== undefined) TOLD[first << 12 | second! << 6 | third]! |= sign;
    // A word of one or two characters is told by its end, whatever stands before it.
    else if (second !== undefined) for (let before = 0; before < 1 << 6; before++) TOLD[before << 12 | first << 6 | second]! |= sign;
    else for (let before = 0; before < 1 << 12; before++) TOLD[before << 6 | first]! |= sign;
  }
};

tellWords(Sign.secret, ["-----BEGIN", "AKIA", "ASIA", ...[..."pousr"].map((kind) => `gh${kind}_`), "github_pat", "glpat-", "sk-", "hf_", "xox", "hooks.slack", "k_live_", "AIza", "npm_", "pypi-", "SG.", ":AA", "eyJ", "://"]);
tellWords(Sign.digits, ["000", "00 ", "00.", "00-", "00)"]);
tellWords(Sign.at, ["@"]);
tellWords(Sign.bracket, ["{"]);
for (let after = 0; after < 64; after++) {
  const isNoLetter = after === OTHER || after > DIGIT && after !== symbolOf("_".charCodeAt(0));
  if (!isNoLetter) continue;
  for (const my of ["my", "My"]) TOLD[symbolOf(my.charCodeAt(0)) << 12 | symbolOf(my.charCodeAt(1)) << 6 | after]! |= Sign.firstPerson;
  for (let before = 0; before < 64; before++) if (before === OTHER || before > DIGIT) TOLD[before << 12 | symbolOf("I".charCodeAt(0)) << 6 | after]! |= Sign.firstPerson;
}

/** Whether a text holds one of `words`, for texts with the sign. Plain searches cost a tenth of a pattern. */
export const wordsTold = (sign: number, words: readonly string[]): ((text: string) => boolean) => {
  tellWords(sign, words);
  return (text) => words.some((word) => text.includes(word));
};

/** The signs of a text, added up. */
export const signsOf = (text: string): number => {
  const { length } = text;
  let [signs, three] = [0, 0];
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    three = (three << 6 | (code < 0x80 ? ASCII[code]! : code === 0x2019 ? APOSTROPHE : BEYOND)) & 0x3ffff;
    signs |= TOLD[three]!;
    if (code >= 0x80) signs |= Sign.beyondAscii;
  }
  return signs | TOLD[(three << 6 | OTHER) & 0x3ffff]!;
};
