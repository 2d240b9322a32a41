/** Owns a small and honest guess at languages: by script, and for Latin letters by words that are frequent in one language and rare in the others. Says nothing unless it is sure. */
import { type Inspected } from "./place";

/** Frequent words that the other languages here do not share. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  English: "the of and to is that it for was with are this be have from which you were they their not what would there been will an can".split(" "),
  German: "der und die ist nicht das zu den mit sich auf für ein eine dem auch als wird wurde werden sind oder einen einer über durch zum zur bei".split(" "),
  French: "le les et des est une dans pour que qui pas sur avec sont par plus cette vous nous être ont aux elle votre leur mais ou où ces".split(" "),
  Spanish: "el los las que una por con para del se como más pero sus está son fue muy también puede desde este esta entre cuando ser su lo".split(" "),
  Italian: "il che di della per una sono con non del nel più gli alla anche delle come dei questo questa essere è dalla nella ma ed degli".split(" "),
  Portuguese: "o que do da em um uma para com não os as dos das mais ao pela são você como mas foi pelo sua seu isso também está ou".split(" "),
  Dutch: "het een van en dat niet zijn voor met ook aan worden wordt naar deze maar bij uit hebben heeft kunnen kan geen dit meer zich".split(" "),
  Polish: "nie się jest na że do jak ale przez może dla które który oraz przy tym są być został tego jego jej".split(" "),
  Swedish: "och att det som är på för med inte till av den ett har kan var från eller också men när vid".split(" "),
  Turkish: "ve bir bu için ile olarak çok daha olan gibi kadar ama sonra her değil veya ise var olduğu".split(" "),
  Indonesian: "yang dan untuk dengan dari ini itu pada adalah dalam tidak akan dapat juga oleh atau ke telah bisa mereka".split(" "),
  Vietnamese: "và của là các một những được có trong cho không với người này để khi đã".split(" "),
};
const LANGUAGES = Object.keys(WORDS);

const [FNV_START, FNV_PRIME] = [0x811c9dc5, 0x01000193];
const hashOf = (word: string): number => [...word].reduce((hash, character) => Math.imul(hash ^ character.charCodeAt(0), FNV_PRIME), FNV_START);
/** The words above in a table with open addresses, found by hash and length: a word of a text is never cut out of it. `languages` has a bit for each language that has the word. */
const SLOTS = 2048;
const slots = { hashes: new Int32Array(SLOTS), lengths: new Uint8Array(SLOTS), languages: new Int32Array(SLOTS) };
const slotOf = (hash: number, length: number): number => {
  let slot = (hash ^ hash >>> 15) & SLOTS - 1;
  while (slots.lengths[slot] !== 0 && (slots.hashes[slot] !== hash || slots.lengths[slot] !== length)) slot = slot + 1 & SLOTS - 1;
  return slot;
};
LANGUAGES.forEach((language, index) => {
  for (const word of WORDS[language]!) {
    const slot = slotOf(hashOf(word), word.length);
    [slots.hashes[slot], slots.lengths[slot]] = [hashOf(word), word.length];
    slots.languages[slot]! |= 1 << index;
  }
});

/** The letters that words are made of here, as small ones; 0 for all else. */
const letterOf = (given: number): number => {
  const code = String.fromCharCode(given).toLowerCase().charCodeAt(0);
  return code >= 97 && code <= 122 || code >= 0xc0 && code <= 0x24f ? code : 0;
};
const LETTERS = Uint16Array.from({ length: 0x250 }, (_, code) => letterOf(code));

/** What the words of a text say; used again for each. */
const seen = { text: "", words: 0, votes: new Int32Array(LANGUAGES.length), known: new Int32Array(512), size: 0 };

