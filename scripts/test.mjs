// `npm test`: lint, types, unit, thorough, parity, integration, and the suites inside real VS Code. Does its own set-up and ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";
import { build, checkout, ensureInstalled } from "./install.mjs";

ensureInstalled();
build();

const bin = (name) => `node_modules/.bin/${name}`;
const vitest = (project) => [bin("vitest"), "run", "--project", project, "--reporter=default"];
const plain = (text) => text.replace(/\u001b\[[0-9;]*m/g, "");
const number = (text, word) => Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0);

/** The counts of the last line that looks like this. */
const countsOf = (pattern) => (output) => {
  const line = plain(output).split("\n").findLast((text) => pattern.test(text)) ?? "";
  return { passed: number(line, "passed"), failed: number(line, "failed"), skipped: number(line, "skipped") };
};
const vitestCounts = countsOf(/^\s*Tests\s/), closingLine = countsOf(/\d+ passed, \d+ failed/);

/** A part without counts of its own is one test. Parts that are `beside` others run with the least priority while the tests that mostly wait (for processes and windows) have their turn. */
const parts = [
  { title: "lint", command: [bin("eslint"), ".", "--max-warnings=0"], beside: true },
  { title: "unused code", command: [bin("knip")], beside: true },
  { title: "types", command: [bin("tsc"), "-b"], beside: true },
  { title: "types of tests and scripts", command: [bin("tsc"), "-p", "test"], beside: true },
  { title: "unit", command: vitest("unit"), counts: vitestCounts },
  { title: "thorough", command: vitest("thorough"), counts: vitestCounts },
  { title: "parity", command: vitest("parity"), counts: vitestCounts },
  { title: "integration", command: vitest("integration"), counts: vitestCounts, waits: true },
  { title: "real VS Code", command: [process.execPath, "scripts/testVscode.mjs"], counts: closingLine, waits: true },
];

/** What failed in a part and how, from its own words: Vitest's "FAIL …" with the lines under it, our "FAILED …", otherwise the last lines. */
function failuresOf(title, output) {
  const lines = plain(output).split("\n");
  const named = lines.flatMap((line, index) => /^\s*(FAIL|FAILED)\s/i.test(line) ? [line.trim(), ...lines.slice(index + 1, index + 5).filter((text) => /Error|seed|Counterexample/.test(text)).map((text) => `  ${text.trim().slice(0, 500)}`)] : []);
  return (named.length > 0 ? named : lines.filter((line) => line.trim() !== "").slice(-12)).map((line) => `${title}: ${line}`);
}

function runPart([command, ...args], quiet = false) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: checkout, env: { ...process.env, ORT_DISABLE_TELEMETRY: "1" }, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
    if (quiet && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
    let output = "";
    for (const [stream, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]]) stream.on("data", (data) => { output += data; if (!quiet) to.write(data); });
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, output }));
  });
}

const only = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
const rows = new Map(), failures = [];
const wanted = parts.filter((part) => only.length === 0 || only.includes(part.title));

async function carryOut({ title, command, counts, beside }) {
  if (!beside) console.log(`\n== ${title}`);
  const started = Date.now();
  const { status, output } = await runPart(command, beside);
  if (beside) console.log(`\n== ${title}\n${output}`);
  const found = counts?.(output) ?? { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
  // A part that ended badly without naming a failed test, or that ran nothing at all, has failed.
  if (status !== 0 && found.failed === 0) found.failed = 1;
  if (found.passed + found.failed + found.skipped === 0) found.failed = 1;
  for (const key of Object.keys(total)) total[key] += found[key];
  if (found.failed > 0) failures.push(...failuresOf(title, output));
  rows.set(title, `${title.padEnd(28)} ${String(found.passed).padStart(5)} passed ${String(found.failed).padStart(4)} failed ${String(found.skipped).padStart(4)} skipped  ${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s${beside ? "  beside others" : ""}`);
}

/** One after the other: two at once would take a test's core. */
async function inTurn(list) { for (const part of list) await carryOut(part); }

await inTurn(wanted.filter(({ beside, waits }) => !beside && !waits));
await Promise.all([inTurn(wanted.filter(({ beside }) => beside)), inTurn(wanted.filter(({ waits }) => waits))]);
// Named at the very end, where a log that is cut in the middle still has them.
if (failures.length > 0) console.log(`\n${failures.join("\n")}`);
console.log(`\n${wanted.map(({ title }) => rows.get(title)).join("\n")}\n\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exit(total.failed > 0 ? 1 : 0);
