/** Owns the way back from a rendered row to the line that it came from: template, escapes and all. Only looks; a part that cannot be found again stands for its whole message. */
import { spanWithin, type JsonString } from "../data/json/tree";
import { stringEnd } from "../data/json/jsonContext";
import { type Span } from "../data/problem";
import { readJson } from "../data/json/readJson";
import { type DatasetRecord, type Message } from "../data/record";
import { type Segment } from "./types";

export interface RowMap {
  /**
   * What the characters [from, to) of the rendered text are in the line, at least one character of it.
   * Of words and template only the words count; the template alone stands at the closing quote of what was written before it.
   */
  spanOf(from: number, to: number): Span;
  /** Whether any of the characters [from, to) was written in the line. */
  isWritten(from: number, to: number): boolean;
  /** The message (its number in the record) that the character at `offset` belongs to; undefined for the template's own words between messages. */
  messageAt(offset: number): number | undefined;
}

/** Half-open in the rendered text; with `node` its characters are the node's value from `skip` on, without it `span` as a whole. */
interface Anchor { readonly from: number; readonly to: number; readonly span: Span; readonly node?: JsonString; readonly skip: number }
/** A part of a message's content: the characters from `at` on are the node's value, of which the content may lack the beginning and the end. */
interface Piece { readonly at: number; readonly node: JsonString }

export const mapRow = (segments: readonly Segment[], record: DatasetRecord, line: string): RowMap => {
  const strings = stringsOf(line);
  const anchors: Anchor[] = [];
  const owners: { from: number; to: number; message: number }[] = [];
  const { messages } = record;
  let number = 0, cursor = 0, offset = 0;
  for (const segment of whole(segments)) {
    const from = offset;
    offset += segment.text.length;
    if (segment.role === "template" || segment.text === "") continue;
    const found = ownerOf(segment, messages, number, cursor);
    if (!found) continue;
    if (found.message !== number) cursor = 0;
    number = found.message;
    const message = messages[number]!;
    owners.push({ from, to: offset, message: number });
    const { in: inSegment, at: inContent, length } = found;
    if (length > 0) anchors.push(...piecesOf(message, strings, line).flatMap((piece) => anchorOf(piece, inContent, length, from + inSegment)));
    if (length === 0 || anchors.at(-1)?.from === undefined || anchors.at(-1)!.to <= from) anchors.push({ from, to: offset, span: message.span, skip: 0 });
    cursor = inContent + length;
    if (segment.role === "assistant") {
      number++;
      cursor = 0;
    }
  }
  const first = messages[0]?.span ?? { start: 0, end: line.length };

  const place = ({ from, to, span, node, skip }: Anchor, start: number, end: number): Span =>
    node ? spanWithin(line, node, skip + Math.max(start, from) - from, skip + Math.min(end, to) - from) : span;
  return {
    spanOf: (from, end) => {
      // Of the tokens of one character's bytes only the last is longer than nothing.
      const to = Math.max(end, from + 1);
      const touched = anchors.filter((anchor) => anchor.from < to && anchor.to > from).map((anchor) => place(anchor, from, to));
      if (touched.length > 0) return { start: Math.min(...touched.map(({ start }) => start)), end: Math.max(...touched.map(({ end }) => end)) };
      const before = anchors.findLast((anchor) => anchor.to <= from);
      return before ? { start: before.span.end - 1, end: before.span.end } : { start: first.start, end: Math.min(first.start + 1, first.end) };
    },
    isWritten: (from, to) => anchors.some((anchor) => anchor.node !== undefined && anchor.from < to && anchor.to > from),
    messageAt: (at) => owners.find(({ from, to }) => from <= at && at < to)?.message,
  };
};

/** An answer of which only parts are trained in one segment again. */
const whole = (segments: readonly Segment[]): Segment[] => segments.reduce<Segment[]>((result, segment) => {
  const last = result.at(-1);
  if (segment.continues && last) result[result.length - 1] = { ...last, text: last.text + segment.text };
  else result.push(segment);
  return result;
}, []);

interface Found { readonly message: number; /** Where the content begins in the segment. */ readonly in: number; /** Which character of the content that is. */ readonly at: number; readonly length: number }

