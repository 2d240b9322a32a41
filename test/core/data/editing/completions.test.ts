import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { completionsAt } from "../../../../src/core/data/editing/completions";
import { jsonContext } from "../../../../src/core/data/json/jsonContext";

const known = ["alpaca", "openai-chat", "sharegpt"];
/** The place is marked with ‸. */
const at = (marked: string, format?: string) => {
  const offset = marked.indexOf("‸"), line = marked.replace("‸", "");
  const found = completionsAt(line, offset, known, format);
  return { labels: found?.items.map(({ label }) => label), likely: found?.items.filter(({ likely }) => likely).map(({ label }) => label), replaced: found && line.slice(found.replace.start, found.replace.end), first: found?.items[0]?.snippet };
};

describe("completionsAt", () => {
  test("whole rows on a blank line, the file's own format as the likely one", () => expect(at("‸", "openai-chat")).toMatchObject({ labels: ["Alpaca row", "OpenAI chat row", "ShareGPT row"], likely: ["OpenAI chat row"] }));
  test("the keys that a row still lacks, with what follows them", () => {
    expect(at('{"instruction": "a", "‸"}')).toMatchObject({ labels: ["input", "output", "system", "history"], replaced: '""', first: '"input": "$1"' });
    expect(at('{"‸": "b", "output": "c"}')).toMatchObject({ labels: ["instruction", "input", "system", "history"], first: '"instruction"' });
    expect(at("{‸", "openai-chat")).toMatchObject({ labels: ["messages", "tools"] });
  });
  test("keys and roles of a turn, the next role first in mind", () => {
    expect(at('{"messages": [{"‸').labels).toContain("role");
    expect(at('{"messages": [{"role": "user", "content": "a"}, {"role": "‸"}]}')).toMatchObject({ labels: ["user", "assistant", "system", "tool"], likely: ["assistant"], replaced: '""' });
    expect(at('{"conversations": [{"from": "‸')).toMatchObject({ likely: ["human"], replaced: '"' });
    expect(at('{"messages": [{"role": "user", "content": "a"}, ‸]}')).toMatchObject({ likely: ["assistant turn"] });
    expect(at('{"messages": [{"role": "assistant", "content": "a", "weight": ‸')).toMatchObject({ labels: ["0", "1"] });
  });
  test("nothing inside of a text, behind a value, or where the row is over", () => {
    for (const marked of ['{"instruction": "two words‸"}', '{"instruction": "a"‸}', '{"instruction": "a"}‸', '{"instruction": "‸"}', '{"messages": [{"role": "user", "content": "‸"}]}', '{"a": {"b": ‸']) expect(at(marked).labels, marked).toBeUndefined();
  });
  test("quotes and brackets inside of texts are text", () => expect(at('{"messages": [{"role": "user", "content": "a \\"{[,:\\" b"}, {"role": "‸').likely).toEqual(["assistant"]));
});

test("any text and place is survived, and what is replaced is in the line and touches the place", () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom('{"messages": [', '{"role": "user"', ', "content": "', '"', "}", "]", ":", ",", "\\", "{", "[", " ", "12", "tru"), fc.string({ maxLength: 4 })), { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(fc.property(pieces, fc.nat(80), (line, place) => {
    const offset = Math.min(place, line.length);
    const context = jsonContext(line, offset);
    completionsAt(line, offset, known, undefined);
    if (!context) return;
    expect(context.replace.start).toBeLessThanOrEqual(offset);
    expect(context.replace.end).toBeGreaterThanOrEqual(offset);
    expect(context.replace.end).toBeLessThanOrEqual(line.length);
  }), { numRuns: 2000 });
});
