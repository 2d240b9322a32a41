// A dataset as a table, as a person uses it: edit a cell and undo it, filter, mend a broken row, remove duplicates, save; then reload with unsaved edits, and another program changes the file. Compares bytes.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choose, extensionPage, openFile, reloadWindow, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { until } from "../person.mjs";

export const title = "edits a dataset as a table";
/** In a browser VS Code saves by itself after a second. */
export const settings = { "files.autoSave": "off" };
export const timeoutMs = 400_000;

const row = (number, output = `Answer ${number}.`) => `{"instruction" : "Question ${number}?",  "input":"", "output":${JSON.stringify(output)}}`;
/** Odd blanks, both line breaks, no last line break, and bytes that are not UTF-8: none of it may change. */
const lines = Array.from({ length: 60 }, (_, number) => row(number));
lines[3] = '{"instruction": "Question 3?", "output": "Answer 3.",}';
lines[5] = row(5, "");
lines[8] = lines[7];
lines[12] = lines[7];
const start = Buffer.concat([Buffer.from(lines.map((line, number) => line + (number % 4 === 0 ? "\r\n" : "\n")).join("")), Buffer.from('{"instruction": "last", "output": "caf'), Buffer.from([0xe9]), Buffer.from('"}')]);
const edited = (from, to, bytes = start) => {
  const at = bytes.indexOf(from);
  if (at < 0) throw new Error(`no ${from}`);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + Buffer.byteLength(from))]);
};