/** The message that a segment shows, from message `number` and its character `cursor` on. */
const ownerOf = ({ role, text }: Segment, messages: readonly Message[], number: number, cursor: number): Found | undefined => {
  for (let message = number; message < messages.length; message++) {
    const { role: own, content } = messages[message]!;
    if (own !== role) continue;
    if (role === "assistant") return { message, ...contentIn(text, content) };
    const at = content.indexOf(text, message === number ? cursor : 0);
    if (at >= 0) return { message, in: 0, at, length: text.length };
  }
  return undefined;
};

/** An answer's segment also holds its end token, and perhaps not all of the content: templates trim it, and drop thoughts. */
const contentIn = (text: string, content: string): Omit<Found, "message"> => {
  const trimmed = content.trim();
  const afterThoughts = content.slice(content.lastIndexOf("</think>") + "</think>".length).trim();
  for (const [form, at] of [[content, 0], [trimmed, content.indexOf(trimmed)], [afterThoughts, content.lastIndexOf(afterThoughts)]] as const) {
    const found = form === "" ? -1 : text.indexOf(form);
    if (found >= 0) return { in: found, at, length: form.length };
  }
  return { in: 0, at: 0, length: 0 };
};

/** The part of a piece that lies in the content's [at, at + length), which stands at `offset` of the rendered text. */
const anchorOf = ({ at: begin, node }: Piece, at: number, length: number, offset: number): Anchor[] => {
  const start = Math.max(begin, at), end = Math.min(begin + node.value.length, at + length);
  return start >= end ? [] : [{ from: offset + start - at, to: offset + end - at, span: { start: node.start, end: node.end }, node, skip: start - begin }];
};

/** The strings of the line that a message's content was put together from. */
const piecesOf = (message: Message, strings: readonly JsonString[], line: string): Piece[] => {
  const { content, span } = message;
  const inside = strings.filter((node) => node.start >= span.start && node.end <= span.end);
  const pieces: Piece[] = [];
  let at = 0;
  const take = (node: JsonString): boolean => {
    const found = node.value === "" ? -1 : content.indexOf(node.value, at);
    if (found < 0) return false;
    pieces.push({ at: found, node });
    at = found + node.value.length;
    return true;
  };
  // Of a list of parts each goes on where the last one ended.
  for (const node of inside) if (inside.length === 1 || content.startsWith(node.value, at)) take(node);
  // Two keys may make one message: Alpaca's input follows its instruction.
  while (pieces.length > 0) {
    const rest = content.length - content.slice(at).trimStart().length;
    const next = strings.filter((node) => node.value.trim() !== "" && !pieces.some((piece) => piece.node === node) && content.startsWith(node.value.trimStart(), rest))
      .reduce<JsonString | undefined>((best, node) => best === undefined || node.value.length > best.value.length ? node : best, undefined);
    if (rest >= content.length || !next || !take(next)) break;
  }
  if (pieces.length > 0 || content === "") return pieces;
  // Some formats leave something off, as the end mark of a completion.
  const [only] = inside;
  const from = only && inside.length === 1 ? only.value.indexOf(content) : -1;
  return from >= 0 ? [{ at: -from, node: only! }] : cellIn(message, line);
};

/** Keys whose values are words of the format, never of the text. */
const NO_TEXT: ReadonlySet<string> = new Set(["type", "role", "from"]);

/** Every string of the row that may be text, in its order. Found without the structure around them: of a row over several lines the text may begin or end inside of it. */
const stringsOf = (text: string): JsonString[] => {
  const strings: JsonString[] = [];
  let key: string | undefined;
  for (let start = text.indexOf('"'), end: number; start >= 0; start = text.indexOf('"', end)) {
    end = stringEnd(text, start);
    const { value } = readJson(text.slice(start, end));
    if (value?.kind !== "string") continue;
    if (/^\s*:/.test(text.slice(end, end + 20))) key = value.value;
    else {
      if (key === undefined || !NO_TEXT.has(key)) strings.push({ ...value, start, end });
      key = undefined;
    }
  }
  return strings;
};

/** A table's cell, where it stands in the content as it is, without doubled quotes, or with line breaks for \n. */
const cellIn = ({ content, span }: Message, text: string): Piece[] => {
  const raw = text.slice(span.start, span.end);
  for (const [written, value] of [["bare", raw], ["quoted", raw.slice(1, -1).replaceAll('""', '"')], ["backslash", raw.replaceAll("\\n", "\n")]] as const) {
    const at = value === "" ? -1 : content.indexOf(value);
    if (at >= 0) return [{ at, node: { kind: "string", value, start: span.start, end: span.end, written } }];
  }
  return [];
};
