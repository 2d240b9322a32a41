import fc from "fast-check";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { liveRows, type TableEdit } from "../../../src/core/data/table/overlay";
import { changesOf, needsWholeCopy, parseChanges, placeChanges } from "../../../src/node/table/changes";
import { scan } from "../../../src/node/table/scan";
import { TableFile } from "../../../src/node/table/tableFile";

let folder = "";
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), "tunesmith-added-")); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const open = async (content: string): Promise<TableFile> => {
  const path = join(folder, `${files++}.jsonl`);
  writeFileSync(path, content);
  const table = await TableFile.open(path);
  await table.indexed;
  return table;
};

const row = (name: string): string => `{"text":"${name}"}`;
const rowsOf = (table: TableFile): number[] => [...liveRows(undefined, table.rows, table.overlay) ?? Array.from({ length: table.rows }, (_, each) => each)];
const textsOf = async (table: TableFile, rows = rowsOf(table)): Promise<string[]> => (await table.lines(rows)).map((line) => Buffer.from(line).toString());
const view = async (table: TableFile, filter = ""): Promise<number[]> => [...(await scan(table.source(), { kind: "view", filter, sort: { key: { by: "file" }, descending: false }, file: table.kind })).rows];
const splitting = (table: TableFile, at: number, lines: readonly string[]): TableEdit => ({
  label: "", deleted: new Uint32Array(), changes: [{ row: at, before: table.overlay.replaced.get(at), after: Buffer.from(lines[0]!) }], added: table.adding(at, lines.slice(1).map((line) => Buffer.from(line))),
});

