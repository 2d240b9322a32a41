/** Owns rows that are not what their file is: another format, no known format, no object at all. Says of each what it looks like. */
import { grouped } from "../../grouped";
import { type Problem, type ProblemCode, type Severity } from "../problem";
import { type Reading } from "../rows/reading";
import { type FormatKind, type Kind, type ShapeKind } from "../formats/choose";
import { formatOf } from "../formats/formats";

const at = ({ mark }: Reading, code: ProblemCode, severity: Severity, message: string): Problem => ({ code, severity, message, ...mark, fixable: false, fixes: [] });

/** For a row that is JSON but not an object. */
export const notAnObject = (reading: Reading): Problem[] => {
  const { what } = reading;
  if (what === "object" || what === "unreadable") return [];
  return [at(reading, "not-an-object", "error", `A row is a JSON object in braces, not ${what === "array" ? "an array" : what === "null" ? "null" : `a ${what}`}.`)];
};

/** For a row of another kind than the file's; the same format under other names is told too. */
export const mixedRow = (reading: Reading, own: FormatKind | ShapeKind, kind: FormatKind): Problem[] => {
  if ("shape" in own) return [at(reading, "mixed-format", "error", `This row looks like ${own.shape.title}, the others are ${kind.format.title}. ${own.shape.advice}`)];
  if (own.format !== kind.format) return [at(reading, "mixed-format", "warning", `This row is ${own.format.title}, the others are ${kind.format.title}. It is trained on, but most tools refuse a file with both.`)];
  const [mine, usual] = [own.signature?.needs ?? [], kind.signature?.needs ?? []];
  const odd = mine.findIndex((key, index) => mine.length === usual.length && key !== usual[index]);
  // A row with too few keys has problems of its own.
  if (odd < 0) return [];
  const [name, other] = [mine[odd]!, usual[odd]!];
  const place = reading.placeOf(name) ?? reading.mark;
  return [{
    code: "mixed-format", severity: "warning", ...place, message: `This row writes \`${name}\` where the others write \`${other}\`. It is trained on, but most tools refuse a file with both.`, fixable: true,
    fixes: [{ title: `Rename "${name}" to "${other}"`, code: "mixed-format", preferred: true, edits: [{ ...place, newText: JSON.stringify(other) }] }],
  }];
};

/** What a file without a single object probably is; undefined where the rows' own problems say it better. */
export const strangeFile = (rows: readonly { readonly text: string; readonly what: Reading["what"] }[]): string | undefined => {
  const values = rows.filter(({ what }) => what !== "unreadable");
  if (rows.length > 1 && values.length === rows.length && values.every(({ what }) => what === "string")) return "Every line is only a piece of text, without question and answer.";
  if (rows.some(({ text }) => /^\s*[{[]/.test(text))) return undefined;
  const header = rows[0]!.text;
  const table = rows.length > 1 && /\t/.test(header) ? "a table with tabs (TSV); name it .tsv to have it read as one"
    : rows.length > 1 && /,/.test(header) && /instruction|prompt|question|output|response|answer/i.test(header) ? "a table with commas (CSV); name it .csv to have it read as one" : undefined;
  return values.length === 0 || table ? `This does not look like JSONL${table ? ` but like ${table}` : ""}.` : undefined;
};

/** For a file most of whose rows are of no format that can be trained on; `reading` is the first of them. */
export const unknownRows = (reading: Reading, kind: Kind, rows: number): Problem => {
  if (!kind || !("shape" in kind)) {
    const names = reading.keys.map((key) => `\`${key}\``).join(", ");
    return at(reading, "unknown-format", "error",
      `${names ? `Rows with ${names} are` : "An empty row is"} no format that Tunesmith trains on. Write Alpaca, ${formatOf("alpaca").example}, or OpenAI chat, ${formatOf("openai-chat").example}; or say which column holds what: in a dataset_info.json beside the file, or with "Describe this format…" in the editor.`);
  }
  const others = rows > 1 ? ` The whole file of ${grouped(rows)} rows is left out.` : "";
  return at(reading, "unknown-format", "error", `This looks like ${kind.shape.title}, which Tunesmith does not train on as it is. ${kind.shape.advice}${others}`);
};
