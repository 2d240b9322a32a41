// A workspace that is not trusted: one can look at a dataset, and nothing runs.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFile } from "../../../scripts/vscode/workbench.mjs";
import { underlined } from "../person.mjs";

export const title = "Restricted Mode looks and runs nothing";
export const timeoutMs = 60_000;
export const trust = true;
export const settings = { "security.workspace.trust.startupPrompt": "never", "security.workspace.trust.banner": "never" };

export async function run({ page, folder, step, shot }) {
  writeFileSync(join(folder, "faulty.jsonl"), '{"instruction": "a", "output": "b",}\n');
  await step("still underlines a fault", async () => {
    await page.getByRole("button", { name: /Restricted Mode/ }).first().waitFor({ timeout: 30_000 });
    await openFile(page, "faulty.jsonl");
    await underlined(page);
  });
  await step("offers no run, in the title bar or by the palette", async () => {
    await openFile(page, "starter.tune.json");
    await page.locator('.editor-group-container.active .editor-actions').first().waitFor();
    const play = page.locator('.editor-group-container.active .editor-actions a[aria-label^="Start Tuning Run"]');
    if (await play.isVisible()) {
      await play.click();
      await page.waitForTimeout(3000);
    }
    await shot("restricted");
    if (existsSync(join(folder, ".tunesmith"))) throw new Error("A run was made in Restricted Mode.");
  });
}
