// Every screen of datasets in the light, the dark and the high-contrast theme, for looking at: test/vscode/shots/themes-<screen>-<theme>.png.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { changeTheme, extensionPage, goTo, openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { underlined, until } from "../person.mjs";

export const title = "every screen of datasets in three themes";
export const timeoutMs = 420_000;

const chat = (...turns) => JSON.stringify({ messages: turns.map(([role, content]) => ({ role, content })) });
const rows = [
  chat(["user", "Name the capital of France."], ["assistant", "Paris."]),
  chat(["user", "Tell me a story."], ["assistant", Array.from({ length: 60 }, (_, number) => `word${number}`).join(" ")]),
  chat(["user", "Say nothing."], ["assistant", ""]),
  chat(["user", "Name the capital of France."], ["assistant", "Paris."]),
  chat(["user", "Mail it to kim.park@naver.com."], ["assistant", "As an AI language model, I cannot."]),
  `${chat(["user", "Where is Lima?"], ["assistant", "In Peru."]).slice(0, -1)},}`,
];

const THEMES = ["dark", "light", "contrast"];

export async function run({ page, folder, step, shot }) {
  writeFileSync(join(folder, "rows.jsonl"), `${rows.join("\n")}\n`);
  writeFileSync(join(folder, "rows.tune.json"), JSON.stringify({ data: "rows.jsonl", max_length: 96 }));
  for (const theme of THEMES) writeFileSync(join(folder, `table-${theme}.jsonl`), `${rows.join("\n")}\n`);
  const closeAll = () => runCommand(page, "View: Close All Editors");
  const open = async () => {
    await openFile(page, "rows.jsonl");
    await underlined(page);
  };

  for (const theme of THEMES) {
    const take = (screen) => shot(`${screen}-${theme}`);
    await step(`${theme}: the editor with its hover, light bulb, problems and completion`, async () => {
      await open();
      await changeTheme(page, theme);
      await runCommand(page, "Problems: Focus on Problems View");
      await page.locator(".markers-panel .monaco-list-row").first().waitFor();
      await take("problems");
      await runCommand(page, "View: Hide Panel");
      await goTo(page, 2, 30);
      await until("the hover tells of the row", async () => {
        await page.locator(".monaco-editor[data-uri$='rows.jsonl'] .view-line").first().waitFor();
        await runCommand(page, "Show or Focus Hover");
        return page.locator(".monaco-hover:visible").filter({ hasText: "tokens" }).first().waitFor({ timeout: 5_000 }).then(() => true, () => false);
      });
      await take("hover");
      await page.keyboard.press("Escape");
      await goTo(page, 6, 1);
      await page.keyboard.press("F8");
      await page.waitForTimeout(500);
      await take("problem");
      await page.keyboard.press("Escape");
      await until("the light bulb's menu opens", async () => {
        await page.keyboard.press("Control+.");
        return page.locator(".action-widget .monaco-list-row.action").first().waitFor({ timeout: 3_000 }).then(() => true, () => false);
      });
      await take("repairs");
      await page.keyboard.press("Escape");
      await goTo(page, 7, 1);
      await until("rows are offered", async () => {
        await page.keyboard.press("Control+Space");
        return page.locator(".suggest-widget.visible .monaco-list-row").first().waitFor({ timeout: 3_000 }).then(() => true, () => false);
      });
      await take("completion");
      await page.keyboard.press("Escape");
    }, 120_000);

    await step(`${theme}: the preview, with a row that is cut off, tokens, an error, a focused turn, and nothing`, async () => {
      await goTo(page, 2, 30);
      await runCommand(page, "Tunesmith: Open Row Preview to the Side");
      const view = await extensionPage(page, "rowPreview");
      await view.locator("#text .turn").first().waitFor({ timeout: 20_000 });
      await view.locator("#text [data-role='assistant']").first().focus();
      await take("preview-turn");
      await view.locator("#text").focus();
      await page.keyboard.press("t");
      await page.waitForTimeout(500);
      await take("preview-tokens");
      await page.keyboard.press("t");
      await page.keyboard.press("j");
      await view.locator('#problems [data-code="empty-output"]').waitFor();
      await take("preview-error");
      await closeAll();
    }, 90_000);

    await step(`${theme}: the report, and its focus`, async () => {
      await open();
      await runCommand(page, "Tunesmith: Show Dataset Report");
      const report = await extensionPage(page, "datasetReport");
      await report.locator("#figure-lengths svg").waitFor({ timeout: 30_000 });
      await take("report");
      const part = report.locator("#figure-problems .part").first();
      await part.scrollIntoViewIfNeeded();
      await part.focus();
      await page.keyboard.press("ArrowDown");
      await take("report-focus");
      await closeAll();
    }, 90_000);

    await step(`${theme}: the conversion, and what it would lose`, async () => {
      await open();
      await runCommand(page, "Tunesmith: Convert Dataset…");
      const row = page.locator(".quick-input-widget:visible .quick-input-list .monaco-list-row").filter({ hasText: "lost." });
      await row.first().waitFor({ timeout: 20_000 });
      await take("conversion");
      await row.filter({ hasNotText: "Nothing is lost" }).last().click();
      await page.locator(".monaco-dialog-box").first().waitFor({ timeout: 10_000 });
      await take("conversion-loss");
      await page.keyboard.press("Escape");
      await closeAll();
    }, 60_000);

    // A file of its own, for VS Code opens a file the next time as it was opened last.
    await step(`${theme}: the table`, async () => {
      await openFile(page, `table-${theme}.jsonl`);
      await underlined(page);
      await runCommand(page, "Tunesmith: Open as Table");
      const table = await extensionPage(page, "table");
      await until("rows are drawn", async () => /rows/.test(await table.locator("#counts").innerText()));
      await page.waitForTimeout(800);
      await take("table");
      await closeAll();
    }, 60_000);
  }
}
