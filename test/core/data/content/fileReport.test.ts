/** What is kept of a file's problems while all are counted. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileReport } from "../../../../src/core/data/content/fileReport";
import { type Problem } from "../../../../src/core/data/problem";

const problem = (line: number, start: number, code: Problem["code"] = "near-duplicate"): Problem => ({ code, severity: "information", line, span: { start, end: start + 1 }, message: "", fixable: false, fixes: [] });

test("of problems that come in any order those that stand first in the file are kept, and all are counted", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(200), fc.nat(3), fc.constantFrom<Problem["code"]>("near-duplicate", "conflicting-output")), { maxLength: 120 }), fc.integer({ min: 1, max: 9 }), (places, most) => {
    const report = new FileReport(most);
    for (const place of places) report.addUnordered(problem(...place));
    for (const code of ["near-duplicate", "conflicting-output"] as const) {
      const wanted = places.filter(([, , own]) => own === code).sort(([a, b], [c, d]) => a - c || b - d);
      expect(report.counts.find((counted) => counted.code === code)?.count ?? 0).toBe(wanted.length);
      expect(report.problems.filter((kept) => kept.code === code).map(({ line, span }) => [line, span.start])).toEqual(wanted.slice(0, most).map(([line, start]) => [line, start]));
    }
  }));
});
