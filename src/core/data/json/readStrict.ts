/** Owns reading valid JSON fast, with exact offsets: the same tree as readJson.ts, many times as quick. Gives up at the first thing that is not JSON. */
import { type JsonEntry, type JsonString, type JsonValue } from "./tree";

/** Deeper nesting is left to the slow reader, which says so. */
const MAX_DEPTH = 100;
const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What a JSON string must not hold as it is. */
const CONTROL = /[\x00-\x1f]/;
const [QUOTE, BACKSLASH, SPACE] = [34, 92, 32];
const NOWHERE = 2 ** 31 - 1;

// One reading at a time, and none inside another: its state lies here, where reaching it costs nothing.
let text = "";
let at = 0;
/** Where the next backslash at or after the last string's beginning stands. */
let backslash = 0;
let mayHoldControls = false;

/** The value, or undefined where the text is not one JSON value. `hasControls` is whether the text holds a character below U+0020, where that is known. */
export const readStrict = (source: string, hasControls = CONTROL.test(source)): JsonValue | undefined => {
  text = source;
  at = 0;
  backslash = -1;
  mayHoldControls = hasControls;
  skipBlanks();
  const root = value(0);
  if (root) skipBlanks();
  text = ""; // Or the text would be kept for as long as nothing else is read.
  return root && at === source.length ? root : undefined;
};

const skipBlanks = (): void => {
  const code = text.charCodeAt(at);
  if (code > SPACE) return;
  // Most often one blank stands between two parts.
  if (code === SPACE && text.charCodeAt(at + 1) > SPACE) {
    at++;
    return;
  }
  BLANKS.lastIndex = at;
  BLANKS.test(text);
  at = BLANKS.lastIndex;
};

/** The few keys that rows have, as one string object each: those compare by their address. */
const keys = new Map<string, string>();
const MOST_KEYS = 1000;

const keyName = (name: string): string => {
  const known = keys.get(name);
  if (known !== undefined) return known;
  if (keys.size >= MOST_KEYS) keys.clear();
  // Written anew, so that the row's text is not kept with it.
  const own = JSON.parse(JSON.stringify(name)) as string;
  keys.set(own, own);
  return own;
};

/** Searches go by whole machine words, so a string costs next to nothing however long it is, unless it holds escapes. */
const string = (isKey: boolean): JsonString | undefined => {
  const start = at;
  let end = text.indexOf('"', start + 1);
  if (end < 0) return undefined;
  if (backslash < start) {
    backslash = text.indexOf("\\", start);
    if (backslash < 0) backslash = NOWHERE;
  }
  let content: string | undefined;
  if (backslash > end) {
    content = text.slice(start + 1, end);
    if (mayHoldControls && CONTROL.test(content)) return undefined;
  } else {
    while (isEscaped(end)) {
      end = text.indexOf('"', end + 1);
      if (end < 0) return undefined;
    }
    content = unescaped(text.slice(start, end + 1));
    if (content === undefined) return undefined;
  }
  at = end + 1;
  return { kind: "string", start, end: at, value: isKey ? keyName(content) : content };
};

/** Whether an odd number of backslashes stands before. */
const isEscaped = (quote: number): boolean => {
  let from = quote - 1;
  while (text.charCodeAt(from) === BACKSLASH) from--;
  return (quote - from) % 2 === 0;
};

const unescaped = (literal: string): string | undefined => {
  try {
    return JSON.parse(literal) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const word = (name: string, node: JsonValue): JsonValue | undefined => {
  if (!text.startsWith(name, at)) return undefined;
  at += name.length;
  return node;
};

const value = (depth: number): JsonValue | undefined => {
  const start = at;
  switch (text.charCodeAt(at)) {
    case QUOTE: return string(false);
    case 123: return depth < MAX_DEPTH ? object(depth) : undefined;
    case 91: return depth < MAX_DEPTH ? array(depth) : undefined;
    case 116: return word("true", { kind: "boolean", start, end: start + 4, value: true });
    case 102: return word("false", { kind: "boolean", start, end: start + 5, value: false });
    case 110: return word("null", { kind: "null", start, end: start + 4 });
    default: {
      NUMBER.lastIndex = at;
      if (!NUMBER.test(text)) return undefined;
      at = NUMBER.lastIndex;
      return { kind: "number", start, end: at, value: Number(text.slice(start, at)) };
    }
  }
};

const object = (depth: number): JsonValue | undefined => {
  const start = at++;
  const entries: JsonEntry[] = [];
  skipBlanks();
  if (text.charCodeAt(at) === 125) return { kind: "object", start, end: ++at, entries };
  for (;;) {
    if (text.charCodeAt(at) !== QUOTE) return undefined;
    const key = string(true);
    if (!key) return undefined;
    skipBlanks();
    if (text.charCodeAt(at) !== 58) return undefined;
    at++;
    skipBlanks();
    const content = value(depth + 1);
    if (!content) return undefined;
    entries.push({ key, value: content });
    skipBlanks();
    const code = text.charCodeAt(at++);
    if (code === 125) return { kind: "object", start, end: at, entries };
    if (code !== 44) return undefined;
    skipBlanks();
  }
};

const array = (depth: number): JsonValue | undefined => {
  const start = at++;
  const items: JsonValue[] = [];
  skipBlanks();
  if (text.charCodeAt(at) === 93) return { kind: "array", start, end: ++at, items };
  for (;;) {
    const item = value(depth + 1);
    if (!item) return undefined;
    items.push(item);
    skipBlanks();
    const code = text.charCodeAt(at++);
    if (code === 93) return { kind: "array", start, end: at, items };
    if (code !== 44) return undefined;
    skipBlanks();
  }
};
