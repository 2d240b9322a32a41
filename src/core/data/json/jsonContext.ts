/** Where in a line of unfinished JSON a place lies: in which list or object, at a key or at a value. Owns reading only what stands before the place; never throws. */
import { type Span } from "../problem";

export interface JsonContext {
  /** Keys and indexes from the outside in; of a value, its key is the last. */
  readonly path: readonly (string | number)[];
  readonly at: "key" | "value";
  /** What a completion replaces: the string around the place with its quotes, or the word before it. */
  readonly replace: Span;
  /** The keys that the object around the place has already, before it and after. */
  readonly keys: readonly string[];
  /** The strings that stand before the place in this object and in the items before it, by key and oldest first. */
  readonly before: readonly { readonly key: string; readonly value: string }[];
}

interface Level { readonly kind: "object" | "array"; index: number; key: string | undefined; expects: "key" | "value"; keys: string[] }

/** Undefined where no key or value can stand: behind a value, or inside a longer text. */
export const jsonContext = (text: string, offset: number): JsonContext | undefined => {
  const levels: Level[] = [];
  const before: { key: string; value: string }[] = [];
  let top = "value" as "value" | "done";
  let at = 0;
  const level = (): Level | undefined => levels.at(-1);
  const valueEnds = (): void => {
    const now = level();
    if (!now) top = "done";
    else if (now.kind === "object") now.expects = "key";
  };
  const context = (replace: Span): JsonContext | undefined => {
    const now = level();
    const isKey = now?.kind === "object" && now.expects === "key";
    if (!now && top === "done") return undefined;
    const path = levels.flatMap((each, index): (string | number)[] => {
      const inner = index < levels.length - 1 || !isKey;
      return each.kind === "array" ? [each.index] : inner && each.key !== undefined ? [each.key] : [];
    });
    return { path, at: isKey ? "key" : "value", replace, keys: now?.kind === "object" ? [...now.keys, ...keysAfter(text, replace.end)] : [], before };
  };
  let comma = true;
  while (at < offset) {
    const character = text[at]!;
    const now = level();
    if (character === '"') {
      const end = stringEnd(text, at);
      const closed = text[end - 1] === '"' && end - at > 1;
      if (end > offset || end === offset && !closed) {
        // Only a short word is completed: within a sentence there is nothing to offer.
        const words = text.slice(at + 1, closed ? end - 1 : offset);
        return /^[\w|-]*$/.test(words) && (comma || now?.expects === "value") ? context({ start: at, end: closed ? end : offset }) : undefined;
      }
      const value = text.slice(at + 1, end - 1);
      if (now?.kind === "object" && now.expects === "key") {
        now.key = value;
        now.keys.push(value);
      } else {
        if (now?.kind === "object" && now.key !== undefined) before.push({ key: now.key, value });
        valueEnds();
      }
      comma = false;
      at = end;
      continue;
    }
    if (character === "{" || character === "[") {
      levels.push({ kind: character === "{" ? "object" : "array", index: 0, key: undefined, expects: character === "{" ? "key" : "value", keys: [] });
      comma = true;
    } else if (character === "}" || character === "]") {
      levels.pop();
      valueEnds();
      comma = false;
    } else if (character === ":" && now?.kind === "object") {
      now.expects = "value";
      comma = true;
    } else if (character === ",") {
      if (now?.kind === "array") now.index++;
      if (now?.kind === "object") now.expects = "key";
      comma = true;
    } else if (/[\w.+-]/.test(character)) {
      let end = at;
      while (end < text.length && /[\w.+-]/.test(text[end]!)) end++;
      if (end >= offset) return comma ? context({ start: at, end: offset }) : undefined;
      valueEnds();
      comma = false;
      at = end;
      continue;
    }
    at++;
  }
  return comma ? context({ start: offset, end: offset }) : undefined;
};

/** Behind the closing quote; the end of the text where there is none. */
export const stringEnd = (text: string, start: number): number => {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
};

/** The keys of the rest of an object. */
const keysAfter = (text: string, from: number): string[] => {
  const keys: string[] = [];
  let depth = 0;
  for (let at = from; at < text.length && depth >= 0; at++) {
    const character = text[at]!;
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    else if (character === '"') {
      const end = stringEnd(text, at);
      if (depth === 0 && /^\s*:/.test(text.slice(end))) keys.push(text.slice(at + 1, end - 1));
      at = end - 1;
    }
  }
  return keys;
};