export async function run({ page, folder, step, shot, shotInThemes }) {
  const path = join(folder, "table.jsonl");
  const onDisk = () => readFileSync(path);
  const same = (wanted) => until("the file holds what was expected", () => onDisk().equals(wanted));
  writeFileSync(path, start);
  let view;
  const table = async () => { view = await extensionPage(page, "table"); await view.locator(".row[data-place]").first().waitFor(); };
  const counts = (pattern) => until(`the counts say ${pattern}`, async () => pattern.test(await view.locator("#counts").innerText()));
  const cellText = (place, column) => view.locator(`#cell-${place}-${column}`).innerText();
  const cellIs = (place, column, text) => until(`cell ${place},${column} says ${text}`, async () => await cellText(place, column).catch(() => "") === text);
  const filter = async (text) => { await view.locator("#filter").fill(text); await view.locator("#filter").press("Enter"); };
  const dirty = (wanted) => until(wanted ? "the tab is dirty" : "the tab is clean", async () => (await page.locator(".tab.active.dirty").count() > 0) === wanted);
  const save = async () => { await page.keyboard.press("Control+S"); await dirty(false); };

  await step("opens by the command", async () => {
    await openFile(page, "table.jsonl");
    await runCommand(page, "Tunesmith: Open as Table");
    await table();
    await counts(/^61 rows/);
    if (!/comma/.test(await cellText(3, 2))) throw new Error(`The broken row says ${await cellText(3, 2)}.`);
    await shotInThemes("1-open");
  });

  await step("a cell is edited, undone, done again and saved; only its value changes", async () => {
    await view.locator("#cell-1-4").dblclick();
    const field = view.locator("#cellEditor textarea");
    await field.waitFor();
    await field.fill('A "new" answer,\nin two lines.');
    await shot("2-edit");
    await field.press("Enter");
    await cellIs(1, 4, 'A "new" answer,⏎in two lines.');
    await dirty(true);
    await page.keyboard.press("Control+Z");
    await cellIs(1, 4, "Answer 1.");
    await dirty(false);
    await page.keyboard.press("Control+Y");
    await cellIs(1, 4, 'A "new" answer,⏎in two lines.');
    if (!onDisk().equals(start)) throw new Error("The file changed before it was saved.");
    await save();
    await same(edited('"Answer 1."', '"A \\"new\\" answer,\\nin two lines."'));
  });

  await step("undo goes on past the save", async () => {
    await view.locator("#cell-0-2").click();
    await page.keyboard.press("Control+Z");
    await cellIs(1, 4, "Answer 1.");
    await save();
    await same(start);
  });

  await step("a filter by problem leaves the faulty rows, and a word in it is refused kindly", async () => {
    await filter("problem:any");
    await counts(/^5 of 61 rows/);
    await shotInThemes("3-filter");
    await filter("length>many");
    await view.locator("#fault:visible").waitFor();
    await filter("");
    await counts(/^61 rows/);
  });

  await step("sorting by a heading orders the rows, and back", async () => {
    await view.locator(".head .cell").last().click();
    await cellIs(0, 2, "Question 10?");
    await view.locator(".head .cell").first().click();
    await cellIs(0, 2, "Question 0?");
  });

  await step("a broken row is mended as a whole line, or opened in the text editor at its line", async () => {
    await view.locator("#cell-3-2").click();
    await page.keyboard.press("Enter");
    const field = view.locator("#panel textarea");
    await field.waitFor();
    await shotInThemes("4-broken");
    await field.fill(lines[3].replace(",}", "}"));
    await field.press("Control+Enter");
    await cellIs(3, 2, "Question 3?");
    await view.locator("#openText").click();
    await until("the cursor is on line 4", async () => /Ln 4/.test(await page.locator(".statusbar").innerText()));
    await runCommand(page, "View: Close Editor");
    await table();
  });

  const mended = edited('"Answer 3.",}', '"Answer 3."}');
  await step("unsaved edits survive a reload of the window", async () => {
    await dirty(true);
    await page.waitForTimeout(2500); // VS Code writes the backup a second after the last edit
    await reloadWindow(page);
    await table();
    await cellIs(3, 2, "Question 3?");
    await dirty(true);
    if (!onDisk().equals(start)) throw new Error("The reload wrote the file.");
    await view.locator("#cell-3-2").click();
    await save();
    await same(mended);
  });

  await step("duplicates go in one step", async () => {
    await view.locator("#removeDuplicates").click();
    await counts(/^59 rows/);
    await view.locator("#cell-0-2").click();
    await save();
    const wanted = Buffer.from(mended.toString("latin1").split(/(?<=\n)/).filter((line, number, all) => all.findIndex((other) => other.trim() === line.trim()) === number).join(""), "latin1");
    await same(wanted);
    await page.keyboard.press("Control+Z");
    await counts(/^61 rows/);
    await save();
    await same(mended);
  });

  await step("selected rows are deleted by key", async () => {
    await view.locator("#cell-1-2").click();
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Delete");
    await counts(/^59 rows/);
    await shot("5-deleted");
    await page.keyboard.press("Control+Z");
    await counts(/^61 rows/);
  });

  await step("another program's change shows, and unsaved edits go onto it", async () => {
    writeFileSync(path, Buffer.concat([mended, Buffer.from(`\n${row(100)}\n`)]));
    await counts(/^62 rows/);
    await view.locator("#cell-2-4").dblclick();
    await view.locator("#cellEditor textarea").fill("Mine.");
    await view.locator("#cellEditor textarea").press("Enter");
    await cellIs(2, 4, "Mine.");
    const theirs = Buffer.concat([Buffer.from(`${row(200)}\n`), mended]);
    writeFileSync(`${path}.new`, theirs);
    renameSync(`${path}.new`, path);
    await page.locator(".notifications-toasts .monaco-button").filter({ hasText: "Keep My Edits" }).click({ timeout: 20_000 });
    await cellIs(3, 4, "Mine.");
    await view.locator("#cell-0-2").click();
    await save();
    await same(edited('"Answer 2."', '"Mine."', theirs));
  });

  const open = async (name) => {
    await runCommand(page, "View: Close All Editors");
    await runCommand(page, "Tunesmith: Open as Table");
    await choose(page, name);
    await page.locator(".tab.active").filter({ hasText: name }).waitFor();
    await table();
  };

  await step("a chat opens below the table, each message by itself", async () => {
    const chat = (answer) => `{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ${JSON.stringify(answer)}}]}\r\n`;
    writeFileSync(join(folder, "chat.jsonl"), chat("Hello") + chat("Good day"));
    await open("chat.jsonl");
    await cellIs(1, 2, "user: Hi · assistant: Good day");
    await view.locator("#cell-1-2").click();
    await page.keyboard.press("Enter");
    const field = view.locator('#panel textarea[data-label="messages[1].content"]');
    await field.waitFor();
    await shotInThemes("6-chat");
    await field.fill("Good evening");
    await field.press("Control+Enter");
    await cellIs(1, 2, "user: Hi · assistant: Good evening");
    await field.press("Escape");
    await page.keyboard.press("Control+S");
    await until("the chat is saved", () => readFileSync(join(folder, "chat.jsonl"), "utf8") === chat("Hello") + chat("Good evening"));
  });

  await step("a dataset of 100,000 rows is cleaned of its duplicates", async () => {
    const rows = Array.from({ length: 100_000 }, (_, number) => `${row(number % 10 === 9 ? number - 9 : number, "The river bends twice. ".repeat(20))}\n`);
    const large = join(folder, "large.jsonl");
    writeFileSync(large, rows.join(""));
    await open("large.jsonl");
    await counts(/^100,000 rows · /);
    await filter("is:duplicate");
    await counts(/^10,000 of 100,000 rows/);
    await view.locator("#grid").focus();
    await page.keyboard.press("Control+A");
    await counts(/10,000 selected/);
    await shotInThemes("7-duplicates");
    await view.locator("#grid").focus();
    await page.keyboard.press("Delete");
    await counts(/^0 of 90,000 rows/);
    await filter("");
    await counts(/^90,000 rows/);
    await view.locator("#grid").focus();
    await page.keyboard.press("Control+S");
    const wanted = [...new Set(rows)].join("");
    await until("the clean file is saved", () => readFileSync(large, "utf8") === wanted, 30_000);
    await shot("8-clean");
  }, 120_000);

  await step("rows move to an evaluation file", async () => {
    const before = readFileSync(join(folder, "heldout.jsonl"), "utf8");
    await view.locator("#cell-0-2").click();
    await page.keyboard.press("Shift+ArrowDown");
    await view.locator("#moveTo").click();
    await choose(page, "heldout.jsonl");
    await counts(/^89,998 rows/);
    const moved = [0, 1].map((number) => `${row(number, "The river bends twice. ".repeat(20))}\n`).join("");
    await until("the rows are there", () => readFileSync(join(folder, "heldout.jsonl"), "utf8") === before + moved);
    await runCommand(page, "File: Revert File");
    await counts(/^90,000 rows/);
  });
}
