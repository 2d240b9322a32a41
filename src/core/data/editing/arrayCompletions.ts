/** What can be written at a place of a JSON array of rows: inside a row what its keys and turns allow, between rows a whole one with the commas it needs. */
import { readStrict } from "../json/readStrict";
import { type Span } from "../problem";
import { type RowSource } from "../rows/rowSource";
import { completionsAt, type Completions } from "./completions";

/** A row and the offset of its first character in the file's text. */
interface PlacedRow extends Pick<RowSource, "text"> { readonly start: number }

/** `replace` is of the file's text, as `offset` is; `row` is the last that begins before the place, where one does. */
export const completionsInArray = (text: string, row: PlacedRow | undefined, offset: number, known: readonly string[], format: string | undefined): Completions | undefined => {
  const within = row ? offset - row.start : -1;
  // A row that is whole ends with its bracket; one that is being written may go on.
  if (row && within > 0 && (within < row.text.length || within === row.text.length && !readStrict(row.text))) {
    const found = completionsAt(row.text, within, known, format);
    return found && { ...found, replace: moved(found.replace, row.start) };
  }
  const [before, after] = [lastMark(text, offset), /\S/.exec(text.slice(offset, offset + AHEAD))?.[0]];
  if (before !== "[" && before !== "," && before !== "}") return undefined;
  const found = completionsAt("", 0, known, format);
  return found && {
    replace: { start: offset, end: offset },
    items: found.items.map((item) => ({ ...item, snippet: `${before === "}" ? ", " : ""}${item.snippet}${after === "{" ? "," : ""}` })),
  };
};

/** Blanks between rows are few. */
const AHEAD = 4_000;

const lastMark = (text: string, offset: number): string | undefined => {
  for (let at = offset - 1; at >= 0 && at > offset - AHEAD; at--) if (!/\s/.test(text[at]!)) return text[at];
  return undefined;
};

const moved = ({ start, end }: Span, by: number): Span => ({ start: start + by, end: end + by });
