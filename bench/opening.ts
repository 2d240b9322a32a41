/** Times what the editor does with a text: `opening.ts FILE ROWS` parses its first rows afresh in a process that just began, then again after a character was typed; milliseconds as JSON on stdout. */
import { readFileSync } from "node:fs";
import { parseDataset } from "../src/core/data/parse";

const [file, rows] = process.argv.slice(2);
const text = readFileSync(file!, "utf8").split("\n").slice(0, Number(rows)).join("\n");
let started = performance.now();
let parsed = parseDataset(text);
const opened = performance.now() - started, typed: number[] = [];
let edited = text;
for (let key = 0; key < 9; key++) {
  const at = edited.indexOf("instruction", (edited.length * (key + 1)) / 11) + 14;
  edited = `${edited.slice(0, at)}x${edited.slice(at)}`;
  started = performance.now();
  parsed = parseDataset(edited, {}, parsed);
  typed.push(performance.now() - started);
}
console.log(JSON.stringify({ opened, typed: typed.sort((a, b) => a - b)[4], rows: parsed.rows }));
