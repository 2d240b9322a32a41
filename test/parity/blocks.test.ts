/** Real rows of every format, as they are and with damage: read in blocks from a file they have the problems that they have as one text, and the quick reader sees what the careful one sees. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readJson } from "../../src/core/data/json/readJson";
import { readStrict } from "../../src/core/data/json/readStrict";
import { parseDataset } from "../../src/core/data/parse";
import { seededRandom } from "../../src/core/random";
import { structureOf, toldOf } from "../node/inBlocks";
import { temporaryFolder } from "../project/folders";
import { hasShared, shared, sharedText } from "../shared";

const folder = temporaryFolder();
const damage = ["", '"', "'", ",", "}", "{", "]", ":", "\\", "\\u12", "\\ud83d", "\t", "\r", "\r\n", "\n", "\u0001", "\ufeff", "\u00a0", "\ufffd", "None", "NaN", '"output": "x", ', "9007199254740993", "TODO", "  "];

/** Every tenth row with a few characters taken out or put in, and some rows twice. */
const damaged = (rows: readonly string[], label: string): string[] => {
  const random = seededRandom(label);
  const pick = (count: number): number => Math.floor(random() * count);
  return rows.flatMap((row) => {
    if (random() > 0.1) return random() < 0.02 ? [row, row] : [row];
    let text = row;
    for (let change = pick(3); change >= 0; change--) {
      const at = pick(text.length + 1), put = damage[pick(damage.length)]!;
      text = text.slice(0, at) + put + text.slice(put === "" ? at + 1 + pick(20) : at);
    }
    return [text];
  });
};

/** The rows of a file, a line each. */
const rowsOf = (file: string): string[] => {
  const text = sharedText("data", file);
  if (!file.endsWith(".json")) return text.split("\n");
  const value: unknown = JSON.parse(text);
  return (Array.isArray(value) ? value as unknown[] : [value]).map((row) => JSON.stringify(row));
};

describe.skipIf(!hasShared)("rows in blocks", () => {
  const files = hasShared ? readdirSync(shared("data"), { recursive: true, encoding: "utf8" }).filter((file) => /\.jsonl?$/.test(file)).sort() : [];
  test.each(files)("%s", async (file) => {
    const rows = rowsOf(file).slice(0, 1500);
    let inBlocks = 0;
    for (const [number, some] of [rows, damaged(rows, `${file} 1`), damaged(rows, `${file} 2`)].entries()) {
      // A file holds no half surrogates.
      const text = Buffer.from(some.join("\n")).toString();
      const parsed = parseDataset(text);
      const path = join(folder, "rows.jsonl");
      writeFileSync(path, text);
      const blocks = await structureOf(path, 3000 + 1000 * number);
      if (blocks.inBlocks) inBlocks++;
      expect(blocks.told).toEqual(toldOf(parsed));
      for (const { text: line } of parsed.lines.slice(0, 300)) {
        const { value, faults } = readJson(line);
        expect(readStrict(line)).toEqual(faults.length === 0 ? value : undefined);
      }
    }
    if (parseDataset(rows.join("\n")).format !== undefined && parseDataset(rows.join("\n")).format !== "oasst-messages" && rows.length > 100) expect(inBlocks).toBeGreaterThan(0);
  });
});
