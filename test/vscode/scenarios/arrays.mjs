// JSON arrays of rows as a person edits them, on one line and pretty-printed: the preview follows the row under the cursor, and a click on the report's bar opens the rows.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { extensionPage, goTo, openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { until } from "../person.mjs";

export const title = "rows of a JSON array are rows, wherever in their line they stand";
export const timeoutMs = 240_000;
export const size = { width: 1500, height: 800 };

const rows = ["France", "Egypt", "France", "Peru"].map((name, index) => ({ instruction: `Name the capital of ${name}.`, input: "", output: ["Paris.", "Cairo.", "Paris.", "Lima, on the coast of the Pacific."][index] }));
const layouts = [["oneLine.json", JSON.stringify(rows)], ["pretty.json", JSON.stringify(rows, null, 2)]];

export async function run({ page, folder, step, shot }) {
  for (const [name, text] of layouts) writeFileSync(join(folder, name), text);
  const view = () => extensionPage(page, "rowPreview");
  /** Puts the cursor where the words stand. */
  const goToWords = async (text, words) => {
    const before = text.slice(0, text.indexOf(words) + 2).split("\n");
    await goTo(page, before.length, before.at(-1).length);
  };

  for (const [name, text] of layouts) {
    await step(`${name}: the preview shows the row under the cursor`, async () => {
      await openFile(page, name);
      await goToWords(text, "Egypt");
      await runCommand(page, "Tunesmith: Open Row Preview to the Side");
      const preview = await view();
      await preview.locator("#heading").filter({ hasText: "Row 2 of 4" }).waitFor({ timeout: 20_000 });
      await until("the second row alone", async () => { const shown = await preview.locator("#text").innerText(); return shown.includes("Egypt") && shown.includes("Cairo.") && !shown.includes("France"); });
      await goToWords(text, "Peru");
      await preview.locator("#heading").filter({ hasText: "Row 4 of 4" }).waitFor({ timeout: 10_000 });
      await until("the fourth row alone", async () => { const shown = await preview.locator("#text").innerText(); return shown.includes("Lima") && !shown.includes("Cairo"); });
      await shot(`${name}-preview`);
    });

    await step(`${name}: the next and the previous row by their keys, and what is typed is shown`, async () => {
      const preview = await view();
      await preview.locator("#text").focus();
      await page.keyboard.press("k");
      await preview.locator("#heading").filter({ hasText: "Row 3 of 4" }).waitFor({ timeout: 10_000 });
      await page.locator(`.monaco-editor[data-uri$='${name}'] .view-line`).first().click();
      await goToWords(text, "Egypt");
      await page.keyboard.type("Z");
      await until("what was typed", async () => (await preview.locator("#text").innerText()).includes("EgZypt") || (await preview.locator("#text").innerText()).includes("EZgypt"));
      await page.keyboard.press("Control+Z");
    });
  }

  await step("a bar of the report opens its rows on the one line", async () => {
    await openFile(page, "oneLine.json");
    await runCommand(page, "Tunesmith: Show Dataset Report");
    const report = await extensionPage(page, "datasetReport");
    // The rows that say what an earlier one says: the third.
    const bar = report.locator('#figure-problems .part[aria-label^="duplicate-row"]');
    await bar.waitFor({ timeout: 30_000 });
    await shot("report");
    await bar.press("Enter");
    await until("the page says so", async () => /1 row shown in the text editor/.test(await report.locator("#status").innerText()));
    const column = layouts[0][1].lastIndexOf('{"instruction":"Name the capital of France') + 1;
    await until("the cursor is on the third row", async () => (await page.locator(".statusbar").innerText()).includes(`Ln 1, Col ${column}`));
    await shot("report-rows");
  });
}
