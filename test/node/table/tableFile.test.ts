import fc from "fast-check";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { editCell } from "../../../src/core/data/table/cellEdit";
import { linesOf } from "../../../src/core/data/table/lineIndex";
import { type TableEdit } from "../../../src/core/data/table/overlay";
import { changesOf, needsWholeCopy, parseChanges, placeChanges, rememberRows } from "../../../src/node/table/changes";
import { scan } from "../../../src/node/table/scan";
import { TableFile } from "../../../src/node/table/tableFile";
import { appendLines } from "../../../src/node/table/writeRows";

let folder = "";
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), "tunesmith-table-")); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fileOf = (content: string | Uint8Array): string => {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(path, content);
  return path;
};

const replace = (table: TableFile, row: number, text: string): TableEdit => ({ label: "", changes: [{ row, before: table.overlay.replaced.get(row), after: Buffer.from(text) }], deleted: new Uint32Array() });
const remove = (...rows: number[]): TableEdit => ({ label: "", changes: [], deleted: Uint32Array.from(rows) });
const textsOf = async (table: TableFile, rows: number[]): Promise<string[]> => (await table.lines(rows)).map((line) => Buffer.from(line).toString());
const open = async (path: string): Promise<TableFile> => {
  const table = await TableFile.open(path);
  await table.indexed;
  return table;
};

/** Any bytes, line breaks more often than chance would have them. */
const content = fc.array(fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom("\n", "\r\n", "\r", '{"a": "b"}\n').map((text) => Uint8Array.from(Buffer.from(text)))), { maxLength: 30 }).map((parts) => Buffer.concat(parts));

describe("saving", () => {
  test("writes what the same edits on the lines themselves give, and every other byte as it was", () => fc.assert(fc.asyncProperty(
    content, fc.array(fc.record({ row: fc.nat(), text: fc.option(fc.string(), { nil: undefined }) }), { maxLength: 8 }), fc.nat(),
    async (bytes, steps, undone) => {
      const path = fileOf(bytes);
      const table = await open(path);
      const lines = linesOf(bytes).map(({ start, end, next }) => ({ text: bytes.subarray(start, end), lineBreak: bytes.subarray(end, next), out: false }));
      expect(table.rows).toBe(lines.length);
      const edits: TableEdit[] = [];
      for (const { row: any, text } of steps) {
        const row = any % Math.max(1, lines.length);
        if (lines.length === 0 || lines[row]!.out) continue;
        const edit = text === undefined ? remove(row) : replace(table, row, text.replace(/[\r\n]/g, ""));
        table.apply(edit);
        edits.push(edit);
        if (text === undefined) lines[row]!.out = true;
        else lines[row]!.text = Buffer.from(text.replace(/[\r\n]/g, ""));
      }
      await table.save();
      const naive = (): Buffer => Buffer.concat(lines.flatMap(({ text, lineBreak, out }) => out ? [] : [text, lineBreak]));
      expect(readFileSync(path).equals(naive())).toBe(true);
      expect(await table.diskState()).toBe("same");
      // Undo goes on over the save, down to the file as it was.
      for (const edit of edits.slice(edits.length - Math.min(edits.length, undone % 9)).reverse()) table.undo(edit);
      if (undone % 9 >= edits.length) {
        await table.save();
        expect(readFileSync(path).equals(bytes)).toBe(true);
      }
      await table.close();
    }), { numRuns: 60 }));

  test("one edited cell of a large file changes only its value", async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `{"instruction" : "Say ${row}",  "output":"${"x".repeat(row % 200)}"}${row % 3 ? "\n" : "\r\n"}`);
    const path = fileOf(rows.join(""));
    const table = await open(path);
    const [line] = await table.lines([12_345]);
    const edit: TableEdit = { label: "", deleted: new Uint32Array(), changes: [{ row: 12_345, before: undefined, after: editCell(line!, ["instruction"], "Say it") }] };
    table.apply(edit);
    const seen: number[] = [];
    await table.save({ report: (bytes) => seen.push(bytes) });
    rows[12_345] = rows[12_345]!.replace("Say 12345", "Say it");
    expect(readFileSync(path, "utf8") === rows.join("")).toBe(true);
    expect(seen.at(-1)).toBe(table.size);
    expect(await textsOf(table, [12_345, 12_346])).toEqual([rows[12_345]!.trimEnd(), rows[12_346]!.trimEnd()]);
    await table.close();
  });

  test("cancelled leaves the file and the folder as they were", async () => {
    const path = fileOf("a\nb\n".repeat(1000));
    const before = readdirSync(folder).length;
    const table = await open(path);
    table.apply(remove(0));
    const controller = new AbortController();
    controller.abort();
    await expect(table.save({ signal: controller.signal })).rejects.toMatchObject({ code: "CANCELLED" });
    expect(readFileSync(path, "utf8")).toBe("a\nb\n".repeat(1000));
    expect(readdirSync(folder)).toHaveLength(before);
    await table.close();
  });

  test("follows a link, and the old rows stay readable where a file must step aside", async () => {
    const path = fileOf("a\nb\nc\n");
    const alias = join(folder, "alias.jsonl");
    symlinkSync(path, alias);
    const table = await open(alias);
    const edit = remove(1);
    table.apply(edit);
    await table.save({ stepAside: true });
    expect(readFileSync(path, "utf8")).toBe("a\nc\n");
    expect(table.lineOnDisk(2)).toBe(1);
    table.undo(edit);
    expect(await textsOf(table, [0, 1, 2])).toEqual(["a", "b", "c"]);
    await table.save({ stepAside: true });
    expect(readFileSync(path, "utf8")).toBe("a\nb\nc\n");
    await table.close();
    expect(readdirSync(folder).filter((name) => name.endsWith(".before"))).toEqual([]);
  });

  test("a table saved elsewhere leaves its own file alone", async () => {
    const path = fileOf("a\nb");
    const table = await open(path);
    table.apply(replace(table, 1, "z"));
    await table.saveTo(join(folder, "elsewhere.jsonl"));
    expect(readFileSync(join(folder, "elsewhere.jsonl"), "utf8")).toBe("a\nz");
    expect(readFileSync(path, "utf8")).toBe("a\nb");
    await table.close();
  });
});

