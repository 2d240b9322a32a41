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

/** The byte offset of every line's start in the text's UTF-8, `bytes`, and their end as the last one. */
export const byteStarts = (text: string, lines: readonly Line[], bytes: Uint8Array): Int32Array => {
  const starts = new Int32Array(lines.length + 1);
  const oneByte = bytes.length === text.length;
  const onlyNewlines = !text.includes("\r");
  for (let number = 0; number < lines.length; number++) {
    const next = number + 1 < lines.length ? lines[number + 1]!.start : text.length;
    starts[number + 1] = oneByte ? next : number + 1 === lines.length ? bytes.length : onlyNewlines ? bytes.indexOf(10, starts[number]) + 1 : starts[number]! + utf8Length(text, lines[number]!.start, next);
  }
  return starts;
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