/** Counts the words of a text of `LOOKED_AT` letters, and for each language those that it has. */
const countWords = (text: string): typeof seen => {
  if (seen.text === text) return seen;
  // Of the letters that matter only this one becomes two characters.
  const read = text.includes("\u0130") ? text.toLowerCase() : text, { length: end } = read;
  seen.text = text;
  seen.words = seen.size = 0;
  seen.votes.fill(0);
  let hash = FNV_START, from = -1;
  for (let at = 0; at <= end; at++) {
    const given = at < end ? read.charCodeAt(at) : 0, code = given < LETTERS.length ? LETTERS[given]! : letterOf(given);
    if (code !== 0) {
      if (from < 0) [hash, from] = [FNV_START, at];
      hash = Math.imul(hash ^ code, FNV_PRIME);
    } else if (from >= 0) {
      seen.words++;
      const length = at - from, slot = length > LONGEST ? -1 : slotOf(hash, length);
      from = -1;
      if (slot < 0 || slots.lengths[slot] === 0) continue;
      for (let bits = slots.languages[slot]!, index = 0; bits > 0; bits >>= 1, index++) if (bits & 1) seen.votes[index]!++;
      if (seen.size < seen.known.length) seen.known[seen.size++] = slot;
    }
  }
  return seen;
};
const LONGEST = Math.max(...Object.values(WORDS).flat().map(({ length }) => length));

/** How many different words of the text that was counted last a language has. */
const differentWords = (language: number): number => new Set(seen.known.subarray(0, seen.size).filter((slot) => slots.languages[slot]! >> language & 1)).size;

const SCRIPTS: readonly [string, RegExp][] = [
  ["Japanese", /[\u3040-\u30ff]/g], ["Korean", /[\uac00-\ud7af]/g], ["Chinese", /[\u4e00-\u9fff]/g], ["a Cyrillic language", /[\u0400-\u04ff]/g], ["Greek", /[\u0370-\u03ff]/g],
  ["an Arabic-script language", /[\u0600-\u06ff]/g], ["Hebrew", /[\u0590-\u05ff]/g], ["a Devanagari language", /[\u0900-\u097f]/g], ["Thai", /[\u0e00-\u0e7f]/g], ["Bengali", /[\u0980-\u09ff]/g], ["Tamil", /[\u0b80-\u0bff]/g],
];
/** Where all of those lie. */
const OTHER_SCRIPT = /[\u0370-\u1fff\u2e80-\ud7ff]/;
const LATIN = /[A-Za-z\u00c0-\u024f]/g;
/** Letters that are looked at; a text that changes its language later is not one that this can judge. */
const LOOKED_AT = 500;

/** The language of a text, or undefined where it is short, mixed or none of those known. */
export const languageOf = (text: string): string | undefined => {
  const start = text.slice(0, LOOKED_AT), known = lately.texts.indexOf(start);
  if (known >= 0) return lately.languages[known];
  const language = languageAnew(start);
  lately.texts[lately.next] = start;
  lately.languages[lately.next] = language;
  lately.next = (lately.next + 1) % LATELY;
  return language;
};

/** Checks and the report ask for the same few texts of a row one after the other. */
const LATELY = 4;
const lately = { texts: new Array<string>(LATELY).fill(""), languages: new Array<string | undefined>(LATELY).fill(undefined), next: 0 };

const languageAnew = (start: string): string | undefined => {
  if (!OTHER_SCRIPT.test(start)) return latinLanguage(start);
  const latin = start.match(LATIN)?.length ?? 0;
  const counts = SCRIPTS.map(([name, pattern]) => [name, start.match(pattern)?.length ?? 0] as const).filter(([, count]) => count > 0);
  const letters = latin + counts.reduce((sum, [, count]) => sum + count, 0);
  // Japanese mixes its kana with Chinese characters.
  const kana = counts.find(([name]) => name === "Japanese")?.[1] ?? 0;
  const merged = kana > 0 ? counts.filter(([name]) => name !== "Chinese").map(([name, count]) => [name, name === "Japanese" ? count + (counts.find(([other]) => other === "Chinese")?.[1] ?? 0) : count] as const) : counts;
  for (const [name, count] of merged) if (count >= 12 && count > letters * 0.8 && !(name === "Japanese" && kana < count * 0.1)) return name;
  return latin > letters * 0.95 ? latinLanguage(start) : undefined;
};

