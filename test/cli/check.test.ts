import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { check, type CheckOptions } from "../../src/cli/check";
import { convert } from "../../src/cli/convert";
import { paintFor } from "../../src/cli/output";
import { render, type RenderOptions } from "../../src/cli/render";
import { temporaryFolder } from "../project/folders";
import { makeTinyBase } from "../tinyBase";

let out = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => { out += String(text); return true; });
beforeEach(() => { out = ""; });

const base = makeTinyBase();
afterAll(() => base.remove());
const folder = temporaryFolder();
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const run = async (path: string, options: CheckOptions = {}): Promise<{ status: number; out: string }> => {
  const status = await check([path], options);
  return { status, out: out.replaceAll(folder, "DIR") };
};
const good = '{"instruction": "Name a fruit.", "output": "Apple."}\n';

describe("--columns", () => {
  const mine = file("mine.jsonl", '{"ticket": "My lamp is dark.", "reply": "Press the switch."}\n');

  test("says what the columns are called, in check, convert and render", async () => {
    expect((await run(mine)).status).toBe(1);
    expect((await run(mine, { columns: "prompt=ticket,response=reply" }))).toMatchObject({ status: 0, out: expect.stringContaining("Mapped columns. Read as --columns says: prompt is `ticket`, response is `reply`.") as string });
    expect(await convert(mine, join(folder, "mine.alpaca.jsonl"), { to: "alpaca", columns: "prompt=ticket,response=reply" })).toBe(0);
    expect(readFileSync(join(folder, "mine.alpaca.jsonl"), "utf8")).toBe('{"instruction":"My lamp is dark.","input":"","output":"Press the switch."}\n');
    out = "";
    await render(mine, { row: 1, columns: "prompt=ticket,response=reply", base: base.path, json: true });
    expect(out).toContain("Press the switch.");
  });

  test("is refused beside --format, and with words that are none", async () => {
    await expect(run(mine, { columns: "prompt=ticket", format: "alpaca" })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(run(mine, { columns: "ticket" })).rejects.toMatchObject({ code: "BAD_ARGUMENT", what: '"ticket" is no description of a column.' });
  });
});

describe("check", () => {
  test("a good file: 0, and the next step", async () => {
    expect(await run(file("good.jsonl", good))).toEqual({ status: 0, out: "DIR/good.jsonl  Alpaca. The only row has `instruction` and `output`. It can be trained on.\n\nNo problems. 1 of 1 row can be trained on.\nNext: tunesmith train --data DIR/good.jsonl\n" });
  });

  test("problems: 1, with place, severity, code, and how to go on", async () => {
    const { status, out: text } = await run(file("bad.jsonl", `${good}{"instruction": "a", "reply": "🙂"}\n{"instruction": "b", "output": ""}\n`));
    expect(status).toBe(1);
    expect(text).toBe([
      "DIR/bad.jsonl  Alpaca. All 3 rows have `instruction`. 1 can be trained on.",
      "  2:22  error    Alpaca rows call this `output`; without it the row has nothing to learn.  missing-key",
      "  3:32  error    `output` is empty, so there is nothing to learn from this row.  empty-output",
      "", "2 problems (2 errors, 0 warnings). 1 of 3 rows can be trained on; rows with errors are left out.",
      "One can be mended: tunesmith check DIR/bad.jsonl --fix", "",
    ].join("\n"));
  });

  test("--json: the contract's shape and nothing else, lines and columns from 1 in UTF-16 units", async () => {
    const path = file("json.jsonl", '{"instruction": "🙂", "output": ""}\n');
    expect(await check([path], { json: true })).toBe(1);
    expect(JSON.parse(out)).toEqual({ files: [{
      file: path, format: "alpaca", formatReason: "The only row has `instruction` and `output`.", rows: 1, usable: 0, mended: 0,
      problems: [{ line: 1, column: 33, endLine: 1, endColumn: 35, severity: "error", code: "empty-output", message: "`output` is empty, so there is nothing to learn from this row.", fixable: false }],
    }] });
  });

  test("--fix mends the file and reports what is left; a file without anything to mend is not written", async () => {
    const path = file("fix.jsonl", `${good}{"instruction": "a", "reply": " b"}\n${good}`);
    expect(await run(path, { fix: true })).toMatchObject({ status: 0, out: expect.stringContaining("mended 3 problems") });
    expect(readFileSync(path, "utf8")).toBe(`${good}{"instruction": "a", "output": "b"}\n`);
    out = "";
    expect(await run(path, { fix: true })).toMatchObject({ status: 0, out: expect.not.stringContaining("mended") });
  });

  test("a large file is read in blocks: counted on, with what can be mended; --structure leaves the texts alone", async () => {
    const row = (number: number): string => `{"instruction": "What is ${number} and ${number}? ${"Think well. ".repeat(300)}", "output": "${number % 2 ? " " : ""}As an AI language model, I say ${2 * number}."}`;
    const path = file("large.jsonl", [...Array.from({ length: 1200 }, (_, number) => row(number)), row(0)].join("\n"));
    expect(await check([path], { structure: true })).toBe(1);
    expect(out).toContain("All 1,201 rows have `instruction` and `output`.");
    expect(out).toContain("601 problems (0 errors, 601 warnings). 1,201 of 1,201 rows can be trained on.\n601 can be mended:");
    expect(out).not.toContain("ai-boilerplate");
    out = "";
    await check([path], {});
    expect(out).toContain("and 1,191 more  ai-boilerplate");
    await expect(check([path], { structure: true, eval: path })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  test("on a terminal the first problems of a large file come at once, each once; Ctrl+C ends it with what was found", async () => {
    const row = (number: number): string => `{"instruction": "What is ${number} and ${number}? ${"Think well. ".repeat(300)}", "output": " As an AI language model, I say ${2 * number}."}`;
    const path = file("watched.jsonl", Array.from({ length: 1300 }, (_, number) => row(number)).join("\n"));
    const terminal = Object.getOwnPropertyDescriptor(process.stdout, "isTTY");
    Object.defineProperty(process.stdout, "isTTY", { value: true, configurable: true });
    try {
      await check([path], {});
      const whole = out;
      expect(whole.indexOf("ai-boilerplate")).toBeLessThan(whole.indexOf("All can be trained on."));
      expect(whole.match(/As an AI language model.* is a phrase/g)).toHaveLength(10);
      expect(whole).toContain("and 1,290 more");
      out = "";
      const known = process.listeners("SIGINT"), ended = check([path], {});
      let interrupt: (() => void) | undefined;
      while (!interrupt) {
        await nextTurn();
        interrupt = process.listeners("SIGINT").find((listener) => !known.includes(listener)) as (() => void) | undefined;
      }
      interrupt();
      expect(await ended).toBe(130);
      expect(out).toMatch(/Stopped at \d+%: this is what [\d,]+ rows? and their comparison so far have shown\./);
      expect(process.listeners("SIGINT")).toEqual(known);
    } finally {
      if (terminal) Object.defineProperty(process.stdout, "isTTY", terminal);
      else delete (process.stdout as { isTTY?: boolean }).isTTY;
    }
  });

  test("information alone is no failure", async () => {
    expect(await run(file("info.jsonl", '{"instruction": "a", "output": "b", "id": 1}\n'))).toMatchObject({ status: 0 });
  });

  test("many of one kind are counted, not listed", async () => {
    const { out: text } = await run(file("many.jsonl", Array.from({ length: 30 }, (_, index) => `{"instruction": "q${index}", "output": " a"}`).join("\n")));
    expect(text.match(/starts with a blank/g)).toHaveLength(10);
    expect(text).toContain("and 20 more  surrounding-whitespace");
  });

  test("with a base, rows that do not fit it", async () => {
    const path = file("long.jsonl", `${good}{"instruction": "a", "output": "${"b".repeat(100)}"}\n{"instruction": "${"c".repeat(100)}", "output": "d"}\n`);
    expect(await check([path], { base: base.path, maxLength: 60, json: true, severity: ["repeated-text=off"] })).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ files: [{ rows: 3, usable: 2, problems: [{ line: 2, column: 90, code: "cut-off" }, { line: 3, code: "nothing-trained" }] }] });
  });

  test.each<[string, string, CheckOptions, string]>([
    ["an unknown format", "good.jsonl", { format: "csv" }, "BAD_ARGUMENT"],
    ["no such file", "none.jsonl", {}, "DATASET_NOT_FOUND"],
    ["a folder", "", {}, "DATASET_UNREADABLE"],
    ["no such base", "good.jsonl", { base: "/no/such/base" }, "BASE_NOT_FOUND"],
    ["no length", "good.jsonl", { maxLength: 0 }, "BAD_ARGUMENT"],
  ])("%s: a coded error, nothing printed", async (_, name, options, code) => {
    await expect(check([join(folder, name)], options)).rejects.toMatchObject({ code });
    expect(out).toBe("");
  });

  test("colours only on a terminal, never with NO_COLOR", () => {
    expect(paintFor({ isTTY: true }, {}).red("x")).toBe("\x1b[31mx\x1b[39m");
    expect(paintFor({}, {}).red("x")).toBe("x");
    expect(paintFor({ isTTY: true }, { NO_COLOR: "1" }).red("x")).toBe("x");
    expect(paintFor({}, { FORCE_COLOR: "1" }).coloured).toBe(true);
  });
});

describe("render", () => {
  const show = async (path: string, options: RenderOptions): Promise<string> => {
    await render(path, { base: base.path, ...options });
    return out;
  };

  test("--json: text, ids, labels, segments and what was cut", async () => {
    const result = JSON.parse(await show(file("r.jsonl", `\n${good}`), { row: 2, json: true })) as { ids: number[]; labels: number[] };
    expect(result).toMatchObject({
      text: "<|user|>Name a fruit.<|assistant|>Apple.<|end|>", truncated: 0,
      segments: [{ role: "template", text: "<|user|>", trained: false }, { role: "user", text: "Name a fruit.", trained: false }, { role: "template", text: "<|assistant|>", trained: false }, { role: "assistant", text: "Apple.<|end|>", trained: true }],
    });
    expect(result.ids).toEqual([257, ...Buffer.from("Name a fruit."), 258, ...Buffer.from("Apple."), 256]);
    expect(result.labels).toEqual([...new Array<number>(15).fill(-100), ...Buffer.from("Apple."), 256]);
  });

  test("for people: what is trained in brackets, the tokens, and how many", async () => {
    expect(await show(file("r2.jsonl", good), { row: 1, maxLength: 20 })).toBe("<|user|>Name a fruit.<|assistant|>⟦Apple.<|end|>⟧\n\n<|user|>·N·a·m·e·Ġ·a·Ġ·f·r·u·i·t·.·<|assistant|>·⟦A⟧·⟦p⟧·⟦p⟧·⟦l⟧·⟦e⟧\n\n22 tokens, 5 trained (in ⟦ ⟧), 2 tokens cut off at the end\n");
  });

  test("by the Alpaca template, if asked", async () => {
    expect(await show(file("r3.jsonl", good), { row: 1, template: "alpaca" })).toContain("### Instruction:\nName a fruit.\n\n### Response:⟦Apple.<|end|>⟧");
  });

  test.each<[string, string, Partial<RenderOptions>, string, RegExp]>([
    ["a row that is not there", good, { row: 3 }, "ROW_NOT_FOUND", /no row 3\. It has 1 row, on lines 1 to 1/],
    ["row 0", good, { row: 0 }, "ROW_NOT_FOUND", /no row 0\./],
    ["a blank line", `${good}\n${good}`, { row: 2 }, "ROW_NOT_FOUND", /line 2 is blank/],
    ["a row with an error", '{"instruction": "a", "completion": "b"}', { row: 1 }, "ROW_NOT_FOUND", /Line 1, column 22: Alpaca rows call this `output`.*--fix mends/],
    ["an array", `[${good.trim()}]`, { row: 1 }, "ROW_NOT_FOUND", /one JSON array of 1 row/],
    ["an empty file", "", { row: 1 }, "ROW_NOT_FOUND", /no rows at all/],
    ["an unknown template", good, { row: 1, template: "vicuna" }, "TEMPLATE_FAILED", /vicuna/],
  ])("%s: a coded error with a next step", async (name, text, options, code, message) => {
    await expect(show(file(`${name.replace(/\W/g, "-")}.jsonl`, text), { row: 1, ...options })).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(out).toBe("");
  });
});
