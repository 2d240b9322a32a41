// Rows taken apart, put together, given other roles, moved to an evaluation file and converted, as a person does it; also in a JSON array.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { choose, extensionPage, goTo, openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { saveFile, underlined, until } from "../person.mjs";

export const title = "rows are split, merged, given other roles, moved to an evaluation file and converted";
export const timeoutMs = 240_000;

const turn = (role, content) => ({ role, content });
const chat = (...turns) => `${JSON.stringify({ messages: turns })}\n`;
const system = turn("system", "Be brief.");
const one = [turn("user", "Name the capital of France."), turn("assistant", "Paris.")], two = [turn("user", "And of Italy?"), turn("assistant", "Rome.")], three = [turn("user", "Which river flows there?"), turn("assistant", "The Tiber.")];
const long = chat(system, ...one, ...two, ...three);
const rows = (count) => Array.from({ length: count }, (_, number) => `${JSON.stringify({ instruction: `Name the ${["first", "second", "third", "fourth"][number % 4]} thing of group ${number}.`, output: `It is the ${"abcdefghijklmnopqrstuvwxyz"[number]}${number} stone.` })}\n`);

export async function run({ page, folder, step, shot, shotInThemes }) {
  const file = (name, text) => { writeFileSync(join(folder, name), text); return join(folder, name); };
  const dialog = page.locator(".monaco-dialog-box");
  const answer = async (button) => dialog.locator(".monaco-button").filter({ hasText: button }).first().click();
  const isLost = async (words) => { await dialog.waitFor(); await until(`the dialog says ${words}`, async () => (await dialog.innerText()).includes(words)); };

  const chats = file("chats.jsonl", long);
  await step("splits a row at the turn of the cursor by the light bulb, and says first what is lost", async () => {
    await openFile(page, "chats.jsonl");
    await page.locator('[id="tunesmith.tunesmith.dataset"], .statusbar-item').filter({ hasText: "OpenAI chat" }).first().waitFor();
    await goTo(page, 1, long.indexOf("Rome") + 1);
    const split = page.locator(".action-widget .monaco-list-row.action").filter({ hasText: "Split row at this turn" });
    await until("the light bulb offers it", async () => {
      await page.keyboard.press("Control+.");
      return split.waitFor({ timeout: 3_000 }).then(() => true, () => false);
    });
    await shot("1-light-bulb");
    await split.click();
    await isLost("what was said before");
    await shot("2-what-is-lost");
    await answer("Split");
    await dialog.waitFor({ state: "detached" });
    await saveFile(page, chats, chat(system, ...one) + chat(system, ...two, ...three));
  });

  await step("one undo puts it together again", async () => {
    await page.keyboard.press("Control+Z");
    await saveFile(page, chats, long);
  });

  await step("splits into one row for each question", async () => {
    await runCommand(page, "Tunesmith: Split Rows into Single Questions");
    await isLost("what was said before");
    await answer("Split");
    await dialog.waitFor({ state: "detached" });
    await saveFile(page, chats, chat(system, ...one) + chat(system, ...two) + chat(system, ...three));
  });

  await step("merges the selected rows", async () => {
    await goTo(page, 1, 1);
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("Shift+ArrowDown");
    await runCommand(page, "Tunesmith: Merge Rows into One Conversation");
    await saveFile(page, chats, chat(system, ...one, ...two) + chat(system, ...three));
    await page.keyboard.press("Control+Z");
    await saveFile(page, chats, chat(system, ...one) + chat(system, ...two) + chat(system, ...three));
  });

  await step("gives every turn the format's own role", async () => {
    const text = '{"conversations": [{"from": "human", "value": "Hi?"}, {"from": "bot", "value": "Hello."}]}\n{"conversations": [{"from": "User", "value": "Who?"}, {"from": "gpt", "value": "Me."}]}\n';
    const roles = file("roles.jsonl", text);
    await openFile(page, "roles.jsonl");
    await underlined(page);
    await runCommand(page, "Tunesmith: Normalise Roles");
    await choose(page, "All 2 rows");
    await choose(page, "The format's own words");
    await saveFile(page, roles, text.replace('"bot"', '"gpt"').replace('"User"', '"human"'));
    await page.locator(".monaco-editor .squiggly-error").first().waitFor({ state: "detached", timeout: 15_000 });
  });

  await step("moves rows at random to an evaluation file, and one undo brings them back", async () => {
    const all = rows(20), source = file("many.jsonl", all.join("")), held = join(folder, "many.eval.jsonl");
    await openFile(page, "many.jsonl");
    await page.locator(".statusbar-item").filter({ hasText: "Alpaca" }).first().waitFor();
    await runCommand(page, "Tunesmith: Move Rows to Evaluation File");
    await choose(page, "Rows at Random");
    await page.locator(".quick-input-title").filter({ hasText: "(1/2)" }).waitFor();
    await page.locator(".quick-input-widget:visible input").first().fill("5");
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-title").filter({ hasText: "(2/2)" }).waitFor();
    await page.keyboard.press("Enter");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "many.eval.jsonl" }).waitFor({ timeout: 30_000 });
    await shot("3-where-to");
    await choose(page, "many.eval.jsonl");
    await until("the rows are in the other file", () => existsSync(held));
    const moved = readFileSync(held, "utf8").split(/(?<=\n)/);
    if (moved.length !== 5 || moved.some((row) => !all.includes(row))) throw new Error(moved.join(""));
    await page.locator(".notifications-toasts").filter({ hasText: "5 rows moved" }).waitFor();
    await shotInThemes("4-moved");
    await page.locator(".monaco-editor[data-uri$='many.jsonl'] .view-line").first().click();
    await saveFile(page, source, all.filter((row) => !moved.includes(row)).join(""));
    await page.keyboard.press("Control+Z");
    await saveFile(page, source, all.join(""));
  });

  await step("helps in a JSON array of rows as in JSON Lines, and leaves other JSON alone", async () => {
    const array = `[\n  {\n    "instruction": "Name the capital of France.",\n    "input": "",\n    "output": "Paris."\n  },\n  {\n    "instruction": "And of Italy?",\n    "input": "",\n    "output": ""\n  }\n]\n`;
    const path = file("array.json", array);
    file("package.json", '{\n  "name": "x",\n  "version": "1.0.0",\n  "scripts": {}\n}\n');
    await openFile(page, "package.json");
    await page.waitForTimeout(1500);
    if (await page.locator(".statusbar-item").filter({ hasText: /rows?,|rows?$/ }).count() > 0) throw new Error("package.json was taken for a dataset.");
    await openFile(page, "array.json");
    await page.locator(".statusbar-item").filter({ hasText: "Alpaca: 2 rows" }).first().waitFor();
    await page.locator(".monaco-editor .squiggly-error").first().waitFor();
    await goTo(page, 4, 10);
    await runCommand(page, "Tunesmith: Open Row Preview to the Side");
    const view = await extensionPage(page, "rowPreview");
    await view.locator("#heading").filter({ hasText: "Row 1 of 2" }).waitFor();
    await until("the row is shown", async () => (await view.locator("#text").innerText()).includes("Paris."));
    await view.locator("#text").focus();
    await page.keyboard.press("j");
    await view.locator("#heading").filter({ hasText: "Row 2 of 2" }).waitFor();
    await shotInThemes("5-array");
    await page.locator(".monaco-editor[data-uri$='array.json'] .view-line").first().click();
    await goTo(page, 10, 16);
    await page.keyboard.type("Rome.");
    await page.locator(".monaco-editor .squiggly-error").first().waitFor({ state: "detached", timeout: 15_000 });
    await saveFile(page, path, array.replace('"output": ""', '"output": "Rome."'));
  });

  await step("converts a dataset: says what is lost, writes the other file and opens it", async () => {
    writeFileSync(chats, long);
    await openFile(page, "chats.jsonl");
    await runCommand(page, "Tunesmith: Convert Dataset");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "Nothing is lost." }).first().waitFor();
    await shot("6-formats");
    await choose(page, "ShareGPT");
    const path = page.locator(".quick-input-widget:visible .quick-input-filter input");
    await until("the dialog for the file's name opens", async () => (await path.inputValue().catch(() => "")).endsWith("chats.sharegpt.jsonl"));
    await page.keyboard.press("Enter");
    const converted = join(folder, "chats.sharegpt.jsonl");
    await until("the file is written", () => existsSync(converted));
    const [row] = readFileSync(converted, "utf8").split("\n").map((line) => line && JSON.parse(line));
    if (row.conversations.map(({ from }) => from).join() !== "system,human,gpt,human,gpt,human,gpt") throw new Error(JSON.stringify(row));
    await page.locator(".tab.active").filter({ hasText: "chats.sharegpt.jsonl" }).waitFor();
  });
}