describe("a file that another program changes", () => {
  const rows = '{"instruction":"a","output":"1"}\n{"instruction":"b","output":"2"}\n{"instruction":"c","output":"3"}\n';

  test("is noticed, put in place or written over", async () => {
    const path = fileOf(rows);
    const table = await open(path);
    expect(await table.diskState()).toBe("same");
    appendFileSync(path, "{}\n");
    expect(await table.diskState()).toBe("rewritten");
    await table.close();
    const again = await open(path);
    writeFileSync(`${path}.new`, rows);
    renameSync(`${path}.new`, path);
    expect(await again.diskState()).toBe("replaced");
    rmSync(path);
    expect(await again.diskState()).toBe("gone");
    expect(await textsOf(again, [3])).toEqual(["{}"]);
    await again.close();
  });

  test.each(["put in place", "written over", "changed later"])("takes over the edits that still have their rows, and nothing is lost: %s", async (how) => {
    const path = fileOf(rows);
    const table = await open(path);
    for (const row of [1, 2]) await table.lineToEdit(row);
    table.apply(replace(table, 1, "B!"));
    table.apply(replace(table, 2, "C!"));
    table.apply(remove(0));
    await rememberRows(table, Uint32Array.of(0), scan);
    const theirs = '{"new":1}\n{"instruction":"b","output":"2"}\n{"instruction":"a","output":"1"}\n';
    if (how === "put in place") {
      writeFileSync(`${path}.new`, theirs);
      renameSync(`${path}.new`, path);
    } else if (how === "written over") writeFileSync(path, theirs);
    const changes = parseChanges(JSON.stringify(await changesOf(table, scan)))!;
    await table.close();
    if (how === "changed later") writeFileSync(path, theirs);
    const fresh = await open(path);
    const placed = await placeChanges(changes, fresh, scan);
    fresh.apply(placed.edit);
    expect(placed.homeless.map((line) => Buffer.from(line).toString())).toEqual(["C!"]);
    expect(placed.undeleted).toBe(0);
    await fresh.save();
    expect(readFileSync(path, "utf8")).toBe('{"new":1}\nB!\n');
    await fresh.close();
  });

  test("a deletion that nobody remembered before the file was written over is not made on another row", async () => {
    const path = fileOf(rows);
    const table = await open(path);
    table.apply(remove(1));
    writeFileSync(path, '{"new":1}\n{"new":2}\n');
    const changes = await changesOf(table, scan);
    await table.close();
    const fresh = await open(path);
    expect(await placeChanges(changes, fresh, scan)).toMatchObject({ edit: { changes: [], deleted: new Uint32Array() }, undeleted: 1 });
    await fresh.close();
  });

  test("unsaved edits come back from a backup as they were, also those since a save", async () => {
    const path = fileOf("a\nb\nc\nd\n");
    const table = await open(path);
    table.apply(remove(0));
    await table.save();
    table.apply(replace(table, 2, "C"));
    table.apply(remove(3));
    expect(needsWholeCopy(table)).toBe(false);
    const changes = parseChanges(JSON.stringify(await changesOf(table, scan)))!;
    expect(changes.replaced.map(({ row }) => row)).toEqual([1]);
    expect(changes.deleted).toEqual([[2, 3]]);
    await table.close();
    const fresh = await open(path);
    fresh.apply((await placeChanges(changes, fresh, scan)).edit);
    await fresh.save();
    expect(readFileSync(path, "utf8")).toBe("b\nC\n");
    await fresh.close();
    expect(parseChanges("{")).toBeUndefined();
  });

  test("rows that came back after a save need a whole copy, which reads as the table did", async () => {
    const path = fileOf("a\nb\n");
    const table = await open(path);
    const edit = remove(0);
    table.apply(edit);
    await table.save();
    table.undo(edit);
    expect(needsWholeCopy(table)).toBe(true);
    const copy = join(folder, "copy.rows");
    await table.saveTo(copy);
    await table.close();
    const fresh = await TableFile.open(path, () => {}, copy);
    expect(await fresh.diskState()).toBe("same");
    await fresh.save();
    expect(readFileSync(path, "utf8")).toBe("a\nb\n");
    await fresh.close();
  });
});

