/** Owns what a script left behind in a text: template variables that nobody filled in, and letters that were read in the wrong encoding. */
import { type Message } from "../record";
import { type Inspected, type Report } from "./place";
import { Sign } from "./signs";

const NAMES = "instruction|input|output|question|answer|context|query|prompt|response|completion|text|document|passage|sentence|article|topic|subject|name|user_?name|first_?name|last_?name|full_?name|user_?input|company(?:_?name)?|product(?:_?name)?|author|city|country|date|language|options?|label|title|content|message|summary|category|hypothesis|premise|choices";
const DOUBLE = /\{\{\s*[\w.]{1,40}\s*\}\}/g;
const SINGLE = new RegExp(`(?<![\\w$\\\\{#^_])\\{(?:${NAMES})_?\\d?\\}(?!\\})`, "g");
const BRACKETS = /<\s*(?:insert|enter|add|your|fill in)\b[^<>\n]{1,50}>|\[\s*(?:insert|fill in|your|(?:enter|add) (?:your|the|an?|here|name|text))\b[^[\]\n()]{0,50}\](?!\()/gi;
/** Programs and markup write braces and brackets themselves. */
const CODE = /```|[{}][^\n]*;|=>|<\/\w|\bdef \w+\(|\bfunction\b|\bprintf?\(|\bimport \w|\bclass \w+[:{(]|\{%|\$\{|\bf["']|\.format\(|\\(?:frac|begin|text|left|sum|sqrt)|"\w+"\s*:|\bjinja|handlebars|mustache|\bVue\b|Angular|\bregex/i;
/** Who asks for a form wants it with blanks. */
const WANTS_BLANKS = /\b(?:templates?|placeholders?|blanks?|boilerplate|skeleton|fill[- ]in|form letter|mad ?libs?|variables?|brackets?)\b/i;

export const checkLeftovers = ({ record, others, signs, report }: Inspected): void => {
  let wantsBlanks: boolean | undefined;
  for (const message of record.messages) {
    if ((signs & Sign.beyondAscii) !== 0) mojibake(message, report);
    if ((signs & Sign.bracket) === 0 || !/[{<[]/.test(message.content) || (wantsBlanks ??= others.some(({ content }) => WANTS_BLANKS.test(content))) || CODE.test(message.content)) continue;
    // The parser reports double braces in answers itself.
    for (const match of message.trained ? [] : message.content.matchAll(DOUBLE)) unfilled(message, match, "warning", report);
    for (const match of message.content.matchAll(SINGLE)) unfilled(message, match, "warning", report);
    // In a question, brackets often describe the form of the answer.
    for (const match of message.content.matchAll(BRACKETS)) if (message.trained || /^<\s*insert/i.test(match[0])) unfilled(message, match, "information", report);
  }
};

const unfilled = (message: Message, match: RegExpExecArray, severity: "warning" | "information", report: Report): void =>
  report("unfilled-template", severity, message, match.index, match.index + match[0].length, `${match[0]} looks like a place that was never filled in${message.trained ? "; the model would learn to write it" : ""}.`);

/** Characters that windows-1252 has for the bytes 0x80 to 0x9F, and where they stand there. */
const HIGH = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
const CONTINUATION = `[\\u00a0-\\u00bf${HIGH.replace(/[\]\\^-]/g, "\\$&")}]`;
/** UTF-8 that was read as windows-1252: a lead byte's letter and the letters of its continuation bytes. Each is checked by reading it back. */
const WRONG = new RegExp(`(?:[\\u00c3\\u00c5\\u00d0\\u00d1\\u00ce\\u00cf]${CONTINUATION}|\\u00c2[\\u00a1-\\u00bf]|\\u00e2${CONTINUATION}{2}|\\u00ef(?:\\u00bf\\u00bd|\\u00bb\\u00bf)|\\u00f0\\u0178${CONTINUATION}{2})`, "g");
const WRONG_HINT = /[\u00c2\u00c3\u00c5\u00ce-\u00d1\u00e2\u00ef\u00f0]/;

const mojibake = (message: Message, report: Report): void => {
  if (!WRONG_HINT.test(message.content)) return;
  for (const match of message.content.matchAll(WRONG)) {
    const meant = readBack(match[0]);
    // Capital Ã, Å or Â before a sign is possible in a few languages; a letter of another alphabet out of it is not likely by chance.
    if (meant === undefined || /^[ÃÅÂÎÏ]/.test(match[0]) && !/^[\u00c2][\u00a1-\u00bf]$|[\p{L}\u2010-\u2122\u00a0-\u00bf]/u.test(meant)) continue;
    report("mojibake", "warning", message, match.index, match.index + match[0].length, `${JSON.stringify(match[0])} is ${JSON.stringify(meant)} read in the wrong encoding (UTF-8 as Windows-1252). Read the source again as UTF-8.`);
  }
};

/** The character whose UTF-8 bytes these letters are in windows-1252; undefined where they are none. */
const readBack = (letters: string): string | undefined => {
  const bytes = [...letters].map((letter) => HIGH.includes(letter) ? 0x80 + HIGH.indexOf(letter) : letter.charCodeAt(0));
  const [lead = 0, ...rest] = bytes;
  const length = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (rest.length !== length || rest.some((byte) => byte < 0x80 || byte > 0xbf)) return undefined;
  const code = rest.reduce((value, byte) => value << 6 | byte & 0x3f, lead & (0x3f >> length));
  return code >= [0, 0x80, 0x800, 0x10000][length]! && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : undefined;
};
