/** What the parser says of a file that is read in blocks, and of a text as a whole, in a form to compare. */
import { FileReport } from "../../src/core/data/content/fileReport";
import { type ParsedDataset } from "../../src/core/data/parse";
import { openRows } from "../../src/node/datasetRows";

export const structureOf = async (path: string, blockBytes: number): Promise<{ inBlocks: boolean; told: unknown }> => {
  const rows = await openRows(path, path, { wholeBytes: 0, blockBytes });
  let report: FileReport;
  do {
    report = new FileReport(Infinity, true);
    for await (const block of rows.blocks()) report.block(block);
  } while (rows.misjudged());
  await rows.close();
  return { inBlocks: rows.inBlocks, told: [report.format, report.formatReason, report.rows, report.usable, report.problems.sort((a, b) => a.line - b.line || a.span.start - b.span.start || a.span.end - b.span.end)] };
};

/** Repairs are worked out for a text at hand only. */
export const toldOf = (parsed: ParsedDataset): unknown => [parsed.format, parsed.formatReason, parsed.rows, parsed.usable, parsed.problems.map((problem) => ({ ...problem, fixes: [] }))];
