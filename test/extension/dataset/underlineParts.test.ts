import { expect, test } from "vitest";
import { FILE_PARTS, partOf, staysInLine, Touched, TOUCHED_PART, type Change } from "../../../src/extension/dataset/underlineParts";

const change = (line: number, text: string, end = line): Change => ({ range: { start: { line }, end: { line: end } }, text });

test("a thousand neighbouring rows lie in parts of nearly the same size, and none with the edited lines", () => {
  const sizes = new Map<number, number>();
  for (let line = 0; line < 1000; line++) sizes.set(partOf(line), (sizes.get(partOf(line)) ?? 0) + 1);
  expect(sizes.size).toBe(FILE_PARTS - 1);
  expect(sizes.has(TOUCHED_PART)).toBe(false);
  expect(Math.max(...sizes.values())).toBeLessThan(100);
  expect(partOf(-1)).toBe(TOUCHED_PART);
});

test("what stays in its line", () => {
  expect([change(3, "x"), change(3, ""), change(3, "a\nb"), change(3, "\r"), change(3, "", 4)].map(staysInLine)).toEqual([true, true, false, false, false]);
});

test("edited lines are known until lines come or go, and what was told is told", () => {
  const touched = new Touched();
  touched.add([change(5, "x"), change(9, "")]);
  expect([touched.has(5), touched.has(9), touched.has(6), touched.since, touched.all]).toEqual([true, true, false, true, false]);
  touched.told();
  expect([touched.has(5), touched.since]).toEqual([true, false]);
  touched.add([change(7, "\n")]);
  expect([touched.has(5), touched.all, touched.since]).toEqual([false, true, true]);
});

test("more edited lines than are kept are told with all others", () => {
  const touched = new Touched();
  for (let line = 0; line < 16; line++) touched.add([change(line, "x")]);
  expect([touched.all, touched.has(0)]).toEqual([false, true]);
  touched.add([change(16, "x")]);
  expect([touched.all, touched.has(16)]).toEqual([true, false]);
});
