/** Rows taken apart, put together and given other roles: what the file holds afterwards, what is said to be lost, and that nothing else changes. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDataset, rowSources } from "../../../../src/core/data/parse";
import { mergeRowsOf, normaliseRoles, splitRowAt, splitRows, type Reshaped } from "../../../../src/core/data/reshape/reshape";
import { editsFor, withEdits } from "../../../../src/core/data/reshape/rowEdits";
import { type Refusal } from "../../../../src/core/data/reshape/conversation";

const removeRows = (parsed: ReturnType<typeof parseDataset>, rows: readonly number[]) => editsFor(parsed, new Map(rows.map((row) => [row, []])));
const turn = (role: string, content: string, more: object = {}): object => ({ role, content, ...more });
const chat = (...turns: object[]): string => JSON.stringify({ messages: turns });
const parse = (text: string, file = "a.jsonl") => parseDataset(text, { file });
const all = (text: string, file?: string): number[] => rowSources(parse(text, file)).map((_, row) => row);
const done = (text: string, result: Reshaped | Refusal): { text: string; losses: string[]; left: string[] } => {
  if ("refusal" in result) throw new Error(result.refusal);
  return { text: withEdits(text, result.edits), losses: result.losses.map(({ what }) => what), left: result.left.map(({ what }) => what) };
};

describe("split", () => {
  test("a conversation becomes one row for each question, the system message in each", () => {
    const text = `${chat(turn("system", "Be kind."), turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"))}\n${chat(turn("user", "e"), turn("assistant", "f"))}\n`;
    const { text: after, losses, left } = done(text, splitRows(parse(text), all(text)));
    expect(after).toBe(`${chat(turn("system", "Be kind."), turn("user", "a"), turn("assistant", "b"))}\n${chat(turn("system", "Be kind."), turn("user", "c"), turn("assistant", "d"))}\n${chat(turn("user", "e"), turn("assistant", "f"))}\n`);
    expect(losses).toHaveLength(1);
    expect(losses[0]).toContain("what was said before");
    expect(left).toEqual(["This row has one question and its answer: there is nothing to split."]);
    expect(parse(after).problems).toEqual([]);
  });

  test("the row's own spacing, columns and flags stay, and a column that comes twice is said", () => {
    const text = '{"id": 7, "conversations": [ {"from":"human","value":"a"},  {"from":"gpt","value":"b","weight":0},  {"from":"human","value":"c"},  {"from":"gpt","value":"d"} ], "system": "S"}';
    const { text: after, losses } = done(text, splitRows(parse(text), [0]));
    expect(after).toBe('{"id": 7, "conversations": [ {"from":"human","value":"a"},  {"from":"gpt","value":"b","weight":0} ], "system": "S"}\n{"id": 7, "conversations": [ {"from":"human","value":"c"},  {"from":"gpt","value":"d"} ], "system": "S"}');
    expect(losses).toEqual([expect.stringContaining("what was said before"), expect.stringContaining("without a trained answer"), "`id` stands in each of the new rows"]);
  });

  test("calls of tools stay with their question; a question that nothing answers makes no row of its own", () => {
    const call = { role: "assistant", content: null, tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }] };
    const text = chat(turn("user", "a"), call, turn("tool", "42", { tool_call_id: "1" }), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"), turn("user", "e"));
    expect(done(text, splitRows(parse(text), [0])).text).toBe(`${chat(turn("user", "a"), call, turn("tool", "42", { tool_call_id: "1" }), turn("assistant", "b"))}\n${chat(turn("user", "c"), turn("assistant", "d"), turn("user", "e"))}`);
  });

  test("Alpaca's history becomes rows of its own", () => {
    const text = '{"instruction": "q3", "input": "x", "output": "a3", "system": "S", "history": [["q1", "a1"], ["q2", "a2"]]}';
    expect(done(text, splitRows(parse(text), [0])).text.split("\n").map((row) => JSON.parse(row) as unknown)).toEqual([
      { instruction: "q1", input: "", output: "a1", system: "S" }, { instruction: "q2", input: "", output: "a2", system: "S" }, { instruction: "q3", input: "x", output: "a3", system: "S" },
    ]);
    const at = splitRowAt(parse(text), 0, text.indexOf("a2"));
    expect(done(text, at).text.split("\n").map((row) => JSON.parse(row) as unknown)).toEqual([
      { instruction: "q1", input: "", output: "a1", system: "S" }, { instruction: "q3", input: "x", output: "a3", system: "S", history: [["q2", "a2"]] },
    ]);
  });

  test("at a turn: the second row begins with the question of the turn at the cursor", () => {
    const turns = [turn("system", "S"), turn("user", "one"), turn("assistant", "two"), turn("user", "three"), turn("assistant", "four"), turn("user", "five"), turn("assistant", "six")];
    const text = chat(...turns);
    for (const word of ["three", "four"]) expect(done(text, splitRowAt(parse(text), 0, text.indexOf(word))).text).toBe(`${chat(...turns.slice(0, 3))}\n${chat(turns[0]!, ...turns.slice(3))}`);
    for (const word of ["two", "S"]) expect(splitRowAt(parse(text), 0, text.indexOf(word))).toHaveProperty("refusal");
  });

  test("in a JSON array, with its commas and indentation", () => {
    const text = `[\n  ${chat(turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"))},\n  ${chat(turn("user", "e"), turn("assistant", "f"))}\n]\n`;
    expect(done(text, splitRows(parse(text, "a.json"), [0])).text).toBe(`[\n  ${chat(turn("user", "a"), turn("assistant", "b"))},\n  ${chat(turn("user", "c"), turn("assistant", "d"))},\n  ${chat(turn("user", "e"), turn("assistant", "f"))}\n]\n`);
    const one = `[${chat(turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"))}]`;
    expect(JSON.parse(done(one, splitRows(parse(one, "a.json"), [0])).text)).toHaveLength(2);
  });

  test("rows of a table and rows that cannot be read say so", () => {
    expect(splitRows(parse("instruction,output\na,b\n", "a.csv"), [0])).toEqual({ refusal: expect.stringContaining("Convert") as string });
    const text = '{"messages": [{"role": "user" "content": "a"}]}\n';
    expect(done(text, splitRows(parse(text), [0]))).toMatchObject({ text, left: [expect.stringContaining("Mend it first")] });
  });
});

describe("merge", () => {
  test("turns follow each other in the first row's text; an equal system message is said once", () => {
    const rows = [chat(turn("system", "S"), turn("user", "a"), turn("assistant", "b")), chat(turn("user", "x"), turn("assistant", "y")), chat(turn("system", "S"), turn("user", "c"), turn("assistant", "d"))];
    const text = rows.join("\n");
    const { text: after, losses } = done(text, mergeRowsOf(parse(text), [2, 0]));
    expect(after).toBe(`${chat(turn("system", "S"), turn("user", "a"), turn("assistant", "b"), turn("user", "c"), turn("assistant", "d"))}\n${rows[1]}`);
    expect(losses).toEqual([]);
  });

  test("another system message, and columns of the other rows, are said to be lost", () => {
    const text = '{"id": 1, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}\n{"id": 2, "messages": [{"role": "system", "content": "T"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}\n';
    const { text: after, losses } = done(text, mergeRowsOf(parse(text), [0, 1]));
    expect(after).toBe('{"id": 1, "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}]}\n');
    expect(losses).toEqual([expect.stringContaining("system messages that differ"), "`id` of the rows after the first"]);
  });

  test("Alpaca rows go into history, and splitting gives them back", () => {
    const rows = [{ instruction: "q1", input: "", output: "a1" }, { instruction: "q2", input: "", output: "a2" }, { instruction: "q3", input: "i", output: "a3" }].map((row) => JSON.stringify(row));
    const text = rows.join("\n");
    const merged = done(text, mergeRowsOf(parse(text), [0, 1, 2]));
    expect(JSON.parse(merged.text)).toEqual({ instruction: "q3", input: "i", output: "a3", history: [["q1", "a1"], ["q2", "a2"]] });
    expect(done(merged.text, splitRows(parse(merged.text), [0])).text.split("\n").map((row) => JSON.parse(row) as unknown)).toEqual(rows.map((row) => JSON.parse(row) as unknown));
  });

  test("refuses rows of different kinds, and rows that hold no turns", () => {
    const text = `${chat(turn("user", "a"), turn("assistant", "b"))}\n{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}\n{"question": "a", "answer": "b"}\n{"question": "c", "answer": "d"}\n`;
    expect(mergeRowsOf(parse(text), [0, 1])).toEqual({ refusal: expect.stringContaining("different ways") as string });
    expect(mergeRowsOf(parse(text), [2, 3])).toEqual({ refusal: expect.stringContaining("Convert") as string });
    expect(mergeRowsOf(parse(text), [0])).toHaveProperty("refusal");
  });
});

describe("roles", () => {
  const shareGpt = '{"conversations": [{"from": "User", "value": "a"}, {"from": "bot", "value": "b"}, {"from":"human","value":"c"}, {"from": "function_call", "value": "{}"}, {"from": "narrator", "value": "d"}]}';
  test("the format's own words, or plain ones; what has none stays and is said", () => {
    const own = done(shareGpt, normaliseRoles(parse(shareGpt), [0], "format"));
    expect(own.text).toBe(shareGpt.replace('"User"', '"human"').replace('"bot"', '"gpt"'));
    expect(own.left).toEqual(["`narrator` is no role that is known"]);
    const plain = done(shareGpt, normaliseRoles(parse(shareGpt), [0], "plain"));
    expect(plain.text).toBe(shareGpt.replace('"User"', '"user"').replace('"bot"', '"assistant"').replace('"human"', '"user"'));
    expect(plain.left).toEqual(["`narrator` is no role that is known", "`function_call` has no plain word"]);
  });
  test("OpenAI's own words stay", () => {
    const text = chat(turn("developer", "S"), turn("human", "a"), turn("Assistant", "b"));
    expect(done(text, normaliseRoles(parse(text), [0], "plain")).text).toBe(chat(turn("developer", "S"), turn("user", "a"), turn("assistant", "b")));
  });
});

describe("removing rows", () => {
  const rows = ['{"instruction":"a","output":"1"}', '{"instruction":"b","output":"2"}', '{"instruction":"c","output":"3"}'];
  test.each([[[0], "1,2"], [[1], "0,2"], [[2], "0,1"], [[0, 2], "1"], [[1, 2], "0"], [[0, 1], "2"], [[0, 1, 2], ""]] as const)("%j", (gone, left) => {
    const kept = left === "" ? [] : left.split(",").map((row) => rows[Number(row)]!);
    for (const end of ["", "\n", "\r\n"]) {
      const text = rows.join(end || "\n") + end;
      expect(withEdits(text, removeRows(parse(text), gone)).split(/\r?\n/).filter(Boolean)).toEqual(kept);
      expect(withEdits(text, removeRows(parse(text), gone)).endsWith("\n")).toBe(end !== "" && kept.length > 0);
    }
    for (const text of [`[\n  ${rows.join(",\n  ")}\n]\n`, `[${rows.join(",")}]`]) expect(JSON.parse(withEdits(text, removeRows(parse(text, "a.json"), gone)))).toEqual(kept.map((row) => JSON.parse(row) as unknown));
    const table = `instruction,output\r\na,"1\r\n1"\r\nb,2\r\nc,3\r\n`;
    expect(rowSources(parse(withEdits(table, removeRows(parse(table, "a.csv"), gone)), "a.csv"))).toHaveLength(kept.length);
  });
  test("a byte order mark stays", () => expect(withEdits(`\ufeff${rows[0]}\n${rows[1]}`, removeRows(parse(`\ufeff${rows[0]}\n${rows[1]}`), [0]))).toBe(`\ufeff${rows[1]}`));
});

test("whatever the conversation: every turn is in one of the pieces, in order, and merging them gives the conversation back", () => {
  const content = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() !== "");
  fc.assert(fc.property(fc.array(fc.tuple(content, content), { minLength: 2, maxLength: 5 }), fc.option(content), fc.constantFrom("\n", "\r\n"), (pairs, system, lineBreak) => {
    const turns = [...(system === null ? [] : [turn("system", system)]), ...pairs.flatMap(([asked, answered]) => [turn("user", asked), turn("assistant", answered)])];
    const text = chat(...turns) + lineBreak;
    const split = done(text, splitRows(parse(text), [0])).text;
    expect(split.split(lineBreak)).toHaveLength(pairs.length + 1);
    expect(done(split, mergeRowsOf(parse(split), all(split))).text).toBe(text);
  }), { numRuns: 60 });
});

test("whatever the text, nothing throws", () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', ",", ":", "messages", "role", "user", "content", "from", "value", "history", "instruction", "output", "\n", "\r\n", " ", "\ufeff", "a") }), fc.constantFrom("a.jsonl", "a.json", "a.csv", "a.tsv"), (text, file) => {
    const parsed = parse(text, file), rows = all(text, file);
    for (const result of [splitRows(parsed, rows), normaliseRoles(parsed, rows, "plain"), ...(rows.length > 0 ? [mergeRowsOf(parsed, rows), splitRowAt(parsed, 0, 5)] : [])]) if ("edits" in result) withEdits(text, result.edits);
    const kept = withEdits(text, removeRows(parsed, rows.slice(1)));
    if (rows.length > 0) expect(kept).toContain(rowSources(parsed)[0]!.text.trim().split(/[\r\n]/)[0]);
  }), { numRuns: 300 });
});
