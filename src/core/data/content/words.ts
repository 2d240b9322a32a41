/** Owns how texts are compared: as words without capitals and punctuation, hashed; as pairs of neighbouring words; and by exact hashes. */
import { type DatasetRecord } from "../record";
import { mix, type Hash } from "../rows/firstRows";

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

/** A hash for each word of the text, in order, capitals set aside; `salt` keeps the words of two kinds of text apart. */
export const wordHashes = (text: string, into: number[], salt = 0): void => {
  // Letters of ASCII are made small on the way; a copy of the text is only made for others.
  const lower = BEYOND_ASCII.test(text) ? text.toLowerCase() : text;
  const { length } = lower;
  let hash = 0;
  let previous = 0;
  for (let at = 0; at < length; at++) {
    let code = lower.charCodeAt(at);
    let kind: number;
    if (code < 0x80) {
      kind = ASCII[code]!;
      if (code >= 65 && code <= 90) code |= 32;
      // A hyphen between letters joins or is left out; alone it is a minus.
      else if (code === HYPHEN && previous === 1 && at + 1 < length && kindOf(lower.charCodeAt(at + 1)) === 1 && !isDigit(lower.charCodeAt(at + 1))) kind = 0;
    } else kind = kindOf(code);
    if (kind === 1) hash = Math.imul((previous === 1 ? hash : FNV_START) ^ code, FNV_PRIME);
    else {
      if (previous === 1) into.push(mix(hash ^ salt));
      if (kind === 2) into.push(mix(Math.imul(FNV_START ^ code, FNV_PRIME) ^ salt));
    }
    previous = kind;
  }
  if (previous === 1) into.push(mix(hash ^ salt));
};
const BEYOND_ASCII = /[^\x00-\x7f]/;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** Every pair of neighbouring words, and the first and the last with the edge: as many as words and one. */
export const pairs = (words: readonly number[]): number[] => {
  const result: number[] = [];
  let previous = 0x9e3779b9;
  for (const word of words) {
    result.push(mix(Math.imul(previous, 31) ^ word));
    previous = word;
  }
  if (words.length > 0) result.push(mix(Math.imul(previous, 31)));
  return result;
};

class Hasher {
  private low = FNV_START;
  private high = 0x9747b28c;

  text(text: string): this {
    for (let at = 0; at < text.length; at++) this.word(text.charCodeAt(at));
    return this.word(0x10000);
  }

  word(value: number): this {
    this.low = Math.imul(this.low ^ value, FNV_PRIME);
    this.high = Math.imul((this.high << 5 | this.high >>> 27) ^ value, 0x85ebca6b);
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
  /** Pairs of words of what is asked and of what is answered; instructions of the system are left out, for they are shared on purpose. */
  readonly asked: readonly number[];
  readonly answered: readonly number[];
}

const ANSWER_SALT = 0x5bd1e995;

/** The words of a record's texts, by who speaks; those of the last answer, whose message is at `end`, are the last of `answered`. */
const wordsOf = ({ messages }: DatasetRecord, end: number) => {
  const asked: number[] = [], answered: number[] = [], system: number[] = [];
  let last = 0;
  messages.forEach((message, index) => {
    const into = message.role === "system" ? system : message.role === "assistant" ? answered : asked;
    const before = into.length;
    wordHashes(message.tool_calls === undefined ? message.content : `${message.content} ${JSON.stringify(message.tool_calls)}`, into, message.role === "assistant" ? ANSWER_SALT : 0);
    if (index === end) last = into.length - before;
  });
  return { asked, answered, system, last };
};

const lastAnswer = ({ messages }: DatasetRecord): number => messages.findLastIndex(({ role }) => role === "assistant");

/** What two records are compared by. */
export const pairsOf = (record: DatasetRecord): Pick<Features, "asked" | "answered"> => {
  const { asked, answered } = wordsOf(record, -1);
  return { asked: pairs(asked), answered: pairs(answered) };
};

export const featuresOf = (record: DatasetRecord): Features => {
  const exact = new Hasher();
  for (const message of record.messages) {
    exact.text(message.role).text(message.content.trim());
    if (message.tool_calls !== undefined) exact.text(JSON.stringify(message.tool_calls));
  }
  if (record.tools !== undefined) exact.text(JSON.stringify(record.tools));
  const end = lastAnswer(record);
  const { asked, answered, system, last } = wordsOf(record, end);
  const all = new Hasher();
  for (const word of system) all.word(word);
  all.word(1);
  for (const word of asked) all.word(word);
  all.word(2);
  for (let at = 0; at < answered.length - last; at++) all.word(answered[at]!);
  // The answers of a tree are other ones on purpose.
  const question = !record.format.startsWith("oasst") && end > 0 && asked.length > 0 && last > 0 ? all.word(3).hash : undefined;
  const answer = new Hasher();
  for (let at = answered.length - last; at < answered.length; at++) {
    answer.word(answered[at]!);
    all.word(answered[at]!);
  }
  return { exact: exact.hash, words: all.word(4).hash, question, answer: answer.hash.low, answerWords: last, asked: pairs(asked), answered: pairs(answered) };
};

/** How often each pair of words comes in a sample of rows, so that what a whole file shares is not taken for likeness. A sketch: it may count too many, never too few. */
export class Shared {
  private readonly counts = new Uint16Array(1 << 20);
  private rows = 0;

