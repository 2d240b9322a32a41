// The row preview, as a person uses it: follow the cursor, type, see what is trained and what is cut, switch an answer off and undo it.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { extensionPage, goTo, openFile, reloadWindow, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { saveFile, until } from "../person.mjs";

export const title = "the row preview shows what a row becomes";
export const timeoutMs = 180_000;

const chat = (...turns) => `${JSON.stringify({ messages: turns.map(([role, content, more]) => ({ role, content, ...more })) })}\n`;
const rows = [
  chat(["system", "Be <b>kind</b> & brief."], ["user", "Name the capital of France."], ["assistant", "Paris."], ["user", "And of Italy?"], ["assistant", "Rome."]),
  chat(["user", "Tell me a story."], ["assistant", "Once upon a time there was a fox. ".repeat(30).trim()]),
  chat(["user", "Say nothing."], ["assistant", ""]),
];

export async function run({ page, folder, step, shot, shotInThemes }) {
  const file = join(folder, "rows.jsonl");
  writeFileSync(file, rows.join(""));
  writeFileSync(join(folder, "rows.tune.json"), JSON.stringify({ data: "rows.jsonl", max_length: 96 }));
  const view = () => extensionPage(page, "rowPreview");
  const text = async () => (await view()).locator("#text").innerText();
  const shows = (what, words) => until(what, async () => (await text()).includes(words));
  const trained = async () => (await (await view()).locator("#text .trained").allInnerTexts()).join("|");

  await step("opens beside the editor with the row under the cursor", async () => {
    await openFile(page, "rows.jsonl");
    await goTo(page, 1, 30);
    await runCommand(page, "Tunesmith: Open Row Preview to the Side");
    await shows("the first row", "Name the capital of France.");
    await until("the answers are what is trained", async () => /Paris\..*Rome\./s.test(await trained()));
    if (/France/.test(await trained())) throw new Error(`Trained: ${await trained()}`);
    if (await (await view()).locator("#text b").count() > 0) throw new Error("The dataset's text became HTML.");
    if (!(await text()).includes("<b>kind</b> & brief.")) throw new Error(await text());
    await (await view()).locator("#text .chip").first().waitFor();
    await shotInThemes("1-row");
  });

  await step("follows what is typed, before it is saved", async () => {
    await goTo(page, 1, rows[0].indexOf("France") + 1);
    await page.keyboard.type("Southern");
    await shows("what was typed", "Name the capital of SouthernFrance.");
    await page.keyboard.press("Control+Z");
    await shows("what was there", "Name the capital of France.");
    await saveFile(page, file, rows.join(""));
  });

  await step("switches an answer off by keyboard, and one undo brings it back", async () => {
    const preview = await view();
    await preview.locator('[data-role="assistant"]').first().focus();
    await page.keyboard.press("w");
    await until("Paris is not trained", async () => !/Paris/.test(await trained()) && /Rome/.test(await trained()));
    await shot("2-untrained");
    await page.locator(".monaco-editor[data-uri$='rows.jsonl'] .view-line").first().click();
    await saveFile(page, file, rows.join("").replace('"Paris."', '"Paris.","weight":0'));
    await page.keyboard.press("Control+Z");
    await saveFile(page, file, rows.join(""));
    await until("Paris is trained again", async () => /Paris/.test(await trained()));
  });

  await step("goes to the next row, and marks what is cut off", async () => {
    await (await view()).locator("#text").focus();
    await page.keyboard.press("j");
    await shows("the second row", "Tell me a story.");
    const preview = await view();
    await preview.locator(".limit").waitFor();
    if (!/cut off/.test(await preview.locator("#cutCount").innerText())) throw new Error("No count of what is cut off.");
    await preview.locator('#problems [data-code="cut-off"]').waitFor();
    await shotInThemes("3-cut");
  });

  await step("shows token boundaries with their ids", async () => {
    const preview = await view();
    // The row may just have been drawn anew, and the key went to what was there before; a person presses it again.
    await until("token boundaries show", async () => {
      await preview.locator("#text").focus();
      await page.keyboard.press("t");
      return preview.locator('#text [data-token="0"]').waitFor({ timeout: 3000 }).then(() => true, () => false);
    });
    const [title, count] = [await preview.locator('#text [data-token="1"]').getAttribute("title"), await preview.locator("#text [data-token]").count()];
    if (!/^token 2: id \d+/.test(title)) throw new Error(title);
    if (!(await preview.locator("#tokenCount").innerText()).startsWith(String(count))) throw new Error(`${count} tokens are drawn`);
    await shotInThemes("4-tokens");
    await page.keyboard.press("t");
  });

  await step("tells the errors of a row in place", async () => {
    await page.keyboard.press("Alt+ArrowDown");
    await (await view()).locator('#problems [data-code="empty-output"]').waitFor();
    await shot("5-error");
  });

  await step("comes back after a reload of the window", async () => {
    await reloadWindow(page);
    await (await view()).locator("#heading").filter({ hasText: "Row 3 of 3" }).waitFor({ timeout: 20_000 });
    if (readFileSync(file, "utf8") !== rows.join("")) throw new Error("The file was changed.");
  });
}
