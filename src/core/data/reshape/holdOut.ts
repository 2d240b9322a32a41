/** Owns which rows of a file are moved to an evaluation file at random, so that nothing that belongs together, or says nearly the same, is on both sides; and the text that is moved. */
import { heldRows, type HeldAmount, type MixRow } from "../mixture/mix";
import { keyValues } from "../mixture/keyValues";
import { likePairs } from "../mixture/pairs";
import { rowSources, type ParsedDataset } from "../parse";
import { endOfRow, rowAtPlace } from "../rows/rowSource";
import { lineBreakOf } from "../rows/lines";
import { onOneLine } from "../rows/wholeFile";

export interface HoldOut {
  readonly amount: HeldAmount;
  /** The same seed takes the same rows. */
  readonly seed: number;
  /** Keys of a row, as a mixture's `group_by`. */
  readonly groupBy: readonly string[];
}

/** Rows by number, ascending. Rows that cannot be trained on stay. `turn` as in `likePairs`. */
export const rowsToHoldOut = async (parsed: ParsedDataset, { amount, seed, groupBy }: HoldOut, turn: (done: number) => Promise<void>): Promise<number[]> => {
  const { records } = parsed, sources = rowSources(parsed);
  // A conversation may stand on several rows, and a row may hold several conversations: they go together.
  const rowsOf = records.map(({ line: own, messages }) => [...new Set([own, ...messages.map(({ line = own }) => line)].map((line) => rowAtPlace(sources, line, messages[0]?.line === undefined && line === own ? messages[0]?.span.start : undefined)))].filter((row) => row !== undefined));
  const mixed = records.map(({ messages, line }, index): MixRow => {
    const values = groupBy.length > 0 && rowsOf[index]![0] !== undefined ? keyValues(sources[rowsOf[index]![0]]!.text, groupBy) : new Map<string, string>();
    return { source: 0, line, task: "", content: JSON.stringify(messages.map(({ role, content }) => [role, content])), groups: [...rowsOf[index]!.map((row) => `row ${row}`), ...[...values].map(([key, value]) => `${key}=${value}`)] };
  });
  const held = heldRows(mixed, await likePairs(records, turn), amount, seed);
  return [...new Set(held.flatMap((index) => rowsOf[index]!))].sort((a, b) => a - b);
};

/** The rows as the text of another file: a row of a JSON array on a line of its own, of a table below its header. `header` is that of an existing file, without its line break. */
export const extractedText = (parsed: ParsedDataset, rows: readonly number[]): { readonly header: string | undefined; readonly lines: readonly string[] } => {
  const sources = rowSources(parsed), table = parsed.container === "csv" || parsed.container === "tsv";
  const first = sources[0], header = table && first && first.line > 0 ? parsed.lines.slice(0, first.line).map(({ text }) => text.replace(/^\ufeff/, "")).find((text) => text.trim() !== "") : undefined;
  const lineBreak = lineBreakOf(parsed.text);
  const textOf = (row: number): string => {
    const source = sources[row]!, { line } = source, end = endOfRow(source).line;
    // A table's row over several lines keeps its own line breaks.
    if (table) return parsed.lines.slice(line, end + 1).map(({ text }) => text).join(lineBreak);
    return onOneLine(source.text.replace(/^ (?=\{)/, (blank) => (line === 0 && parsed.text.startsWith("\ufeff") ? "" : blank)));
  };
  return { header, lines: rows.map(textOf) };
};
