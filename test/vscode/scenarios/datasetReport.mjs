// The report of a dataset, as a person uses it: see what the limit cuts, open the rows behind a bar in either editor, by mouse and by keys, edit, count anew, save a picture.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { extensionPage, goTo, openFile, reloadWindow, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { until } from "../person.mjs";

export const title = "the report shows what a dataset is";
export const settings = { "files.autoSave": "off" };
export const timeoutMs = 240_000;

const row = (instruction, output, more = {}) => `${JSON.stringify({ instruction, output, ...more })}\n`;
const verbs = ["Write a story", "Write a poem", "Name a city", "Generate a list of names", "Explain the rule", "Translate the sentence", "Suggest a title", "Describe the process of brewing"];
const rows = Array.from({ length: 120 }, (_, number) => row(`${verbs[number % verbs.length]} for number ${number}.`, "The river bends twice before it comes to the sea. ".repeat(1 + number % 12).trim(), { category: number % 3 === 0 ? "writing" : "facts" }));
rows[40] = rows[0];
rows[60] = row("Nenne eine Stadt, die an einem Fluss liegt und nicht zu groß ist.", "Das ist zum Beispiel die Stadt Bern, und sie liegt an der Aare und ist nicht sehr groß.");
rows[70] = row("Say nothing.", "");