/** The same with less to go by: a few characters of a script, a few words. For counts over many texts, not for a reproach. */
export const likelyLanguageOf = (text: string): string | undefined => {
  const sure = languageOf(text);
  if (sure !== undefined) return sure;
  const start = text.slice(0, LOOKED_AT);
  if (OTHER_SCRIPT.test(start)) {
    const latin = start.match(LATIN)?.length ?? 0;
    const [first, second] = SCRIPTS.map(([name, pattern]) => [name, start.match(pattern)?.length ?? 0] as const).sort((a, b) => b[1] - a[1]);
    if (first && first[1] >= 2 && first[1] > latin) return first[0] === "Chinese" && second?.[0] === "Japanese" && second[1] > 0 ? "Japanese" : first[0];
  }
  const { votes } = countWords(start);
  const best = Math.max(...votes), language = votes.indexOf(best);
  // "Non" is a word of Italian, and the beginning of many English ones.
  return best >= 2 && differentWords(language) >= (LANGUAGES[language] === "English" ? 2 : 3) && votes.every((count, index) => index === language || count * 2 <= best) ? LANGUAGES[language] : undefined;
};

const latinLanguage = (text: string): string | undefined => {
  const { words, votes, size, known } = countWords(text);
  if (words < 8) return undefined;
  let [best, second, first] = [0, 0, 0];
  for (let language = 0; language < votes.length; language++) {
    const count = votes[language]!;
    if (count > best) [best, second, first] = [count, best, language];
    else if (count > second) second = count;
  }
  if (best < 4 || best < words * 0.15 || best < 3 * second) return undefined;
  // One word over and over, a plus sign in French, is no language.
  let different = 0;
  for (let at = 0; at < size && different < 4; at++) if (slots.languages[known[at]!]! >> first & 1 && known.indexOf(known[at]!) === at) different++;
  return different >= 4 ? LANGUAGES[first] : undefined;
};

/** A question that speaks of languages may want another one in the answer. */
const SPEAKS_OF_LANGUAGES = /translat|übersetz|tradu[cizs]|vertaal|tłumacz|перев[её]д|翻[译譯訳]|번역|language|langue|idioma|sprache|lingua|язык|语言|語|\b(?:English|German|French|Spanish|Italian|Portuguese|Dutch|Polish|Swedish|Danish|Norwegian|Finnish|Turkish|Indonesian|Malay|Vietnamese|Thai|Japanese|Korean|Chinese|Mandarin|Cantonese|Russian|Ukrainian|Greek|Arabic|Hebrew|Hindi|Bengali|Tamil|Urdu|Persian|Farsi|Latin|Swahili|Czech|Hungarian|Romanian|Bulgarian|Serbian|Croatian|Tagalog|Filipino|Yoruba|Zulu|Welsh|Irish|Catalan|Basque|Esperanto|Sanskrit|Xhosa|bilingual|pronounce|proverb|lyrics|deutsch|englisch|anglais|inglés|español|français)\b|英|中文|日本/i;
const CODE = /```|[{};]\s*\n|<\/\w+>|\b(?:def|function|SELECT|import)\b.*[(;]/;

export const checkLanguage = ({ record, answers, report }: Inspected): void => {
  if (answers.length === 0) return;
  const asked = record.messages.filter(({ role }) => role === "user" || role === "system").map(({ content }) => content);
  const whole = asked.map(languageOf);
  if (whole.every((language) => language === undefined)) return;
  for (const message of answers) {
    const answer = languageOf(message.content);
    if (answer === undefined || whole.includes(answer)) continue;
    // Each part of a question counts, for a text in one language may be asked about in another.
    const languages = new Set([...whole, ...asked.flatMap((text) => text.split(/\n\s*\n/)).map(languageOf)]);
    languages.delete(undefined);
    if (languages.size !== 1 || languages.has(answer)) continue;
    const all = asked.join("\n");
    if (SPEAKS_OF_LANGUAGES.test(all) || CODE.test(all) || CODE.test(message.content)) return;
    report("language-mismatch", "information", message, 0, message.content.length, `The question is in ${[...languages][0]}, this answer in ${answer}. Keep the row only if the model should change the language unasked.`);
  }
};
