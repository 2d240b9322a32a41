import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Selection } from "../../../webview/table/selection";
import { ROW_HEIGHT, Viewport } from "../../../webview/table/viewport";

const COUNT = 30;
const action = fc.oneof(
  fc.record({ kind: fc.constantFrom("only", "add"), a: fc.nat(COUNT - 1), b: fc.nat(COUNT - 1) }),
  fc.record({ kind: fc.constantFrom("toggle"), a: fc.nat(COUNT - 1), b: fc.constant(0) }),
  fc.record({ kind: fc.constantFrom("clear", "all"), a: fc.constant(0), b: fc.constant(0) }),
);

describe("the selection", () => {
  test("is like a set of rows", () => fc.assert(fc.property(fc.array(action, { maxLength: 12 }), fc.nat(COUNT), (actions, limit) => {
    const selection = new Selection();
    let set = new Set<number>();
    for (const { kind, a, b } of actions) {
      const between = Array.from({ length: Math.abs(a - b) + 1 }, (_, index) => Math.min(a, b) + index);
      if (kind === "only") { selection.only(a, b); set = new Set(between); }
      else if (kind === "add") { selection.add(a, b); for (const row of between) set.add(row); }
      else if (kind === "toggle") { selection.toggle(a); if (!set.delete(a)) set.add(a); }
      else if (kind === "clear") { selection.clear(); set.clear(); }
      else { selection.all(COUNT); set = new Set(Array.from({ length: COUNT }, (_, row) => row)); }
    }
    selection.limit(limit);
    const wanted = [...set].filter((row) => row < limit).sort((x, y) => x - y);
    expect(Array.from({ length: COUNT }, (_, row) => row).filter((row) => selection.has(row))).toEqual(wanted);
    expect(selection.count).toBe(wanted.length);
    expect([...selection.ranges]).toEqual([...selection.ranges].sort((x, y) => x.from - y.from));
  })));
});

describe("the viewport", () => {
  const viewport = (rows: number, height = 20 * ROW_HEIGHT): Viewport => Object.assign(new Viewport(), { rows, height });

  test.each([10, 1000, 1_000_000, 50_000_000])("the ends of the scroll bar are the ends of %i rows", (rows) => {
    const view = viewport(rows);
    view.scrollTop = Math.max(0, view.pixels - view.height);
    expect(view.visible.to).toBe(rows);
    view.scrollTop = 0;
    expect(view.visible.from).toBe(0);
    expect(view.pixels).toBeLessThanOrEqual(8_000_000);
  });

  test("a row is revealed by the least movement, and the wheel moves by rows however long the table", () => {
    const view = viewport(50_000_000);
    view.reveal(25_000_000);
    expect(view.visible.from).toBe(25_000_000 - 19);
    view.reveal(25_000_000 - 5);
    expect(view.visible.from).toBe(25_000_000 - 19);
    view.moveBy(3 * ROW_HEIGHT);
    expect(view.visible.from).toBe(25_000_000 - 16);
    const { first } = view;
    const { scrollTop } = view;
    view.scrollTop = scrollTop;
    expect(Math.abs(view.first - first)).toBeLessThan(1e-6);
    expect(view.squeezed).toBe(true);
  });
});
