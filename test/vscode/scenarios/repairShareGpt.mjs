// A broken ShareGPT file, from first sight to no problems: what is sure is mended at once, the rest by the light bulb, one problem after the other. One undo step each.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { goTo, openFile, runCommand } from "../../../scripts/vscode/workbench.mjs";
import { saveFile, underlined, until } from "../person.mjs";

export const title = "mends a broken ShareGPT file from first sight to no problems";
export const settings = { "files.autoSave": "off" };
export const timeoutMs = 180_000;

const row = (id, ...turns) => JSON.stringify({ id, conversations: turns.map(([from, value]) => ({ from, value })) });
const egg = row("c1", ["human", "How do I boil an egg?"], ["gpt", "Put it in boiling water for eight minutes."]);
const broken = [
  egg,
  row("c2", ["human", "What is a haiku?"], ["bot", "A short poem of three lines."]),
  row("c3", ["human", "Name three rivers."]).replace("}]}", ",}]}"),
  row("c4", ["human", "Write a rhyme."], ["human", "About a cat."], ["gpt", "The cat sat on the mat."]),
  row("c5", ["human", "Quote Hamlet."], ["gpt", "He says @to be or not@."]).replaceAll("@", '"'),
  row("c6", ["human", "Summarise the plot."], ["gpt", ""]),
  row("c7", ["Human", "Count to three."], ["GPT", "One, two, three."]),
  row("c8", ["human", "Say it in French."], ["gpt", "Bonjour."]).replace('"value":"Bonjour."', '"text":"Bonjour."'),
  egg,
  row("c9", ["human", "Go on."], ["gpt", "And they lived happily ever after."]).slice(0, -4),
].join("\n");
const mended = [
  egg,
  row("c2", ["human", "What is a haiku?"], ["gpt", "A short poem of three lines."]),
  row("c4", ["human", "Write a rhyme.\n\nAbout a cat."], ["gpt", "The cat sat on the mat."]),
  row("c5", ["human", "Quote Hamlet."], ["gpt", 'He says "to be or not".']),
  row("c7", ["human", "Count to three."], ["gpt", "One, two, three."]),
  row("c8", ["human", "Say it in French."], ["gpt", "Bonjour."]),
  row("c9", ["human", "Go on."], ["gpt", "And they lived happily ever after."]),
].join("\n");

export async function run({ page, folder, step, shot, shotInThemes }) {
  const file = join(folder, "broken.jsonl");
  writeFileSync(file, broken);
  const status = () => page.locator(".statusbar").innerText();
  const says = (pattern) => until(`the status bar says ${pattern}`, async () => pattern.test(await status()));

  /** Goes to the row, to the problem in it, and takes this repair from its menu. */
  const repair = async (line, title, look = () => undefined) => {
    await goTo(page, line, 1);
    await page.keyboard.press("F8");
    await page.keyboard.press("Escape");
    const entry = page.locator(".action-widget .monaco-list-row.action").filter({ hasText: title }).first();
    await until(`the menu offers ${title}`, async () => {
      await page.keyboard.press("Control+.");
      return entry.waitFor({ timeout: 3000 }).then(() => true, () => page.keyboard.press("Escape").then(() => false));
    });
    const offers = await page.locator(".action-widget .monaco-list-row.action").allInnerTexts();
    const removal = offers.findIndex((offer) => /Remove (?:this row|all)/.test(offer)), mending = offers.findIndex((offer) => offer.includes(title));
    if (removal < mending) throw new Error(`Removing stands before mending: ${offers.join(", ")}`);
    await look();
    await entry.click();
  };

  await step("first sight: every fault is underlined, the status bar counts them", async () => {
    await openFile(page, "broken.jsonl");
    await underlined(page);
    await says(/ShareGPT: 10 rows, 9 errors, 2 warnings/);
    await runCommand(page, "View: Focus Problems");
    await shotInThemes("1-first-sight");
    await page.keyboard.press("Control+1");
  });

  await step("what is sure is mended at once", async () => {
    await until("everything sure is mended", async () => {
      await runCommand(page, "Fix All");
      return says(/ShareGPT: 9 rows, 3 errors, 1 warning/).then(() => true, () => false);
    }, 60_000);
    await shot("2-fix-all");
  });

  await step("the rest is offered, row by row", async () => {
    await repair(9, "Close the text and the row here");
    await says(/2 errors, 1 warning/);
    await repair(6, "Remove this row");
    await says(/8 rows, 1 error, 1 warning/);
    await repair(4, "Merge this message into the one before", () => shot("3-offers"));
    await says(/8 rows, 1 error(?!.*warning)/);
    await repair(3, "Remove this row");
    await says(/ShareGPT: 7 rows(?!.*(?:error|warning|note))/);
    await shot("4-no-problems");
  });

  await step("what is saved is what was meant, and undo leads back", async () => {
    await saveFile(page, file, mended);
    await page.keyboard.press("Control+Z");
    await says(/8 rows, 1 error/);
  });
}
