/** Which .json, .csv and .tsv files are taken for datasets by how they begin, and which are left in peace. */
import { expect, test } from "vitest";
import { looksLikeRows } from "../../../../src/core/data/rows/looksLikeRows";

const alpaca = { instruction: "a", input: "", output: "b" };
const pretty = (value: unknown): string => JSON.stringify(value, null, 2);

test.each([
  ["an array of Alpaca rows", pretty([alpaca, alpaca]), "a.json"], ["on one line", JSON.stringify([alpaca]), "a.json"], ["after a byte order mark", `\ufeff${pretty([alpaca])}`, "a.json"],
  ["conversations", pretty([{ id: "x", conversations: [{ from: "human", value: "a" }, { from: "gpt", value: "b" }] }]), "a.json"],
  ["a first row longer than what is looked at", pretty([{ id: "x", conversations: [{ from: "human", value: "a".repeat(50_000) }] }]).slice(0, 32_768), "a.json"],
  ["rows on lines of their own", `${JSON.stringify(alpaca)}\n${JSON.stringify(alpaca)}\n`, "a.json"],
  ["a task of Natural Instructions", pretty({ Contributors: ["a"], Definition: ["b"], "Positive Examples": [], Instances: [] }), "task1.json"],
  ["a table", "instruction,input,output\na,,b\n", "a.csv"], ["a table with tabs", "question\tanswer\na\tb\n", "a.tsv"], ["Dolly's table", 'instruction,context,response,category\n"a\nb",,c,d\n', "a.csv"],
])("a dataset: %s", (_, text, file) => expect(looksLikeRows(text, file)).toBe(true));

test.each([
  ["package.json", pretty({ name: "x", version: "1.0.0", scripts: { test: "y" }, dependencies: {} }), "package.json"], ["a tsconfig", '{\n  // comment\n  "compilerOptions": { "strict": true },\n}', "tsconfig.json"],
  ["settings", pretty({ "editor.fontSize": 12 }), "settings.json"], ["keybindings", pretty([{ key: "ctrl+a", command: "b", when: "c" }]), "keys.json"], ["test cases", pretty([{ input: "a", output: "b" }]), "cases.json"],
  ["texts", pretty([{ text: "a" }]), "texts.json"], ["people", pretty([{ name: "a", age: 3 }]), "people.json"], ["numbers", "[1, 2, 3]", "n.json"], ["nothing", "", "e.json"], ["one object of a dataset's keys", pretty(alpaca), "one.json"],
  ["an empty array", "[]", "a.json"], ["a table of people", "name,age\na,3\n", "people.csv"], ["a table of three columns", "a\tb\tc\n", "x.csv"], ["half of something", "[{", "x.json"],
])("something else: %s", (_, text, file) => expect(looksLikeRows(text, file)).toBe(false));
