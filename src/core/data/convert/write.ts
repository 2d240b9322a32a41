/** Owns writing converted rows as the text of a file: JSON Lines, a JSON array, or CSV as RFC 4180 has it. */
import { type Container } from "../rows/rowSource";

type Rows = readonly Readonly<Record<string, unknown>>[];

/** For `csv` every value must be a text; `tsv` cannot hold line breaks and is not written. */
export const writeRows = (rows: Rows, container: Exclude<Container, "tsv">): string => {
  if (container === "json") return `${JSON.stringify(rows, null, 2)}\n`;
  if (container === "jsonl") return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ""))].map((cells) => `${cells.map((cell) => quoted(String(cell))).join(",")}\r\n`).join("");
};

const quoted = (cell: string): string => /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
