// Rows of a table taken apart, put together, given other roles and moved to an evaluation file: by the context menu, the palette, the list of actions. Compares bytes, and does it in a file of 1 GB, too.
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { choose, extensionPage, openFile, reloadWindow, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { until } from "../person.mjs";

export const title = "reshapes the rows selected in a table";
export const settings = { "files.autoSave": "off" };
export const timeoutMs = 400_000;

const turn = (from, value) => `{"from": "${from}",  "value":"${value}"}`;
const chat = (id, ...turns) => `{"id" : ${id}, "conversations": [${turns.join(", ")}]}`;
const one = [turn("human", "Caf\\u00e9?"), turn("gpt", "Oui — ☕.")], two = [turn("human", "And tea?"), turn("gpt", "Non.")], three = [turn("User", "Why?"), turn("bot", "Because.")];
/** Odd blanks, escapes, both line breaks, no last break: none of it may change. */
const rows = [chat(0, ...one), chat(1, ...one, ...two), chat(2, ...two), chat(3, ...one, ...two, ...one), chat(4, ...three), chat(5, ...one)];
const breaks = ["\r\n", "\r\n", "\n", "\n", "\n", ""];
const start = rows.map((row, index) => row + breaks[index]).join("");

export async function run({ page, folder, step, shot, shotInThemes }) {
  const path = join(folder, "chats.jsonl");
  writeFileSync(path, start);
  let view;
  const table = async () => { view = await extensionPage(page, "table"); await view.locator(".row[data-place]").first().waitFor(); };
  const counts = (pattern) => until(`the counts say ${pattern}`, async () => pattern.test(await view.locator("#counts").innerText()));
  const cellIs = (place, column, text) => until(`cell ${place},${column} says ${text}`, async () => await view.locator(`#cell-${place}-${column}`).innerText().catch(() => "") === text);
  const same = (wanted, file = path) => until("the file holds what was expected", () => readFileSync(file, "utf8") === wanted);
  const dirty = (wanted) => until(wanted ? "the tab is dirty" : "the tab is clean", async () => (await page.locator(".tab.active.dirty").count() > 0) === wanted);
  const save = async () => { await view.locator("#grid").focus(); await page.keyboard.press("Control+S"); await dirty(false); };
  const undo = async () => { await view.locator("#grid").focus(); await page.keyboard.press("Control+Z"); };
  const select = async (from, to) => { await view.locator(`#cell-${from}-2`).click(); await view.locator(`#cell-${to}-2`).click({ modifiers: ["Shift"] }); };
  const dialog = page.locator(".monaco-dialog-box");
  const answer = async (button) => { await dialog.locator(".monaco-button").filter({ hasText: button }).first().click(); await dialog.waitFor({ state: "detached" }); };
  const isLost = async (words) => { await dialog.waitFor(); await until(`the dialog says ${words}`, async () => (await dialog.innerText()).includes(words)); };

  const split = [chat(0, ...one), chat(1, ...one), chat(1, ...two), chat(2, ...two), chat(3, ...one), chat(3, ...two), chat(3, ...one), chat(4, ...three), chat(5, ...one)];
  const splitBreaks = ["\r\n", "\r\n", "\r\n", "\n", "\n", "\n", "\n", "\n", ""];
  const afterSplit = split.map((row, index) => row + splitBreaks[index]).join("");

  await step("splits the selected rows by the context menu, says first what is lost, and one undo takes it back", async () => {
    await openFile(page, "chats.jsonl");
    await runCommand(page, "Tunesmith: Open as Table");
    await table();
    await counts(/^6 rows/);
    await select(1, 3);
    await view.locator("#cell-2-2").click({ button: "right" });
    const item = page.locator(".context-view .action-label, .monaco-menu .action-label").filter({ hasText: "Split Rows into Single Questions" });
    await item.first().waitFor();
    await shot("1-context-menu");
    await item.first().click();
    await isLost("what was said before");
    await isLost("id stands in each of the new rows (2 rows, first in line 2)");
    await isLost("Left as it is");
    await shot("2-what-is-lost");
    await answer("Split");
    await counts(/^9 rows/);
    await until("new rows name the row before them", async () => await view.locator("#cell-2-0").innerText() === "2 +");
    await shotInThemes("3-split");
    await dirty(true);
    await undo();
    await counts(/^6 rows/);
    await dirty(false);
    await view.locator("#grid").focus();
    await page.keyboard.press("Control+Y");
    await counts(/^9 rows/);
    await save();
    await same(afterSplit);
    await until("lines count as in the saved file", async () => await view.locator("#cell-2-0").innerText() === "3");
  });

  await step("unsaved new rows survive a reload of the window", async () => {
    await undo();
    await counts(/^6 rows/);
    await save();
    await same(start);
    await select(1, 1);
    await runCommand(page, "Tunesmith: Split Rows into Single Questions");
    await isLost("what was said before");
    await answer("Split");
    await counts(/^7 rows/);
    await page.waitForTimeout(2500); // VS Code writes the backup a second after the last edit
    await reloadWindow(page);
    await table();
    await counts(/^7 rows/);
    await dirty(true);
    await undo().catch(() => {});
    await save();
    await same([...split.slice(0, 3), rows[2], rows[3], rows[4], rows[5]].map((row, index) => row + ["\r\n", "\r\n", "\r\n", "\n", "\n", "\n", ""][index]).join(""));
  });

  await step("merges the selected rows by the palette", async () => {
    await select(1, 2);
    await runCommand(page, "Tunesmith: Merge Rows into One Conversation");
    await counts(/^6 rows/);
    await save();
    await same(start.replace(/, \{"from": "User/, ', {"from": "User'));
  });

  await step("normalises roles by the list of actions", async () => {
    await view.locator("#cell-4-2").click();
    await page.keyboard.press("Control+.");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Normalise Roles" }).waitFor();
    await shot("4-actions");
    await page.keyboard.press("Escape");
    await view.locator("#rowActions").click();
    await choose(page, "Normalise Roles");
    await choose(page, "The format's own words");
    await cellIs(4, 3, "human: Why? · gpt: Because.");
    await save();
    await same(start.replace('"User"', '"human"').replace('"bot"', '"gpt"'));
    await undo();
    await save();
    await same(start);
  });

  await step("moves rows to the evaluation file beside it, and undo brings them back here", async () => {
    await select(0, 1);
    await runCommand(page, "Tunesmith: Move Rows to Evaluation File");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "chats.eval.jsonl" }).waitFor();
    await shot("5-evaluation-file");
    await choose(page, "chats.eval.jsonl");
    await counts(/^4 rows/);
    await same(`${rows[0]}\n${rows[1]}\n`, join(folder, "chats.eval.jsonl"));
    await save();
    await same(start.slice(start.indexOf(rows[2])));
    await undo();
    await counts(/^6 rows/);
    await save();
    await same(start);
  });

  await step("in a file of 1 GB the new rows are written without loading it", async () => {
    const large = join(folder, "large.jsonl"), filler = `${chat(7, turn("human", "x".repeat(900)), turn("gpt", "y".repeat(900)))}\n`.repeat(500);
    const out = createWriteStream(large);
    for (let written = 0; written < 1e9; written += filler.length) if (!out.write(filler)) await once(out, "drain");
    out.end(`${rows[3]}\n`);
    await once(out, "close");
    const { size } = statSync(large);
    await runCommand(page, "View: Close All Editors");
    await runCommand(page, "Tunesmith: Open as Table");
    await choose(page, "large.jsonl");
    await page.locator(".tab.active").filter({ hasText: "large.jsonl" }).waitFor();
    await table();
    await until("the file is indexed", async () => /^\d[\d,]* rows · /.test(await view.locator("#counts").innerText()), 60_000);
    const before = Number((await view.locator("#counts").innerText()).split(" ")[0].replaceAll(",", ""));
    await view.locator("#grid").focus();
    await page.keyboard.press("Control+End");
    await cellIs(before - 1, 2, "3");
    await runCommand(page, "Tunesmith: Split Rows into Single Questions");
    await isLost("what was said before");
    await answer("Split");
    await counts(new RegExp(`^${(before + 2).toLocaleString("en")} rows`));
    await view.locator("#grid").focus();
    await page.keyboard.press("Control+S");
    const added = [chat(3, ...one), chat(3, ...two), chat(3, ...one)].map((row) => `${row}\n`).join("");
    const wanted = size - Buffer.byteLength(`${rows[3]}\n`) + Buffer.byteLength(added);
    await until("it is saved", () => existsSync(large) && statSync(large).size === wanted, 90_000);
    let end = "";
    for await (const piece of createReadStream(large, { start: wanted - Buffer.byteLength(added) })) end += piece;
    if (end !== added) throw new Error(end);
    await shot("6-large");
  }, 240_000);
}
