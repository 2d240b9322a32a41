/** Owns reading text as strict JSON with exact offsets. Where it is not JSON it says what is wrong, where and how to mend it, and reads on if it can. Never throws. */
import { createScanner, ScanError, SyntaxKind } from "jsonc-parser";
import { type Change, type Fault, type JsonEntry, type JsonReading, type JsonString, type JsonValue } from "./tree";
import { mendQuote, oddlyQuoted, stringFaults } from "./mendJson";
import { type Span } from "../problem";

/** Deeper nesting than any dataset has; it keeps the walk off the stack's end. */
const MAX_DEPTH = 200;
const PYTHON: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null", NaN: "null", undefined: "null" };
/** Blank to the eye, yet not the whitespace that JSON knows. */
const ODD_BLANKS = /[^\S \t\n\r]+|[\u200b-\u200d\u2060\ufeff]+/y;

export const readJson = (text: string): JsonReading => {
  const scanner = createScanner(text, false);
  const faults: Fault[] = [];
  const quoteChanges: Change[] = [];
  let quoteFault: Span | undefined;
  const closers: string[] = [];
  let kind = SyntaxKind.Unknown as SyntaxKind;
  let start = 0;
  let end = 0;
  /** Where the last token before the present one ended. */
  let before = 0;

  const fault = (span: Span, message: string, title?: string, changes: Change[] = [], preferred = true): undefined => {
    faults.push({ span: { start: span.start, end: span.end }, message, ...(title ? { repair: { title, changes, preferred } } : {}) });
    return undefined;
  };
  const remove = (span: Span): Change[] => [{ span, newText: "" }];
  const insert = (at: number, newText: string): Change[] => [{ span: { start: at, end: at }, newText }];
  /** The present token, or at the end of the text the character before it. */
  const here = (): Span => kind === SyntaxKind.EOF ? { start: Math.max(0, text.length - 1), end: text.length } : { start, end };
  const shown = (): string => JSON.stringify(text.slice(start, Math.min(end, start + 20))).slice(1, -1).replace(/\\"/g, '"');

  const advance = (): void => {
    before = end;
    for (;;) {
      kind = scanner.scan();
      start = scanner.getTokenOffset();
      end = scanner.getPosition();
      if (kind === SyntaxKind.LineCommentTrivia || kind === SyntaxKind.BlockCommentTrivia) {
        fault({ start, end: Math.min(end, text.length) }, "JSON has no comments.", "Remove the comment", remove({ start, end: Math.min(end, text.length) }));
      } else if (kind === SyntaxKind.Unknown) {
        ODD_BLANKS.lastIndex = start;
        const blank = ODD_BLANKS.exec(text)?.[0];
        if (!blank) return;
        end = start + blank.length;
        const name = `U+${blank.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
        fault({ start, end }, `The invisible character ${name} is not allowed between the parts of a row.`, "Replace it by a space", [{ span: { start, end }, newText: " " }]);
        scanner.setPosition(end);
      } else if (kind !== SyntaxKind.Trivia && kind !== SyntaxKind.LineBreakTrivia) return;
    }
  };

  const string = (): JsonString | undefined => {
    const node: JsonString = { kind: "string", start, end, value: scanner.getTokenValue() };
    const error = scanner.getTokenError();
    if (error === ScanError.UnexpectedEndOfString) {
      return fault({ start, end }, "This string is not closed on its line. Write a line break inside a string as \\n.", ...cutOff(start));
    }
    if (error !== ScanError.None) faults.push(...stringFaults(text, start, end));
    advance();
    return node;
  };

  /** The row was cut off inside its last text: what is there of it stays. Whether it should is the person's to say. */
  const cutOff = (from: number): [title?: string, changes?: Change[], preferred?: boolean] => {
    const last = text.trimEnd();
    const isKey = closers.at(-1) === "}" && !text.slice(0, from).trimEnd().endsWith(":");
    if (closers.length === 0 || isKey || /[\r\n]/.test(last.slice(from)) || /\\(?:u[0-9a-fA-F]{0,3})?$/.test(last)) return [];
    return ["Close the text and the row here", insert(last.length, `"${closers.toReversed().join("")}`), false];
  };

  /** 'text' or “text”: reported once for the row, mended everywhere. */
  const oddString = (): JsonString | undefined => {
    const odd = oddlyQuoted(text, start);
    if (!odd) return fault({ start, end }, `This string is not closed, and strings stand in double quotes (").`);
    quoteFault ??= { start, end: odd.end };
    quoteChanges.push({ span: { start, end: odd.end }, newText: odd.json });
    const node: JsonString = { kind: "string", start, end: odd.end, value: odd.value };
    scanner.setPosition(odd.end);
    end = odd.end;
    advance();
    return node;
  };

  const key = (): JsonString | undefined => {
    if (kind === SyntaxKind.StringLiteral) return string();
    const word = text.slice(start, end);
    if (kind === SyntaxKind.Unknown && /^['‘’“”`]/.test(word)) return oddString();
    if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(word)) {
      fault({ start, end }, `A key stands in double quotes: "${word}".`, "Put the key in double quotes", [{ span: { start, end }, newText: `"${word}"` }]);
      const node: JsonString = { kind: "string", start, end, value: word };
      advance();
      return node;
    }
    return fault(here(), kind === SyntaxKind.EOF ? "The row ends where a key is expected." : `A key in double quotes is expected here, not ${shown()}.`);
  };

  const value = (depth: number): JsonValue | undefined => {
    const from = start;
    switch (kind) {
      case SyntaxKind.OpenBraceToken: case SyntaxKind.OpenBracketToken:
        return depth < MAX_DEPTH ? container(depth, kind === SyntaxKind.OpenBraceToken) : fault(here(), `Nested more than ${MAX_DEPTH} deep.`);
      case SyntaxKind.StringLiteral: return string();
      case SyntaxKind.NumericLiteral: {
        if (scanner.getTokenError() !== ScanError.None) return fault({ start, end }, "This number is not finished.");
        const node: JsonValue = { kind: "number", start, end, value: Number(text.slice(start, end)) };
        advance();
        if (start === node.end && (kind === SyntaxKind.NumericLiteral || kind === SyntaxKind.Unknown)) return fault({ start: from, end }, "This is not a number as JSON writes it.");
        return node;
      }
      case SyntaxKind.TrueKeyword: case SyntaxKind.FalseKeyword: {
        const node: JsonValue = { kind: "boolean", start, end, value: kind === SyntaxKind.TrueKeyword };
        advance();
        return node;
      }
      case SyntaxKind.NullKeyword: advance(); return { kind: "null", start: from, end: from + 4 };
      case SyntaxKind.EOF: return fault(here(), "The row ends where a value is expected.");
      case SyntaxKind.Unknown: {
        const word = text.slice(start, end);
        if (/^['‘’“”`]/.test(word)) return oddString();
        const json = Object.hasOwn(PYTHON, word) ? PYTHON[word] : undefined;
        if (json === undefined) return fault({ start, end }, `${shown()} is not a JSON value. Text stands in double quotes.`);
        fault({ start, end }, `${word} is not JSON; it is written ${json}.`, `Write ${json}`, [{ span: { start, end }, newText: json }]);
        advance();
        return json === "null" ? { kind: "null", start: from, end: from + word.length } : { kind: "boolean", start: from, end: from + word.length, value: json === "true" };
      }
      default: return fault(here(), `A value is missing before ${shown()}.`);
    }
  };

  /** An object or an array, from its opening bracket to its closing one. */
  const container = (depth: number, isObject: boolean): JsonValue | undefined => {
    const open = start;
    const closer = isObject ? SyntaxKind.CloseBraceToken : SyntaxKind.CloseBracketToken;
    const entries: JsonEntry[] = [];
    const items: JsonValue[] = [];
    let comma: Span | undefined;
    closers.push(isObject ? "}" : "]");
    advance();
    for (;;) {
      if (kind === closer) {
        if (comma) fault(comma, "Nothing follows this comma.", "Remove the comma", remove(comma));
        const to = end;
        closers.pop();
        advance();
        return isObject ? { kind: "object", start: open, end: to, entries } : { kind: "array", start: open, end: to, items };
      }
      if (kind === SyntaxKind.CommaToken) {
        fault({ start, end }, "This comma has nothing before it.", "Remove the comma", remove({ start, end }));
        advance();
        continue;
      }
      if (kind === SyntaxKind.EOF) return comma ? fault(comma, "The row ends after this comma. Was it cut off?") : unclosed();
      const item = isObject ? entry(depth, entries) : value(depth + 1);
      if (!item) return undefined;
      if (!isObject) items.push(item);
      comma = undefined;
      if ((kind as SyntaxKind) === SyntaxKind.CommaToken) {
        comma = { start, end };
        advance();
      } else if ((kind as SyntaxKind) === SyntaxKind.EOF) return unclosed();
      else if (kind !== closer && !missingComma(item, isObject)) return undefined;
    }
  };

  const entry = (depth: number, entries: JsonEntry[]): JsonValue | undefined => {
    const name = key();
    if (!name) return undefined;
    if (kind === SyntaxKind.ColonToken) advance();
    else if (kind === SyntaxKind.CommaToken || kind === SyntaxKind.CloseBraceToken || kind === SyntaxKind.EOF) return fault(name, `This key has no value.`);
    else fault({ start: name.end - 1, end: name.end }, "A colon is missing after this key.", "Insert the colon", insert(name.end, ":"));
    const content = value(depth + 1);
    if (content) entries.push({ key: name, value: content });
    return content;
  };

  const unclosed = (): undefined =>
    fault(here(), `The row ends before its closing ${closers.at(-1)}. Was it cut off?`, `Close it with ${closers.slice().reverse().join("")}`, insert(text.trimEnd().length, closers.slice().reverse().join("")));

  /** After a value neither a comma nor the end: true where a comma was clearly forgotten. */
  const missingComma = (previous: JsonValue, inObject: boolean): boolean => {
    const startsNext = inObject
      ? /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\p{L}_$][\p{L}\p{N}_$-]*)\s*:/u.test(text.slice(start))
      : kind === SyntaxKind.OpenBraceToken || kind === SyntaxKind.OpenBracketToken || kind === SyntaxKind.StringLiteral && start > before;
    if (startsNext) {
      fault({ start: before === start ? start : before, end: before === start ? start + 1 : start }, "A comma is missing here.", "Insert the comma", insert(before, ","));
      return true;
    }
    if (previous.kind === "string" && text[previous.end - 1] === '"') {
      const quote = { start: previous.end - 1, end: previous.end };
      const repair = mendQuote(text, previous.start);
      faults.push({ span: quote, message: 'The string ends at this quote, but its text seems to go on. Write a quote inside a string as \\".', ...(repair ? { repair } : {}) });
    } else if (kind === SyntaxKind.CloseBraceToken || kind === SyntaxKind.CloseBracketToken) fault(here(), `${shown()} closes what ${closers.at(-1)} should close.`);
    else fault(here(), `A comma or ${closers.at(-1)} is expected here, not ${shown()}.`);
    return false;
  };

  /** What stands on the line after its value. */
  const rest = (): void => {
    const comma: Span | undefined = kind === SyntaxKind.CommaToken ? { start, end } : undefined;
    const afterValue = before;
    if (comma) advance();
    if ((kind as SyntaxKind) === SyntaxKind.EOF) {
      if (comma) fault(comma, "Rows of JSONL are not separated by commas.", "Remove the comma", remove(comma));
    } else if (kind === SyntaxKind.OpenBraceToken) moreRows(afterValue);
    else if (/^[}\]]$/.test(text.slice(comma?.start ?? start).trim())) fault({ start, end }, `One ${shown()} too many.`, "Remove it", remove({ start, end }));
    else fault({ start: comma?.start ?? start, end: text.trimEnd().length }, "The row is complete before this text.");
  };

  /** Further objects on the line: one fault at the second, one change for each. */
  const moreRows = (afterFirst: number): void => {
    const second = { start, end };
    const changes: Change[] = [];
    for (let after = afterFirst; kind === SyntaxKind.OpenBraceToken; after = before, (kind as SyntaxKind) === SyntaxKind.CommaToken && advance()) {
      changes.push({ span: { start: after, end: start }, newText: "\n" });
      if (!value(0)) break;
    }
    fault(second, "A second row starts here; every row stands on its own line.", "Put every row on its own line", changes);
  };

  advance();
  const root = value(0);
  const complete = root !== undefined && faults.length === 0;
  if (root && kind !== SyntaxKind.EOF) rest();
  if (quoteFault) {
    fault(quoteFault, "JSON strings stand in double quotes (\").", "Use double quotes", quoteChanges);
  }
  const readable = root && (complete || kind === SyntaxKind.EOF);
  return { value: readable ? root : undefined, faults: faults.sort((a, b) => a.span.start - b.span.start) };
};
