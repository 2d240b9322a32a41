/** `npm run build -- --production && npx tsx bench/datasets.ts`: datasets against Python tools, as ratios in one run: checking 100,000 Alpaca rows, near duplicates of 100,000 rows, tokenising. Every job is a process of its own, in turn; prints tables in Markdown. Peers: `node bench/setup.mjs`. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { createTokenizer } from "../src/core/text/tokenizer";
import { ggufFolder } from "../src/node/preparedBases";
import { smollm2 } from "../test/models";
import { type AlpacaRow, writeAlpaca, writeProse, writeRecombined } from "./rows";

const ROUNDS = 5, ROWS = 100_000, TOKENISED = 40_000;
const python = process.env.TUNESMITH_PYTHON ?? join(__dirname, ".venv", "bin", "python"), cli = resolve(__dirname, "..", "dist", "cli.js");

interface Measured { readonly seconds: number; readonly peakMegabytes: number }
interface PeerResult extends Measured { readonly found: number; readonly tokens: number }

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const shown = (values: readonly number[], digits = 2): string => `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
const peak = (measured: readonly Measured[]): string => Math.max(...measured.map(({ peakMegabytes }) => peakMegabytes)).toFixed(0);

/** A Node program from its start to its end, with the memory that it tells of itself when it ends. */
function node(folder: string, ...args: readonly string[]): Measured {
  const hook = join(folder, "peak.cjs");
  writeFileSync(hook, 'process.on("exit", () => require("node:fs").writeSync(2, `\\nPEAK ${process.resourceUsage().maxRSS / 1024}\\n`));');
  const started = performance.now(), { stderr, status } = spawnSync(process.execPath, ["--require", hook, ...args], { stdio: ["ignore", "ignore", "pipe"], maxBuffer: 2 ** 26 });
  const seconds = (performance.now() - started) / 1000, found = /PEAK ([\d.]+)/.exec(stderr.toString());
  if (!found || status === null || status > 1) throw new Error(`${args.join(" ")} failed: ${stderr.toString()}`);
  return { seconds, peakMegabytes: Number(found[1]) };
}

/** The whole process counts where it is to be compared with a whole process. */
function peer(job: string, args: readonly string[], whole: boolean, env: NodeJS.ProcessEnv = {}): PeerResult {
  const started = performance.now(), answer = execFileSync(python, [join(__dirname, "datasetsPeer.py"), job, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 2 ** 26 });
  const seconds = (performance.now() - started) / 1000, result = JSON.parse(answer.toString().trim().split("\n").at(-1)!) as PeerResult;
  return whole ? { ...result, seconds } : result;
}

const BARE = 'const text = require("node:fs").readFileSync(process.argv[1], "utf8"); let rows = 0; for (const line of text.split("\\n")) if (line) { JSON.parse(line); rows++; }';

function checking(folder: string, file: string, what: string, against: boolean): void {
  const bare: Measured[] = [], structure: Measured[] = [], load: Measured[] = [], whole: Measured[] = [], leaks: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(node(folder, "-e", BARE, file));
    structure.push(node(folder, cli, "check", "--structure", file));
    load.push(peer("load", [file], true));
    whole.push(node(folder, cli, "check", file));
    if (against && round === 0) leaks.push(node(folder, cli, "check", "--eval", join(folder, "eval.jsonl"), file));
  }
  const ratio = (others: readonly Measured[]): string => shown(others.map(({ seconds }, round) => structure[round]!.seconds / seconds));
  const line = (name: string, measured: readonly Measured[], compared: string): void => console.log(`| ${name} | ${shown(measured.map(({ seconds }) => seconds))} | ${peak(measured)} | ${compared} |`);
  console.log(`\n${ROWS.toLocaleString("en")} rows, ${what}, ${(statSync(file).size / 1e6).toFixed(0)} MB, from the start of the process to its end.\n\n| | seconds | peak MB | \`check --structure\` takes so many times as long |\n|---|---|---|---|`);
  line("`tunesmith check --structure`", structure, "1");
  line("Node: read, split, JSON.parse of every line", bare, ratio(bare));
  line("Python: import datasets, load_dataset", load, ratio(load));
  line("`tunesmith check` (contents and comparison of rows too)", whole, shown(whole.map(({ seconds }, round) => structure[round]!.seconds / seconds)));
  if (leaks.length > 0) line("`tunesmith check --eval` with 5,000 rows of it, once", leaks, "");
}

