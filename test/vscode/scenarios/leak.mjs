// A run whose evaluation is no evaluation: it does not start by itself, shows the row, and starts if the person insists.
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runIs, startFromTitleBar, until } from "../person.mjs";

export const title = "a leak into the evaluation keeps a run from starting";
export const timeoutMs = 120_000;

const row = (instruction, output) => `${JSON.stringify({ instruction, output })}\n`;
const dialog = (page) => page.locator(".monaco-dialog-box").filter({ hasText: "held.jsonl" });

export async function run({ page, folder, step, shot }) {
  const rows = Array.from({ length: 8 }, (_, index) => row(`Name the number after ${index}.`, String(index + 1)));
  writeFileSync(join(folder, "rows.jsonl"), rows.join(""));
  writeFileSync(join(folder, "held.jsonl"), row("Name a colour.", "red") + rows[3] + rows[5]);
  writeFileSync(join(folder, "leak.tune.json"), JSON.stringify({ data: "rows.jsonl", eval: "held.jsonl", max_steps: 2, batch_size: 2 }));
  const runs = join(folder, ".tunesmith", "runs");
  const started = () => existsSync(runs) && readdirSync(runs).length > 0;

  await step("Start asks, and says how many rows and which", async () => {
    await startFromTitleBar(page, "leak.tune.json");
    await dialog(page).waitFor({ timeout: 30_000 });
    const text = await dialog(page).innerText();
    if (!/2 of the 3 rows of held\.jsonl are in rows\.jsonl too/.test(text) || !/line 2, in the training file line 4/.test(text)) throw new Error(text);
    await shot("asks");
  });
  await step("Cancel starts nothing", async () => {
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    await dialog(page).waitFor({ state: "detached" });
    await page.waitForTimeout(1000);
    if (started()) throw new Error("A run was made.");
  });
  await step("Show the First opens the evaluation at that row", async () => {
    await startFromTitleBar(page, "leak.tune.json");
    await dialog(page).getByRole("button", { name: "Show the First" }).click({ timeout: 30_000 });
    await page.locator(".tab.active").filter({ hasText: "held.jsonl" }).waitFor({ timeout: 10_000 });
    await page.locator(".statusbar-item").filter({ hasText: "Ln 2" }).waitFor({ timeout: 10_000 });
    await shot("shows");
    if (started()) throw new Error("A run was made.");
  });
  await step("Start Anyway starts it", async () => {
    await startFromTitleBar(page, "leak.tune.json");
    await dialog(page).getByRole("button", { name: "Start Anyway" }).click({ timeout: 30_000 });
    await until("a run is made", started);
    await runIs(page, "finished", 60_000);
  });
}
