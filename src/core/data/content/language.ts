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
/** A bit for each language that has the word. */
const vocabulary = new Map<string, number>();
LANGUAGES.forEach((language, index) => { for (const word of WORDS[language]!) vocabulary.set(word, (vocabulary.get(word) ?? 0) | 1 << index); });

const SCRIPTS: readonly [string, RegExp][] = [
  ["Japanese", /[\u3040-\u30ff]/g], ["Korean", /[\uac00-\ud7af]/g], ["Chinese", /[\u4e00-\u9fff]/g], ["a Cyrillic language", /[\u0400-\u04ff]/g], ["Greek", /[\u0370-\u03ff]/g],
  ["an Arabic-script language", /[\u0600-\u06ff]/g], ["Hebrew", /[\u0590-\u05ff]/g], ["a Devanagari language", /[\u0900-\u097f]/g], ["Thai", /[\u0e00-\u0e7f]/g], ["Bengali", /[\u0980-\u09ff]/g], ["Tamil", /[\u0b80-\u0bff]/g],
];
const LATIN = /[A-Za-z\u00c0-\u024f]/g;
/** Letters that are looked at; a text that changes its language later is not one that this can judge. */
const LOOKED_AT = 500;

/** The language of a text, or undefined where it is short, mixed or none of those known. */
export const languageOf = (text: string): string | undefined => {
  const start = text.slice(0, LOOKED_AT);
  if (!/[\u0370-\u1fff\u2e80-\ud7ff]/.test(start)) return latinLanguage(start);
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
  const start = text.slice(0, LOOKED_AT), latin = start.match(LATIN)?.length ?? 0;
  const [first, second] = SCRIPTS.map(([name, pattern]) => [name, start.match(pattern)?.length ?? 0] as const).sort((a, b) => b[1] - a[1]);
  if (first && first[1] >= 2 && first[1] > latin) return first[0] === "Chinese" && second?.[0] === "Japanese" && second[1] > 0 ? "Japanese" : first[0];
  const words = start.toLowerCase().match(WORD) ?? [];
  const votes = votesOf(words);
  const best = Math.max(...votes), language = votes.indexOf(best);
  // "Non" is a word of Italian, and the beginning of many English ones.
  const different = new Set(words.filter((word) => (vocabulary.get(word) ?? 0) >> language & 1)).size;
  return best >= 2 && different >= (LANGUAGES[language] === "English" ? 2 : 3) && votes.every((count, index) => index === language || count * 2 <= best) ? LANGUAGES[language] : undefined;
};

const votesOf = (words: readonly string[]): number[] => {
  const votes = new Array<number>(LANGUAGES.length).fill(0);
  for (const word of words) for (let bits = vocabulary.get(word) ?? 0, index = 0; bits > 0; bits >>= 1, index++) if (bits & 1) votes[index]!++;
  return votes;
};
const WORD = /[a-z\u00c0-\u024f]+/g;

const latinLanguage = (text: string): string | undefined => {
  const words = text.toLowerCase().match(WORD) ?? [];
  if (words.length < 8) return undefined;
  const votes = votesOf(words);
  const best = Math.max(...votes);
  const first = votes.indexOf(best);
  const second = Math.max(...votes.filter((_, index) => index !== first));
  if (best < 4 || best < words.length * 0.15 || best < 3 * second) return undefined;
  // One word over and over, a plus sign in French, is no language.
  return new Set(words.filter((word) => (vocabulary.get(word) ?? 0) >> first & 1)).size >= 4 ? LANGUAGES[first] : undefined;
};

/** A question that speaks of languages may want another one in the answer. */
const SPEAKS_OF_LANGUAGES = /translat|übersetz|tradu[cizs]|vertaal|tłumacz|перев[её]д|翻[译譯訳]|번역|language|langue|idioma|sprache|lingua|язык|语言|語|\b(?:English|German|French|Spanish|Italian|Portuguese|Dutch|Polish|Swedish|Danish|Norwegian|Finnish|Turkish|Indonesian|Malay|Vietnamese|Thai|Japanese|Korean|Chinese|Mandarin|Cantonese|Russian|Ukrainian|Greek|Arabic|Hebrew|Hindi|Bengali|Tamil|Urdu|Persian|Farsi|Latin|Swahili|Czech|Hungarian|Romanian|Bulgarian|Serbian|Croatian|Tagalog|Filipino|Yoruba|Zulu|Welsh|Irish|Catalan|Basque|Esperanto|Sanskrit|Xhosa|bilingual|pronounce|proverb|lyrics|deutsch|englisch|anglais|inglés|español|français)\b|英|中文|日本/i;
const CODE = /```|[{};]\s*\n|<\/\w+>|\b(?:def|function|SELECT|import)\b.*[(;]/;

export const checkLanguage = ({ record, answers, report }: Inspected): void => {
  if (answers.length === 0) return;
  const asked = record.messages.filter(({ role }) => role === "user" || role === "system").map(({ content }) => content);
  for (const message of answers) {
    const answer = languageOf(message.content);
    if (answer === undefined) continue;
    const whole = asked.map(languageOf);
    if (whole.includes(answer) || whole.every((language) => language === undefined)) continue;
    // Each part of a question counts, for a text in one language may be asked about in another.
    const languages = new Set([...whole, ...asked.flatMap((text) => text.split(/\n\s*\n/)).map(languageOf)]);
    languages.delete(undefined);
    if (languages.size !== 1 || languages.has(answer)) continue;
    const all = asked.join("\n");
    if (SPEAKS_OF_LANGUAGES.test(all) || CODE.test(all) || CODE.test(message.content)) return;
    report("language-mismatch", "information", message, 0, message.content.length, `The question is in ${[...languages][0]}, this answer in ${answer}. Keep the row only if the model should change the language unasked.`);
  }
};
