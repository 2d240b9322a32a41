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

/** The line break that the text uses first; `\n` where it has none. */
export const lineBreakOf = (text: string): string => /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