describe("rows that are added", () => {
  test("stand after their row, in the view, in a filter, and in the file", async () => {
    const table = await open(`${row("a")}\r\n${row("b")}\n${row("c")}`);
    table.apply(splitting(table, 0, [row("a1"), row("a2"), row("a3")]));
    table.apply(splitting(table, 2, [row("c1"), row("c2")]));
    // A row that was added itself, and the first of all once more.
    table.apply(splitting(table, rowsOf(table)[1]!, [row("a2x"), row("a2y")]));
    table.apply(splitting(table, 0, [row("a1x"), row("a1y")]));
    const wanted = ["a1x", "a1y", "a2x", "a2y", "a3", "b", "c1", "c2"].map(row);
    expect(await textsOf(table)).toEqual(wanted);
    expect(table.count).toBe(8);
    expect(await textsOf(table, await view(table, "text:a"))).toEqual(wanted.slice(0, 5));
    expect([...table.inOrder(Uint32Array.from(rowsOf(table)).reverse())]).toEqual(rowsOf(table));
    expect(rowsOf(table).map((each) => table.lineOnDisk(each))).toEqual([0, 0, 0, 0, 0, 1, 2, 2]);
    await table.save();
    // Each has its row's own line break; the last of the file has none.
    expect(readFileSync(table.path, "utf8")).toBe(`${wanted.slice(0, 5).map((text) => `${text}\r\n`).join("")}${row("b")}\n${row("c1")}\n${row("c2")}`);
    expect(rowsOf(table).map((each) => table.lineOnDisk(each))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await textsOf(table, await view(table, "line:2-3"))).toEqual(wanted.slice(1, 3));
    expect(table.dirty).toBe(false);
    await table.close();
  });

  test("lines count rightly while the file is still read", async () => {
    const path = join(folder, `${files++}.jsonl`);
    writeFileSync(path, `${row("x".repeat(2000))}\n`.repeat(5000));
    const table = await TableFile.open(path), early = table.rows;
    expect(early).toBeLessThan(5000);
    expect(table.lineOnDisk(early - 1)).toBe(early - 1);
    await table.indexed;
    expect([table.lineOnDisk(4999), table.isOnDisk(4999)]).toEqual([4999, true]);
    await table.close();
  });

  test("those that came after a filter was made stand beside their row in it", async () => {
    const table = await open(["a", "b", "c"].map((name) => `${row(name)}\n`).join(""));
    table.apply(splitting(table, 0, [row("a1"), row("a2")]));
    const found = Uint32Array.from((await view(table, "-text:b")).reverse()), known = table.numbers;
    table.apply(splitting(table, 2, [row("c1"), row("c2")]));
    table.apply(splitting(table, 1, [row("b1"), row("b2")]));
    expect(await textsOf(table, [...liveRows(found, table.rows, table.overlay, known)!])).toEqual([row("c1"), row("c2"), row("a2"), row("a1")]);
    await table.close();
  });

  interface Item { text: string; readonly home: number; readonly row: number }
  const step = fc.record({ at: fc.nat(), what: fc.constantFrom("replace", "remove", "split", "split", "undo", "save"), text: fc.stringMatching(/^[a-z]{1,4}$/), parts: fc.integer({ min: 2, max: 4 }) });

  test("any edits, undos and saves give the rows and bytes that the same give on a list, and a backup gives them back", () => fc.assert(fc.asyncProperty(
    fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1, maxLength: 6 }), fc.boolean(), fc.array(step, { maxLength: 12 }), fc.boolean(),
    async (breaks, openEnd, steps, moved) => {
      const lineBreaks = breaks.map((each, index) => openEnd && index === breaks.length - 1 ? "" : each);
      const table = await open(lineBreaks.map((each, index) => row(`row ${index}`) + each).join(""));
      let items: Item[] = lineBreaks.map((_, index) => ({ text: row(`row ${index}`), home: index, row: index }));
      const bytes = (): string => {
        let text = "";
        for (const [index, lineBreak] of lineBreaks.entries()) {
          const own = items.filter(({ home }) => home === index);
          const added = own.some((each) => each.row >= lineBreaks.length);
          text += lineBreak === "" && added ? own.map((each) => each.text).join(lineBreaks[index - 1] ?? "\n") : own.map((each) => each.text + lineBreak).join("");
        }
        return text;
      };
      const done: { edit: TableEdit; before: Item[] }[] = [];
      for (const { at, what, text, parts } of steps) {
        const before = [...items], place = at % Math.max(1, items.length), item = items[place];
        const make = (edit: TableEdit): void => { table.apply(edit); done.push({ edit, before }); };
        if (what === "save") {
          await table.save();
          expect(readFileSync(table.path, "utf8")).toBe(bytes());
          expect(table.dirty).toBe(false);
          // Lines count as in the file that was just written.
          expect(rowsOf(table).map((each) => table.lineOnDisk(each))).toEqual(items.map((_, index) => index));
          const wanted = items.flatMap((each, index) => index % 2 === 0 ? [each.row] : []);
          if (items.length > 0) expect((await view(table, `line:${items.flatMap((_, index) => index % 2 === 0 ? [index + 1] : []).join(",")}`)).filter((each) => !table.overlay.deleted.has(each))).toEqual(wanted);
        } else if (what === "undo") {
          const last = done.pop();
          if (!last) continue;
          table.undo(last.edit);
          items = last.before;
        } else if (item && what === "replace") {
          make({ label: "", deleted: new Uint32Array(), changes: [{ row: item.row, before: table.overlay.replaced.get(item.row), after: Buffer.from(row(text)) }] });
          await table.lineToEdit(item.row);
          items = items.map((each) => each === item ? { ...item, text: row(text) } : each);
        } else if (item && what === "remove") {
          make({ label: "", changes: [], deleted: Uint32Array.of(item.row) });
          items = items.filter((each) => each !== item);
        } else if (item) {
          const pieces = Array.from({ length: parts }, (_, part) => row(`${text} ${part}`)), edit = splitting(table, item.row, pieces);
          make(edit);
          const added = edit.added!.map((each, index) => ({ text: pieces[index + 1]!, home: item.home, row: each.row }));
          items = items.flatMap((each) => each === item ? [{ ...item, text: pieces[0]! }, ...added] : [each]);
        }
        expect(rowsOf(table)).toEqual(items.map((each) => each.row));
        expect(await textsOf(table)).toEqual(items.map((each) => each.text));
      }
      expect((await view(table)).filter((each) => !table.overlay.deleted.has(each))).toEqual(items.map((each) => each.row));

      // The edits apart from the table, on the file as it is or with another row before the others.
      if (!needsWholeCopy(table)) {
        const changes = parseChanges(JSON.stringify(await changesOf(table, scan)))!;
        if (moved) {
          writeFileSync(`${table.path}.theirs`, `${row("theirs")}\n${readFileSync(table.path, "utf8")}`);
          renameSync(`${table.path}.theirs`, table.path);
        }
        const again = await TableFile.open(table.path);
        const { edit, homeless } = await placeChanges(changes, again, scan);
        again.apply(edit);
        expect(homeless).toEqual([]);
        const texts = await textsOf(again), wanted = [...(moved ? [row("theirs")] : []), ...items.map((each) => each.text)];
        // Equal rows are the same to who looks for them: which of them an edit goes to is not known then.
        if (moved) expect([...texts].sort()).toEqual([...wanted].sort());
        else expect(texts).toEqual(wanted);
        await again.close();
      }
      await table.saveTo(`${table.path}.copy`);
      expect(readFileSync(`${table.path}.copy`, "utf8")).toBe(bytes());
      await table.close();
    }), { numRuns: 60 }));
});
