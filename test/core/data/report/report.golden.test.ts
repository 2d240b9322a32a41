/** Reports of small datasets as text that a person reads: test/golden/report.txt. `vitest -u` writes it anew. */
import { describe, expect, test } from "vitest";
import { rowsOfParsed } from "../../../../src/core/data/content/fileRows";
import { parseDataset } from "../../../../src/core/data/parse";
import { reportOn } from "../../../../src/core/data/report/collect";
import { figureCsv, reportFigures } from "../../../../src/core/data/report/reportFigures";
import { partsOf } from "../../../../src/core/figure/figure";
import { chooseTemplate } from "../../../../src/core/text/template";
import { bytesTokenizer } from "./bytesTokenizer";

const pace = { turn: async () => {} };
const report = (text: string, file = "rows.jsonl", maxLength?: number) => {
  const tokenizer = bytesTokenizer;
  return reportOn(rowsOfParsed(parseDataset(text, { file })), text.length, maxLength === undefined ? undefined : { tokenizer, template: chooseTemplate(tokenizer), maxLength }, pace);
};
const lines = (...rows: readonly unknown[]): string => rows.map((row) => typeof row === "string" ? row : JSON.stringify(row)).join("\n");
const chat = (...turns: readonly [string, string][]): object => ({ messages: turns.map(([role, content]) => ({ role, content })) });

const alpaca = lines(
  { instruction: "Write a story about a fox.", output: "Once upon a time there was a fox that lived in the woods and was happy.", category: "writing" },
  { instruction: "Write a poem.", output: "Roses are red.", category: "writing" }, { instruction: "Name three cities.", output: "Rome, Paris, Bern.", category: "facts" },
  { instruction: "Name three cities.", output: "Rome, Paris, Bern.", category: "facts" }, { instruction: "What is the capital of Italy?", output: "Rome.", category: "facts" },
  { instruction: "Was ist die Hauptstadt von Italien, und wie viele Menschen leben dort?", output: "Das ist Rom. Die Stadt hat fast drei Millionen Einwohner und ist sehr alt.", category: "facts" },
  { instruction: "你是谁", output: "我是一个助手", category: "facts" }, { instruction: "Name a tree.", output: "" }, "{ broken",
);
const chats = lines(
  chat(["system", "Be brief."], ["user", "Can you suggest a name for my cat?"], ["assistant", "Mia."], ["user", "Another?"], ["assistant", "Leo."]),
  chat(["user", "Please translate the sentence: the dog that I have is not old and it was with them."], ["assistant", "Le chien que je ne veux pas est dans la maison avec les enfants et nous sommes une famille pour vous."]),
  chat(["user", "Suggest a name."], ["assistant", "Tom."]),
);

describe("a report a person reads", () => {
  test.each<[string, string, string, number | undefined]>([["alpaca", alpaca, "rows.jsonl", undefined], ["alpaca with a base, max_length 40 bytes", alpaca, "rows.jsonl", 40], ["chats", chats, "rows.jsonl", 80], ["array", JSON.stringify(alpaca.split("\n").slice(0, 3).map((row) => JSON.parse(row) as object), null, 1), "rows.json", undefined]])("%s", async (name, text, file, maxLength) => {
    const found = await report(text, file, maxLength);
    const written = [
      `${found.rows} rows, ${found.usable} usable, ${found.conversations} conversations; ${found.format}`,
      ...reportFigures(found).flatMap(({ figure, lines: behind }) => [`\n# ${figure.title} (${figure.id})`, ...partsOf(figure).map(({ key, detail }) => `${detail}${behind.has(key) ? `  [lines ${behind.get(key)!.map((line) => line + 1).join(", ")}]` : ""}`), figure.caption]),
    ].join("\n");
    await expect(`${written}\n`).toMatchFileSnapshot(`../../../golden/report/${name.replace(/\W+/g, "-")}.txt`);
  });

  test("a file with no row that can be read has problems alone", async () => {
    const found = await report("{ broken\n[1]\n");
    expect([found.rows, found.conversations, found.lengths, found.instructions.count]).toEqual([2, 0, undefined, 0]);
    expect(reportFigures(found).map(({ figure }) => figure.id)).toEqual(["problems"]);
    expect(reportFigures(await report("")).map(({ figure }) => figure.id)).toEqual(["problems"]);
  });

  test("it stops where it is told to", async () => {
    const rows = rowsOfParsed(parseDataset(alpaca));
    await expect(reportOn(rows, 1, undefined, { turn: async () => { throw new Error("stop"); } })).rejects.toThrow("stop");
  });

  test("its progress goes up, to 1", async () => {
    const done: number[] = [];
    await reportOn(rowsOfParsed(parseDataset(Array.from({ length: 300 }, (_, number) => JSON.stringify({ instruction: `Name ${number}.`, output: `It is ${number}.` })).join("\n"))), 1, undefined, { turn: async (share) => { done.push(share); } });
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.length).toBeGreaterThan(4);
    expect(done.at(-1)).toBeLessThanOrEqual(1);
  });

  test("CSV keeps commas and quotes, and starts no formula", async () => {
    const csv = figureCsv({ kind: "bars", id: "x", title: "", caption: "", unit: "rows", parts: [['a, "b"', 1], ["=1+1", 2], ["plain", 3]].map(([label, count]) => ({ key: String(label), label: String(label), count: Number(count), detail: "", tone: "main" })) });
    expect(csv).toBe('x,rows\r\n"a, ""b""",1\r\n"=1+1",2\r\nplain,3\r\n');
  });
});
