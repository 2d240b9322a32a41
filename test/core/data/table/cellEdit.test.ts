import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cellAt, editCell, editLine } from "../../../../src/core/data/table/cellEdit";
import { cellText, columnsOf, faultOf, leavesOf } from "../../../../src/core/data/table/rowCells";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const edited = (line: string, path: (string | number)[], entered: string): string => Buffer.from(editCell(bytes(line), path, entered)).toString("utf8");

describe("an edited cell", () => {
  test.each<[string, (string | number)[], string, string]>([
    ['{"a":"x","b" : "y" }', ["b"], "z", '{"a":"x","b" : "z" }'],
    ['{"a": "caf\\u00e9 \\/ tea", "b": 1}', ["a"], "café / coffee", '{"a": "caf\\u00e9 \\/ coffee", "b": 1}'],
    ['{"a": "plain"}', ["a"], "é\"\n", '{"a": "é\\"\\n"}'],
    ['{"a": "caf\\u00e9"}', ["a"], "cafés 😀", '{"a": "caf\\u00e9s \\ud83d\\ude00"}'],
    ['{"é": "x", "n": 1.50}', ["n"], "2", '{"é": "x", "n": 2}'],
    ['{"é": "x", "n": 1.50}', ["é"], "y", '{"é": "y", "n": 1.50}'],
    ['{"caf\\u00e9": "x"}', ["café"], "y", '{"caf\\u00e9": "y"}'],
    ['{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}', ["messages", 1, "content"], "c", '{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "c"}]}'],
    ['{"a": "1", "a": "2"}', ["a"], "3", '{"a": "1", "a": "3"}'],
    ['{"a": ""}', ["a"], "x", '{"a": "x"}'],
    ['{"a": "x"}', ["a"], "", '{"a": ""}'],
    ['{"a": "😀"}', ["a"], "😁", '{"a": "😁"}'],
    ['{"a": [1, 2]}', ["a"], "[1,\n 3]", '{"a": [1,3]}'],
    ['{"a":"x","b":"y"}', ["c"], "z", '{"a":"x","b":"y","c":"z"}'],
    ['{"a": "x"}', ["c"], "z", '{"a": "x", "c": "z"}'],
    ["{}", ["c"], "z", '{"c": "z"}'],
    ['\ufeff{"a": "x"}', ["a"], "y", '\ufeff{"a": "y"}'],
    ['{"a": "one\\r\\ntwo"}', ["a"], "one\ntwo\nthree", '{"a": "one\\r\\ntwo\\r\\nthree"}'],
  ])("%s at %j", (line, path, entered, wanted) => expect(edited(line, path, entered)).toBe(wanted));

  test("of a text is nothing where it is the same, however it is written", () => {
    const line = bytes('{"a": "caf\\u00e9 \\/ \\u0041"}');
    expect(editCell(line, ["a"], "café / A")).toBe(line);
  });

  test.each<[string, (string | number)[], string]>([['{"a": 1}', ["a"], "one"], ['{"a": 1', ["a"], "2"], ['{"a": 1}', ["b", "c"], "2"], ['{"a": [1]}', ["a", 3], "2"], ["", ["a"], "2"]])("%j refuses %j", (line, path, entered) =>
    expect(() => edited(line, path, entered)).toThrow(expect.objectContaining({ code: "CELL_INVALID" })));

  test("bytes that are not UTF-8 stay", () => {
    const line = Uint8Array.of(...bytes('{"a": "x'), 0xe9, 0xff, ...bytes('", "b": "y"}'));
    const made = editCell(line, ["b"], "long");
    expect([...made]).toEqual([...bytes('{"a": "x'), 0xe9, 0xff, ...bytes('", "b": "long"}')]);
  });

  test("says what was entered and nothing else changes", () => fc.assert(fc.property(
    fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 2 })), { minKeys: 1 }), fc.nat(), fc.string({ unit: "binary" }), fc.nat(3), fc.boolean(),
    (row, which, entered, indent, ascii) => {
      fc.pre(!Object.hasOwn(row, "__proto__"));
      const key = Object.keys(row)[which % Object.keys(row).length]!;
      const blank = " ".repeat(indent);
      const source = `{${Object.entries(row).map(([name, value]) => `${blank}${JSON.stringify(name)}:${blank}${JSON.stringify(value)}`).join(",")}${blank}}`;
      const line = ascii ? source.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`) : source;
      const isText = typeof row[key] === "string";
      const after = Buffer.from(editCell(bytes(line), [key], isText ? entered : JSON.stringify(entered))).toString("utf8");
      const made = JSON.parse(after) as Record<string, unknown>;
      // A text of \r\n alone takes over a page's \n as its own.
      const wanted = isText && made[key] !== entered ? entered.replaceAll("\n", "\r\n") : entered;
      expect(made).toEqual({ ...(JSON.parse(line) as object), [key]: wanted });
      if (ascii && isText && line.includes("\\u")) expect(after).not.toMatch(/[^\0-\x7f]/);
    })));
});

describe("a row in the table", () => {
  test("a broken row says why, and can be written anew as a line", () => {
    expect(faultOf(bytes('{"a": 1,}'))).toMatch(/comma/);
    expect(faultOf(bytes("[1]"))).toMatch(/array/);
    expect(faultOf(bytes('{"a": 1}'))).toBeUndefined();
    expect(Buffer.from(editLine(bytes('{"a": 1,}'), '{"a": 1}')).toString()).toBe('{"a": 1}');
    expect(() => editLine(bytes("{}"), "{}\n{}")).toThrow(expect.objectContaining({ code: "CELL_INVALID" }));
  });

  test("chats read as a conversation, line breaks as signs, long texts cut", () => {
    expect(cellText([{ role: "user", content: "a\nb" }, { from: "gpt", value: "c" }])).toBe("user: a⏎b · gpt: c");
    expect(cellText("x".repeat(1000))).toHaveLength(301);
    expect(cellText({ a: 1 })).toBe('{"a":1}');
    expect(cellText(undefined)).toBe("");
  });

  test("columns come in the order of the rows, leaves with their paths", () => {
    expect(columnsOf([bytes('{"b":1}'), bytes("oops"), bytes('{"a":1,"b":2}')])).toEqual(["b", "a"]);
    const leaves = leavesOf({ messages: [{ role: "user", content: "x" }], n: 1, none: [] });
    expect(leaves.map(({ label, text, kind }) => [label, text, kind])).toEqual([["messages[0].role", "user", "string"], ["messages[0].content", "x", "string"], ["n", "1", "number"], ["none", "[]", "array"]]);
    expect(cellAt(bytes('{"messages": [{"role": "user"}]}'), leaves[0]!.path)).toEqual({ text: "user", kind: "string" });
    expect(cellAt(bytes('{"a": 1}'), ["b"])).toBeUndefined();
  });
});