export async function run({ page, folder, step, shot, shotInThemes }) {
  const file = join(folder, "rows.jsonl");
  writeFileSync(file, rows.join(""));
  writeFileSync(join(folder, "rows.tune.json"), JSON.stringify({ data: "rows.jsonl", max_length: 96 }));
  writeFileSync(join(folder, "broken.jsonl"), "{ broken\n[1]\n");
  writeFileSync(join(folder, "empty.jsonl"), "");
  const view = () => extensionPage(page, "datasetReport");
  const part = async (figure, label) => (await view()).locator(`#figure-${figure} .part[aria-label^="${label}"]`);
  const says = (pattern) => until(`the page says ${pattern}`, async () => pattern.test(await (await view()).locator("#status").innerText()));
  const focusEditor = () => page.locator(".monaco-editor[data-uri$='rows.jsonl'] .view-line").first().click();
  const summary = (pattern) => until(`the summary says ${pattern}`, async () => pattern.test(await (await view()).locator("#summary").innerText()));

  await step("opens beside the editor from the palette, with the limit of the run config", async () => {
    await openFile(page, "rows.jsonl");
    await runCommand(page, "Tunesmith: Show Dataset Report");
    await (await view()).locator("#figure-lengths svg").waitFor({ timeout: 30_000 });
    await summary(/^120 rows, 119 of them can be trained on/);
    if (!/max_length 96/.test(await (await view()).locator("#base").innerText())) throw new Error(await (await view()).locator("#base").innerText());
    const caption = await (await view()).locator("#caption-lengths").innerText();
    if (!/longer than the limit of 96/.test(caption)) throw new Error(caption);
    const found = await (await view()).locator("#figure-categories .part").evaluateAll((parts) => parts.map((each) => each.getAttribute("aria-label")));
    if (found.length !== 3 || !found[0].startsWith("facts: 78 conversations")) throw new Error(found.join("; "));
    await page.keyboard.press("Control+B");
    await shotInThemes("1-report");
    await (await view()).locator("#figure-verbs").scrollIntoViewIfNeeded();
    await shotInThemes("2-verbs");
  });

  await step("every part is reached by keys and named, and the same stands in a table", async () => {
    const card = (await view()).locator("#figure-verbs");
    if (await card.locator('.part[tabindex="0"]').count() !== 1) throw new Error("Not one part is in the order of Tab.");
    await card.locator('.part[tabindex="0"]').focus();
    await page.keyboard.press("ArrowRight");
    const name = await card.locator(".part:focus").getAttribute("aria-label");
    if (!/^write … (story|poem): \d+ instructions/.test(name)) throw new Error(name);
    await shot("3-focus");
    await card.locator("summary").click();
    const cells = await card.locator("tbody tr").first().innerText();
    if (!/^write\s+30/.test(cells)) throw new Error(cells);
    if (await (await view()).locator("svg .part:not([aria-label])").count() > 0) throw new Error("A part has no name.");
  });

  await step("a key opens the rows behind a bar in the text editor", async () => {
    await (await part("languages", "German")).focus();
    await page.keyboard.press("Enter");
    await says(/1 line shown in the text editor/);
    await until("the cursor is on line 61", async () => /Ln 61/.test(await page.locator(".statusbar").innerText()));
    await (await part("categories", "writing")).click();
    await says(/40 lines shown in the text editor/);
    await page.locator(".peekview-widget").waitFor({ timeout: 20_000 });
    await shot("4-peek");
    await page.keyboard.press("Escape");
  });

  await step("a change makes it stale; it is counted anew with the unsaved text", async () => {
    await focusEditor();
    await goTo(page, 1, 1);
    await page.keyboard.type('{"instruction":"Paint a horse.","output":"Done."}\n');
    await (await view()).locator("#stale:visible").waitFor();
    await shot("5-stale");
    await (await view()).locator("#staleRefresh").click();
    await summary(/^121 rows.*with the unsaved edits/);
    if (readFileSync(file, "utf8") !== rows.join("")) throw new Error("The file was written.");
    await focusEditor();
    await runCommand(page, "File: Revert File");
    await (await view()).locator("#refresh").click();
    await summary(/^120 rows/);
  });

  await step("the table shows the rows behind a bar by a filter of their lines", async () => {
    await (await view()).locator("#place").selectOption("table");
    await (await part("duplicates", "the same row again")).click();
    const table = await extensionPage(page, "table", 30_000);
    await until("one row is left", async () => /^1 of 120 rows/.test(await table.locator("#counts").innerText()));
    if (await table.locator("#filter").inputValue() !== "line:41") throw new Error(await table.locator("#filter").inputValue());
    await shot("6-table");
  });

  await step("a table's unsaved edits are counted, and its rows found by their lines", async () => {
    const table = await extensionPage(page, "table", 30_000);
    await table.locator("#cell-0-2").click();
    await page.keyboard.press("Delete");
    await until("the row is gone", async () => /^0 of 119 rows/.test(await table.locator("#counts").innerText()));
    await (await view()).locator("#stale:visible").waitFor();
    await (await view()).locator("#staleRefresh").click();
    await summary(/^119 rows.*with the unsaved edits/);
    await shotInThemes("8-table-unsaved");
    if (readFileSync(file, "utf8") !== rows.join("")) throw new Error("The file was written.");
    await (await part("languages", "German")).click();
    await until("the row of line 61 is shown", async () => await table.locator("#filter").inputValue() === "line:61" && /^1 of 119 rows/.test(await table.locator("#counts").innerText()));
    await table.locator("#cell-0-2").click();
    await page.keyboard.press("Control+Z");
    await until("the row is back", async () => /of 120 rows/.test(await table.locator("#counts").innerText()));
    await (await view()).locator("#refresh").click();
    await summary(/^120 rows(?!.*unsaved)/);
  });

  const save = async (kind, name) => {
    await (await view()).locator("#figure-lengths .saves button", { hasText: kind }).click();
    const box = page.locator(".quick-input-widget input[type=text]");
    await box.waitFor({ timeout: 20_000 });
    await until(`${name} is proposed`, async () => (await box.inputValue()).endsWith(name));
    await box.press("Enter");
    await until(`${name} is saved`, () => existsSync(join(folder, name)) && readFileSync(join(folder, name)).length > 100);
    return readFileSync(join(folder, name));
  };
  await step("a figure is saved as SVG, PNG and CSV", async () => {
    if (!/^<svg .*Length in tokens.*limit 96/s.test((await save("SVG", "rows-lengths.svg")).toString("utf8"))) throw new Error("no SVG");
    const png = await save("PNG", "rows-lengths.png");
    if (png.toString("latin1", 1, 4) !== "PNG" || png.readUInt32BE(16) !== 1520 || png.length < 8000) throw new Error(`no PNG of that size: ${png.readUInt32BE(16)} wide, ${png.length} bytes`);
    if (!/^from,to,conversations,over the limit\r\n/.test((await save("CSV", "rows-lengths.csv")).toString("utf8"))) throw new Error("no CSV");
  });

  await step("comes back after a reload of the window", async () => {
    await reloadWindow(page);
    await (await view()).locator("#figure-lengths svg").waitFor({ timeout: 30_000 });
    await summary(/^120 rows/);
    if (!await (await view()).locator("#figure-verbs details").evaluate((details) => details.open)) throw new Error("The table is closed.");
    // The other tab takes the focus once it is there: what is typed before goes nowhere.
    await (await extensionPage(page, "table", 30_000)).locator(".row[data-place]").first().waitFor();
  });

  await step("files without rows, and without one that can be read, say what to do", async () => {
    await runCommand(page, "View: Close All Editors");
    await openFile(page, "broken.jsonl");
    await runCommand(page, "Tunesmith: Show Dataset Report");
    await (await view()).locator("#empty:visible").filter({ hasText: "No row can be read" }).waitFor({ timeout: 20_000 });
    await (await view()).locator("#figure-problems svg").waitFor();
    await shotInThemes("7-broken");
    await runCommand(page, "View: Close All Editors");
    await openFile(page, "empty.jsonl");
    await runCommand(page, "Tunesmith: Show Dataset Report");
    await (await view()).locator("#empty:visible").filter({ hasText: "no rows yet" }).waitFor({ timeout: 20_000 });
  });
}
