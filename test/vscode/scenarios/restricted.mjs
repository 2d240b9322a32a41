// A workspace that is not trusted: one can look at a dataset, and nothing runs.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
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
  await step("looks at rows with the starter base, whatever the workspace names", async () => {
    writeFileSync(join(folder, "rows.jsonl"), `${JSON.stringify({ instruction: "Say a lot.", output: "word ".repeat(700).trim() })}\n`);
    writeFileSync(join(folder, "rows.tune.json"), JSON.stringify({ data: "rows.jsonl", base: "elsewhere", max_length: 100_000 }));
    await openFile(page, "rows.jsonl");
    await page.locator(".monaco-editor .squiggly-warning").first().waitFor({ timeout: 30_000 });
    const item = page.locator('.statusbar-item[aria-label^="Base for diagnostics"]');
    if (await item.getAttribute("aria-label") !== "Base for diagnostics: starter") throw new Error(await item.getAttribute("aria-label"));
  });
  await step("starts no run, by the title bar or by the palette", async () => {
    await openFile(page, "starter.tune.json");
    const play = page.locator('.editor-group-container.active .editor-actions a[aria-label^="Start Tuning Run"]');
    if (await play.isVisible()) await play.click();
    // Either the palette does not have the command here, or the command says why it does nothing.
    const offered = await runCommand(page, "Tunesmith: Start Tuning Run", 3000).then(() => true, () => false);
    if (offered) await page.locator(".notifications-toasts").filter({ hasText: "Restricted Mode" }).waitFor({ timeout: 10_000 });
    await shot("restricted");
    if (existsSync(join(folder, ".tunesmith"))) throw new Error("A run was made in Restricted Mode.");
  });
}
