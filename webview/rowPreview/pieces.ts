/** Cuts a rendered row into the pieces that look alike: by turn, by what is trained, at control tokens, at the limit, and at every token where that is asked for. Pure. */
import { type PreviewedRow } from "../../src/protocol/rowPreview";

export interface Piece {
  readonly text: string;
  /** UTF-16 offset in the rendered text. */
  readonly start: number;
  /** As the loss has it: whether the token that the piece lies in is trained. */
  readonly trained: boolean;
  readonly special: boolean;
  /** Beyond the limit. */
  readonly cut: boolean;
  /** Index of the token, where pieces are tokens. */
  readonly token: number | undefined;
  /** Whether it begins here; else it began in the piece before, which is another's. */
  readonly begins: boolean;
}
/** The pieces of one turn, or of the template's words between two. */
export interface Turn { readonly message: number | null; readonly role: PreviewedRow["segments"][number]["role"]; readonly start: number; readonly end: number; readonly pieces: readonly Piece[] }

/** Of longer texts the beginning is shown: a page of more is no help to read. */
export const MOST_CHARACTERS = 60_000;

export const turnsOf = (row: PreviewedRow, byToken: boolean, most = MOST_CHARACTERS): Turn[] => {
  const { ids, starts } = row.encoded;
  const trained = new Set(row.encoded.trained), special = new Set(row.encoded.special);
  const all = row.segments.map(({ text }) => text).join("");
  const limit = cutAt(all, most);
  const endOf = (token: number): number => {
    // Several tokens of one character's bytes begin at the same place; the last of them has it.
    return starts[token + 1] ?? all.length;
  };
  const turns: Turn[] = [];
  let offset = 0, token = 0;
  for (const { role, message, text } of row.segments) {
    const [start, end] = [offset, Math.min(offset + text.length, limit)];
    offset += text.length;
    if (start >= end) continue;
    const pieces: Piece[] = [];
    for (let at = start; at < end;) {
      while (token < ids.length - 1 && endOf(token) <= at) token++;
      const inside = ids.length > 0 && starts[token]! <= at;
      const look = { trained: inside && trained.has(token), special: inside && special.has(token), cut: inside && token >= row.kept };
      let to = Math.min(end, inside ? endOf(token) : starts[token] ?? end);
      // Without tokens, all that looks the same is one piece; a control token is always one of its own.
      for (let next = token + 1; !byToken && !look.special && inside && to < end && next < ids.length; next++) {
        if (special.has(next) || trained.has(next) !== look.trained || next >= row.kept !== look.cut) break;
        to = Math.min(end, endOf(next));
      }
      pieces.push({ text: all.slice(at, to), start: at, ...look, token: byToken && inside ? token : undefined, begins: !inside || starts[token] === at });
      at = to;
    }
    turns.push({ message, role, start, end, pieces });
  }
  return turns;
};

/** Never between the halves of a character. */
const cutAt = (text: string, most: number): number => {
  const end = Math.min(text.length, most);
  const half = text.charCodeAt(end - 1);
  return end < text.length && half >= 0xd800 && half < 0xdc00 ? end - 1 : end;
};
