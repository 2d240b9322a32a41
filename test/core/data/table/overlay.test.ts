import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { liveRows, Overlay, type TableEdit } from "../../../../src/core/data/table/overlay";
import { fromRanges, RowSet, toRanges } from "../../../../src/core/data/table/rowSet";

const rowSet = fc.uniqueArray(fc.nat(300));

describe("sets of rows", () => {
  test("are like sets of numbers", () => fc.assert(fc.property(rowSet, rowSet, fc.nat(320), (added, removed, row) => {
    const set = new RowSet(added);
    for (const each of removed) set.delete(each);
    const wanted = added.filter((each) => !removed.includes(each)).sort((a, b) => a - b);
    expect([...set.toArray()]).toEqual(wanted);
    expect(set.size).toBe(wanted.length);
    expect(set.has(row)).toBe(wanted.includes(row));
    expect(set.rank(row)).toBe(wanted.filter((each) => each < row).length);
    expect([...fromRanges(toRanges(wanted))]).toEqual(wanted);
    const copy = set.copy();
    copy.add(999);
    expect(set.has(999)).toBe(false);
  })));
});

describe("the overlay", () => {
  /** Edits as the table makes them: what they replace is what was there, and nothing is deleted twice. */
  const script = fc.array(fc.record({ row: fc.nat(9), text: fc.string(), remove: fc.boolean() }), { maxLength: 20 });

  test("undoing all gives the file again, doing all again the same edits", () => fc.assert(fc.property(script, (steps) => {
    const overlay = new Overlay();
    const edits: TableEdit[] = [];
    for (const { row, text, remove } of steps) {
      if (overlay.deleted.has(row)) continue;
      const edit: TableEdit = remove ? { label: "", changes: [], deleted: Uint32Array.of(row) } : { label: "", changes: [{ row, before: overlay.replaced.get(row), after: new TextEncoder().encode(text) }], deleted: new Uint32Array() };
      overlay.apply(edit);
      edits.push(edit);
    }
    const look = (): unknown => [[...overlay.replaced].sort(([a], [b]) => a - b), [...overlay.deleted.toArray()], [...overlay.touched(1000)]];
    const after = look();
    const copy = overlay.copy();
    for (const edit of [...edits].reverse()) overlay.undo(edit);
    expect(look()).toEqual([[], [], []]);
    for (const edit of edits) overlay.apply(edit);
    expect(look()).toEqual(after);
    expect([...copy.deleted.toArray()]).toEqual([...overlay.deleted.toArray()]);
  })));

  test("rows that were taken out are in no view", () => {
    const deleted = new RowSet([1, 3]);
    expect(liveRows(undefined, 5, new Overlay())).toBeUndefined();
    expect([...liveRows(undefined, 5, { deleted, added: new Map() })!]).toEqual([0, 2, 4]);
    expect([...liveRows(Uint32Array.of(3, 2, 1, 0), 5, { deleted, added: new Map() })!]).toEqual([2, 0]);
  });
});
