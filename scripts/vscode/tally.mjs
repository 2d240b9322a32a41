// Owns what a test run prints: a line for each test, and the closing count.
import { readFileSync, statSync } from "node:fs";

export function createTally() {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const passed = new Set();
  const again = [];
  return {
    counts,
    passed(title, ms) {
      if (!passed.has(title)) counts.passed++; // a scenario that is tried again passes its first steps twice
      passed.add(title);
      console.log(`  ok    ${title}${ms === undefined ? "" : ` (${(ms / 1000).toFixed(1)} s)`}`);
    },
    failed(title, error) {
      counts.failed++;
      console.log(`  FAIL  ${title}\n${String(error?.message ?? error).replace(/^/gm, "        ")}`);
    },
    /** A window on a busy machine loses a key press now and then: what fails is tried once more, and both tries are told. */
    tryAgain(title, error) {
      again.push(title);
      console.log(`  again ${title}\n${String(error?.message ?? error).replace(/^/gm, "        ")}`);
    },
    /** What passed only at its second try, for the end of the log. */
    unsteady: () => again,
    skipped(title, why) {
      counts.skipped++;
      console.log(`  skip  ${title}${why ? `: ${why}` : ""}`);
    },
    /** The line a reader and .ci/run look for. */
    summary() {
      return `${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ""}`;
    },
  };
}

/** Prints the suites' results as they are written to `file`. `stop` reads the rest and says whether the suites came to their end. */
export function followResults(file, tally) {
  let read = 0;
  let ended = false;
  const take = () => {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= read) return;
    const text = readFileSync(file).subarray(read);
    const complete = text.lastIndexOf(10) + 1; // the last line may be half written
    read += complete;
    for (const line of text.subarray(0, complete).toString("utf8").split("\n").filter(Boolean)) {
      const result = JSON.parse(line);
      if (result.kind === "end") ended = true;
      else tally[result.kind](result.title, result.error ?? result.ms);
    }
  };
  const timer = setInterval(take, 250);
  return { stop: () => { clearInterval(timer); take(); return ended; } };
}
