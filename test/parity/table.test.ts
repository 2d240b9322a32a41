/** The table on real instruction data: it finds in each row what the parser finds in the whole file, and an edited cell changes nothing beside it. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseDataset } from "../../src/core/data/parse";
import { editCell } from "../../src/core/data/table/cellEdit";
import { linesOf } from "../../src/core/data/table/lineIndex";
import { type CellPath, faultOf, leavesOf, readValue } from "../../src/core/data/table/rowCells";
import { isRowProblem } from "../../src/core/data/table/view";
import { TableFile } from "../../src/node/table/tableFile";
import { hasShared, shared } from "../shared";

const files = hasShared ? (readdirSync(shared("data"), { recursive: true }) as string[]).filter((name) => name.endsWith(".jsonl")).sort() : [];
/** Said once for a file, not of a row. */
const OF_THE_FILE = new Set(["unknown-format", "preference", "end-mark"]);

let folder = "";
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), "tunesmith-table-")); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasShared)("the table", () => {
  test("there are files to look at", () => expect(files.length).toBeGreaterThan(20));

  test.each(files)("%s", async (name) => {
    const bytes = readFileSync(shared("data", name));
    const table = await TableFile.open(shared("data", name));
    await table.indexed;
    const lines = await table.lines(Array.from({ length: table.rows }, (_, row) => row));
    expect(table.rows).toBe(linesOf(bytes).length);

    const found: string[] = [];
    for (let row = 0; row < lines.length; row += 256) table.problems(lines.slice(row, row + 256)).forEach((problems, index) => { for (const { code } of problems) found.push(`${row + index} ${code}`); });
    const wanted = parseDataset(bytes.toString("utf8"), table.kind.mapping ? { mapping: table.kind.mapping } : {}).problems.filter((problem) => isRowProblem(problem) && !OF_THE_FILE.has(problem.code)).map(({ line, code }) => `${line} ${code}`);
    expect(found.filter((each) => !OF_THE_FILE.has(each.split(" ")[1]!)).sort()).toEqual(wanted.sort());

    // The last text of the middle row; two files have bare texts for rows.
    const row = lines.length >> 1;
    const value = readValue(lines[row]!);
    expect(faultOf(lines[row]!) === undefined).toBe(typeof value === "object");
    const texts = (of: unknown): { path: CellPath; text: string }[] => typeof of === "string" ? [{ path: [], text: of }] : leavesOf(of).filter(({ kind }) => kind === "string");
    const leaf = texts(value).at(-1)!;
    table.apply({ label: "", deleted: new Uint32Array(), changes: [{ row, before: undefined, after: editCell(lines[row]!, leaf.path, `${leaf.text} And "more".`) }] });
    const copy = join(folder, "copy.jsonl");
    await table.saveTo(copy);
    await table.close();
    const after = readFileSync(copy);
    const { start, end } = linesOf(bytes)[row]!;
    expect(after.subarray(0, start).equals(bytes.subarray(0, start))).toBe(true);
    expect(after.subarray(after.length - (bytes.length - end)).equals(bytes.subarray(end))).toBe(true);
    const changed = after.subarray(start, after.length - (bytes.length - end)).toString("utf8");
    expect(changed.length).toBe(bytes.subarray(start, end).toString("utf8").length + ' And \\"more\\".'.length);
    expect(texts(JSON.parse(changed)).at(-1)).toEqual({ ...leaf, text: `${leaf.text} And "more".` });
  });
});
