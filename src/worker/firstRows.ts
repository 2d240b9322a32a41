/** Owns the first look at a Parquet file: its columns, its first rows, and what they would be read as. Reads the first row group alone. */
import { parseDataset } from "../core/data/parse";
import { datasetOptions } from "../node/readDataset";
import { shardOf } from "../node/parquet/importRows";
import { openParquet } from "../node/parquet/parquetFile";
import { type ColumnsResult } from "../protocol/analysis";

/** Rows that are shown, rows that the format is found out by, and characters of a cell. */
const [SHOWN, SAMPLED, MOST_TEXT] = [10, 200, 300];

/** Throws DATASET_NOT_FOUND, DATASET_UNREADABLE, CONFIG_INVALID. */
export const firstRows = async (path: string): Promise<ColumnsResult> => {
  const file = await openParquet(path);
  try {
    const lines: string[] = [];
    for await (const { line } of file.lines()) if (lines.push(line) === SAMPLED) break;
    const { format, formatReason } = parseDataset(lines.join("\n"), await datasetOptions(path, path));
    return {
      rows: file.rows, columns: file.columns.map(({ name, title }) => ({ name, title })), format, formatReason, shard: shardOf(path),
      first: lines.slice(0, SHOWN).map((line) => {
        const row = JSON.parse(line) as Record<string, unknown>;
        return file.columns.map(({ name }) => Object.hasOwn(row, name) ? cell(row[name]) : undefined);
      }),
    };
  } finally {
    await file.close();
  }
};

const cell = (value: unknown): string => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
};
