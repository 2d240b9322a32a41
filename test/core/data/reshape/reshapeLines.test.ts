import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset } from "../../../../src/core/data/parse";
import { mergeRowsOf, normaliseRoles, splitRows } from "../../../../src/core/data/reshape/reshape";
import { LineReshaper, type LineReshaping, type ReshapedLines } from "../../../../src/core/data/reshape/reshapeLines";
import { withEdits } from "../../../../src/core/data/reshape/rowEdits";

const encoder = new TextEncoder();
const reshape = (what: LineReshaping, lines: readonly (string | Uint8Array)[]): ReturnType<LineReshaper["finish"]> => {
  const reshaper = new LineReshaper(what);
  lines.forEach((line, row) => reshaper.add(row, typeof line === "string" ? encoder.encode(line) : line));
  return reshaper.finish();
};
/** The lines in the place of all. */
const applied = (lines: readonly string[], { rows, bytes, ends, gone }: ReshapedLines): string[] => {
  const made = new Map<number, string[]>();
  rows.forEach((row, index) => made.set(row, [...made.get(row) ?? [], Buffer.from(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index])).toString("utf8")]));
  return lines.flatMap((line, row) => made.get(row) ?? (gone.includes(row) ? [] : [line]));
};

const turn = fc.record({ from: fc.constantFrom("human", "bot", "gpt", "User", "system", "narrator"), value: fc.string({ unit: "binary", maxLength: 6 }) });
const chat = fc.array(turn, { minLength: 1, maxLength: 6 }).map((conversations) => JSON.stringify({ conversations }));
const alpaca = fc.record({ instruction: fc.string({ unit: "binary", maxLength: 6 }), input: fc.string({ maxLength: 3 }), output: fc.string({ maxLength: 6 }), history: fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 })), { maxLength: 2 }) }).map((row) => JSON.stringify(row));

describe("rows of bytes that are reshaped", () => {
  test("become what the text editor makes of the same rows, and say that the same is lost", () => fc.assert(fc.property(
    fc.constantFrom("split", "merge", "roles", "plain-roles"), fc.oneof(fc.array(chat, { minLength: 2, maxLength: 5 }), fc.array(alpaca, { minLength: 2, maxLength: 5 })), (what, lines) => {
      const parsed = parseDataset(lines.join("\n")), all = lines.map((_, row) => row);
      const editor = what === "split" ? splitRows(parsed, all) : what === "merge" ? mergeRowsOf(parsed, all) : normaliseRoles(parsed, all, what === "roles" ? "format" : "plain");
      const table = reshape(what, lines);
      if ("refusal" in editor || "refusal" in table) return expect(table).toEqual(editor);
      expect(applied(lines, table)).toEqual(withEdits(parsed.text, editor.edits).split("\n"));
      expect({ from: table.from, to: table.to, losses: table.losses, left: table.left }).toEqual({ from: editor.from, to: editor.to, losses: editor.losses, left: editor.left });
    }), { numRuns: 200 }));

  test("a row with bytes that are not UTF-8 is left as it is, or not merged", () => {
    const bad = Buffer.concat([Buffer.from('{"conversations":[{"from":"bot","value":"caf'), Uint8Array.of(0xe9), Buffer.from('"}]}')]);
    expect(reshape("roles", [bad])).toMatchObject({ from: 0, left: [{ what: expect.stringContaining("not UTF-8"), rows: 1, line: 0 }] });
    expect(reshape("merge", [bad, bad])).toEqual({ refusal: expect.stringContaining("not UTF-8") });
  });

  test("a byte order mark stays at the file's beginning, blank rows count for nothing", () => {
    const line = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}';
    const found = reshape("split", [`\ufeff${line}`, "", "  "]) as ReshapedLines;
    const [first, second] = applied(["", "", ""], found);
    expect(first).toBe('\ufeff{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}');
    expect(second).toBe('{"messages":[{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}');
    expect(found.left).toEqual([]);
  });
});
