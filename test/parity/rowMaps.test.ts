/** Real rows of every format, with real templates: what a base makes of them lies inside their lines, and every trained character comes from somewhere. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../src/core/data/parse";
import { rowText } from "../../src/core/data/rows/rowText";
import { problemsOfFile, readRow } from "../../src/core/text/lint";
import { mapRow } from "../../src/core/text/rowMap";
import { chooseTemplate, type PromptTemplate } from "../../src/core/text/template";
import { createTokenizer } from "../../src/core/text/tokenizer";
import { hasShared, shared } from "../shared";

const starter = (file: string): string => readFileSync(join(__dirname, "../../starter/base", file), "utf8");
const files = (folder: string): string[] => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? files(path) : /\.(jsonl|json|tsv)$/.test(name) && statSync(path).size < 6_000_000 ? [path] : [];
});
/** So many rows of each file: their shapes repeat. */
const MOST = 40;

describe.skipIf(!hasShared)("rows of real datasets", () => {
  test("problems and trained characters lie in their lines", { timeout: 300_000 }, () => {
    const tokenizer = createTokenizer(starter("tokenizer.json"), starter("tokenizer_config.json"));
    const templates: PromptTemplate[] = [chooseTemplate(tokenizer), chooseTemplate(tokenizer, "alpaca")];
    const formats = new Map<string, number>();
    let written = 0, trained = 0;
    for (const path of files(shared("data"))) {
      const parsed = parseDataset(readFileSync(path, "utf8"), { file: path });
      for (const record of parsed.records.slice(0, MOST)) {
        formats.set(record.format, (formats.get(record.format) ?? 0) + 1);
        const row = rowText(record, parsed.lines);
        for (const template of templates) {
          const { encoded, problems } = readRow(row.record, row.text, { template, tokenizer, maxLength: 256 });
          for (const problem of problemsOfFile(problems).map(row.back)) {
            const line = parsed.lines[problem.line]!.text;
            expect(problem.span.start >= 0 && problem.span.start <= problem.span.end && problem.span.end <= line.length, `${path} line ${problem.line + 1} ${problem.code} ${JSON.stringify(problem.span)} of ${line.length}`).toBe(true);
          }
          if (!encoded) continue;
          const map = mapRow(encoded.segments, row.record, row.text);
          let offset = 0;
          for (const segment of encoded.segments) {
            const [from, to] = [offset, offset + segment.text.length];
            offset = to;
            if (!segment.trained) continue;
            const { start, end } = map.spanOf(from, to);
            expect(start >= 0 && start < end && end <= row.text.length, `${path} line ${record.line + 1}`).toBe(true);
            trained++;
            if (map.isWritten(from, to)) written++;
          }
        }
      }
    }
    expect(formats.size).toBeGreaterThan(15);
    // The others are tool calls, which templates write in their own way.
    expect(written / trained).toBeGreaterThan(0.95);
  });
});
