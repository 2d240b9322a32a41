/** Owns how texts are compared: as words without capitals and punctuation, hashed; as pairs of neighbouring words; and by exact hashes. */
import { type DatasetRecord, type Role } from "../record";
import { mix, type Hash } from "../rows/firstRows";
import { Numbers } from "./numbers";

/** 1 a letter or digit, 2 a character that is a word of its own (operators, brackets, Chinese), 0 what stands between words. */
const kindOf = (code: number): 0 | 1 | 2 => {
  if (code < 0x80) return ASCII[code] as 0 | 1 | 2;
  if (code < 0xc0) return 0;
  if (code >= 0x2000 && code <= 0x206f || code >= 0x3000 && code <= 0x303f || code >= 0xff00 && code <= 0xff0f || code === 0xff1a || code === 0xff1b || code === 0xff1f || code === 0xfeff) return 0;
  return code >= 0x3040 && code <= 0x9fff || code >= 0xac00 && code <= 0xd7af || code >= 0xf900 && code <= 0xfaff ? 2 : 1;
};
const ASCII = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[0-9A-Za-z_]/.test(character) ? 1 : /[-+*/=<>%$#@&^~|\\{}[\]()]/.test(character) ? 2 : 0;
});
const HYPHEN = 45;
const [FNV_START, FNV_PRIME] = [0x811c9dc5, 0x01000193];

/**
 * A hash for each word of the text, in order, capitals set aside; `salt` keeps the words of two kinds of text apart. Gives `exact` with every character of the text added to it, so that one look serves both.
 */
export const wordHashes = (text: string, into: Numbers, salt = 0, exact = FNV_START): number => {
  const { length } = text, before = into.size;
  into.reserve(length + 1);
  const { list } = into;
  let [size, hash, previous, whole] = [before, 0, 0, exact];
  for (let at = 0; at < length; at++) {
    let code = text.charCodeAt(at);
    // Characters beyond ASCII have capitals of their own, which only a copy of the text sets aside.
    if (code >= 0x80) return wordHashesBeyondAscii(text, into, salt, exact);
    whole = Math.imul(whole ^ code, FNV_PRIME);
    let kind = ASCII[code]!;
    if (code >= 65 && code <= 90) code |= 32;
    // A hyphen between letters joins or is left out; alone it is a minus.
    else if (code === HYPHEN && previous === 1 && at + 1 < length && joins(text.charCodeAt(at + 1))) kind = 0;
    if (kind === 1) hash = Math.imul((previous === 1 ? hash : FNV_START) ^ code, FNV_PRIME);
    else {
      if (previous === 1) list[size++] = mix(hash ^ salt);
      if (kind === 2) list[size++] = mix(Math.imul(FNV_START ^ code, FNV_PRIME) ^ salt);
    }
    previous = kind;
  }
  if (previous === 1) list[size++] = mix(hash ^ salt);
  into.size = size;
  return whole;
};
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const joins = (code: number): boolean => kindOf(code) === 1 && !isDigit(code);

const wordHashesBeyondAscii = (text: string, into: Numbers, salt: number, exact: number): number => {
  let whole = exact;
  for (let at = 0; at < text.length; at++) whole = Math.imul(whole ^ text.charCodeAt(at), FNV_PRIME);
  const lower = text.toLowerCase(), { length } = lower;
  into.reserve(length + 1);
  let [hash, previous] = [0, 0];
  for (let at = 0; at < length; at++) {
    const code = lower.charCodeAt(at);
    const kind = code === HYPHEN && previous === 1 && at + 1 < length && joins(lower.charCodeAt(at + 1)) ? 0 : kindOf(code);
    if (kind === 1) hash = Math.imul((previous === 1 ? hash : FNV_START) ^ code, FNV_PRIME);
    else {
      if (previous === 1) into.push(mix(hash ^ salt));
      if (kind === 2) into.push(mix(Math.imul(FNV_START ^ code, FNV_PRIME) ^ salt));
    }
    previous = kind;
  }
  if (previous === 1) into.push(mix(hash ^ salt));
  return whole;
};

/** Every pair of neighbouring words, and the first and the last with the edge: as many as words and one. */
export const pairs = ({ list: words, size }: Numbers, into: Numbers): void => {
  into.reserve(size + 1);
  const { list } = into;
  let [previous, end] = [0x9e3779b9 | 0, into.size];
  for (let at = 0; at < size; at++) {
    list[end++] = mix(Math.imul(previous, 31) ^ words[at]!);
    previous = words[at]!;
  }
  if (size > 0) list[end++] = mix(Math.imul(previous, 31));
  into.size = end;
};

