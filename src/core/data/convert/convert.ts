/** Owns the conversion of a dataset from any format to another: its rows as they will be written, and all that the target cannot hold. Writes nothing. */
import { type ParsedDataset } from "../parse";
import { type FormatName } from "../record";
import { formatTable } from "../formats/formats";
import { chatTargets } from "./chatTargets";
import { pairTargets } from "./pairTargets";
import { type Target } from "./target";

export const targets: readonly Target[] = [...pairTargets, ...chatTargets];

/** Something that the target cannot hold. */
export interface Loss {
  /** In a few words, to go on after "not kept:" or "left out:". */
  readonly what: string;
  /** How many records it concerns. */
  readonly records: number;
  /** The first of them, from 0. */
  readonly line: number;
  /** Whether those records are not written at all. */
  readonly leavesOut: boolean;
}

export interface Conversion {
  readonly target: Target;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly losses: readonly Loss[];
}

/** `name` is one of `targets`. */
export const convertDataset = (parsed: ParsedDataset, name: FormatName): Conversion => {
  const target = targets.find((candidate) => candidate.name === name);
  if (!target) throw new Error(`${name} is no format that can be written.`);
  const losses = new Map<string, { what: string; records: number; line: number; leavesOut: boolean }>();
  const rows: Readonly<Record<string, unknown>>[] = [];
  for (const record of parsed.records) {
    const row = target.write(record, (what, leavesOut = false) => {
      const known = losses.get(what);
      if (known) known.records++;
      else losses.set(what, { what, records: 1, line: record.line, leavesOut });
    }, parsed.records);
    if (row) rows.push(row);
  }
  return { target, rows, losses: [...ofTheFile(parsed), ...losses.values()] };
};

/** What is lost whatever the target: rows with errors, and columns that are no part of a conversation. */
const ofTheFile = (parsed: ParsedDataset): Loss[] => {
  const { problems, records, lines, rows, usable, text, format } = parsed;
  const losses: Loss[] = [];
  if (usable < rows) losses.push({ what: "rows that cannot be trained on (`tunesmith check` says why)", records: rows - usable, line: problems.find(({ severity, code }) => severity === "error" || code === "left-out")?.line ?? 0, leavesOut: true });
  const unused = problems.filter(({ code }) => code === "unknown-key").map(({ line, span }) => ({ line, key: lines[line]!.text.slice(span.start, span.end) }));
  const aside = (formatTable.find(({ name }) => name === format)?.aside ?? []).filter((key) => text.includes(parsed.container === "csv" || parsed.container === "tsv" ? key : JSON.stringify(key)));
  const names = [...new Set([...unused.map(({ key }) => key.replace(/^"|"$/g, "")), ...aside])];
  if (names.length > 0) losses.push({ what: `columns beside the text: ${names.map((key) => `\`${key}\``).join(", ")}`, records: records.length, line: unused[0]?.line ?? 0, leavesOut: false });
  return losses;
};