/** Bundled as the extension is. */
function opening(folder: string, file: string): void {
  const script = join(folder, "opening.cjs"), fresh: number[] = [], typed: number[] = [];
  buildSync({ entryPoints: [join(__dirname, "opening.ts")], bundle: true, minify: true, platform: "node", format: "cjs", mainFields: ["module", "main"], outfile: script, logLevel: "error" });
  for (let round = 0; round < ROUNDS; round++) {
    const result = JSON.parse(execFileSync(process.execPath, [script, file, "10000"]).toString()) as { opened: number; typed: number };
    fresh.push(result.opened);
    typed.push(result.typed);
  }
  console.log(`\nThe first 10,000 of these rows as the editor's text: parsed in ${shown(fresh, 0)} ms when opened, in ${shown(typed, 0)} ms after a character was typed.`);
}

function comparing(folder: string, file: string): void {
  const report = (what: Measured, found: string): string => `${what.seconds.toFixed(1)} s, ${what.peakMegabytes.toFixed(0)} MB${found}`;
  const own = node(folder, cli, "check", file), theirs = peer("near", [file], true);
  console.log(`\nNear duplicates in ${ROWS.toLocaleString("en")} rows of prose, ${(statSync(file).size / 1e6).toFixed(0)} MB, with everything else that \`tunesmith check\` does: ${report(own, "")}. datasketch (MinHash LSH, 128 permutations) alone: ${report(theirs, `, ${theirs.found} found`)}. ${(theirs.seconds / own.seconds).toFixed(1)} times as fast.`);
}

function tokenising(folder: string, base: string, file: string): void {
  const lines = readFileSync(file, "utf8").split("\n").slice(0, TOKENISED), some = join(folder, "some.jsonl");
  writeFileSync(some, `${lines.join("\n")}\n`);
  const texts = lines.map((line) => JSON.parse(line) as AlpacaRow).map(({ instruction, input, output }) => `${instruction}\n${input}\n${output}`);
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6, definition = join(base, "tokenizer.json");
  const own: number[] = [], one: number[] = [], two: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Each round begins with nothing remembered, as the other's process does.
    const tokenizer = createTokenizer(readFileSync(definition, "utf8"), undefined), started = performance.now();
    let tokens = 0;
    for (const text of texts) tokens += tokenizer.encode(text).length;
    own.push(megabytes / ((performance.now() - started) / 1000));
    const [alone, both] = [peer("tokens", [definition, some], false, { TOKENIZERS_PARALLELISM: "false" }), peer("tokens", [definition, some], false, { TOKENIZERS_PARALLELISM: "true", RAYON_NUM_THREADS: "2" })];
    if (alone.tokens !== tokens || both.tokens !== tokens) throw new Error(`The tokens differ: ${tokens}, ${alone.tokens}, ${both.tokens}.`);
    one.push(megabytes / alone.seconds);
    two.push(megabytes / both.seconds);
  }
  console.log(`\n${megabytes.toFixed(0)} MB of real text with SmolLM2's vocabulary, the same tokens on both sides.\n\n| | MB a second | Tunesmith on one core is so many times as fast |\n|---|---|---|`);
  console.log(`| Tunesmith, one core | ${shown(own, 1)} | 1 |\n| tokenizers (Rust), one core | ${shown(one, 1)} | ${shown(own.map((rate, round) => rate / one[round]!), 1)} |\n| tokenizers (Rust), two cores | ${shown(two, 1)} | ${shown(own.map((rate, round) => rate / two[round]!), 1)} |`);
}

async function main(): Promise<void> {
  if (!existsSync(python) || !existsSync(cli)) { console.error(`There is no ${existsSync(cli) ? python : cli}: \`node bench/setup.mjs\` installs the peers, \`npm run build -- --production\` builds.`); process.exit(2); }
  const folder = mkdtempSync(join(tmpdir(), "tunesmith-bench-")), alpaca = join(folder, "alpaca.jsonl"), prose = join(folder, "prose.jsonl"), recombined = join(folder, "recombined.jsonl"), model = smollm2().path;
  try {
    console.log(`${cpus()[0]!.model}, ${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)} before; ${ROUNDS} rounds in turn, median (least to most).`);
    await writeAlpaca(alpaca, ROWS);
    writeFileSync(join(folder, "eval.jsonl"), readFileSync(alpaca, "utf8").split("\n").slice(0, 5000).join("\n"));
    await writeRecombined(recombined, ROWS);
    checking(folder, recombined, "distinct", false);
    checking(folder, alpaca, "real questions and answers paired anew, a dozen answers to each question", true);
    opening(folder, alpaca);
    if (model) tokenising(folder, await ggufFolder(model), alpaca);
    await writeProse(prose, ROWS);
    comparing(folder, prose);
    console.log(`\nLoad ${loadavg()[0]!.toFixed(1)} after.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
