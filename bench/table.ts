/** `npx tsx bench/table.ts [MB]`: the table on a file of 1 GB (1,000,000 rows or so), made on the spot in a temporary folder and removed. Each line is a process of its own; prints a table in Markdown. Needs `npm run build`. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { seededRandom } from "../src/core/random";
import { editCell } from "../src/core/data/table/cellEdit";
import { type SortBy } from "../src/core/data/table/view";
import { scanIn } from "../src/extension/table/scans";
import { type ScanJob } from "../src/node/table/scan";
import { TableFile } from "../src/node/table/tableFile";

interface Measured { readonly seconds: number; readonly peakMegabytes: number; /** Longest time in which the host could do nothing else. */ readonly stallMs: number; readonly says: string }

const words = "the river bends twice before it meets the sea and the people of the valley call it by three names because every village saw it first".split(" ");

/** Rows as Alpaca has them, 1 kB each on average; one in a hundred is the twin of an earlier one, one in a thousand is broken. */
async function makeFile(path: string, megabytes: number): Promise<void> {
  const random = seededRandom("bench/table"), file = await open(path, "w");
  const text = (count: number): string => Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(" ");
  const earlier: string[] = [];
  for (let written = 0, row = 0; written < megabytes * 1e6;) {
    const lines: string[] = [];
    for (let index = 0; index < 5000; index++, row++) {
      const twin = row % 100 === 99 ? earlier[Math.floor(random() * earlier.length)] : undefined;
      const line = twin ?? (row % 1000 === 500 ? '{"instruction": "broken",' : JSON.stringify({ instruction: `${row}: ${text(12)}?`, input: row % 3 ? "" : text(20), output: text(40 + Math.floor(random() * 250)) }));
      if (row % 500 === 0) earlier.push(line);
      lines.push(line);
    }
    const bytes = Buffer.from(`${lines.join("\n")}\n`);
    await file.write(bytes);
    written += bytes.length;
  }
  await file.close();
}

const hashOf = async (path: string, start: number, end?: number): Promise<string> => {
  const hash = createHash("sha1");
  for await (const block of createReadStream(path, { start, ...(end === undefined ? {} : { end }) })) hash.update(block as Buffer);
  return hash.digest("hex");
};

const view = (filter: string, key: SortBy = { by: "file" }) => (table: TableFile): ScanJob => ({ kind: "view", filter, sort: { key, descending: false }, file: table.kind });
const scanned = (job: (table: TableFile) => ScanJob) => async (path: string): Promise<string> => {
  const table = await TableFile.open(path);
  await table.indexed;
  started = performance.now();
  const { rows } = await scanIn(resolve(__dirname, ".."))(table.source(), job(table));
  return `${rows.length.toLocaleString("en")} rows`;
};
let started = 0;

const stages: Record<string, (path: string) => Promise<string>> = {
  "open, to the first 40 rows": async (path) => {
    const table = await TableFile.open(path);
    const lines = await table.lines(Array.from({ length: 40 }, (_, row) => row));
    table.problems(lines);
    return `${table.columns.join(", ")}`;
  },
  "index every line": async (path) => {
    const table = await TableFile.open(path);
    await table.indexed;
    return `${table.rows.toLocaleString("en")} rows, index of ${(table.index.memory / 1e6).toFixed(1)} MB`;
  },
  "save with one edited row": async (path) => {
    const table = await TableFile.open(path);
    await table.indexed;
    const row = Math.floor(table.rows / 2) + 1, block = table.index.block(table.index.blockOf(row));
    const before = [await hashOf(path, 0, block.start - 1), await hashOf(path, block.end)];
    const line = await table.lineToEdit(row);
    table.apply({ label: "", deleted: new Uint32Array(), changes: [{ row, before: undefined, after: editCell(line, ["instruction"], "edited") }] });
    started = performance.now();
    await table.save();
    const seconds = (performance.now() - started) / 1000;
    const grown = statSync(path).size - table.size;
    const same = before[0] === await hashOf(path, 0, block.start - 1) && before[1] === await hashOf(path, block.end + grown);
    started = performance.now() - seconds * 1000;
    if (!same) throw new Error("Bytes beside the edited row changed.");
    return "all other bytes the same";
  },
  "filter by a word": scanned(view("village -first")),
  "filter by a regular expression in a column": scanned(view("output:/sea\\s+and$/")),
  "filter by problem (the parser reads every row)": scanned(view("problem:any")),
  "sort by a column's text": scanned(view("", { by: "text", column: "output" })),
  "sort by length": scanned(view("", { by: "length" })),
  "find exact duplicates": scanned(() => ({ kind: "duplicates" })),
};

async function stage(name: string, path: string): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  started = performance.now();
  const says = await stages[name]!(path);
  const seconds = (performance.now() - started) / 1000;
  delay.disable();
  const measured: Measured = { seconds, peakMegabytes: process.resourceUsage().maxRSS / 1024, stallMs: delay.max / 1e6, says };
  console.log(JSON.stringify(measured));
}

async function main(): Promise<void> {
  const [first, path] = process.argv.slice(2);
  if (first !== undefined && path !== undefined) return stage(first, path);
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-bench-"));
  try {
    const file = join(folder, "rows.jsonl");
    await makeFile(file, Number(first ?? 1000));
    console.log(`${(statSync(file).size / 1e9).toFixed(2)} GB, ${cpus()[0]!.model}, ${cpus().length} cores; the file is in the page cache. Memory is the process's peak with Node, tsx and the thread in it.\n`);
    console.log("| | seconds | peak MB | longest stall of the host, ms | |\n|---|---|---|---|---|");
    for (const name of Object.keys(stages)) {
      const { seconds, peakMegabytes, stallMs, says } = JSON.parse(execFileSync(process.execPath, ["--import", "tsx", __filename, name, file], { stdio: ["ignore", "pipe", "inherit"] }).toString()) as Measured;
      console.log(`| ${name} | ${seconds.toFixed(2)} | ${peakMegabytes.toFixed(0)} | ${stallMs.toFixed(0)} | ${says} |`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
