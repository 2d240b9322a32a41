/** `npx tsx bench/analysis.ts [rows]`: how fast a whole file is checked, with its contents and its twins, and in how much memory; on generated rows of about a kilobyte, one in a hundred a near copy of an earlier one. */
import { rmSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { compareRows } from "../src/core/data/content/compareRows";
import { FileReport } from "../src/core/data/content/fileReport";
import { openRows } from "../src/node/datasetRows";
import { writeProse } from "./rows";

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 1_000_000), folder = mkdtempSync(join(tmpdir(), "tunesmith-bench-")), path = join(folder, "rows.jsonl");
  try {
    const copies = await writeProse(path, count);
    const bytes = statSync(path).size, base = process.memoryUsage().rss, cpu = process.cpuUsage();
    const began = performance.now(), report = new FileReport(1000), rows = await openRows(path);
    const used = (): number => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
    let longest = 0, worked = 0, last = performance.now(), lastUsed = used(), read = 0;
    report.add(await compareRows(rows, { turn: async () => {
      [longest, worked] = [Math.max(longest, performance.now() - last), Math.max(worked, used() - lastUsed)];
      await nextTurn();
      [last, lastUsed] = [performance.now(), used()];
    } }, { onBlock: (block) => { report.block(block); if (block.done === 1) read = performance.now() - began; } }));
    await rows.close();
    const seconds = (performance.now() - began) / 1000, { user, system } = process.cpuUsage(cpu);
    const found = report.counts.find(({ code }) => code === "near-duplicate")?.count ?? 0;
    console.log(`${report.rows.toLocaleString("en")} rows, ${Math.round(bytes / 1e6)} MB: ${seconds.toFixed(0)} s (${((user + system) / 1e6).toFixed(0)} s of processor time; ${(read / 1000).toFixed(0)} s to the last block); ${Math.round(report.rows / seconds).toLocaleString("en")} rows/s, ${(bytes / 1e6 / seconds).toFixed(1)} MB/s`);
    console.log(`near duplicates: ${found} found, ${copies} planted; peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB (${Math.round(base / 2 ** 20)} MB before); longest time without a turn ${longest.toFixed(0)} ms, at most ${worked.toFixed(0)} ms of processor time between two`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
