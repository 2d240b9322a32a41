/** Owns the cut of a file's text into lines, the same cut that VS Code makes: after \r\n, \n or \r. */

export interface Line {
  /** From 0. */
  readonly number: number;
  /** UTF-16 offsets into the whole text; `end` stands before the line break. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Every line of `text`, in order; a text that ends with a line break has an empty last line. */
export const splitLines = (text: string): Line[] => {
  const lines: Line[] = [];
  const breaks = /\r\n|\n|\r/g;
  let start = 0;
  for (let match = breaks.exec(text); match; match = breaks.exec(text)) {
    lines.push({ number: lines.length, start, end: match.index, text: text.slice(start, match.index) });
    start = breaks.lastIndex;
  }
  lines.push({ number: lines.length, start, end: text.length, text: text.slice(start) });
  return lines;
};

/** The line break that the text uses first; `\n` where it has none. */
export const lineBreakOf = (text: string): string => /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
