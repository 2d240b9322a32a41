/** Owns the repair of strings that are not JSON strings: odd quotes, raw control characters, unknown escapes, quotes inside a string. */
import { type Fault, type Repair } from "./tree";

const ESCAPED: Readonly<Record<string, string>> = { "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r" };
const escapeControl = (character: string): string => ESCAPED[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Faults inside the closed string literal text[start, end): control characters and escapes that JSON does not know. */
export const stringFaults = (text: string, start: number, end: number): Fault[] => {
  const faults: Fault[] = [];
  for (let at = start + 1; at < end - 1; at++) {
    const character = text[at]!;
    if (character < " ") {
      let stop = at + 1;
      while (text[stop]! < " ") stop++;
      const newText = [...text.slice(at, stop)].map(escapeControl).join("");
      const name = character === "\t" ? "A tab" : `The control character U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
      faults.push({ span: { start: at, end: stop }, message: `${name} stands unescaped in this string; write it as ${escapeControl(character)}.`,
        repair: { title: `Write it as ${newText}`, changes: [{ span: { start: at, end: stop }, newText }], preferred: true } });
      at = stop - 1;
    } else if (character === "\\") {
      const escape = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6));
      if (escape) at += escape[0].length - 1;
      else {
        const next = text[at + 1]!;
        const span = { start: at, end: at + 2 };
        if (next === "u") faults.push({ span, message: "\\u needs four hexadecimal digits; a backslash is written \\\\.", repair: { title: "Double the backslash", changes: [{ span: { start: at, end: at + 1 }, newText: "\\\\" }], preferred: true } });
        else faults.push(next === "'"
          ? { span, message: "\\' is not an escape of JSON.", repair: { title: "Write '", changes: [{ span, newText: "'" }], preferred: true } }
          : { span, message: `\\${next} is not an escape of JSON; a backslash is written \\\\.`, repair: { title: "Double the backslash", changes: [{ span: { start: at, end: at + 1 }, newText: "\\\\" }], preferred: true } });
        if (next !== "\\") at++;
      }
    }
  }
  return faults;
};

const CLOSING: Readonly<Record<string, string>> = { "'": "'", "`": "`", "‘": "’", "’": "’", "“": "”", "”": "”" };

/** The string in single, typographic or backquotes that opens at `start`: where it ends, what it says, and the same as JSON. */
export const oddlyQuoted = (text: string, start: number): { end: number; value: string; json: string } | undefined => {
  const closing = CLOSING[text[start]!]!;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    // An apostrophe inside the text is not the end: after the end comes what may follow a string.
    else if (text[at] === closing && /^\s*(?:[,:}\]]|$)/.test(text.slice(at + 1, at + 40))) {
      const inner = text.slice(start + 1, at);
      const json = `"${inner.replace(/\\(['`])|\\[\s\S]|"|[\0-\x1f]/g, (found, quote: string | undefined) => quote ?? (found === '"' ? '\\"' : found < " " ? escapeControl(found) : found))}"`;
      return { end: at + 1, value: inner, json };
    }
  }
  return undefined;
};

/** Escapes the quotes inside the string that opens at `start`, if that makes the whole row JSON; it ends at the first quote where the rest can be read. */
export const mendQuote = (text: string, start: number): Repair | undefined => {
  const inner: number[] = [];
  let tries = 0;
  for (let at = start + 1; at < text.length && tries < 50; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') {
      if (inner.length > 0 && /^\s*[,}\]]/.test(text.slice(at + 1, at + 40))) {
        tries++;
        let mended = text.slice(0, start + 1);
        let from = start + 1;
        for (const quote of inner) {
          mended += `${text.slice(from, quote)}\\"`;
          from = quote + 1;
        }
        if (isJson(mended + text.slice(from))) {
          return { title: 'Write \\" for the quotes inside the string', changes: inner.map((quote) => ({ span: { start: quote, end: quote }, newText: "\\" })), preferred: true };
        }
      }
      inner.push(at);
    }
  }
  return undefined;
};

export const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};
