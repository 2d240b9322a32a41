/** Owns the cut of a file's text into lines, the same cut that VS Code makes: after \r\n, \n or \r. */

export interface Line {
  /** From 0. */
  readonly number: number;
  /** UTF-16 offsets into the whole text; `end` stands before the line break. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Every line of `text`, in order; a text that ends with a line break has an empty last line. `earlier` are the lines of almost the same text: those that
 * did not change keep their very strings, whose hashes are known and need not be counted over all their characters again.
 */
export const splitLines = (text: string, earlier: readonly Line[] = []): Line[] => adopted(cut(text), earlier);

const cut = (text: string): Line[] => {
  const lines: Line[] = [];
  let start = 0;
  const add = (end: number, next: number): void => {
    lines.push({ number: lines.length, start, end, text: text.slice(start, end) });
    start = next;
  };
  if (text.includes("\r")) {
    const breaks = /\r\n|\n|\r/g;
    for (let match = breaks.exec(text); match; match = breaks.exec(text)) add(match.index, breaks.lastIndex);
  } else for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) add(at, at + 1);
  add(text.length, text.length);
  return lines;
};

/** Lines whose texts are those of earlier ones at the beginning or the end take over their strings. */
const adopted = (now: { number: number; start: number; end: number; text: string }[], earlier: readonly Line[]): Line[] => {
  const most = Math.min(now.length, earlier.length);
  let head = 0;
  for (; head < most && now[head]!.text === earlier[head]!.text; head++) now[head]!.text = earlier[head]!.text;
  for (let tail = 1; tail <= most - head; tail++) {
    const [own, known] = [now[now.length - tail]!, earlier[earlier.length - tail]!];
    if (own.text !== known.text) break;
    own.text = known.text;
  }
  return now;
};

/** The line break that the text uses first; `\n` where it has none. */
export const lineBreakOf = (text: string): string => /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";

/** The characters of the bytes [start, end), which begin and end where characters do. */
export type Decode = (start: number, end: number) => string;

/**
 * The lines of a text in UTF-8, as `splitLines` of it, with the byte offset of each line's start and of the text's end. Each line is a string of its own: a plain one
 * then takes a byte a character, and everything that reads it half of the time, whatever stands on other lines.
 */
export const linesOfBytes = (bytes: Uint8Array, decode: Decode): { readonly lines: Line[]; readonly starts: readonly number[] } => {
  if (bytes.includes(RETURN)) return withReturns(decode(0, bytes.length));
  const lines: Line[] = [], starts = [0];
  for (let [from, start] = [0, 0]; from <= bytes.length;) {
    const at = bytes.indexOf(NEWLINE, from), to = at < 0 ? bytes.length : at, text = decode(from, to);
    lines.push({ number: lines.length, start, end: start + text.length, text });
    start += text.length + 1;
    from = to + 1;
    starts.push(Math.min(from, bytes.length));
  }
  return { lines, starts };
};

const [NEWLINE, RETURN] = [10, 13];

const withReturns = (text: string): { readonly lines: Line[]; readonly starts: readonly number[] } => {
  const lines = splitLines(text), starts = [0];
  for (let number = 0; number < lines.length; number++) starts.push(starts[number]! + utf8Length(text, lines[number]!.start, lines[number + 1]?.start ?? text.length));
  return { lines, starts };
};

/** Bytes of the characters [start, end) in UTF-8; half a surrogate pair counts as the three of U+FFFD. */
export const utf8Length = (text: string, start: number, end: number): number => {
  let length = 0;
  for (let at = start; at < end; at++) {
    const code = text.codePointAt(at)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code >= 0x10000) at++;
  }
  return length;
};