  count({ asked, answered }: Features): void {
    this.rows++;
    for (const pair of new Set([...asked, ...answered])) {
      const slot = pair & this.counts.length - 1;
      if (this.counts[slot]! < 0xffff) this.counts[slot]!++;
    }
  }

  /** A pair in more rows than this is the file's and not the row's. */
  private get limit(): number { return Math.max(10, this.rows * 0.01); }

  isShared(pair: number): boolean { return this.counts[pair & this.counts.length - 1]! > this.limit; }

  /** 1 for a pair of a few rows' own, much less for one that many share: an instruction that all have is longer than what differs. */
  weight(pair: number): number { return Math.min(1, this.limit / Math.max(1, this.counts[pair & this.counts.length - 1]!)) ** 2; }
}

/** Weighted Jaccard likeness of two lists as sets: 1 the same, 0 nothing in common; two empty ones are the same. */
export const likeness = (a: readonly number[], b: readonly number[], weight: (pair: number) => number = () => 1): number => {
  if (a.length === 0 && b.length === 0) return 1;
  const seen = marksFor(a.length + b.length);
  let [both, all] = [0, 0];
  for (const pair of a) if (seen.mark(pair, 1) === 0) all += weight(pair);
  for (const pair of b) {
    const before = seen.mark(pair, 2);
    if (before === 1) both += weight(pair);
    else if (before === 0) all += weight(pair);
  }
  return both / all;
};

/** Which of two lists had a number last: a table with open addresses that is used again and again, for a Set costs ten times as much. */
class Marks {
  private readonly numbers: Uint32Array;
  /** The mark, and above it the use that set it. */
  private readonly marks: Int32Array;
  private use = 0;

  constructor(readonly size: number) {
    this.numbers = new Uint32Array(size);
    this.marks = new Int32Array(size);
  }

  clear(): this {
    if (++this.use === 2 ** 28) {
      this.use = 1;
      this.marks.fill(0);
    }
    return this;
  }

  /** Sets the number's mark; the one that it had, or 0. */
  mark(number: number, mark: 1 | 2): number {
    let slot = number & this.size - 1;
    while (this.marks[slot]! >> 2 === this.use && this.numbers[slot] !== number >>> 0) slot = slot + 1 & this.size - 1;
    const before = this.marks[slot]! >> 2 === this.use ? this.marks[slot]! & 3 : 0;
    this.numbers[slot] = number;
    this.marks[slot] = this.use << 2 | mark;
    return before;
  }
}

let marks = new Marks(4096);
const marksFor = (count: number): Marks => {
  while (marks.size < count * 2) marks = new Marks(marks.size * 2);
  return marks.clear();
};
