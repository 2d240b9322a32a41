/** How often a row is cut into lines: a file of one object may hold thousands of conversations. */
import { expect, test, vi } from "vitest";
import { parseDataset, rowSources } from "../../../../src/core/data/parse";
import { splitLines } from "../../../../src/core/data/rows/lines";
import { rowOfRecord, rowTextIn } from "../../../../src/core/data/rows/rowText";

vi.mock(import("../../../../src/core/data/rows/lines"), async (original) => {
  const lines = await original();
  return { ...lines, splitLines: vi.fn(lines.splitLines) };
});

test("a row with many conversations is cut into lines once, not for each of them", () => {
  const task = { Definition: "Say it again.", Instances: Array.from({ length: 50 }, (_, number) => ({ input: `${number}?`, output: [`${number}.`] })), "Positive Examples": [], Categories: ["Echo"] };
  const file = parseDataset(JSON.stringify(task, null, 2), { file: "task.json" }), before = vi.mocked(splitLines).mock.calls.length;
  expect(file.records).toHaveLength(50);
  for (const record of file.records) {
    expect(rowOfRecord(rowSources(file), record)).toBe(0);
    expect(rowTextIn(file, record).text).toContain("Say it again.");
  }
  expect(vi.mocked(splitLines).mock.calls.length - before).toBeLessThanOrEqual(1);
});
