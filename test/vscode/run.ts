/** Entry of the suites: VS Code loads this module inside its extension host and calls `run`. */
import { appendFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";

/** Appends one JSON line a test to TUNESMITH_TEST_RESULTS; the program that started VS Code prints them. */
export function run(): Promise<void> {
  const results = process.env.TUNESMITH_TEST_RESULTS;
  if (!results) throw new Error("TUNESMITH_TEST_RESULTS must name the file for the results.");
  const write = (result: object): void => appendFileSync(results, `${JSON.stringify(result)}\n`);
  const only = process.env.TUNESMITH_TEST_ONLY;
  const mocha = new Mocha({ ui: "bdd", timeout: 20_000, retries: 1, ...(only ? { grep: only } : {}) });
  const suites = join(__dirname, "suites");
  for (const file of readdirSync(suites).sort()) if (file.endsWith(".test.js")) mocha.addFile(join(suites, file));
  return new Promise((done, fail) => {
    const runner = mocha.run((failures) => {
      write({ kind: "end" });
      if (failures > 0) fail(new Error(`${failures} failed`));
      else done();
    });
    runner.on("pass", (test) => write({ kind: "passed", title: test.fullTitle(), ms: test.duration }));
    runner.on("retry", (test, error: Error) => write({ kind: "tryAgain", title: test.fullTitle(), error: error.stack ?? String(error) }));
    runner.on("fail", (test, error: Error) => write({ kind: "failed", title: test.fullTitle(), error: error.stack ?? String(error) }));
    runner.on("pending", (test) => write({ kind: "skipped", title: test.fullTitle() }));
  });
}
