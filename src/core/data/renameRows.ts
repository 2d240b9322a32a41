/** Owns the repair of a whole file whose rows only use other names for the keys of a known format. */
import { readJson } from "./readJson";
import { chooseKind, kindOf } from "./formats/formats";
import { type ParsedDataset } from "./parse";
import { type Edit, type Fix } from "./problem";

export const renameRowsOf = (parsed: ParsedDataset): Fix => {
  const rows = parsed.lines.flatMap((line) => {
    // As parseDataset reads it: a byte order mark is one only at the beginning of the file.
    const { value } = readJson(line.number === 0 ? line.text.replace(/^\ufeff/, " ") : line.text);
    return value?.kind === "object" ? [{ line: line.number, object: value, kind: kindOf(value) }] : [];
  });
  const { kind } = chooseKind(rows.map((row) => row.kind));
  const edits = rows.flatMap(({ line, object, kind: own }): Edit[] =>
    own && "shape" in own && kind && "shape" in kind && own.shape === kind.shape
      ? (own.shape.repair?.(object)?.changes ?? []).map(({ span, newText }) => ({ line, span, newText }))
      : []);
  return { title: `Rename the keys in ${rows.length === 1 ? "the row" : "every row"}`, code: "unknown-format", edits, preferred: true };
};
