import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyFixes, fixAll, fixesFor } from "../../../../src/core/data/editing/fixes";
import { parseDataset } from "../../../../src/core/data/parse";
import { mutatedRows } from "../mutatedRows";

describe("fixAll", () => {
  test.each([
    ["renames a key", '{"instruction": "a" ,  "reply": "b"}', '{"instruction": "a" ,  "output": "b"}'],
    ["renames both", '{"prompt": "a", "response": "b"}', '{"instruction": "a", "output": "b"}'],
    ["removes a trailing comma", '{"instruction": "a", "output": "b",}', '{"instruction": "a", "output": "b"}'],
    ["inserts a comma", '{"instruction": "a" "output": "b"}', '{"instruction": "a", "output": "b"}'],
    ["changes quotes", "{'instruction': 'a', 'output': 'it''s \"b\"'}", '{"instruction": "a", "output": "it\'\'s \\"b\\""}'],
    ["escapes a tab", '{"instruction": "a", "output": "b\tc"}', '{"instruction": "a", "output": "b\\tc"}'],
    ["escapes inner quotes", '{"instruction": "a", "output": "say "b" now"}', '{"instruction": "a", "output": "say \\"b\\" now"}'],
    ["closes a row", '{"instruction": "a", "output": "b"', '{"instruction": "a", "output": "b"}'],
    ["removes a byte order mark", '\ufeff{"instruction": "a", "output": "b"}\n', '{"instruction": "a", "output": "b"}\n'],
    ["quotes a number", '{"instruction": "a", "output": 4.20}', '{"instruction": "a", "output": "4.20"}'],
    ["empties a null input", '{"instruction": "a", "input": null, "output": "b"}', '{"instruction": "a", "input": "", "output": "b"}'],
    ["empties an input that says there is none", '{"instruction": "a", "input": "N/A", "output": "b"}', '{"instruction": "a", "input": "", "output": "b"}'],
    ["trims an answer", '{"instruction": " a ", "output": "\\n b\\u0020"}', '{"instruction": " a ", "output": "b"}'],
    ["removes the ignored one of two keys", '{"output": "x", "instruction": "a", "output": "b"}', '{"instruction": "a", "output": "b"}'],
    ["removes a row that comes again, with its line break", '{"instruction": "a", "output": "b"}\r\n{"instruction": "a", "output": "b"}\r\n', '{"instruction": "a", "output": "b"}\r\n'],
    ["splits rows that share a line, with the file's line break", '{"instruction": "a", "output": "b"} {"instruction": "c", "output": "d"}{"instruction": "e", "output": "f"}\r\n', '{"instruction": "a", "output": "b"}\r\n{"instruction": "c", "output": "d"}\r\n{"instruction": "e", "output": "f"}\r\n'],
    ["maps roles", '{"messages": [{"role": "human", "content": "a"}, {"role": "GPT", "content": "b"}]}', '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'],
    ["maps ShareGPT's roles", '{"id": 1, "conversations": [{"from": "Human", "value": "a"}, {"from": "bot", "value": "b"}]}', '{"id": 1, "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}'],
    ["rewrites an array", '[\n  {\n    "instruction": "a\\n [",\n    "output": "b"\n  },\n  {"instruction": "c",  "output": "d"}\n]\n', '{"instruction": "a\\n [", "output": "b"}\n{"instruction": "c",  "output": "d"}\n'],
    ["rewrites an array on one line", '[{"instruction": "a", "output": "b"},{"instruction": "c", "output": "d"}]', '{"instruction": "a", "output": "b"}\n{"instruction": "c", "output": "d"}'],
    ["rewrites rows over several lines", '{\n\t"instruction": "a",\n\t"output": "b"\n}\n\n{\n\t"instruction": "c",\n\t"output": "d"\n}\n', '{"instruction": "a", "output": "b"}\n{"instruction": "c", "output": "d"}\n'],
    ["removes half a character", '{"instruction": "a", "output": "b\\ud800c"}', '{"instruction": "a", "output": "bc"}'],
    ["writes call arguments as a string", '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]}]}', '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{\\"x\\": 1}"}}]}]}'],
  ])("%s", (_, text, expected) => {
    expect(fixAll(text).text).toBe(expected);
    expect(parseDataset(expected).usable).toBeGreaterThan(0);
  });

  test("leaves what it cannot repair, and every byte of good rows", () => {
    const text = '{ "instruction" : "a",\t"output":"b" }\r\n{"instruction": "c", "output": ""}\n  {"instruction": "d"}  ';
    expect(fixAll(text)).toEqual({ text, applied: 0 });
  });

  test("twice is once, whatever the text; what is fixable is gone; no usable row is lost but the twins", () => {
    fc.assert(fc.property(fc.oneof(mutatedRows, mutatedRows.map((text) => `[\n${text.replaceAll("\n", ",\n")}\n]`)), (text) => {
      const once = fixAll(text);
      expect(fixAll(once.text)).toEqual({ text: once.text, applied: 0 });
      const [before, after] = [parseDataset(text), parseDataset(once.text)];
      expect(after.problems.filter(({ fixable }) => fixable)).toEqual([]);
      const twins = before.problems.filter(({ code }) => code === "duplicate-row").length;
      // Mended rows can outvote the format that the file seemed to have.
      if (after.format === before.format) expect(after.usable).toBeGreaterThanOrEqual(before.usable - twins);
    }), { numRuns: 600 });
  });
});

describe("fixesFor", () => {
  test("offers to add a missing key and to drop what follows the last answer, but never does it unasked", () => {
    for (const [text, expected] of [
      ['{"instruction": "a"}', '{"instruction": "a", "output": ""}'],
      ['{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]}', '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}'],
    ] as const) {
      const parsed = parseDataset(text);
      const fixes = fixesFor(parsed, parsed.problems[0]!);
      expect(fixes).toMatchObject([{ preferred: false }]);
      expect(parsed.problems[0]!.fixable).toBe(false);
      expect(applyFixes(text, fixes)).toBe(expected);
      expect(fixAll(text).applied).toBe(0);
    }
  });

  test("every fixable problem has a preferred fix that takes it away", () => {
    fc.assert(fc.property(mutatedRows, (text) => {
      const parsed = parseDataset(text);
      for (const problem of parsed.problems.filter(({ fixable }) => fixable)) {
        const fix = fixesFor(parsed, problem)[0]!;
        expect(fix.preferred).toBe(true);
        expect(applyFixes(text, [fix])).not.toBe(text);
      }
    }), { numRuns: 300, examples: [['{"conversations":[]}\n{}\n\ufeff{}\ud800']] });
  });
});
