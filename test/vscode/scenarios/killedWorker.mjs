// A worker that is killed in the middle of a run: the window says so once, nothing written is lost, and the run can be resumed and stopped.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { extensionPage } from "../../../scripts/vscode/workbench.mjs";
import { runIs, startFromTitleBar, stepsOf, until } from "../person.mjs";

export const title = "a killed worker is told of, resumed and stopped";
export const timeoutMs = 150_000;

export async function run({ page, folder, step, shot }) {
  const runs = join(folder, ".tunesmith", "runs");
  const journal = () => readFileSync(join(runs, readdirSync(runs)[0], "journal.jsonl"), "utf8");
  const view = () => extensionPage(page, "runView");
  let written;

  await step("the run view says that the worker is gone and what to do", async () => {
    await startFromTitleBar(page, "starter.tune.json");
    await stepsOf(page, (steps) => steps >= 5);
    const { pid } = JSON.parse(readFileSync(join(runs, readdirSync(runs)[0], "worker.json"), "utf8"));
    process.kill(pid, "SIGKILL");
    await runIs(page, "failed", 20_000);
    written = journal();
    const told = await (await view()).locator("#error").innerText();
    await shot("failed");
    if (!/worker/i.test(told) || !/resume/i.test(told)) throw new Error(`The view says: ${told}`);
  });

  await step("Resume goes on, and the journal keeps what it had", async () => {
    await (await view()).locator("#resume").click();
    const whole = written.slice(0, written.lastIndexOf("\n") + 1); // the last line may have been cut by the kill
    const added = () => journal().slice(whole.length);
    await until("the resumed run trains", () => (added().match(/"event":"step"/g) ?? []).length >= 3);
    if (!journal().startsWith(whole)) throw new Error("The journal lost lines.");
    await runIs(page, "running");
    if (await (await view()).locator("#error").isVisible()) throw new Error("The old error is still shown.");
  });

  await step("Stop ends it with an adapter", async () => {
    await (await view()).locator("#stop").click();
    await runIs(page, "stopped", 30_000);
    await shot("stopped");
    const end = JSON.parse(journal().trimEnd().split("\n").at(-1));
    if (end.event !== "end" || end.status !== "stopped" || !end.adapter) throw new Error(JSON.stringify(end));
  });
}