describe("scanning", () => {
  const alpaca = (instruction: string, output: string): string => JSON.stringify({ instruction, input: "", output });
  const lines = [alpaca("a", "one"), alpaca("b", ""), '{"instruction": "c",', alpaca("a", "one"), "", ` ${alpaca("a", "one")}`, alpaca("d", "two")];

  test("filters by problem, finds duplicates, sees edits", async () => {
    const table = await open(fileOf(lines.join("\n")));
    expect(table.kind.format).toBe("alpaca");
    expect(table.columns).toEqual(["instruction", "input", "output"]);
    const view = async (filter: string): Promise<number[]> => [...(await scan(table.source(), { kind: "view", filter, sort: { key: { by: "file" }, descending: false }, file: table.kind })).rows];
    expect(await view("problem:empty-output")).toEqual([1]);
    expect(await view("problem:json-syntax")).toEqual([2]);
    expect(await view("is:broken")).toEqual([2]);
    expect(await view("problem:any")).toEqual([1, 2, 3, 5]);
    expect(await view("is:duplicate")).toEqual([3, 5]);
    expect([...(await scan(table.source(), { kind: "duplicates" })).rows]).toEqual([3, 5]);
    table.apply(remove(0));
    table.apply(replace(table, 1, alpaca("b", "mended")));
    expect([...(await scan(table.source(), { kind: "duplicates" })).rows]).toEqual([5]);
    expect(await view("problem:empty-output")).toEqual([]);
    expect(await view("is:edited")).toEqual([1]);
    const shown = await table.lines([2, 1]);
    expect(table.problems(shown).map((found) => found.map(({ code }) => code))).toEqual([["json-syntax"], []]);
    await table.close();
  });

  test("a broken first row hides no other, and other JSON Lines have no problems", async () => {
    const table = await open(fileOf(`{"instruction": "x",\n${alpaca("b", "")}\n${alpaca("a", "one")}\n`));
    expect(table.problems(await table.lines([0, 1, 2])).map((found) => found.map(({ code }) => code))).toEqual([["json-syntax"], ["empty-output"], []]);
    await table.close();
    const log = await open(fileOf('{"time": 1}\n{"time": 2}\n'));
    expect(log.problems(await log.lines([0, 1]))).toEqual([[], []]);
    await log.close();
  });

  test("a row of several MB is one row", async () => {
    const table = await open(fileOf(`${alpaca("a", "x")}\n${alpaca("long", "y".repeat(5_000_000))}\n${alpaca("b", "z")}\n`));
    expect([...(await scan(table.source(), { kind: "view", filter: "output.length>1000", sort: { key: { by: "length" }, descending: true }, file: table.kind })).rows]).toEqual([1]);
    expect((await table.lines([1]))[0]!.length).toBeGreaterThan(5_000_000);
    await table.close();
  });
});

describe("copying rows to another file", () => {
  const some = async function* (...texts: string[]): AsyncGenerator<Uint8Array> { for (const text of texts) yield Buffer.from(text); };
  test.each<[string | undefined, string]>([[undefined, "x\ny\n"], ["", "x\ny\n"], ["a\n", "a\nx\ny\n"], ["a", "a\nx\ny\n"], ["a\r\nb", "a\r\nb\r\nx\r\ny\r\n"]])("after %j", async (before, after) => {
    const path = before === undefined ? join(folder, "made.jsonl") : fileOf(before);
    await appendLines(path, some("x", "y"));
    expect(readFileSync(path, "utf8")).toBe(after);
  });
});
