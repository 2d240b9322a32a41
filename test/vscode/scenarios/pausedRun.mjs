// A run whose learning rate is far too high: it pauses, names its rows, opens one of them, and goes back to train with a lower rate.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choose, extensionPage } from "../../../scripts/vscode/workbench.mjs";
import { runIs, startFromTitleBar, until } from "../person.mjs";

export const title = "a paused run names its rows and goes back";
export const timeoutMs = 150_000;

export async function run({ page, folder, step, shot }) {
  const runs = join(folder, ".tunesmith", "runs");
  const events = () => readFileSync(join(runs, readdirSync(runs)[0], "journal.jsonl"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  const view = () => extensionPage(page, "runView");
  let rows;

  await step("the run view says before which step the run paused, and why", async () => {
    const config = { base: "starter", data: "train.jsonl", eval: "heldout.jsonl", max_length: 128, batch_size: 8, num_train_epochs: 1, learning_rate: 1, eval_steps: 0, seed: 42 };
    writeFileSync(join(folder, "high.tune.json"), JSON.stringify(config, null, 2));
    await startFromTitleBar(page, "high.tune.json");
    await runIs(page, "paused", 60_000);
    const { pause } = events().at(-1);
    rows = pause.rows;
    const told = await (await view()).locator("#pause").innerText();
    if (!told.includes(`Paused before step ${pause.step}`) || !told.includes("gradient") || !told.includes("Roll Back")) throw new Error(`The view says: ${told}`);
    await shot("paused");
  });

  await step("a row's link opens the dataset at that line", async () => {
    await (await view()).locator("#pauseRows a.row").first().click();
    await page.locator(".editor-group-container.active .tab.active", { hasText: "train.jsonl" }).waitFor({ timeout: 20_000 });
    await until("the cursor stands on the row", async () => (await page.locator(".statusbar-item", { hasText: /^Ln \d+/ }).first().innerText()).includes(`Ln ${rows[0]},`));
    await shot("row");
    await page.keyboard.press("Control+F4");
  });

  await step("Roll Back goes to the start with a tenth of the rate, and what was is kept", async () => {
    await (await view()).locator("#pauseRollBack").click();
    await choose(page, "The start");
    await choose(page, "a tenth");
    await until("the run goes on from its start", () => events().some((event) => event.event === "start" && event.choice?.rolledBack && event.choice.settings.learning_rate === 0.1));
    await until("it ends", () => events().at(-1).event === "end" && events().filter(({ event }) => event === "start").length === 2, 60_000);
    if (!readdirSync(join(runs, readdirSync(runs)[0], "checkpoints")).includes("superseded-1")) throw new Error("The checkpoint of the paused step is gone.");
    await runIs(page, events().at(-1).status);
    await shot("after");
  });
}