class Hasher {
  private low = FNV_START | 0;
  private high = 0x9747b28c | 0;

  word(value: number): this {
    this.low = Math.imul(this.low ^ value, FNV_PRIME);
    this.high = Math.imul((this.high << 5 | this.high >>> 27) ^ value, 0x85ebca6b);
    return this;
  }

  words({ list }: Numbers, from: number, to: number): this {
    let { low, high } = this;
    for (let at = from; at < to; at++) {
      const value = list[at]!;
      low = Math.imul(low ^ value, FNV_PRIME);
      high = Math.imul((high << 5 | high >>> 27) ^ value, 0x85ebca6b);
    }
    [this.low, this.high] = [low, high];
    return this;
  }

  get hash(): Hash { return { low: mix(this.low), high: mix(this.high ^ this.low) }; }
}

export interface Features {
  /** Of every message as it stands, tool calls and tools included. */
  readonly exact: Hash;
  /** Of the words alone: the same for texts that differ in capitals, punctuation and blanks. */
  readonly words: Hash;
  /** Of the words before the last answer; undefined where there is nothing to compare (no answer, or no question). */
  readonly question: Hash | undefined;
  /** Of the last answer's words. */
  readonly answer: number;
  readonly answerWords: number;
  /** Pairs of words of what is asked, `asked` of them, and after them of what is answered; instructions of the system are left out, for they are shared on purpose. Good until the next call. */
  readonly pairs: Numbers;
  readonly asked: number;
}

const ANSWER_SALT = 0x5bd1e995;
const ROLES: Readonly<Record<Role, number>> = { system: 0x10001, user: 0x10002, assistant: 0x10003, tool: 0x10004 };

/** The words of the row that was read last. */
const spoken = { asked: new Numbers(), answered: new Numbers(), system: new Numbers(), pairs: new Numbers(), last: 0, exact: 0 };

/** The words of a record's texts, by who speaks; those of the last answer, whose message is at `end`, are the last of `answered`. */
const readWords = ({ messages }: DatasetRecord, end: number): typeof spoken => {
  const { asked, answered, system } = spoken;
  asked.size = answered.size = system.size = spoken.last = 0;
  let exact = FNV_START;
  for (let index = 0; index < messages.length; index++) {
    const { role, content, tool_calls: calls } = messages[index]!;
    const into = role === "system" ? system : role === "assistant" ? answered : asked;
    const before = into.size, salt = role === "assistant" ? ANSWER_SALT : 0;
    exact = wordHashes(content.trim(), into, salt, Math.imul(exact ^ ROLES[role], FNV_PRIME));
    if (calls !== undefined) exact = wordHashes(JSON.stringify(calls), into, salt, Math.imul(exact ^ 0x10000, FNV_PRIME));
    if (index === end) spoken.last = into.size - before;
  }
  spoken.exact = exact;
  return spoken;
};

const lastAnswer = ({ messages }: DatasetRecord): number => messages.findLastIndex(({ role }) => role === "assistant");

export interface Pairs { readonly asked: Int32Array; readonly answered: Int32Array; readonly both: Int32Array }

/** What two records are compared by, to be kept. */
export const pairsOf = (record: DatasetRecord): Pairs => {
  const { asked, answered, pairs: into } = readWords(record, -1);
  into.size = 0;
  pairs(asked, into);
  const middle = into.size;
  pairs(answered, into);
  const both = into.all.slice();
  return { asked: both.subarray(0, middle), answered: both.subarray(middle), both };
};

export const featuresOf = (record: DatasetRecord): Features => {
  const end = lastAnswer(record);
  const { asked, answered, system, last, pairs: into } = readWords(record, end);
  let { exact } = spoken;
  if (record.tools !== undefined) for (const character of JSON.stringify(record.tools)) exact = Math.imul(exact ^ character.codePointAt(0)!, FNV_PRIME);
  const before = answered.size - last;
  const all = new Hasher().words(system, 0, system.size).word(1).words(asked, 0, asked.size).word(2).words(answered, 0, before);
  // The answers of a tree are other ones on purpose.
  const question = !record.format.startsWith("oasst") && end > 0 && asked.size > 0 && last > 0 ? all.word(3).hash : undefined;
  const answer = new Hasher().words(answered, before, answered.size).hash.low;
  const words = all.words(answered, before, answered.size).word(4).hash;
  into.size = 0;
  pairs(asked, into);
  const middle = into.size;
  pairs(answered, into);
  // What is the same letter by letter has the same words: their hash stands in for half of the other.
  return { exact: { low: mix(exact), high: words.high }, words, question, answer, answerWords: last, pairs: into, asked: middle };
};
