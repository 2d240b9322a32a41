/** `npx tsx bench/analysis.ts [rows]`: how fast a whole file is checked, with its contents and its twins, and in how much memory; on generated rows of about a kilobyte, one in a hundred a near copy of an earlier one. */
import { createWriteStream, rmSync, mkdtempSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { compareRows } from "../src/core/data/content/compareRows";
import { FileReport } from "../src/core/data/content/fileReport";
import { seededRandom } from "../src/core/random";
import { openRows } from "../src/node/datasetRows";

const COMMON = "the of and to in a is that it for was on are as with be this have from or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know".split(" ");

/** Words as they come in prose: half of them common, the others of a vocabulary of 40,000 made of syllables. */
const prose = (random: () => number, words: number): string => {
  const syllables = ["ka", "lo", "mer", "tin", "sha", "vor", "el", "pra", "nim", "dul", "bex", "ro", "fi", "gan"];
  const text = Array.from({ length: words }, () => {
    if (random() < 0.5) return COMMON[Math.floor(random() ** 2 * COMMON.length)]!;
    let number = Math.floor(random() ** 2 * 40_000), word = "";
    for (; number > 0 || word === ""; number = Math.floor(number / 14)) word += syllables[number % 14]!;
    return word;
  });
  for (let at = 11; at < words; at += 12) text[at] += ".";
  return `${text.join(" ")}.`;
};

async function generate(path: string, rows: number): Promise<number> {
  const out = createWriteStream(path), random = seededRandom("bench/analysis");
  const recent: { instruction: string; output: string }[] = [];
  let copies = 0;
  for (let number = 0; number < rows; number++) {
    let row = { instruction: prose(random, 20 + Math.floor(random() * 30)), output: prose(random, 60 + Math.floor(random() * 140)) };
    if (random() < 0.01 && recent.length > 50) {
      const original = recent[Math.floor(random() * recent.length)]!;
      row = { ...original, output: original.output.replace(/^\w+ \w+/, "in short") };
      copies++;
    } else if (recent.length < 20_000) recent.push(row);
    if (!out.write(`${JSON.stringify(row)}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return copies;
}

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 1_000_000), folder = mkdtempSync(join(tmpdir(), "tunesmith-bench-")), path = join(folder, "rows.jsonl");
  try {
    const copies = await generate(path, count);
    const bytes = statSync(path).size, base = process.memoryUsage().rss, cpu = process.cpuUsage();
    const began = performance.now(), report = new FileReport(1000), rows = await openRows(path);
    let longest = 0, last = performance.now(), read = 0;
    report.add(await compareRows(rows, { turn: async () => {
      longest = Math.max(longest, performance.now() - last);
      await nextTurn();
      last = performance.now();
    } }, { onBlock: (block) => { report.block(block); if (block.done === 1) read = performance.now() - began; } }));
    await rows.close();
    const seconds = (performance.now() - began) / 1000, { user, system } = process.cpuUsage(cpu), worked = (user + system) / 1e6;
    const found = report.counts.find(({ code }) => code === "near-duplicate")?.count ?? 0;
    console.log(`${report.rows.toLocaleString("en")} rows, ${Math.round(bytes / 1e6)} MB: ${seconds.toFixed(0)} s (${worked.toFixed(0)} s of processor time; ${(read / 1000).toFixed(0)} s to the last block); ${Math.round(report.rows / seconds).toLocaleString("en")} rows/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`);
    console.log(`near duplicates: ${found} found, ${copies} planted; peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB (${Math.round(base / 2 ** 20)} MB before); longest time without a turn ${longest.toFixed(0)} ms`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
